"""flask train: fit a learned model to the shop as it is now."""

import os
import signal
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.cli.context import explained, opened
from app.cli.importing import pairs
from app.cli.output import stages
from app.cli.workers import follow
from app.domain.models import FittingElsewhere, ModelRecord
from app.domain.settings import MODEL_KINDS

if TYPE_CHECKING:
    from app.learning.training import ModelTraining
    from app.usecases import Learning

_GENTLE = 10
_PATIENCE_SECONDS = 45.0  # a process that was killed keeps others out for half a minute
_LOOK_SECONDS = 2.0


@click.command()
@click.argument("kind", type=click.Choice(MODEL_KINDS))
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    callback=pairs,
    help="A parameter; may be repeated.",
)
@click.option("--no-use", is_flag=True, help="Store the model, and leave the former in force.")
@click.option("--gently", is_flag=True, help="Give way to other processes, and to another fit.")
@click.option("--quiet", is_flag=True, help="Say nothing unless it fails.")
@with_appcontext
def train(kind: str, given: list[tuple[str, str]], no_use: bool, gently: bool, quiet: bool) -> None:
    """Fit a model to the shop as it is now, store it, and put it in force.

    Running workers take it over one after the other, without a pause. Parameters that are not
    given are those of the version in force. A service fits the models in force again by itself
    when they are older than the setting retrain_after_hours.

    \b
    Examples:
      flask train ease
      flask train ease --set l2=300
      flask train als --set dimensions=128 --no-use
    """
    if gently:
        os.nice(_GENTLE)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was begun is removed
    with explained():
        learning, training = _opened()
        former = learning.switch.in_force.get(kind)
        try:
            record = _fit(training, kind, dict(given), gently=gently, quiet=quiet)
        except FittingElsewhere as error:
            if not gently:
                raise
            click.echo(error.message, err=True)
            return
        except OSError as error:
            reason = f"The model cannot be stored: {error.strerror or error}."
            raise click.ClickException(f"{reason} Is there room in DATA_DIR?") from error
        if not quiet:
            click.echo(_words(record))
        used = not no_use and _use(learning, record, former, gently=gently, quiet=quiet)
        learning.library.prune(kind, in_force=learning.switch.in_force.get(kind))
    if used and not quiet:
        follow(kind, record.version)


def _opened() -> tuple["Learning", "ModelTraining"]:
    from app.learning.training import ModelTraining

    shop = opened()
    stored, found = shop.repositories, shop.runtime
    training = ModelTraining(
        found.tables,
        found.feed,
        found.snapshots,
        stored.changes,
        library=found.learning.library,
        switch=found.learning.switch,
        leases=stored.leases,
        now=lambda: datetime.now(UTC),
    )
    return found.learning, training


def _use(
    learning: "Learning", record: ModelRecord, former: int | None, *, gently: bool, quiet: bool
) -> bool:
    """Put what was fitted in force; what somebody chose during a scheduled fit stays."""
    kind, switch = record.kind, learning.switch
    if gently:
        if not switch.use_after(kind, record.version, former):
            click.echo(
                f"{record.name} is stored only: another choice was made meanwhile.", err=True
            )
            return False
    else:
        former = switch.in_force.get(kind)
        switch.use(kind, record.version)
    if not quiet:
        place = "" if former is None else f", in the place of {kind}/{former}"
        click.echo(f"{record.name} is in force{place}.")
    return True


def _fit(
    training: "ModelTraining", kind: str, parameters: dict[str, str], *, gently: bool, quiet: bool
) -> ModelRecord:
    """Fit, waiting for another process that does, or did until it was killed."""
    deadline = time.monotonic() + (0.0 if gently else _PATIENCE_SECONDS)
    waiting = False
    while True:
        try:
            return training.fit(kind, parameters, stages(quiet=quiet))
        except FittingElsewhere as error:
            if time.monotonic() > deadline:
                raise
            if not waiting and not quiet:
                click.echo(f"{error.message} Waiting for it ...", err=True)
            waiting = True
            time.sleep(_LOOK_SECONDS)


def _words(record: ModelRecord) -> str:
    return (
        f"{record.name}: {record.n_interactions:,} preferences of {record.n_users:,} shoppers for "
        f"{record.n_items:,} items, {record.bytes / 1e6:,.1f} MB, fitted in {record.seconds:.1f} s."
    )
