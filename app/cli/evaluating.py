"""What `flask evaluate` does."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import orjson

from app.bootstrap.offline import OfflineShop
from app.bootstrap.offline_learning import fitting, fitting_ratings
from app.cli import comparing
from app.cli.context import explained, shop
from app.cli.evaluate_options import evaluation_options, event_options
from app.cli.evaluate_table import table
from app.cli.progress import progress
from app.domain.catalogue import Item
from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.offline.evaluation import sources
from app.offline.evaluation.asking import Mode
from app.offline.evaluation.assembling import Made, results_of
from app.offline.evaluation.evaluation import Evaluation
from app.offline.evaluation.interactions import Interactions
from app.offline.evaluation.ports import MakeShop
from app.offline.evaluation.results import Results, to_plain
from app.offline.evaluation.variants import (
    FEWEST_RATINGS,
    POPULAR,
    RANDOM,
    RATINGS,
    Variant,
    models_of,
    usual,
)

_PACKAGES = ("numpy", "scipy", "numba", "scikit-learn", "pytrec_eval-terrier")
_NEEDED = {"pytrec_eval": "computes the metrics", "matplotlib": "draws the plots"}
Parameters = Mapping[str, Mapping[str, Any]]
"""Of the models in force, by kind."""


def run(html: Path, as_json: Path | None, given: dict[str, Any]) -> None:
    """Read, hold out, ask, judge, write; `given` holds the options by their names."""
    _require_packages()
    options = evaluation_options(given)
    with explained():
        data, settings, scale, fitted_by = _read(given)
        variants = _variants(given, settings)
        evaluation = Evaluation(
            data,
            options,
            settings=settings,
            scale=scale,
            make_shop=_maker(scale, variants, fitted_by, ratings=given["fit_ratings"]),
        )
        variants = _with_baselines(evaluation, variants)
        if given["fit_ratings"] and _tells_ratings(evaluation):
            variants.append(Variant(RATINGS))
        against = _baseline(given["baseline"], evaluation, variants)
        with progress("Asking") as show:
            judged = evaluation.run(variants, show)
        results = results_of(evaluation, judged, _made(against, evaluation))
    click.echo(table(results))
    _write(results, html, as_json)


def _require_packages() -> None:
    for name, does in _NEEDED.items():
        if find_spec(name) is None:
            raise click.ClickException(
                f"{name}, which {does}, is not installed. "
                "Run: pip install -r requirements-evaluation.txt"
            )


def _read(
    given: dict[str, Any],
) -> tuple[sources.ShopData, ShopSettings, RatingScale, Parameters]:
    """Return the data, the shop's settings and scale, and the parameters of models in force."""
    config = shop().settings
    scale = RatingScale(config.rating_min, config.rating_max)
    path, options = given["file"], event_options(given)
    if path is None:
        if given["catalogue"] is not None:
            raise click.UsageError("--catalogue goes with --file; the database has its own items.")
        click.get_current_context().find_root().call_on_close(shop().close)
        repositories = shop().repositories
        repositories.store.prepare()
        click.echo("Reading the shop's database.", err=True)
        data = sources.of_repositories(
            repositories.events, repositories.ratings, repositories.items
        )
        settings = repositories.settings.get()
        records = (repositories.models.find(kind, v) for kind, v in settings.models.items())
        return data, settings, scale, {r.kind: r.parameters for r in records if r is not None}
    settings = ShopSettings()
    settings = replace(settings, weights={**settings.weights, **given["declared"]})
    with progress(f"Reading {path.name}") as show:
        data = sources.of_file(
            path, given["catalogue"], options, settings=settings, scale=scale, progress=show
        )
    return data, settings, scale, {}


def _variants(given: dict[str, Any], settings: ShopSettings) -> list[Variant]:
    if given["compared"]:
        return comparing.variants(given["compared"], settings)
    return usual(settings)


def _with_baselines(evaluation: Evaluation, variants: list[Variant]) -> list[Variant]:
    """Return the plain lists first, then what was asked for; each name once."""
    every = {variant.name: variant for variant in (*evaluation.baselines(), *variants)}
    return list(every.values())


def _tells_ratings(evaluation: Evaluation) -> bool:
    """Return whether ratings are to be predicted, and there are enough to fit a model to."""
    least = min(int(part.train.is_rating.sum()) for part in evaluation.parts)
    asked = any(items.size for q in evaluation.questions for items, _ in q.rated)
    return asked and least >= FEWEST_RATINGS


def _baseline(name: str | None, evaluation: Evaluation, variants: list[Variant]) -> str:
    """Return what the others are tested against."""
    if name is None:
        return RANDOM if Mode.HELD in evaluation.modes else POPULAR
    names = [variant.name for variant in variants]
    if name not in names:
        raise click.UsageError(f"--baseline {name} is not compared; there are: {', '.join(names)}")
    return name


def _maker(
    scale: RatingScale, variants: list[Variant], fitted_by: Parameters, *, ratings: bool
) -> MakeShop:
    """Return what fills a shop; the models that the variants rest on learn from it alone."""
    learn = [fitting({kind: fitted_by.get(kind, {}) for kind in sorted(models_of(variants))})]
    if ratings:
        learn.append(fitting_ratings(fitted_by.get(RATINGS, {})))

    def make(
        known: Interactions, items: Sequence[Item], settings: ShopSettings, now: float
    ) -> OfflineShop:
        click.echo(f"Filling a shop with {len(known):,} rows.", err=True)
        return OfflineShop(known, items, settings, now=now, scale=scale, learn=learn)

    return make


def _made(against: str, evaluation: Evaluation) -> Made:
    versions = {name: version(name) for name in _PACKAGES}
    return Made(
        title=f"Evaluation of {evaluation.data.source}",
        command=shlex.join(["flask", *sys.argv[1:]]),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        baseline=against,
        versions={"python": sys.version.split()[0], **versions},
    )


def _write(results: Results, html: Path, as_json: Path | None) -> None:
    from app.offline.evaluation.report import render_html  # needs matplotlib, after it was checked

    try:
        html.write_text(render_html(results), encoding="utf-8")
        if as_json is not None:
            as_json.write_bytes(orjson.dumps(to_plain(results), option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise click.ClickException(
            f"{error.filename} cannot be written: {error.strerror}."
        ) from error
    click.echo(
        f"\nReport: {html.resolve()}" + (f"\nFigures: {as_json.resolve()}" if as_json else "")
    )
