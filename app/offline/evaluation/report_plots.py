"""The plots of the report, as SVG that takes its colours from the page.

Only the report may import this: it needs matplotlib, which no worker has.
"""

import re
from collections.abc import Sequence
from html import escape
from io import StringIO
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app.offline.evaluation.report_definitions import SIGNIFICANT, define, in_words, number_words
from app.offline.evaluation.results import Estimate, Results, VariantResult

# Okabe and Ito's colours, which colour-blind eyes tell apart; darker where on white.
_HUES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07d00", "#3e9fd3", "#1c1f23", "#7d5fb5")
_INK, _QUIET, _RULE, _PAGE = "#1c1f23", "#5b636d", "#d9dde2", "#ffffff"  # in _STYLE as well
# What stands for them in the page's style sheet, which knows dark screens and paper too.
_VARIABLES = {hue: f"var(--c{number})" for number, hue in enumerate(_HUES)}
_NAMES = {"ink": _INK, "quiet": _QUIET, "rule": _RULE, "page": _PAGE}
_VARIABLES |= {colour: f"var(--{name})" for name, colour in _NAMES.items()}
_OF_TIERS = (_HUES[0], _HUES[5], _HUES[4])
_MARKERS = "s^Dvo<P>"
# Over matplotlib's defaults: what a person has set for plots of their own changes no page.
_STYLE = Path(__file__).with_name("report.mplstyle")
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_TIP = "tip: "  # such an id becomes a title, which browsers show as a tip
_WIDTH = 360.0  # points: those of a narrow screen, so that no text gets small
_ROW = 24.0


@rc_context(fname=_STYLE)
def intervals(results: Results, group: str, metric: str) -> str:
    """Draw each variant's mean with its interval; hollow: not to be told from the baseline."""
    names = [variant.name for variant in results.variants]
    axes = _rows(names, right=58.0)
    for number, variant in enumerate(results.variants):
        mean = _mean(variant, group, metric)
        if mean is not None:
            _whisker(axes, number, variant.name, variant.figures[group][metric])
            if variant.name == results.baseline:
                axes.axvline(mean, color=_INK, linewidth=1.0, dashes=(3, 3), zorder=1.5)
    return _svg(axes, f"{define(metric).title}, {group}")


