"""The shop that an evaluation asks: `bootstrap.offline` makes one."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from app.domain.catalogue import Item
from app.domain.settings import ShopSettings
from app.engine.jit import Float64s
from app.offline.evaluation.interactions import Interactions


class Ranking(NamedTuple):
    """What a shelf shows: item ids, and what really made the list."""

    items: list[str]
    strategy: str


class AskedShop(Protocol):
    """A shop as it stood at some time past."""

    def set(self, settings: ShopSettings) -> None:
        """Put other settings in force."""

    def rank(
        self,
        subject: str,
        n: int,
        *,
        at: float | None = None,
        without: Sequence[str] = (),
        shelf: str = "for_you",
        **query: Any,
    ) -> Ranking:
        """Return the first n items of a shelf at a time (Unix seconds)."""

    def score(
        self,
        subject: str,
        items: Sequence[str],
        *,
        at: float | None = None,
        shelf: str = "for_you",
        **query: Any,
    ) -> Float64s:
        """Return how a shelf orders given items: a higher score stands first."""

    def predict(self, subject: str, items: Sequence[str]) -> Float64s:
        """Return predicted ratings; NaN where nothing can be said."""

    def predict_by_model(self, subject: str, items: Sequence[str]) -> Float64s:
        """Return ratings predicted by the fitted model; NaN where it cannot."""


MakeShop = Callable[[Interactions, Sequence[Item], ShopSettings, float], AskedShop]
"""Takes what the shop knows, its catalogue, its settings, and where its clock stands."""
