"""The pictures of the report: intervals, curves over n, right against broad, who is shown."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from app.services.evaluation import report_svg as svg
from app.services.evaluation.report_definitions import define
from app.services.evaluation.results import Estimate, Results, VariantResult

SIGNIFICANT = 0.05
_ROW, _LABELS, _VALUES = 24.0, 126.0, 312.0


def intervals(results: Results, group: str, metric: str) -> str:
    """Draw each variant's mean with its interval; hollow: not to be told from the baseline."""
    found = {
        number: estimate
        for number, variant in enumerate(results.variants)
        if (estimate := _of(variant, group, metric)) and estimate.mean is not None
    }
    ends = [
        end
        for each in found.values()
        for end in (each.low, each.high, each.mean)
        if end is not None
    ]
    bottom = 8 + _ROW * len(results.variants)
    picture = svg.picture(bottom + 24, f"{define(metric).title}, {group}")
    across = svg.scale_for(ends, _LABELS + 8, _VALUES - 8)
    _ticks_below(picture, across, bottom)
    base = next((n for n, v in enumerate(results.variants) if v.name == results.baseline), -1)
    if base in found:
        at = across(found[base].mean or 0.0)
        svg.line(picture, at, 4, at, bottom, "baseline")
    for number, variant in enumerate(results.variants):
        middle = 8 + _ROW * (number + 0.5)
        svg.text(picture, _LABELS, middle + 4, short(variant.name), style="end")
        if number in found:
            _whisker(picture, across, middle, (number, variant.name), found[number])
    return svg.written(picture)


def _whisker(
    picture: Element, across: svg.Scale, y: float, who: tuple[int, str], estimate: Estimate
) -> None:
    number, name = who
    mean = estimate.mean or 0.0
    if estimate.low is not None and estimate.high is not None:
        low, high, style = across(estimate.low), across(estimate.high), f"line {svg.colour(number)}"
        svg.line(picture, low, y, high, y, style)
        for end in (low, high):
            svg.line(picture, end, y - 6, end, y + 6, style)
    style = "hollow" if estimate.p is not None and estimate.p >= SIGNIFICANT else ""
    tip = f"{name}: {in_words(estimate)}"
    svg.mark(picture, across(mean), y, number, tip, size=3.5, style=style)
    svg.text(picture, svg.WIDTH - 2, y + 4, number_words(mean), style="end")


def curves(results: Results, group: str, name: str) -> str:
    """Draw a metric over the length of the list."""
    lines = {
        number: [
            (n, estimate.mean)
            for n in results.at
            if (estimate := _of(variant, group, f"{name}@{n}")) and estimate.mean is not None
        ]
        for number, variant in enumerate(results.variants)
    }
    picture = svg.picture(230, f"{define(name).title} over n, {group}")
    up = svg.scale_for(
        [mean for points in lines.values() for _, mean in points], 196, 10, zero=True
    )
    across = svg.scale_for([float(n) for n in results.at], 44, svg.WIDTH - 8)
    _ticks_beside(picture, up)
    for n in results.at:
        svg.text(picture, across(n), 214, str(n), style="middle")
    svg.text(picture, svg.WIDTH - 8, 228, "n, the length of the list", style="end quiet")
    for number, points in lines.items():
        places = [(across(n), up(mean)) for n, mean in points]
        svg.path(picture, places, f"curve {svg.colour(number)}")
        for (x, y), (n, mean) in zip(places, points, strict=True):
            tip = f"{results.variants[number].name}: {name}@{n} {number_words(mean)}"
            svg.mark(picture, x, y, number, tip)
    return svg.written(picture)


