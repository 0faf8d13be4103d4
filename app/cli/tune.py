"""flask tune: settings found by a search over the shop's own past."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from flask.cli import AppGroup, with_appcontext

from app.cli.evaluate_options import DATA
from app.data.importing.values import to_time
from app.domain.errors import InvalidInput
from app.domain.settings import LEARNED, PARTS
from app.offline.evaluation.splits import SplitKind

Command = TypeVar("Command", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path, dir_okay=False)
_KINDS = [kind.value for kind in LEARNED]
_SPLITS = [kind.value for kind in SplitKind if kind is not SplitKind.ITEMS]


def _time(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    try:
        return to_time(text, "until")
    except InvalidInput as error:
        raise click.BadParameter(error.message) from error


_OPTIONS = (
    *DATA,
    click.option("--metric", default="ndcg@10", show_default=True,
                 help="ndcg, map, mrr, recall, precision or hit, with a length."),
    click.option("--items-shown", "shown", type=click.Choice(("new", "all")),
                 help="May what was bought before come again?  [default: all, where it does]"),
    click.option("--target", "targets", multiple=True, metavar="KIND",
                 help="Events that are right.  [default: all of positive weight]"),
    click.option("--split", type=click.Choice(_SPLITS),
                 help="What is held out.  [default: time, where that leaves enough]"),
    click.option("--until", metavar="DATE", callback=_time,
                 help="Look at nothing later, so that it can be evaluated on the rest."),
    click.option("--trials", default=60, show_default=True, type=click.IntRange(2, 10_000)),
    click.option("--minutes", default=10.0, show_default=True,
                 type=click.FloatRange(0, 10_000, min_open=True), help="The search ends then."),
    click.option("--users", default=1000, show_default=True, type=click.IntRange(20),
                 help="Shoppers that the search looks at, at most."),
    click.option("--with", "models", multiple=True, type=click.Choice(_KINDS),
                 help="A learned model that may take part.  [default: those in force]"),
    click.option("--without", multiple=True, type=click.Choice([part.value for part in PARTS]),
                 help="A part of the hybrid that may not be used."),
    click.option("--event-weights", is_flag=True, help="Search what each kind of event says, too."),
    click.option("--seed", default=1, show_default=True, type=click.IntRange(0)),
    click.option("--dry-run", is_flag=True, help="Change nothing."),
    click.option("--json", "as_json", type=_PATH, help="Where the evidence goes."),
)  # fmt: skip


def _all_options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group(cls=AppGroup, invoke_without_command=True)
@with_appcontext
@_all_options
def tune(**given: Any) -> None:
    """Find the settings that recommend best, on the shop's own past.

    A part of what happened is held out, and a shop in memory is filled with
    the rest. Settings are tried on half of the shoppers; the best are then
    compared with those in force on all of them, and on the half that the
    search never saw. If they are not better, nothing changes. Else they are
    put in force as the strategy `auto`, with the evidence in the setting
    `tuned`; every worker follows within milliseconds. It says nothing of the
    future: see docs/tuning.md.

    With --file nothing is changed either: the file is not the shop.

    \b
    Examples:
      flask tune --dry-run
      flask tune --with ease --minutes 30
      flask tune --metric recall@20 --items-shown new --event-weights
      flask tune --file log.csv.gz --catalogue items.csv --json found.json
      flask tune undo
    """
    if click.get_current_context().invoked_subcommand is None:
        from app.cli.tuning import run  # what it needs, no worker needs

        run(given)


@tune.command()
def undo() -> None:
    """Put back the settings that were in force before the last tuning.

    Example: flask tune undo
    """
    from app.cli.tuning import run_undo

    run_undo()
