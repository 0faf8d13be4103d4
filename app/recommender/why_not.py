"""Why an item is not on a page of a list, as the stages of the list answer it themselves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import UnknownItem
from app.domain.filters import Filters
from app.domain.recommendations import Query
from app.domain.settings import ShopSettings
from app.engine.recommenders.ranking import SCORE_SCALE, least_score
from app.live.memory import Shopper
from app.recommender.context import RankingContext, ShopMemory, make_context
from app.recommender.recommendations import Recommendations
from app.recommender.reranking import MOST
from app.recommender.shelf import Shelf
from app.recommender.stages import Filter, Ranked, Scored, Scorer

PARTS = {
    "in_stock": "in_stock",
    "any_category": "category",
    "all_categories": "category_all",
    "brands": "brand",
    "price_from": "price_from",
    "price_to": "price_to",
    "tags": "tag",
    "attributes": "attribute",
    "exclude": "exclude",
    "bought_days": "exclude_bought_days",
    "cart": "exclude_cart",
    "seen_days": "exclude_seen_days",
}
"""The parts of a query's filters, by the names that a request gives them."""
LIMITING = ("max_per_brand", "max_per_category", "diversity")
"""The settings of the re-rankers that can be put to 0."""
VARIANTS = "variants"
_SAID: Mapping[str, str] = {
    "in_stock": "it is not in stock",
    "category": "it is not in the category asked for",
    "category_all": "it is not in all the categories asked for",
    "brand": "it is not of a brand asked for",
    "price_from": "it costs less than price_from, or has no price",
    "price_to": "it costs more than price_to, or has no price",
    "tag": "it lacks a tag asked for",
    "attribute": "it lacks an attribute asked for",
    "exclude": "the request excludes it by its id",
    "exclude_bought_days": "it was bought within exclude_bought_days",
    "exclude_cart": "it is in the cart",
    "exclude_seen_days": "it was looked at within exclude_seen_days",
    "hide_bought_days": "it was bought within the shop's hide_bought_days",
    "rated_or_turned_down": "the shopper has rated it or turned it down",
}


class Verdict(StrEnum):
    """What became of an item."""

    SHOWN = "shown"
    FILTERED = "filtered"
    ON_AN_EARLIER_PAGE = "on_an_earlier_page"
    NOT_SCORED = "not_scored"
    PUSHED_OUT = "pushed_out"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the strategy of the list says of an item."""

    strategy: str
    score: float | None
    rank: int | None
    """Among the candidates, from 1, before re-ranking; None: it is none of them."""
    candidates: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an item stands, and why."""

    verdict: Verdict
    text: str
    numbers: Numbers
    place: int | None = None
    """From 1, over all pages."""
    page: int | None = None
    """1: the page that was asked for."""
    fallback: bool = False
    """Whether it only fills the list up."""
    filters: tuple[str, ...] = ()
    pushed_by: tuple[str, ...] = ()
    variant: str | None = None
    """What stands for its group."""


class WhyNot:
    """Answers from memory for the list of `for_you`."""

    def __init__(self, memory: ShopMemory, recommendations: Recommendations) -> None:
        self._memory = memory
        self._recommendations = recommendations
        self._shelf = recommendations.stages("for_you")

    def of(self, query: Query, item_id: str) -> Standing:
        """Tell what became of an item, or raise UnknownItem or InvalidInput."""
        settings = self._recommendations.settings_for(query)
        tables, catalogue = self._memory.tables, self._memory.catalogue
        with tables.lock:
            row = catalogue.row(item_id)
            if row is None:
                raise UnknownItem(item_id)
            ctx = make_context(tables, query, settings)
            return _Question(self._memory, self._shelf, ctx, row).answer()

    def knows(self, query: Query) -> bool:
        """Tell whether the query's subject prefers or did anything."""
        tables, subject = self._memory.tables, query.subject or ""
        with tables.lock:
            if tables.users.row(subject) is not None:
                return True
            shopper = Shopper(tables, subject, query.own)
            return shopper.profile is not None or shopper.events.size > 0


