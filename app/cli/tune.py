"""flask tune: settings found by a search over the shop's own past."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
from flask.cli import AppGroup, with_appcontext

from app.cli.context import deployment, explained, opened, services
from app.cli.evaluate import (
    FILE,
    PAST,
    rating_scale,
    read_past,
    require_packages,
    say,
    with_options,
)
from app.cli.importing import moment
from app.cli.workers import follow
from app.domain.settings import LEARNED, PARTS, ShopSettings
from app.offline.evaluation.options import Mode, SplitKind, SplitOptions

if TYPE_CHECKING:
    from app.offline.tuning.applying import Outcome
    from app.offline.tuning.comparing import Comparison
    from app.offline.tuning.preparing import TuningOptions
    from app.offline.tuning.search import Tried

_NEEDED = {"optuna": "searches", "pytrec_eval": "computes the metrics"}
_MODES = {"new": Mode.NEW, "all": Mode.ALL, None: None}
_SECONDS = 2.0  # between two lines
_DEAR, _FEW_MS = 3.0, 5.0
_KINDS = [kind.value for kind in LEARNED]
_SPLITS = [kind.value for kind in SplitKind if kind is not SplitKind.ITEMS]


_OPTIONS = (
    *PAST,
    click.option("--metric", default="ndcg@10", show_default=True,
                 help="ndcg, map, mrr, recall, precision or hit, with a length."),
    click.option("--items-shown", "shown", type=click.Choice(("new", "all")),
                 help="May what was bought before come again?  [default: all, where it does]"),
    click.option("--target", "targets", multiple=True, metavar="KIND",
                 help="Events that are right.  [default: all of positive weight]"),
    click.option("--split", type=click.Choice(_SPLITS),
                 help="What is held out.  [default: time, where that leaves enough]"),
    click.option("--until", metavar="DATE", callback=moment,
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
    click.option("--json", "as_json", type=FILE, help="Where the evidence goes."),
)  # fmt: skip


@click.group(cls=AppGroup, invoke_without_command=True)
@with_appcontext
@with_options(_OPTIONS)
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
        require_packages(_NEEDED)
        with explained():
            outcome = _found(given)
            click.echo(_words(outcome))
            if given["as_json"] is not None:
                _write(outcome, given["as_json"])
            _finish(outcome, may_change=not given["dry_run"] and given["file"] is None)


@tune.command()
def undo() -> None:
    """Put back the settings that were in force before the last tuning.

    Example: flask tune undo
    """
    from app.offline.tuning import applying

    with explained():
        undone = applying.undo(services().settings)
    for name, value in undone.back.items():
        click.echo(f"{name} = {value}")
    for name in undone.left:
        click.echo(f"{name} left: changed since")
    for kind in undone.off:
        click.echo(f"The model {kind} is not in force any more.")
    click.echo("The tuning is undone.")


def _found(given: dict[str, Any]) -> "Outcome":
    from app.bootstrap.offline import shops
    from app.offline.tuning import tuning

    scale = rating_scale()
    data, present, parameters = read_past(given, scale)
    options = _options(given, present)
    models = {kind: parameters.get(kind, {}) for kind in options.models}
    with _quiet():
        return tuning.tune(
            data.until(given["until"]),
            options,
            present=present,
            scale=scale,
            make_shop=shops(scale, models, told=say),
            told=Told(options),
        )


def _options(given: dict[str, Any], present: ShopSettings) -> "TuningOptions":
    from app.offline.tuning.preparing import TuningOptions

    split = given["split"]
    return TuningOptions(
        metric=given["metric"],
        shown=_MODES[given["shown"]],
        trials=given["trials"],
        seconds=given["minutes"] * 60,
        users=given["users"],
        seed=given["seed"],
        models=tuple(sorted({*given["models"], *present.models})),
        without=tuple(given["without"]),
        event_weights=given["event_weights"],
        split=None if split is None else SplitOptions(SplitKind(split), seed=given["seed"]),
        targets=tuple(given["targets"]),
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the shop in memory logs of every trial from standard error."""
    import structlog

    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(wrapper_class=before)


