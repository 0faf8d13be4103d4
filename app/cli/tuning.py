"""What `flask tune` does."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
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
from app.cli.fitting import follow
from app.cli.tuning_data import read, until
from app.cli.tuning_words import Told, words_of
from app.domain.catalogue import Item
from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.offline.evaluation.asking import Mode
from app.offline.evaluation.interactions import Interactions
from app.offline.evaluation.ports import MakeShop
from app.offline.evaluation.splits import SplitKind, SplitOptions
from app.offline.tuning.applying import apply, evidence_of, missing_models, undo
from app.offline.tuning.preparing import TuningOptions
from app.offline.tuning.tuning import Outcome, tune

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
