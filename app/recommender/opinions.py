"""The opinions that `for you` is made of: one of each way of scoring, for one shopper."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from app.domain.explanations import Reason
from app.domain.settings import ShopSettings, Strategy
from app.engine.jit import Float64s, Int32s
from app.engine.recommenders.co_rated import CoRating
from app.engine.recommenders.ranking import shares
from app.engine.recommenders.user_based import Neighbourhood, Neighbours, UserExplanation
from app.engine.tables.profile import Profile
from app.recommender.context import RankingContext, ShopMemory
from app.recommender.reasons import Close, Spaces
from app.recommender.reasons import Neighbours as NeighboursReason

_SHOWN = 5  # neighbours that are told apart; the others are in their count


class Brought(NamedTuple):
    """What brought one item to a shopper."""

    rows: Int32s
    """The shopper's own items, largest share first."""
    shares: Float64s
    """Sum 1, or nothing where it cannot be told."""
    reasons: tuple[Reason, ...] = ()
    """More of them."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """Scores of shape (item rows,), what a perfect one would be, and where one comes from."""

    scores: Float64s
    best: float
    why: Callable[[int], Brought]


class Voice(Protocol):
    """One way to score items for a shopper."""

    def __call__(self, profile: Profile, ctx: RankingContext) -> Opinion | None:
        """Return its opinion; None if it knows nothing of this shopper."""


class ByUsers:
    """What the most similar shoppers prefer, in rating units."""

    def __init__(self, memory: ShopMemory) -> None:
        self._tables = memory.tables
        self._top = memory.scale.top

    def __call__(self, profile: Profile, ctx: RankingContext) -> Opinion:
        users, g = self._tables.user_based, ctx.explicit_scale
        near = neighbourhood(ctx.settings)
        found = users.neighbours(profile, near, g=g)
        scores = users.scores(profile, found, g=g)

        def why(row: int) -> Brought:
            told = users.explain(profile, found, row, similarity=near.similarity, g=profile.g)
            return Brought(told.items, told.item_shares, (_told_neighbours(told, found),))

        return Opinion(scores, self._top, why)


def neighbourhood(shop: ShopSettings) -> Neighbourhood:
    return Neighbourhood(
        k=shop.k,
        similarity=shop.similarity.value,
        min_similarity=shop.min_similarity,
        shrinkage=shop.shrinkage,
        exponent=shop.exponent,
        asymmetry=shop.asymmetry,
        damping=shop.damping,
    )


def _told_neighbours(why: UserExplanation, of: Neighbours) -> NeighboursReason:
    """Describe who brought an item, without names; equal shares go by similarity."""
    similarity_of = dict(zip(of.rows.tolist(), of.similarities.tolist(), strict=True))
    found = sorted(
        (-round(share, 9), -round(similarity_of[row], 9))
        for row, share in zip(why.users.tolist(), why.user_shares.tolist(), strict=True)
    )
    closest = tuple(Close(-similarity, -share) for share, similarity in found[:_SHOWN])
    return NeighboursReason(len(why.users), len(of.rows), closest)


class ByFeatures:
    """What resembles the shopper's items, in [0, 1]."""

    def __init__(self, memory: ShopMemory) -> None:
        self._tables = memory.tables

    def __call__(self, profile: Profile, ctx: RankingContext) -> Opinion:
        items = self._tables.item_based

        def why(row: int) -> Brought:
            rows, parts = items.explain(profile, row)
            spaces = _shares_of(items.spaces(profile, row))
            return Brought(rows, parts, (Spaces(spaces),) if len(spaces) > 1 else ())

        return Opinion(items.scores(profile), 1.0, why)


def _shares_of(amounts: Mapping[str, float]) -> dict[str, float]:
    total = sum(amount for amount in amounts.values() if amount > 0.0)
    return {name: round(a / total, 9) for name, a in amounts.items() if a > 0.0 < total}


class ByCoRating:
    """What those prefer who prefer the shopper's items; the best score is 1."""

    def __init__(self, memory: ShopMemory) -> None:
        self._tables = memory.tables

    def __call__(self, profile: Profile, ctx: RankingContext) -> Opinion | None:
        shop, co_rated = ctx.settings, self._tables.co_rated
        knobs = CoRating(
            rarity=shop.co_rarity,
            damping=shop.co_damping,
            exponent=shop.co_exponent,
            novelty=shop.co_novelty,
        )
        scores = co_rated.scores(profile, knobs)

        def why(row: int) -> Brought:
            return Brought(*co_rated.explain(profile, row, knobs))

        return _of_the_best(scores, why)


class ByModel:
    """What a learned model says; the best score is 1."""

    def __init__(self, kind: Strategy, memory: ShopMemory) -> None:
        self._kind = kind
        self._learned = memory.learned

    def __call__(self, profile: Profile, ctx: RankingContext) -> Opinion | None:
        recency = ctx.settings.recency
        scores = self._learned.scores(self._kind, ctx.shopper, recency=recency)
        if scores is None:
            return None

        def why(row: int) -> Brought:
            places, parts = shares(
                self._learned.shares(self._kind, ctx.shopper, row, recency=recency)
            )
            return Brought(profile.items[places], parts)

        return _of_the_best(scores, why)


def _of_the_best(scores: Float64s, why: Callable[[int], Brought]) -> Opinion | None:
    best = float(scores.max(initial=0.0))
    return Opinion(scores / best, 1.0, why) if best > 0.0 else None


def merged(
    opinions: Mapping[str, Opinion], amounts: Mapping[str, float], row: int
) -> tuple[dict[int, float], list[Reason]]:
    """Return the share of each of the shopper's items in bringing an item, and more reasons.

    The opinions weigh by what each gave to its score; shares sum to 1, or there are none.
    """
    share_of: dict[int, float] = defaultdict(float)
    reasons: list[Reason] = []
    total = sum(amounts.values()) or 1.0
    for name, opinion in opinions.items():
        why = opinion.why(row)
        reasons += why.reasons
        if (weight := amounts.get(name, 0.0) / total) > 0.0:
            for own, share in zip(why.rows.tolist(), why.shares.tolist(), strict=True):
                share_of[own] += weight * share
    return share_of, reasons
