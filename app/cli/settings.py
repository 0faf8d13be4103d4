"""flask settings: what a merchandiser may change while the service runs."""

from dataclasses import asdict
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.context import explained, services
from app.domain.settings import Similarity, Strategy

settings = AppGroup("settings", help="Show and change the shop's settings, live.")


@settings.command()
def show() -> None:
    """Print the settings in force."""
    with explained():
        found = services().shop_settings.get()
    for name, value in asdict(found).items():
        click.echo(f"{name} = {value}")


@settings.command("set")
@click.option("--strategy", type=click.Choice([s.value for s in Strategy]))
@click.option("--w-user", type=click.FloatRange(0, 1e6), help="Weight of the user-based score.")
@click.option("--w-item", type=click.FloatRange(0, 1e6), help="Weight of the item-based score.")
@click.option("--k", type=click.IntRange(1, 1000), help="Neighbours a shopper.")
@click.option("--similarity", type=click.Choice([s.value for s in Similarity]))
@click.option("--min-similarity", type=click.FloatRange(0, 1))
def set_(**options: Any) -> None:
    """Change settings; every worker follows within milliseconds.

    Example: flask settings set --w-user 0.7 --w-item 0.3
    """
    changes = {name: value for name, value in options.items() if value is not None}
    if not changes:
        raise click.UsageError("Say what to change; see --help.")
    if "strategy" in changes:
        changes["strategy"] = Strategy(changes["strategy"])
    if "similarity" in changes:
        changes["similarity"] = Similarity(changes["similarity"])
    with explained():
        changed = services().shop_settings.change(changes).value
    click.echo(f"Version {changed.version} is in force.")
