"""flask evaluate: how well the shop recommends, measured on its own past."""

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import orjson
from flask.cli import with_appcontext

from app.cli.context import explained, opened, shop
from app.cli.importing import declared_kinds, moment, pairs, renamed
from app.cli.output import aligned, progress
from app.data.importing.runs import EventOptions
from app.domain.errors import InvalidInput
from app.domain.ratings import RatingScale
from app.domain.setting import row_of
from app.domain.settings import SETTINGS, ShopSettings
from app.offline.evaluation.options import (
    MAX_DAYS,
    EvaluationOptions,
    Mode,
    SplitKind,
    SplitOptions,
)
from app.offline.evaluation.report_definitions import SIGNIFICANT, define
from app.offline.evaluation.results import Estimate, Results, VariantResult

if TYPE_CHECKING:
    from app.offline.evaluation.sources import ShopData
    from app.offline.evaluation.variants import Variant

Command = TypeVar("Command", bound=Callable[..., Any])
Parameters = Mapping[str, Mapping[str, Any]]
"""Of the models in force, by kind."""
_MODES = {"new": (Mode.NEW,), "all": (Mode.ALL,), "both": (Mode.NEW, Mode.ALL)}
_NEEDED = {"pytrec_eval": "computes the metrics", "matplotlib": "draws the plots"}
_LISTS = ("ndcg", "recall", "precision", "hit", "mrr")
_BEYOND = ("item_coverage", "user_coverage", "diversity", "novelty", "serendipity", "gini",
           "popularity_lift", "mae", "rmse", "prediction_coverage")  # fmt: skip
_ERRORS = ("mae", "rmse")


