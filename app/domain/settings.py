"""What a merchandiser may change while the service runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.domain.events import WEIGHTS


class Strategy(StrEnum):
    """How `for you` scores items."""

    HYBRID = "hybrid"
    """The weighted sum of all those in `PARTS`."""
    AUTO = "auto"
    """What tuning found best."""
    USER = "user"
    ITEM = "item"
    """By features."""
    CO_RATED = "co_rated"
    """By who prefers both items."""
    EASE = "ease"
    ALS = "als"
    NEURAL = "neural"
    SEQUENCE = "sequence"
    """By what was taken up soon after what."""
    POPULAR = "popular"


LEARNED = (Strategy.EASE, Strategy.ALS, Strategy.NEURAL, Strategy.SEQUENCE)
"""Strategies that rest on a model, which is fitted now and then."""
MODEL_KINDS = (*(kind.value for kind in LEARNED), "ratings")
"""All kinds of models; `ratings` predicts ratings and ranks nothing."""
PARTS = (Strategy.USER, Strategy.ITEM, Strategy.CO_RATED, *LEARNED)
"""What the hybrid is made of."""
WEIGHTS_OF = {f"w_{part}": part for part in PARTS}
"""The setting that is the weight of each."""


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
    """Weight of the user-based score in the hybrid; all weights are normalised to sum 1."""
    w_item: float = 0.4
    w_co_rated: float = 0.0
    w_ease: float = 0.0
    w_als: float = 0.0
    w_neural: float = 0.0
    w_sequence: float = 0.0
    auto_strategy: Strategy = Strategy.HYBRID
    """What `auto` stands for."""
    k: int = 50
    """Neighbours a shopper; more is slower, hardly better."""
    similarity: Similarity = Similarity.COSINE
    min_similarity: float = 0.0
    shrinkage: float = 0.0
    """With n common items a similarity is multiplied by n / (n + shrinkage)."""
    exponent: float = 1.0
    """Similarities weigh by this power."""
    asymmetry: float = 0.5
    """Power of the shopper's own norm in a cosine, of 1 for both; 0.5: the cosine."""
    damping: float = 0.0
    """What many have says less of two shoppers: it is divided by their number to this power."""
    recency: float = 0.0
    """How much more the shopper's latest items say to the models `ease` and `als`: 0: no more."""
    co_rarity: float = 0.5
    """Among the co-rated, a shopper's item says 1 / (number who have it) to this power."""
    co_damping: float = 0.85
    """And who has many items is reached by chance: divided by their number to this power."""
    co_exponent: float = 1.5
    """Those who share most weigh most: by this power."""
    co_novelty: float = 0.5
    """An item's score is divided by how many have it to this power: above 0 the known give way."""
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
    vector_weights: Mapping[str, float] = field(default_factory=dict)
    """Weight of each named vector in the similarity of items; 1 where a name is missing."""
    models: Mapping[str, int] = field(default_factory=dict)
    """The version in force of each kind of learned model."""
    train_hours: float = 24.0
    """Models in force are fitted again when they are so old; 0: never."""
    tuned: Mapping[str, Any] = field(default_factory=dict)
    """What the last tuning changed, and its evidence."""
