"""What is done more with an item than usual: growth, not size.

    recent(i) = events of i in one window, by its fading count of that
    usual(i)  = what its fading count of a longer span holds besides, times the same quotient,
                recent over besides, of the whole shop
    growth(i) = (recent + a) / (usual + a),   a = 10 events

A sale or an evening lifts all items and is no trend of any of them. The prior `a` draws few events
towards 1: three events where none were usual give 1.3, a hundred where fifty were usual 1.8. From
`LEAST_GROWTH` on it is a trend; chance alone brings a steady item there once in hundreds. While the
whole shop has less besides than recent events, it is too young to know what is usual.
"""

from dataclasses import dataclass
from math import log

import numpy as np

from app.engine.jit import Float64s

PRIOR_EVENTS = 10.0
LEAST_GROWTH = 1.5
_EVENTS_A_WINDOW = 2.0 * log(2.0)  # by a sum with half a window as its half-life


@dataclass(frozen=True)
class Trends:
    """Growth of every item, and the events it is computed from; shapes (items,)."""

    recent: Float64s
    usual: Float64s
    growth: Float64s

    @property
    def scores(self) -> Float64s:
        """1 - 1 / growth, in [0, 1); 0 for what is no trend."""
        return np.where(self.growth >= LEAST_GROWTH, 1.0 - 1.0 / self.growth, 0.0)


def trends(short: Float64s, long: Float64s) -> Trends:
    """Compare fading counts of events over a window with those over a longer span.

    short, long : shape (items,), with half of their span as the half-life (`Activity.counted`).
    """
    besides = np.maximum(long - short, 0.0)
    all_recent, all_besides = float(short.sum()), float(besides.sum())
    recent = short * _EVENTS_A_WINDOW
    if not all_besides > all_recent:
        return Trends(recent, recent, np.ones_like(recent))
    usual = besides * (all_recent / all_besides * _EVENTS_A_WINDOW)
    return Trends(recent, usual, (recent + PRIOR_EVENTS) / (usual + PRIOR_EVENTS))