def _whisker(axes: Axes, number: int, name: str, estimate: Estimate) -> None:
    mean, low, high = estimate.mean or 0.0, estimate.low, estimate.high
    if low is not None and high is not None:
        axes.plot((low, high), (number, number), color=_colour(number), marker="|", markersize=9)
    is_hollow = estimate.p is not None and estimate.p >= SIGNIFICANT
    _mark(axes, mean, number, number, f"{name}: {in_words(estimate)}", is_hollow=is_hollow)
    axes.annotate(
        number_words(mean),
        (1.0, number),
        (54.0, 0.0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        ha="right",
        va="center_baseline",
    )


@rc_context(fname=_STYLE)
def curves(results: Results, group: str, name: str) -> str:
    axes = _axes(230.0, left=42.0, right=10.0, bottom=36.0)
    axes.set_xticks(results.at)
    axes.set_xlabel("n, the length of the list", loc="right")
    for number, variant in enumerate(results.variants):
        found = {n: _mean(variant, group, f"{name}@{n}") for n in results.at}
        means = {n: mean for n, mean in found.items() if mean is not None}
        axes.plot(list(means), list(means.values()), color=_colour(number))
        for n, mean in means.items():
            _mark(axes, n, mean, number, f"{variant.name}: {name}@{n} {number_words(mean)}")
    axes.set_ylim(bottom=0.0)
    return _svg(axes, f"{define(name).title} over n, {group}")


@rc_context(fname=_STYLE)
def scatter(results: Results, group: str, metric: str, beyond: str) -> str:
    """Draw how right the variants are against how broad; above and to the right is better."""
    axes = _axes(230.0, left=42.0, right=10.0, bottom=36.0)
    axes.set_xlabel(define(beyond).title.lower(), loc="right")
    for number, variant in enumerate(results.variants):
        x, y = variant.beyond.get(beyond), _mean(variant, group, metric)
        if x is not None and y is not None:
            _mark(axes, x, y, number, f"{variant.name}: {number_words(y)}, {number_words(x)}")
    axes.set_ylim(bottom=0.0)
    title = f"{define(metric).title} against {define(beyond).title.lower()}"
    return _svg(axes, title)


@rc_context(fname=_STYLE)
def tiers(results: Results) -> str:
    """Draw what share of all places each tier of popularity gets, below that of interactions."""
    shown = [(each.name, each.tiers) for each in results.variants if each.tiers]
    rows = [("interactions", {tier.name: tier.interactions for tier in shown[0][1]})]
    rows += [(name, {tier.name: tier.exposure for tier in of}) for name, of in shown]
    axes = _rows([name for name, _ in rows], right=20.0)
    axes.get_yticklabels()[0].set_color(_QUIET)
    axes.set_xlim(0.0, 1.0)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    for at, (name, shares) in enumerate(rows):
        start = 0.0
        for colour, (tier, share) in zip(_OF_TIERS, shares.items(), strict=False):
            tip = f"{name}, {tier}: {share:.1%}"
            axes.barh(at, share, 0.7, start, color=colour, edgecolor=_PAGE, gid=_TIP + tip)
            start += share
    return _svg(axes, "Exposure by tier of popularity")


@rc_context(fname=_STYLE)
def key(number: int) -> str:
    axes = Figure((16 / 72, 16 / 72), frameon=False).add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    _mark(axes, 0, 0, number)
    return _svg(axes, "").replace("<svg ", '<svg class="key" ', 1)


def short(name: str, longest: int = 16) -> str:
    """Shorten a name to what fits beside a plot; variants often differ at the end."""
    return name if len(name) <= longest else f"{name[:6]}…{name[7 - longest :]}"


def _mean(variant: VariantResult, group: str, metric: str) -> float | None:
    estimate = variant.figures.get(group, {}).get(metric)
    return estimate.mean if estimate else None


def _colour(number: int) -> str:
    """Return a variant's colour; past the last marker, markers meet other colours."""
    return _HUES[(number + number // len(_MARKERS)) % len(_HUES)]


def _mark(
    axes: Axes, x: float, y: float, number: int, tip: str = "", *, is_hollow: bool = False
) -> None:
    axes.scatter(
        x,
        y,
        s=54.0,
        marker=_MARKERS[number % len(_MARKERS)],
        c=_PAGE if is_hollow else _colour(number),
        edgecolors=_colour(number),
        linewidths=1.2,
        zorder=3.0,
        clip_on=False,
        gid=_TIP + tip,
    )


def _axes(height: float, *, left: float, right: float, bottom: float) -> Axes:
    """Return axes on a figure of their own; height and margins in points."""
    figure = Figure((_WIDTH / 72, height / 72), frameon=False)
    across, up = (_WIDTH - left - right) / _WIDTH, (height - bottom - 8) / height
    axes = figure.add_axes((left / _WIDTH, bottom / height, across, up), frameon=False)
    axes.locator_params(nbins=4)
    return axes


def _rows(names: Sequence[str], right: float) -> Axes:
    axes = _axes(_ROW * len(names) + 32, left=132.0, right=right, bottom=24.0)
    axes.set_yticks(range(len(names)), map(short, names), color=_INK)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    return axes


def _svg(axes: Axes, title: str) -> str:
    """Return the figure as it stands in a page; the title is what a screen reader says."""
    figure, drawn = axes.get_figure(root=True), StringIO()
    assert figure is not None
    with rc_context({"svg.hashsalt": title}):  # ids are the same again, and one picture's own
        figure.savefig(drawn, format="svg", metadata=_NO_METADATA)
    svg = drawn.getvalue()
    svg = svg[svg.index("<g ") :]
    svg = re.sub(rf"<g id=([\"']){_TIP}(.*?)\1>", r"<g><title>\2</title>", svg)
    svg = re.sub(r' id="[\w.]+_\d+"', "", svg)  # numbered anew in every figure of the page
    svg = re.sub("(?<=: )#[0-9a-f]{6}", lambda found: _VARIABLES[found[0]], svg)
    width, height = (72 * inches for inches in figure.get_size_inches())
    head = f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}"'
    return f"<svg {head}>{svg}"