def _lengths(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        found = sorted({int(part) for part in text.split(",")})
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a list such as 5,10,20") from error
    if not found or found[0] < 1 or found[-1] > 1000:
        raise click.BadParameter("lengths are from 1 to 1000")
    return tuple(found)


FILE = click.Path(path_type=Path, dir_okay=False)
PAST = (
    click.option("--file", type=FILE, help="Ratings, events or both; without: the database."),
    click.option("--catalogue", type=FILE, help="The items of that file, with their features."),
    click.option("--kind", metavar="KIND", help="Of rows of a file that say none."),
    click.option("--kind-map", metavar="WORD=KIND,...", callback=renamed,
                 help="What words of the file mean, beside the usual ones."),
    click.option("--declare-kind", "declared", multiple=True, metavar="KIND=WEIGHT",
                 callback=declared_kinds,
                 help="A kind of events of the shop's own; may be repeated."),
    click.option("--column", "columns", multiple=True, metavar="FIELD=NAME", callback=pairs,
                 help="The column of a field, such as user_id=buyer; may be repeated."),
    click.option("--where", multiple=True, metavar="COLUMN=VALUE", callback=pairs,
                 help="Only rows of the file with this value; may be repeated."),
)  # fmt: skip
_SPLIT = (
    click.option("--split", "kind_of_split", default=SplitKind.TIME.value, show_default=True,
                 type=click.Choice([kind.value for kind in SplitKind]),
                 help="What is held out: all after a moment, the last item of each shopper, a "
                 "random share in turn, or some items altogether."),
    click.option("--cut", metavar="DATE", callback=moment, help="time: the moment."),
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
_ASKING = (
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
_WRITING = (
    click.option("--html", type=FILE, default=Path("evaluation.html"), show_default=True,
                 help="Where the report goes."),
    click.option("--json", "as_json", type=FILE, help="Where the figures go."),
)  # fmt: skip


def with_options(options: Sequence[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    """Return a decorator that adds options in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.command()
@with_appcontext
@with_options((*PAST, *_SPLIT, *_ASKING, *_WRITING))
def evaluate(html: Path, as_json: Path | None, **given: Any) -> None:
    """Measure recommendations on the shop's own past, or on that of a file.

    A part of what happened is held out; a shop in memory is filled with the
    rest, and asked by the very code that serves. What it shows is held
    against what the shoppers then took. Nothing is written to the database,
    and a service that runs does not notice.

    \b
    A strategy    hybrid, user, item, co_rated, ease, als, neural,
                  sequence, auto
    Plain lists   popular, recent (popular of a month), last_bought, random;
                  those that can be told are always there
    Settings      as `flask settings show` names them, and weights.KIND

    A report goes to evaluation.html, a table to the screen. What each split
    prevents, and what no split can: docs/evaluation.md.

    \b
    Examples:
      flask evaluate
      flask evaluate --test-days 28 --compare hybrid --compare user,k=100
      flask evaluate --file ratings.csv.gz --catalogue items.csv.gz
      flask evaluate --split last --users 1000
      flask evaluate --split items --compare item --json cold.json
    """
    require_packages(_NEEDED)
    from app.bootstrap.offline import shops
    from app.offline.evaluation.assembling import results_of
    from app.offline.evaluation.evaluation import Evaluation
    from app.offline.evaluation.variants import RATINGS, models_of, usual

    options, scale = _options(given), rating_scale()
    with explained():
        data, settings, fitted_by = read_past(given, scale)
        variants = _variants(given["compared"], settings) or usual(settings)
        models = {kind: fitted_by.get(kind, {}) for kind in sorted(models_of(variants))}
        ratings = fitted_by.get(RATINGS, {}) if given["fit_ratings"] else None
        make_shop = shops(scale, models, ratings=ratings, told=say)
        evaluation = Evaluation(data, options, settings=settings, scale=scale, make_shop=make_shop)
        compared = evaluation.compared(variants, fit_ratings=given["fit_ratings"])
        baseline = given["baseline"] or evaluation.usual_baseline
        _require_compared(baseline, compared)
        with progress("Asking") as show:
            judged = evaluation.run(compared, show)
        command, now = shlex.join(["flask", *sys.argv[1:]]), datetime.now(UTC)
        results = results_of(evaluation, judged, baseline=baseline, command=command, at=now)
    click.echo("\n".join(_table(results)))
    _write(results, html, as_json)


def require_packages(needed: Mapping[str, str]) -> None:
    """Fail where one of them is not installed. needed : package -> what it does."""
    for name, does in needed.items():
        if find_spec(name) is None:
            raise click.ClickException(
                f"{name}, which {does}, is not installed. "
                "Run: pip install -r requirements-evaluation.txt"
            )


def rating_scale() -> RatingScale:
    settings = shop().settings
    return RatingScale(settings.rating_min, settings.rating_max)


def read_past(
    given: dict[str, Any], scale: RatingScale
) -> tuple["ShopData", ShopSettings, Parameters]:
    """Return the data that the options of PAST name, and what is in force with them."""
    from app.offline.evaluation import sources

    path: Path | None = given["file"]
    if path is None:
        if given["catalogue"] is not None:
            raise click.UsageError("--catalogue goes with --file; the database has its own items.")
        repositories = opened().repositories
        say("Reading the shop's database.")
        data = sources.of_repositories(
            repositories.events, repositories.ratings, repositories.items
        )
        settings = repositories.settings.get()
        records = (repositories.models.find(kind, v) for kind, v in settings.models.items())
        return data, settings, {r.kind: r.parameters for r in records if r is not None}
    settings = ShopSettings()
    settings = replace(settings, weights={**settings.weights, **given["declared"]})
    options = EventOptions(
        columns=dict(given["columns"]),
        where=given["where"],
        kind=given["kind"],
        kind_map=given["kind_map"],
    )
    with progress(f"Reading {path.name}") as show:
        data = sources.of_file(
            path, given["catalogue"], options, settings=settings, scale=scale, progress=show
        )
    return data, settings, {}


def say(words: str) -> None:
    click.echo(words, err=True)


def _variants(texts: Sequence[str], settings: ShopSettings) -> "list[Variant]":
    from app.offline.evaluation.variants import parsed

    try:
        return [parsed(text, settings, _parsed) for text in texts]
    except InvalidInput as error:
        raise click.UsageError(error.message) from error


def _parsed(given: Mapping[str, str | Mapping[str, str]]) -> dict[str, Any]:
    """Return the values of settings that are texts, or raise InvalidInput."""
    found = {}
    for name, text in given.items():
        if not isinstance(text, str):
            text = ",".join(f"{key}={number}" for key, number in text.items())
        row = row_of(name, SETTINGS)
        found[row.name] = row.parsed(text)
    return found


def _require_compared(name: str, variants: "Sequence[Variant]") -> None:
    names = [variant.name for variant in variants]
    if name not in names:
        raise click.UsageError(f"--baseline {name} is not compared; there are: {', '.join(names)}")


def _options(given: dict[str, Any]) -> EvaluationOptions:
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


def _write(results: Results, html: Path, as_json: Path | None) -> None:
    from app.offline.evaluation.report import render_html

    try:
        html.write_text(render_html(results), encoding="utf-8")
        if as_json is not None:
            as_json.write_bytes(orjson.dumps(asdict(results), option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise click.ClickException(
            f"{error.filename} cannot be written: {error.strerror}."
        ) from error
    click.echo(f"\nReport: {html.resolve()}")
    if as_json:
        click.echo(f"Figures: {as_json.resolve()}")


def _table(results: Results) -> Iterator[str]:
    told = {**results.data, **results.split}
    yield "; ".join(f"{name}: {_fact(value)}" for name, value in told.items())
    for group in results.groups:
        yield ""
        yield f"{group.name[:1].upper()}{group.name[1:]} ({group.size:,} shoppers). {group.words}"
        yield from _rows(_of_group(results, group.name))
    if any(variant.beyond for variant in results.variants):
        yield ""
        yield "All lists of a variant, whatever is right"
        yield from _rows(_beyond(results))
    yield ""
    yield (
        f"* differs from {results.baseline} "
        f"(p < {SIGNIFICANT}, corrected for the number of variants)."
    )
    yield from results.notes


def _rows(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    return (f"  {line}" for line in aligned(rows, left=1))


def _fact(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _of_group(results: Results, group: str) -> list[tuple[str, ...]]:
    names = {m for v in results.variants for m in v.figures.get(group, {})}
    n = 10 if 10 in results.at else results.at[len(results.at) // 2]
    wanted = [*(f"{name}@{n}" for name in _LISTS), *_ERRORS]
    metrics = [metric for metric in wanted if metric in names]
    rows = [("", *(define(metric).title for metric in metrics))]
    for variant in results.variants:
        figures = variant.figures.get(group, {})
        cells = (
            _cell(figures.get(metric), whole=not at or metric in _ERRORS)
            for at, metric in enumerate(metrics)
        )
        rows.append((variant.name, *cells))
    return rows


def _cell(estimate: Estimate | None, *, whole: bool) -> str:
    if estimate is None or estimate.mean is None:
        return "-"
    star = "*" if estimate.p is not None and estimate.p < SIGNIFICANT else " "
    if whole and estimate.low is not None:
        return f"{estimate.mean:.4f} ({estimate.low:.4f} to {estimate.high:.4f}){star}"
    return f"{estimate.mean:.4f}{star}"


def _beyond(results: Results) -> list[tuple[str, ...]]:
    names = [
        name for name in _BEYOND if any(v.beyond.get(name) is not None for v in results.variants)
    ]
    head = ("", *(define(name).title for name in names), "seconds")
    return [head, *(_of_beyond(variant, names) for variant in results.variants)]


def _of_beyond(variant: VariantResult, names: Sequence[str]) -> tuple[str, ...]:
    values = (variant.beyond.get(name) for name in names)
    cells = ("-" if value is None else f"{value:.3f}" for value in values)
    return (variant.name, *cells, f"{variant.seconds.get('lists', 0.0):.1f}")
