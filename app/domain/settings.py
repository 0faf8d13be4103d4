"""What a merchandiser may change while the service runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.events import WEIGHTS


class Strategy(StrEnum):
    """How `for you` scores items."""

    HYBRID = "hybrid"
    USER = "user"
    ITEM = "item"
    POPULAR = "popular"


class Similarity(StrEnum):
    """How alike two shoppers are."""

    COSINE = "cosine"
    PEARSON = "pearson"
    JACCARD = "jaccard"


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """One versioned document, followed by every worker. A request's own parameters win over it."""

    version: int = 0
    strategy: Strategy = Strategy.HYBRID
    w_user: float = 0.6
    """Weight of the user-based score; the two weights are normalised to sum 1."""
    w_item: float = 0.4
    k: int = 50
    """Neighbours a shopper; more is slower, hardly better."""
    similarity: Similarity = Similarity.COSINE
    min_similarity: float = 0.0
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    """What one event of each kind says; a kind that is not named here is not taken in."""
    half_life_days: float = 90.0
    """After so many days an event counts half."""
    saturation: float = 5.0
    """The sum of weights at which a preference reaches half the top of the rating scale."""
    session_strength: float = 0.3
    """How much the last few clicks weigh in `for you`; 0: no more than all the rest."""
    session_minutes: float = 30.0
    """How long after a click the next one belongs to the same visit."""
    repeat_strength: float = 0.0
    """How much what the shopper buys again and again weighs in `for you` and beside a cart."""
    context_strength: float = 0.3
    """How much the time of day and week, the device and the country lift; 0: not at all."""
    timezone: str = "UTC"
    """Where it is morning when the shop's shoppers have breakfast."""
    hide_bought_days: float = 0.0
    """`for you` leaves out what was bought in so many days."""
    min_support: int = 3
    """Orders that must hold two items before one is shown with the other."""
    w_similar_features: float = 0.5
    """Weight of features among similar items; the rest goes to who likes both."""
