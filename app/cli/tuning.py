"""What `flask tune` does."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import orjson
import structlog

from app.bootstrap.offline import OfflineShop
from app.bootstrap.offline_learning import fitting
from app.cli.context import explained, services, shop
from app.cli.evaluate_options import event_options
from app.cli.fitting import follow
from app.cli.progress import progress
from app.domain.catalogue import Item
from app.domain.models import ModelRecord
from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.offline.evaluation import sources
from app.offline.evaluation.asking import Mode
from app.offline.evaluation.interactions import Interactions
from app.offline.evaluation.ports import MakeShop
from app.offline.evaluation.sources import ShopData
from app.offline.evaluation.splits import SplitKind, SplitOptions
from app.offline.tuning.applying import apply, evidence_of, missing_models, undo
from app.offline.tuning.comparing import Comparison
from app.offline.tuning.preparing import TuningOptions
from app.offline.tuning.search import Tried
from app.offline.tuning.tuning import Outcome, tune

_SECONDS = 2.0  # between two lines
_DEAR, _FEW_MS = 3.0, 5.0


class Told:
    """Writes the best so far to standard error, and about how long it will take."""

    def __init__(self, options: TuningOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self._options = options
        self._clock = clock
        self._began = self._last = clock()

    def __call__(self, done: int, best: Tried, first: Tried) -> None:
        """Take in that a trial has ended."""
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


def words_of(outcome: Outcome) -> str:
    """Return what was found and how sure it is."""
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


def _line(name: str, told: Comparison) -> str:
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


def read(
    given: dict[str, Any], scale: RatingScale
) -> tuple[ShopData, ShopSettings, Mapping[str, Mapping[str, Any]]]:
    """Return the data, the settings in force, and parameters of the models in force."""
    path: Path | None = given["file"]
    if path is None:
        if given["catalogue"] is not None:
            raise click.UsageError("--catalogue goes with --file; the database has its own items.")
        workshop, repositories = services(), shop().repositories
        click.echo("Reading the shop's database.", err=True)
        data = sources.of_repositories(
            repositories.events, repositories.ratings, repositories.items
        )
        present = workshop.shop_settings.get()
        records = [record for record in workshop.models.records() if _is_used(record, present)]
        return data, present, {record.kind: record.parameters for record in records}
    present = ShopSettings()
    present = replace(present, weights={**present.weights, **given["declared"]})
    with progress(f"Reading {path.name}") as show:
        data = sources.of_file(
            path,
            given["catalogue"],
            event_options(given),
            settings=present,
            scale=scale,
            progress=show,
        )
    return data, present, {}


def _is_used(record: ModelRecord, present: ShopSettings) -> bool:
    return present.models.get(record.kind) == record.version


def until(data: ShopData, moment: datetime | None) -> ShopData:
    """Return what had happened by a moment (None: all)."""
    if moment is None:
        return data
    known = data.interactions
    return replace(data, interactions=known.where(known.at <= int(moment.timestamp() * 1000)))


_ROOT = Path(__file__).resolve().parents[2]
_NEEDED = {"optuna": "searches", "pytrec_eval": "computes the metrics"}
_MODES = {"new": Mode.NEW, "all": Mode.ALL, None: None}


def run(given: dict[str, Any]) -> None:
    """Read, search, compare, and put in force what is better."""
    _require_packages()
    scale = RatingScale(shop().settings.rating_min, shop().settings.rating_max)
    with explained():
        data, present, parameters = read(given, scale)
        options = _options(given, present)
        chosen = {kind: parameters.get(kind, {}) for kind in options.models}
        with _quiet():
            outcome = tune(
                until(data, given["until"]),
                options,
                present=present,
                scale=scale,
                make_shop=_maker(scale, chosen),
                told=Told(options),
            )
        click.echo(words_of(outcome))
        _write(outcome, given["as_json"])
        _finish(outcome, may_change=not given["dry_run"] and given["file"] is None)


def run_undo() -> None:
    """Put back what was before."""
    with explained():
        undone = undo(services().shop_settings)
    for name, value in undone.back.items():
        click.echo(f"{name} = {value}")
    for name in undone.left:
        click.echo(f"{name} left: changed since")
    for kind in undone.off:
        click.echo(f"The model {kind} is not in force any more.")
    click.echo("The tuning is undone.")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the shop in memory logs of every trial from standard error."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(wrapper_class=before)


def _finish(outcome: Outcome, *, may_change: bool) -> None:
    if not outcome.verdict.is_better:
        click.echo(f"Nothing was changed: {outcome.verdict.words}.")
    elif not may_change:
        click.echo("Nothing was changed: this was a trial.")
    else:
        workshop = services()
        stored = apply(outcome, workshop.shop_settings, train=_train, now=lambda: datetime.now(UTC))
        click.echo(f"Version {stored.version} is in force. To take it back: flask tune undo")
        for kind, version in stored.tuned["new_models"].items():
            follow(kind, version)


def _require_packages() -> None:
    for name, does in _NEEDED.items():
        if find_spec(name) is None:
            raise click.ClickException(
                f"{name}, which {does}, is not installed. "
                "Run: pip install -r requirements-evaluation.txt"
            )


def _options(given: dict[str, Any], present: ShopSettings) -> TuningOptions:
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


def _maker(scale: RatingScale, models: Mapping[str, Mapping[str, Any]]) -> MakeShop:
    """Return what fills a shop; models learn from what it knows alone."""

    def make(
        known: Interactions, items: Sequence[Item], settings: ShopSettings, now: float
    ) -> OfflineShop:
        click.echo(f"Filling a shop with {len(known):,} rows.", err=True)
        if models:
            click.echo(f"Fitting {', '.join(models)} to them.", err=True)
        return OfflineShop(known, items, settings, now=now, scale=scale, learn=(fitting(models),))

    return make


def _train(kind: str) -> int:
    """Fit a kind of model on everything, in a process with memory of its own; return its version.

    It is stored, and not in force.
    """
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "train", kind, "--no-use"]
    environment = os.environ | {"DATA_DIR": str(shop().settings.data_dir.resolve())}
    done = subprocess.run(command, cwd=_ROOT, env=environment, stdout=sys.stderr, check=False)
    if done.returncode:
        raise click.ClickException(f"{kind} could not be fitted, so nothing was changed.")
    return max(record.version for record in services().models.records(kind))


def _write(outcome: Outcome, path: Path | None) -> None:
    if path is None:
        return
    plain = evidence_of(
        outcome, datetime.now(UTC), new_models=dict.fromkeys(missing_models(outcome))
    )
    plain |= {"is_better": outcome.verdict.is_better, "found": asdict(outcome.found)}
    plain["log"] = [
        {"name": each.name, "mean": each.mean, "users": int(each.values.size)}
        for each in outcome.tried
    ]
    try:
        path.write_bytes(orjson.dumps(plain, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
    click.echo(f"Evidence: {path.resolve()}")
