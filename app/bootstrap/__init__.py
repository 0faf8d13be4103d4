"""The only place where concrete parts meet."""

import gc
from pathlib import Path

from flask import Flask

from app.bootstrap.runtime import build_runtime
from app.bootstrap.secret import require_secret
from app.bootstrap.shop import Shop
from app.domain.ports import ErasureList
from app.repositories.erasures import ErasureFile
from config import Settings

__all__ = [
    "Shop",
    "build_runtime",
    "check",
    "erasure_list",
    "start_worker",
]


def check(settings: Settings) -> None:
    """Raise Misconfigured, with words, where the service cannot start as it is configured."""
    require_secret(settings)
    shop = Shop(settings)
    try:
        shop.prepare()
    finally:
        shop.close()


def erasure_list(path: Path) -> ErasureList:
    """Return a list of those who were erased, of this machine or of another."""
    return ErasureFile(path)


def start_worker(app: Flask) -> None:
    """Fill this worker's memory; returns when it has caught up with the database."""
    app.extensions["shelfwise"].start()
    gc.collect()
    gc.freeze()  # to go through all that was loaded would stop every thread for a tenth of a second