class _Once:
    """A scorer whose answer is kept: where a page ends changes no score."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._kept: list[Scored | None] = []

    @property
    def said(self) -> Scored | None:
        """Return what it answered, None if it was not asked."""
        return self._kept[0] if self._kept else None

    def __call__(self, ctx: RankingContext) -> Scored | None:
        if not self._kept:
            self._kept.append(self._scorer(ctx))
        return self._kept[0]


class _Found(NamedTuple):
    """An item's index in a list that begins where the query's offset counts from."""

    at: int
    place: Ranked


class _Question:
    """One item and one list, under the memory's lock."""

    def __init__(self, memory: ShopMemory, shelf: Shelf, ctx: RankingContext, row: int) -> None:
        self._items, self._catalogue = memory.tables.items, memory.catalogue
        self._shelf = shelf
        self._ctx = ctx
        self._row = row
        self._id = memory.tables.items.id(row)
        self._scorers = [_Once(scorer) for scorer in shelf.scorers]
        self._end = ctx.query.offset + ctx.query.n

    def answer(self) -> Standing:
        made_by, ranked = self._list(self._ctx.settings)
        numbers, query = self._numbers(made_by), self._ctx.query
        if self._id in query.shown:
            place = query.shown.index(self._id) + 1
            return _standing(Verdict.ON_AN_EARLIER_PAGE, numbers, place=place)
        if self._id in query.beside:
            return _standing(Verdict.ON_AN_EARLIER_PAGE, numbers)
        if left_out := tuple(dict.fromkeys(self._left_out_by())):
            return _standing(Verdict.FILTERED, numbers, filters=left_out)
        found = self._find(ranked)
        if found is not None:
            return self._placed(found, numbers)
        if not self._is_scored():
            return _standing(Verdict.NOT_SCORED, numbers, min_score=query.min_score)
        return self._unplaced(numbers)

    def _list(self, settings: ShopSettings) -> tuple[str | None, list[Ranked]]:
        """Return what made the list, and the list as far down as anybody asks.

        As long as no page reaches below it, all ends of a page give the same list.
        """
        query = self._ctx.query
        depth = min(len(self._catalogue) + 1, MOST - len(query.shown))
        asked = query._replace(offset=0, n=max(self._end, depth), explain=False)
        return self._shelf.ranked(replace(self._ctx, query=asked, settings=settings), self._scorers)

    def _find(self, ranked: Sequence[Ranked]) -> _Found | None:
        found = (_Found(*each) for each in enumerate(ranked) if each[1].candidate.row == self._row)
        return next(found, None)

    def _placed(self, found: _Found, numbers: Numbers) -> Standing:
        query, ranked = self._ctx.query, found.place
        score = round(ranked.candidate.score, 9)
        numbers = replace(numbers, score=score)
        place = len(query.shown) + found.at + 1
        if found.at < query.offset:
            return _standing(Verdict.ON_AN_EARLIER_PAGE, numbers, place=place)
        where = {"place": place, "page": 1 + (found.at - query.offset) // query.n}
        if found.at < self._end:
            return _standing(Verdict.SHOWN, numbers, fallback=ranked.fallback, **where)
        pushed_by = self._pushed_by(self._end)
        verdict = Verdict.PUSHED_OUT if pushed_by else Verdict.LATER
        return _standing(verdict, numbers, fallback=ranked.fallback, pushed_by=pushed_by, **where)

    def _unplaced(self, numbers: Numbers) -> Standing:
        unlimited = self._list(_without(self._ctx.settings, LIMITING))[1]
        if self._find(unlimited) is None:
            variant = self._variant(unlimited)
            if variant is None:  # further down than anybody looks
                return _standing(Verdict.LATER, numbers)
            pushed_by = (VARIANTS,)
            return _standing(Verdict.PUSHED_OUT, numbers, pushed_by=pushed_by, variant=variant)
        return _standing(Verdict.PUSHED_OUT, numbers, pushed_by=self._pushed_by(None))

    def _pushed_by(self, end: int | None) -> tuple[str, ...]:
        """Return the fewest settings without which the item would stand before `end`."""
        settings = self._ctx.settings
        names = [name for name in LIMITING if getattr(settings, name)]
        sets = chain.from_iterable(combinations(names, n) for n in range(1, len(names) + 1))
        for without in sets:
            found = self._find(self._list(_without(settings, without))[1])
            if found is not None and (end is None or found.at < end):
                return without
        return ()

    def _variant(self, ranked: Sequence[Ranked]) -> str | None:
        """Return the item that stands for the group of this one, on an earlier page or a later."""
        product = self._catalogue.product
        group = product(self._row).group_id
        shown = (*self._ctx.query.shown, *self._ctx.query.beside)
        earlier = map(self._catalogue.row, shown)
        for row in chain(earlier, (place.candidate.row for place in ranked)):
            if group is not None and row is not None and product(row).group_id == group:
                return self._items.id(row)
        return None

    def _left_out_by(self) -> Iterator[str]:
        for reject in self._shelf.filters:
            if self._passes(reject, self._ctx):
                continue
            if reject.name is not None:
                yield reject.name
                continue
            query = self._ctx.query
            for part, word in PARTS.items():
                alone = query._replace(filters=Filters(**{part: getattr(query.filters, part)}))
                if not self._passes(reject, replace(self._ctx, query=alone)):
                    yield word

    def _passes(self, reject: Filter, ctx: RankingContext) -> bool:
        mask = self._catalogue.mask()
        reject(ctx, mask)
        return bool(mask[self._row])

    def _is_scored(self) -> bool:
        """Tell whether any scorer that this list may be made of ranks the item."""
        only_begun = (self._ctx.query.min_score or 0.0) > 0.0
        said = [each.said if only_begun else each(self._ctx) for each in self._scorers]
        return any(s is not None and self._enough(s)[self._row] for s in said)

    def _enough(self, scored: Scored) -> NDArray[np.bool_]:
        least = least_score(self._ctx.query.min_score, positive=scored.evidence_only)
        enough: NDArray[np.bool_] = np.rint(scored.scores * SCORE_SCALE) >= least
        return enough

    def _numbers(self, made_by: str | None) -> Numbers:
        said = [each.said for each in self._scorers if each.said is not None]
        scored = next((s for s in said if s.strategy == made_by), said[0] if said else None)
        if scored is None:
            return Numbers(self._shelf.strategy, None, None, 0)
        candidates = self._enough(scored) & (self._shelf.mask(self._ctx) > 0)
        score = round(float(scored.scores[self._row]), 9)
        rank = self._rank(scored, np.flatnonzero(candidates)) if candidates[self._row] else None
        strategy = made_by or self._shelf.strategy
        return Numbers(strategy, score, rank, int(np.count_nonzero(candidates)))

    def _rank(self, scored: Scored, rows: NDArray[np.intp]) -> int:
        """Return the item's rank among rows, in the order of `top_n`."""
        scores = np.rint(scored.scores * SCORE_SCALE)
        own, others = scores[self._row], scores[rows]
        equal = map(self._items.id, rows[others == own].tolist())
        return 1 + int(np.count_nonzero(others > own)) + sum(each < self._id for each in equal)


def _without(settings: ShopSettings, names: Sequence[str]) -> ShopSettings:
    changes: dict[str, Any] = dict.fromkeys(names, 0)
    return replace(settings, **changes)


def _standing(
    verdict: Verdict, numbers: Numbers, *, min_score: float | None = None, **more: Any
) -> Standing:
    standing = Standing(verdict, "", numbers, **more)
    return replace(standing, text=_text(standing, min_score))


def _text(standing: Standing, min_score: float | None) -> str:
    numbers = standing.numbers
    match standing.verdict:
        case Verdict.SHOWN:
            return f"It is shown, at place {standing.place}{_filling(standing)}."
        case Verdict.ON_AN_EARLIER_PAGE:
            return f"It stands on an earlier page, at place {standing.place}."
        case Verdict.FILTERED:
            return f"It is left out: {'; '.join(_SAID.get(f, f) for f in standing.filters)}."
        case Verdict.NOT_SCORED:
            return _not_scored(numbers, min_score)
        case Verdict.PUSHED_OUT:
            return _pushed_out(standing)
        case Verdict.LATER:
            return f"It comes later: {_later(standing)}{_filling(standing)}."


def _filling(standing: Standing) -> str:
    if standing.fallback:
        return f", only to fill the list up: {standing.numbers.strategy} knows nothing of it"
    numbers = standing.numbers
    return f"; by score it ranks {numbers.rank} of {numbers.candidates}" if numbers.rank else ""


def _later(standing: Standing) -> str:
    if standing.place is None:
        return f"below the first {MOST} places"
    return f"at place {standing.place}, on page {standing.page} from here"


def _not_scored(numbers: Numbers, min_score: float | None) -> str:
    if not numbers.score:
        return f"The strategy {numbers.strategy} knows nothing of it: its score is 0."
    return f"Its score {numbers.score:g} is below min_score {min_score or 0.0:g}."


def _pushed_out(standing: Standing) -> str:
    if standing.variant is not None:
        return f"Its variant {standing.variant} stands for the whole group."
    without = " and ".join(standing.pushed_by)
    where = "it does not come at all" if standing.place is None else f"it comes {_later(standing)}"
    return f"Without {without} it would stand on this page or before it; as it is, {where}."
