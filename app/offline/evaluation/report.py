"""The results as one page that needs nothing else: no script, no font, no address."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from app.offline.evaluation import report_plots as plots
from app.offline.evaluation.report_definitions import SIGNIFICANT, define, in_words, number_words
from app.offline.evaluation.results import Estimate, Results, Scalar

_TEMPLATE = Path(__file__).with_name("report.html")
_LISTS = ("ndcg", "recall", "precision", "hit", "map", "mrr")
_BRIEF = ("ndcg", "recall")  # for groups after the first
_OVER_N = ("ndcg", "recall")
_BROAD = ("item_coverage", "user_coverage")


@dataclass(frozen=True)
class Picture:
    heading: str
    tip: str
    svg: Markup


@dataclass(frozen=True)
class Cell:
    """One figure of the table; `notes` stand small below it."""

    value: str
    notes: tuple[str, ...] = ()
    best: bool = False
    tip: str = ""


@dataclass(frozen=True)
class Row:
    """One metric of the table, a cell for each variant."""

    metric: str
    tip: str
    cells: tuple[Cell, ...]


def render_html(results: Results) -> str:
    """Return the page. Every name in it is escaped."""
    n = _main_length(results.at)
    return _template().render(
        results=results,
        n=n,
        keys=[Markup(plots.key(number)) for number in range(len(results.variants))],
        groups=[
            (group, list(_interval_pictures(results, group.name, n, _BRIEF if at else _LISTS)))
            for at, group in enumerate(results.groups)
        ],
        overall=list(_overall_pictures(results, n)),
        exposed=Markup(plots.tiers(results)) if any(v.tiers for v in results.variants) else "",
        tables=[(group, _rows(results, group.name)) for group in results.groups],
        beyond=_beyond_rows(results),
        definitions=[define(name) for name in _names(results)],
        words=_words,
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))


def _main_length(at: Sequence[int]) -> int:
    """Return the length that pictures show: 10 where it was asked for."""
    return 10 if 10 in at or not at else at[len(at) // 2]


def _interval_pictures(
    results: Results, group: str, n: int, names: Sequence[str]
) -> Iterator[Picture]:
    for name in names:
        metric = f"{name}@{n}"
        if metric in _metrics(results, group):
            yield _picture(metric, plots.intervals(results, group, metric))


def _overall_pictures(results: Results, n: int) -> Iterator[Picture]:
    group = results.groups[0].name if results.groups else ""
    metrics = _metrics(results, group)
    for name in _OVER_N:
        if len(results.at) > 1 and f"{name}@{results.at[0]}" in metrics:
            words = f"{define(name).title} over the length of the list"
            yield _picture(name, plots.curves(results, group, name), words)
    right = next((f"{name}@{n}" for name in _OVER_N if f"{name}@{n}" in metrics), "")
    for broad in _BROAD if right else ():
        if len({variant.beyond.get(broad) for variant in results.variants} - {None}) > 1:
            words = f"{define(right).title} against {define(broad).title.lower()}"
            yield _picture(broad, plots.scatter(results, group, right, broad), words)


def _picture(metric: str, drawing: str, heading: str = "") -> Picture:
    found = define(metric)
    return Picture(heading or found.title, found.words, Markup(drawing))


def _metrics(results: Results, group: str) -> list[str]:
    """Return the metrics of a group as they came, but those of one name together."""
    figures = [variant.figures.get(group, {}) for variant in results.variants]
    metrics = dict.fromkeys(metric for by_metric in figures for metric in by_metric)
    names = list(dict.fromkeys(metric.partition("@")[0] for metric in metrics))
    return sorted(metrics, key=lambda metric: names.index(metric.partition("@")[0]))


def _rows(results: Results, group: str) -> list[Row]:
    return [_row(results, group, metric) for metric in _metrics(results, group)]


def _row(results: Results, group: str, metric: str) -> Row:
    found = [variant.figures.get(group, {}).get(metric) for variant in results.variants]
    best = _best([each.mean if each else None for each in found], define(metric).better)
    cells = tuple(_cell(each, each is not None and each.mean == best) for each in found)
    return Row(define(metric).title, define(metric).words, cells)


def _cell(estimate: Estimate | None, best: bool) -> Cell:
    if estimate is None or estimate.mean is None:
        return Cell("–")
    span = f"{number_words(estimate.low)} to {number_words(estimate.high)}"
    notes = (span,) if estimate.p is None else (span, f"p {estimate.p:.4f}")
    told = estimate.p is not None and estimate.p < SIGNIFICANT
    value = f"{number_words(estimate.mean)}{' *' if told else ''}"
    return Cell(value, notes, best, in_words(estimate))


def _beyond_rows(results: Results) -> list[Row]:
    names = dict.fromkeys(name for variant in results.variants for name in variant.beyond)
    rows = []
    for name in names:
        values = [variant.beyond.get(name) for variant in results.variants]
        best = _best(values, define(name).better)
        cells = tuple(Cell(number_words(v), best=v is not None and v == best) for v in values)
        rows.append(Row(define(name).title, define(name).words, cells))
    return rows


def _best(values: Sequence[float | None], better: str) -> float | None:
    known = [value for value in values if value is not None]
    if len(set(known)) < 2 or not better:
        return None
    return max(known) if better == "higher" else min(known)


def _names(results: Results) -> list[str]:
    """Return the metrics that stand anywhere on the page, without their n."""
    metrics = [metric for group in results.groups for metric in _metrics(results, group.name)]
    beyond = [name for variant in results.variants for name in variant.beyond]
    return list(dict.fromkeys(metric.partition("@")[0] for metric in [*metrics, *beyond]))


def _words(value: Scalar) -> str:
    """Write a fact: numbers with thousands apart, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:g}"
        if isinstance(value, float)
        else value
    )