def scatter(results: Results, group: str, metric: str, beyond: str) -> str:
    """Draw how right the variants are against how broad; above and to the right is better."""
    points = {
        number: (across, estimate.mean)
        for number, variant in enumerate(results.variants)
        if (estimate := _of(variant, group, metric)) and estimate.mean is not None
        if (across := variant.beyond.get(beyond)) is not None
    }
    title = f"{define(metric).title} against {define(beyond).title.lower()}"
    picture = svg.picture(230, title)
    up = svg.scale_for([y for _, y in points.values()], 196, 10, zero=True)
    over = svg.scale_for([x for x, _ in points.values()], 44, svg.WIDTH - 12)
    _ticks_beside(picture, up)
    _ticks_below(picture, over, 196)
    svg.text(picture, svg.WIDTH - 8, 228, define(beyond).title.lower(), style="end quiet")
    for number, (x, y) in points.items():
        name = results.variants[number].name
        svg.mark(picture, over(x), up(y), number, f"{name}: {number_words(y)}, {number_words(x)}")
    return svg.written(picture)


def tiers(results: Results) -> str:
    """Draw what share of all places each tier of popularity gets, and of interactions it has."""
    shown = [(each.name, each.tiers) for each in results.variants if each.tiers]
    rows: list[tuple[str, Mapping[str, float]]] = []
    if shown:
        rows.append(("interactions", {tier.name: tier.interactions for tier in shown[0][1]}))
        rows += [(name, {tier.name: tier.exposure for tier in of}) for name, of in shown]
    bottom = 8 + _ROW * len(rows)
    picture = svg.picture(bottom + 24, "Exposure by tier of popularity")
    across = svg.Scale(0.0, 1.0, _LABELS + 8, svg.WIDTH - 24)
    for at, (name, shares) in enumerate(rows):
        y = 8 + _ROW * at
        svg.text(picture, _LABELS, y + 16, short(name), style="end" if at else "end quiet")
        _stacked(picture, across, y + 4, (name, shares))
    for tick in (0.0, 0.5, 1.0):
        svg.text(picture, across(tick), bottom + 18, f"{tick:.0%}", style="middle quiet")
    return svg.written(picture)


def _stacked(
    picture: Element, across: svg.Scale, y: float, row: tuple[str, Mapping[str, float]]
) -> None:
    name, shares = row
    start = 0.0
    for number, (tier, share) in enumerate(shares.items()):
        width = across(start + share) - across(start)
        tip = f"{name}, {tier}: {share:.1%}"
        svg.bar(picture, across(start), y, (width, _ROW - 8), f"tier t{number}", tip)
        start += share


def key(number: int) -> str:
    """Draw a variant's mark alone, for the key."""
    picture = svg.picture(16, "")
    picture.set("viewBox", "0 0 16 16")
    picture.set("class", "key")
    svg.mark(picture, 8, 8, number, "")
    return svg.written(picture)


def number_words(value: float | None) -> str:
    """Write a figure with the digits that say something."""
    if value is None:
        return "–"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


def in_words(estimate: Estimate) -> str:
    """Write an estimate with its interval and what it is the mean of."""
    span = f" ({number_words(estimate.low)} to {number_words(estimate.high)})"
    p = "" if estimate.p is None else f", p {estimate.p:.4f}"
    return f"{number_words(estimate.mean)}{span}, {estimate.n:,} users{p}"


def short(name: str, longest: int = 16) -> str:
    """Shorten a name to what fits beside a picture; variants often differ at the end."""
    return name if len(name) <= longest else f"{name[:6]}…{name[7 - longest :]}"


def _of(variant: VariantResult, group: str, metric: str) -> Estimate | None:
    return variant.figures.get(group, {}).get(metric)


def _ticks_below(picture: Element, across: svg.Scale, bottom: float) -> None:
    for tick in across.ticks():
        svg.line(picture, across(tick), 4, across(tick), bottom, "grid")
        svg.text(picture, across(tick), bottom + 18, f"{tick:g}", style="middle quiet")


def _ticks_beside(picture: Element, up: svg.Scale) -> None:
    for tick in up.ticks():
        svg.line(picture, 40, up(tick), svg.WIDTH - 4, up(tick), "grid")
        svg.text(picture, 36, up(tick) + 4, f"{tick:g}", style="end quiet")
