"""A shop in a MongoDB of its own: MovieLens 1M, or a made-up one."""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.repositories.replica_set import initiate
from app.serve.embedded import EmbeddedMongo
from benchmarks.engine_data import FILES, MOVIELENS
from benchmarks.filling import fill

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "benchmark"
# as `make run` and the Docker image have it
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class StoredShop:
    """A filled database, and the environment in which a server serves it as in production."""

    folder: Path
    uri: str
    mongod: int
    """Process id."""
    environment: dict[str, str]


@contextmanager
def stored_shop(kept: Path | None = None, synthetic: str | None = None) -> Iterator[StoredShop]:
    """Fill a database, or take the one that an earlier run filled in the folder `kept`.

    Raises SystemExit where `kept` holds another shop.
    """
    with ExitStack() as stack:
        folder = kept or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shelfwise-")))
        mongo = stack.enter_context(EmbeddedMongo(folder, prepare=initiate))
        environment = {
            **os.environ,
            "ENVIRONMENT": "production",
            "MONGO_URI": mongo.uri,
            "MONGO_DB": DATABASE,
            "DATA_DIR": str(folder),
            "SECRET_KEY": secrets.token_hex(32),
            **dict.fromkeys(_ONE_THREAD, "1"),
        }
        _fill_once(folder, mongo.uri, environment, synthetic)
        yield StoredShop(folder, mongo.uri, mongo.pid, environment)


def add_options(parser: argparse.ArgumentParser, *sizes: str) -> None:
    """Let the command line choose the shop."""
    parser.add_argument("--synthetic", choices=sizes, help="a made-up shop of this size")
    parser.add_argument("--keep", type=Path, help="fill the database here, and use it again")


def _fill_once(folder: Path, uri: str, environment: dict[str, str], synthetic: str | None) -> None:
    filled, wanted = folder / "filled", synthetic or "movielens"
    if filled.exists():
        if (found := filled.read_text()) != wanted:
            sys.exit(f"{folder} holds the shop {found}, not {wanted}: name another folder")
        return
    if synthetic:
        fill(uri, DATABASE, synthetic)
    else:
        _import_movielens(environment)
    filled.write_text(wanted)


def _import_movielens(environment: dict[str, str]) -> None:
    for what, name in FILES.items():
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "import", what]
        subprocess.run(
            [*command, str(MOVIELENS / name)],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
