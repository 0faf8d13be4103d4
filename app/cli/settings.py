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
        found = services().settings.get()
    for name, value in asdict(found).items():
        click.echo(f"{name} = {value}")


@settings.command("set")
@click.option("--strategy", type=click.Choice([s.value for s in Strategy]))
@click.option("--w-user", type=click.FloatRange(0, 1e6), help="Weight of the user-based score.")
@click.option("--w-item", type=click.FloatRange(0, 1e6), help="Weight of the item-based score.")
@click.option("--w-co-rated", type=click.FloatRange(0, 1e6), help="Of who prefers both items.")
@click.option("--w-ease", type=click.FloatRange(0, 1e6), help="Of the learned model EASE.")
@click.option("--w-als", type=click.FloatRange(0, 1e6), help="Of the learned model ALS.")
@click.option("--w-neural", type=click.FloatRange(0, 1e6), help="Of the learned neural model.")
@click.option("--w-sequence", type=click.FloatRange(0, 1e6), help="Of what follows what.")
@click.option(
    "--recency", type=click.FloatRange(0, 1), help="Of the latest items, to EASE and ALS."
)
@click.option(
    "--auto-strategy",
    type=click.Choice([s.value for s in Strategy if s is not Strategy.AUTO]),
    help="What strategy=auto stands for.",
)
@click.option("--train-hours", type=click.FloatRange(0, 100_000), help="Age of models; 0: no end.")
@click.option("--shrinkage", type=click.FloatRange(0, 1e6), help="Against few items in common.")
@click.option("--exponent", type=click.FloatRange(0, 20, min_open=True), help="Of similarities.")
@click.option("--asymmetry", type=click.FloatRange(0, 1), help="Of cosines; 0.5 is symmetric.")
@click.option("--damping", type=click.FloatRange(0, 4), help="Of what everybody has.")
@click.option("--co-rarity", type=click.FloatRange(0, 4), help="Damping of popular own items.")
@click.option("--co-damping", type=click.FloatRange(0, 4), help="Damping of active shoppers.")
@click.option("--co-exponent", type=click.FloatRange(0, 20, min_open=True), help="Of closeness.")
@click.option("--co-novelty", type=click.FloatRange(0, 4), help="Damping of popular items shown.")
@click.option("--k", type=click.IntRange(1, 1000), help="Neighbours a shopper.")
@click.option("--similarity", type=click.Choice([s.value for s in Similarity]))
@click.option("--min-similarity", type=click.FloatRange(0, 1))
@click.option("--half-life-days", type=click.FloatRange(0.01, 36_500), help="An event counts half.")
@click.option("--saturation", type=click.FloatRange(0, 1e6, min_open=True))
@click.option("--session-strength", type=click.FloatRange(0, 100), help="Of the last few clicks.")
@click.option("--session-minutes", type=click.FloatRange(0, 10_000, min_open=True))
@click.option("--context-strength", type=click.FloatRange(0, 10), help="Of time, device, country.")
@click.option(
    "--repeat-strength", type=click.FloatRange(0, 100), help="Of what is due to be rebought."
)
@click.option("--timezone", help="Such as Europe/Berlin.")
@click.option("--hide-bought-days", type=click.FloatRange(0, 36_500))
@click.option(
    "--min-support", type=click.IntRange(1, 1_000_000), help="Orders that hold both items."
)
def set_(**options: Any) -> None:
    """Change settings; every worker follows within milliseconds.

    Weights of events: flask preferences rebuild --weight purchase=8

    Example: flask settings set --w-user 0.7 --w-item 0.3
    """
    changes = {name: value for name, value in options.items() if value is not None}
    if not changes:
        raise click.UsageError("Say what to change; see --help.")
    for name in ("strategy", "auto_strategy"):
        if name in changes:
            changes[name] = Strategy(changes[name])
    if "similarity" in changes:
        changes["similarity"] = Similarity(changes["similarity"])
    with explained():
        changed = services().settings.change(changes).value
    click.echo(f"Version {changed.version} is in force.")
