"""The options of `flask evaluate`, in groups, and what becomes of their words."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from app.cli.running import pairs
from app.data.importing.names import check_declared
from app.data.importing.runs import EventOptions
from app.data.importing.values import to_time
from app.domain.errors import InvalidInput
from app.offline.evaluation.asking import Mode
from app.offline.evaluation.options import EvaluationOptions
from app.offline.evaluation.splits import MAX_DAYS, SplitKind, SplitOptions

Command = TypeVar("Command", bound=Callable[..., Any])
_MODES = {"new": (Mode.NEW,), "all": (Mode.ALL,), "both": (Mode.NEW, Mode.ALL)}


def _time(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    try:
        return to_time(text, "cut")
    except InvalidInput as error:
        raise click.BadParameter(error.message) from error


def _lengths(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        found = sorted({int(part) for part in text.split(",")})
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a list such as 5,10,20") from error
    if not found or found[0] < 1 or found[-1] > 1000:
        raise click.BadParameter("lengths are from 1 to 1000")
    return tuple(found)


def _declared(
    context: click.Context, option: click.Parameter, texts: Sequence[str]
) -> dict[str, float]:
    try:
        return {check_declared(kind): float(w) for kind, w in pairs(context, option, texts)}
    except (InvalidInput, ValueError) as error:
        raise click.BadParameter(str(error)) from error


def _renamed(context: click.Context, option: click.Parameter, text: str | None) -> dict[str, str]:
    return dict(pairs(context, option, text.split(",") if text else ()))


_FILE = click.Path(path_type=Path, dir_okay=False)
DATA = (
    click.option("--file", type=_FILE, help="Ratings, events or both; without: the database."),
    click.option("--catalogue", type=_FILE, help="The items of that file, with their features."),
    click.option("--kind", metavar="KIND", help="Of rows of a file that say none."),
    click.option("--kind-map", metavar="WORD=KIND,...", callback=_renamed,
                 help="What words of the file mean, beside the usual ones."),
    click.option("--declare-kind", "declared", multiple=True, metavar="KIND=WEIGHT",
                 callback=_declared, help="A kind of events of the shop's own; may be repeated."),
    click.option("--column", "columns", multiple=True, metavar="FIELD=NAME", callback=pairs,
                 help="The column of a field, such as user_id=buyer; may be repeated."),
    click.option("--where", multiple=True, metavar="COLUMN=VALUE", callback=pairs,
                 help="Only rows of the file with this value; may be repeated."),
)  # fmt: skip
SPLIT = (
    click.option("--split", "kind_of_split", default=SplitKind.TIME.value, show_default=True,
                 type=click.Choice([kind.value for kind in SplitKind]),
                 help="What is held out: all after a moment, the last item of each shopper, a "
                 "random share in turn, or some items altogether."),
    click.option("--cut", metavar="DATE", callback=_time, help="time: the moment."),
    click.option("--test-days", type=click.FloatRange(0, MAX_DAYS, min_open=True),
                 help="time: the last so many days.  [default: a tenth of the time]"),
    click.option("--last", default=1, show_default=True, type=click.IntRange(1, 100),
                 help="last: items of each shopper."),
    click.option("--folds", default=5, show_default=True, type=click.IntRange(2, 100)),
    click.option("--share", default=0.1, show_default=True, type=click.FloatRange(0.001, 0.9),
                 help="items: of those that anybody took."),
    click.option("--validation", is_flag=True,
                 help="Split the training part once more and judge by that: for choices."),
)  # fmt: skip
ASKING = (
    click.option("--compare", "compared", multiple=True, metavar="WHAT",
                 help="A strategy, with settings that differ: user,k=100; may be repeated."),
    click.option("--baseline", metavar="NAME",
                 help="What the others are tested against.  [default: popular; for --split items, "
                 "where nothing is popular yet, random]"),
    click.option("--at", default="5,10,20", show_default=True, callback=_lengths,
                 help="Lengths of the lists."),
    click.option("--items", "shown", type=click.Choice(tuple(_MODES)),
                 help="May what was bought before come again?  [default: both, where it does]"),
    click.option("--users", type=click.IntRange(1), help="A random sample of so many shoppers."),
    click.option("--cold", default=5, show_default=True, type=click.IntRange(0),
                 help="Shoppers with at most so many rows before are new."),
    click.option("--liked", type=float,
                 help="The least rating that is right.  [default: 3/4 up the scale]"),
    click.option("--target", "targets", multiple=True, metavar="KIND",
                 help="Events that are right.  [default: all of positive weight]"),
    click.option("--fit-ratings/--no-fit-ratings", default=True, show_default=True,
                 help="Also fit and judge the model that predicts ratings, from 1,000 of them."),
    click.option("--seed", default=1, show_default=True, type=click.IntRange(0)),
)  # fmt: skip
WRITING = (
    click.option("--html", type=_FILE, default=Path("evaluation.html"), show_default=True,
                 help="Where the report goes."),
    click.option("--json", "as_json", type=_FILE, help="Where the figures go."),
)  # fmt: skip


def all_options(command: Command) -> Command:
    """Add every option."""
    for option in reversed((*DATA, *SPLIT, *ASKING, *WRITING)):
        command = option(command)
    return command


def event_options(given: dict[str, Any]) -> EventOptions:
    """Return how the file is to be read."""
    return EventOptions(
        columns=dict(given["columns"]),
        where=given["where"],
        kind=given["kind"],
        kind_map=given["kind_map"],
    )


def evaluation_options(given: dict[str, Any]) -> EvaluationOptions:
    """Return what is asked and how it is judged."""
    kind = SplitKind(given["kind_of_split"])
    if given["shown"] and kind is SplitKind.ITEMS:
        raise click.UsageError("--split items ranks the held-out items alone; leave out --items.")
    return EvaluationOptions(
        split=SplitOptions(
            kind=kind,
            cut=given["cut"],
            days=given["test_days"],
            share=given["share"],
            last=given["last"],
            folds=given["folds"],
            seed=given["seed"],
        ),
        at=given["at"],
        modes=_MODES.get(given["shown"], ()),
        users=given["users"],
        liked=given["liked"],
        kinds=tuple(given["targets"]),
        cold=given["cold"],
        seed=given["seed"],
        on_validation=given["validation"],
    )
