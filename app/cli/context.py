"""What a command works with, and how it fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import click
from flask import current_app

from app.bootstrap import Shop
from app.cli.workshop import Workshop, build_workshop
from app.domain.errors import AppError
from app.serve.embedded import EmbeddedMongoError


def shop() -> Shop:
    """Return the shop of this command's app."""
    return cast(Shop, current_app.extensions["shelfwise"])


def services() -> Workshop:
    """Return what this command works with; it is let go when the command ends."""
    opened = shop()
    click.get_current_context().find_root().call_on_close(opened.close)
    opened.repositories.store.prepare()
    return build_workshop(opened)


@contextmanager
def explained() -> Iterator[None]:
    """Turn failures with words into one line and exit status 1."""
    try:
        yield
    except AppError as error:
        raise click.ClickException(error.message) from error
    except EmbeddedMongoError as error:
        raise click.ClickException(str(error)) from error
