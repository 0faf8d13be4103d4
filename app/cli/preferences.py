"""flask preferences: what behaviour says, computed anew by running workers."""

import time
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.context import explained, services
from app.cli.importing import declared_kinds
from app.cli.output import progress
from app.cli.settings import options_of
from app.cli.workers import Answers, ask_all_workers, without_error
from app.domain.settings import SETTINGS

_LOOK_SECONDS = 0.2

preferences = AppGroup("preferences", help="What shoppers prefer, by what they did.")


@preferences.command()
@click.option(
    "--weight",
    "weights",
    multiple=True,
    metavar="KIND=NUMBER",
    callback=declared_kinds,
    help="Change what one event of a kind says; may be repeated.",
)
@options_of((SETTINGS["half_life_days"], SETTINGS["saturation"]))
def rebuild(weights: dict[str, float], **options: float | None) -> None:
    """Compute every worker's preferences anew from what it holds of events, without a pause.

    With options the shop's settings are changed first. Reads go on with the former preferences
    until the new ones are complete; writes wait for them. Ends when every worker has done it.

    \b
    Examples:
      flask preferences rebuild
      flask preferences rebuild --weight purchase=8 --weight view=0.5
      flask preferences rebuild --half-life-days 30
    """
    changes: dict[str, Any] = {name: v for name, v in options.items() if v is not None}
    if weights:
        changes["weights"] = weights
    with explained():
        if changes:
            changed = services().settings.change(changes).value
            click.echo(f"Settings: version {changed.version} is in force.", err=True)
    workers = _ask("rebuild")
    started = time.monotonic()
    with progress("Rebuilding preferences") as show:
        while not all(answer["waiting"] == 0 for answer in workers.values()):
            done = sum(answer["done"] for answer in workers.values())
            show(done, sum(answer["total"] for answer in workers.values()))
            time.sleep(_LOOK_SECONDS)
            workers = _ask("rebuilding")
    seconds = time.monotonic() - started
    total = max(answer["total"] for answer in workers.values())
    click.echo(f"{len(workers)} workers, {total:,} shoppers and sessions each, {seconds:.1f} s.")


def _ask(command: str) -> Answers:
    hint = (
        "There is no memory to rebuild: a service that starts computes its preferences by the "
        "settings in force."
    )
    return without_error(ask_all_workers(command, hint=hint))
