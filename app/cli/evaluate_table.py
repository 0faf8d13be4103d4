"""The results of an evaluation as text, for a terminal."""

from collections.abc import Iterator, Sequence

from app.offline.evaluation.report_definitions import SIGNIFICANT, define
from app.offline.evaluation.results import Estimate, Results, VariantResult

_LISTS = ("ndcg", "recall", "precision", "hit", "mrr")
_BEYOND = ("item_coverage", "user_coverage", "diversity", "novelty", "serendipity", "gini",
           "popularity_lift", "mae", "rmse", "prediction_coverage")  # fmt: skip
_ERRORS = ("mae", "rmse")


def table(results: Results) -> str:
    """Return what was compared, a table a group, and what else the lists are like."""
    lines = [_facts(results)]
    for group in results.groups:
        lines += [
            "",
            f"{group.name[:1].upper()}{group.name[1:]} ({group.size:,} shoppers). {group.words}",
        ]
        lines += _group(results, group.name)
    if any(variant.beyond for variant in results.variants):
        lines += ["", "All lists of a variant, whatever is right"]
        lines += _rows(_beyond(results))
    lines += [
        "",
        f"* differs from {results.baseline} "
        f"(p < {SIGNIFICANT}, corrected for the number of variants).",
    ]
    lines += [f"{note}" for note in results.notes]
    return "\n".join(lines)


def _facts(results: Results) -> str:
    told = {**results.data, **results.split}
    return "; ".join(f"{name}: {_fact(value)}" for name, value in told.items())


def _fact(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _group(results: Results, group: str) -> Iterator[str]:
    names = {m for v in results.variants for m in v.figures.get(group, {})}
    n = 10 if 10 in results.at else results.at[len(results.at) // 2]
    wanted = [f"{name}@{n}" for name in _LISTS] + list(_ERRORS)
    metrics = [metric for metric in wanted if metric in names]
    head = ("", *(define(metric).title for metric in metrics))
    rows = [head]
    for variant in results.variants:
        figures = variant.figures.get(group, {})
        cells = [
            _cell(figures.get(metric), whole=not at or metric in _ERRORS)
            for at, metric in enumerate(metrics)
        ]
        rows.append((variant.name, *cells))
    yield from _rows(rows)


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


def _rows(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in rows
    ]
