"""What a command works with, and how it fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import click
from flask import current_app

from app.domain.errors import AppError
from app.serve.embedded import EmbeddedMongoError
from config import Settings

if TYPE_CHECKING:
    from app.bootstrap import Shop
    from app.usecases import UseCases

_SHOP = "shelfwise"


def deployment() -> Settings:
    """Return the settings of this command's app, or of the environment."""
    made = current_app.extensions.get(_SHOP)
    return Settings() if made is None else cast(Settings, made.settings)


def shop() -> "Shop":
    """Return the shop of this command's app; the app of the commands alone gets one now."""
    if _SHOP not in current_app.extensions:
        from app.bootstrap import Shop
        from app.bootstrap.logs import configure

        configure(settings := deployment())
        current_app.extensions[_SHOP] = Shop(settings)
    return cast("Shop", current_app.extensions[_SHOP])


def opened() -> "Shop":
    """Return the shop with its database ready; it is let go when the command ends."""
    found = shop()
    click.get_current_context().find_root().call_on_close(found.close)
    found.repositories.store.prepare()
    return found


def services() -> "UseCases":
    """Return the use cases of the opened shop."""
    return opened().services


@contextmanager
def explained() -> Iterator[None]:
    """Turn failures with words into one line and exit status 1."""
    try:
        yield
    except AppError as error:
        raise click.ClickException(error.message) from error
    except EmbeddedMongoError as error:
        raise click.ClickException(str(error)) from error