class Told:
    """Writes the best so far to standard error, and about how long it will take."""

    def __init__(
        self, options: "TuningOptions", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._options = options
        self._clock = clock
        self._began = self._last = clock()

    def __call__(self, done: int, best: "Tried", first: "Tried") -> None:
        now = self._clock()
        if done == 1:
            self._began = now  # the shop is filled by then
        elif now - self._last < _SECONDS:
            return
        self._last = now
        trials = self._options.trials
        of = f"{done} of {trials} trials" if done <= trials else "simplifying"
        gain = "" if not first.mean else f" ({best.mean / first.mean - 1:+.1%})"
        words = f"{of}: {self._options.metric} {best.mean:.4f}{gain}, {best.name}"
        click.echo(words + self._left(done, now), err=True)

    def _left(self, done: int, now: float) -> str:
        spent, trials = now - self._began, self._options.trials
        if not 1 < done < trials:
            return ""
        left = min(spent * (trials - done) / (done - 1), self._options.seconds - spent)
        return f"; about {max(0.0, left):.0f} s left"


def _words(outcome: "Outcome") -> str:
    verdict, (before, after) = outcome.verdict, outcome.milliseconds
    lines = [
        f"{len(outcome.tried)} settings tried on {outcome.searched:,} shoppers, "
        f"{outcome.seconds:.0f} s in all. {outcome.options.metric} of {outcome.shown}:",
        "",
        _line("all validation shoppers", verdict.every),
        _line("never seen by the search", verdict.unseen),
        "",
        f"A request took {before:.2f} ms with the former settings, {after:.2f} ms with these.",
    ]
    if after > _DEAR * before and after > _FEW_MS:
        lines.append("That is much. To search without a part: flask tune --without PART")
    if outcome.changed:
        lines += ["", "What differs:"]
        lines += [f"  {name:<18} {_told(*change)}" for name, change in outcome.changed.items()]
    return "\n".join(lines)


def _line(name: str, told: "Comparison") -> str:
    gain = "" if told.relative is None else f" ({told.relative:+.1%})"
    return (
        f"  {name:<26} {told.before:.4f} -> {told.after:.4f}{gain}, difference "
        f"{told.difference:+.4f} [{told.low:+.4f}, {told.high:+.4f}], p {told.p:.4f}, "
        f"{told.users:,} shoppers"
    )


def _told(before: Any, after: Any) -> str:
    if not isinstance(before, dict):
        return f"{before} -> {after}"
    keys = sorted(before.keys() | after.keys())
    return ", ".join(
        f"{key} {before.get(key)} -> {after.get(key)}"
        for key in keys
        if before.get(key) != after.get(key)
    )


def _write(outcome: "Outcome", path: Path) -> None:
    from app.offline.tuning.applying import in_full

    plain = in_full(outcome, datetime.now(UTC))
    try:
        path.write_bytes(orjson.dumps(plain, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
    click.echo(f"Evidence: {path.resolve()}")


def _finish(outcome: "Outcome", *, may_change: bool) -> None:
    from app.offline.tuning.applying import apply

    if not outcome.verdict.is_better:
        click.echo(f"Nothing was changed: {outcome.verdict.words}.")
    elif not may_change:
        click.echo("Nothing was changed: this was a trial.")
    else:
        settings = services().settings
        stored = apply(outcome, settings, train=_train, now=lambda: datetime.now(UTC))
        click.echo(f"Version {stored.version} is in force. To take it back: flask tune undo")
        for kind, version in stored.tuned["new_models"].items():
            follow(kind, version)


def _train(kind: str) -> int:
    """Fit a kind of model on everything, in a process with memory of its own; return its version.

    It is stored, and not in force.
    """
    from app.bootstrap.flask_process import FlaskProcess

    if FlaskProcess(deployment()).run("train", kind, "--no-use"):
        raise click.ClickException(f"{kind} could not be fitted, so nothing was changed.")
    return max(record.version for record in opened().runtime.learning.library.records(kind))
