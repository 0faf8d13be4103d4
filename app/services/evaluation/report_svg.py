"""The few shapes that the report's pictures are made of, as SVG elements.

Colours are classes of the page's style sheet, so that one picture serves a light page, a dark one
and a printed one. Texts are escaped by the XML writer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from xml.etree.ElementTree import Element, SubElement, tostring

WIDTH = 360.0  # as many units as a narrow screen has points, so that no text gets small
COLOURS = 8  # that the style sheet has


@dataclass(frozen=True)
class Scale:
    """A stretch of numbers laid on a stretch of the picture."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where a value stands."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, about: int = 4) -> list[float]:
        """Return round numbers within, about so many."""
        step = _round_step((self.high - self.low) / about)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [at * step for at in range(first, last + 1)]


def scale_for(values: Sequence[float], start: float, end: float, *, zero: bool = False) -> Scale:
    """Make a scale that holds all values with a little room; `zero`: and begins there."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 0.1
    # What is never negative leaves little room below 0.
    low, high = (low - room if low < 0 else max(low - room, -0.04 * (high + room))), high + room
    return Scale(0.0 if zero and low < high else low, high, start, end)


def _round_step(rough: float) -> float:
    power = 10.0 ** floor(log10(rough))
    return next(
        power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= rough * 0.999
    )


def picture(height: float, title: str) -> Element:
    """Begin a picture; the title is what a screen reader says."""
    svg = Element("svg", viewBox=f"0 0 {WIDTH:g} {height:g}", role="img")
    svg.set("aria-label", title)
    return svg


def line(svg: Element, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
    """Draw a line."""
    SubElement(
        svg, "line", {"x1": _n(x1), "y1": _n(y1), "x2": _n(x2), "y2": _n(y2), "class": style}
    )


def path(svg: Element, points: Sequence[tuple[float, float]], style: str) -> None:
    """Draw a line through points."""
    places = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    SubElement(svg, "polyline", {"points": places, "class": style})


def bar(svg: Element, x: float, y: float, size: tuple[float, float], style: str, tip: str) -> None:
    """Draw a bar of a width and a height."""
    width, height = size
    box = {"x": _n(x), "y": _n(y), "width": _n(max(width, 0.0)), "height": _n(height)}
    _tip(SubElement(svg, "rect", {**box, "class": style}), tip)


def text(svg: Element, x: float, y: float, words: str, *, style: str = "") -> None:
    """Write a line of text; classes `end` and `middle` say where x is."""
    SubElement(svg, "text", {"x": _n(x), "y": _n(y), "class": style}).text = words


def mark(
    svg: Element, x: float, y: float, number: int, tip: str, *, size: float = 5.0, style: str = ""
) -> None:
    """Draw the mark of a variant: a colour and a shape of its own."""
    shape = _SHAPES[number % len(_SHAPES)]
    points = " ".join(f"{_n(x + size * dx)},{_n(y + size * dy)}" for dx, dy in shape)
    style = f"mark {colour(number)} {style}".strip()
    _tip(SubElement(svg, "polygon", {"points": points, "class": style}), tip)


def colour(number: int) -> str:
    """Return the class of a variant's colour; past the last shape, shapes meet other colours."""
    return f"c{(number + number // len(_SHAPES)) % COLOURS}"


def written(svg: Element) -> str:
    """Return the picture as text that stands in a page."""
    return tostring(svg, encoding="unicode")


def _tip(element: Element, words: str) -> None:
    SubElement(element, "title").text = words


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


_SHAPES: tuple[tuple[tuple[float, float], ...], ...] = (
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.1), (1.1, 0.9), (-1.1, 0.9)),
    ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
    ((0, 1.1), (1.1, -0.9), (-1.1, -0.9)),
    (
        (-0.5, -1.1),
        (0.5, -1.1),
        (1.1, -0.5),
        (1.1, 0.5),
        (0.5, 1.1),
        (-0.5, 1.1),
        (-1.1, 0.5),
        (-1.1, -0.5),
    ),
    ((-1.1, 0), (0.9, -1.1), (0.9, 1.1)),
    (
        (-0.4, -1.2),
        (0.4, -1.2),
        (0.4, -0.4),
        (1.2, -0.4),
        (1.2, 0.4),
        (0.4, 0.4),
        (0.4, 1.2),
        (-0.4, 1.2),
        (-0.4, 0.4),
        (-1.2, 0.4),
        (-1.2, -0.4),
        (-0.4, -0.4),
    ),
    ((1.1, 0), (-0.9, -1.1), (-0.9, 1.1)),
)
