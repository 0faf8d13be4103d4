"""What a merchandiser may change while the service runs."""

from dataclasses import dataclass
from enum import StrEnum


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
