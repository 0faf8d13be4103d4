"""A shop in memory as it stood at some time past: the very tables and shelves that serve."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from app.bootstrap.live import Live
from app.domain.catalogue import Item
from app.domain.models import ModelRecord
from app.domain.ratings import RatingBatch, RatingScale
from app.domain.recommendations import Page, Query
from app.domain.setting import Stale
from app.domain.settings import ShopSettings, stale_parts
from app.engine.jit import Float64s, Int32s
from app.engine.models.model import unheard
from app.engine.models.ratings import Ratings
from app.engine.tables.event_record import EventBatch
from app.learning.fitted import FittedModel
from app.learning.kinds import kind_of
from app.learning.training import require_enough
from app.live.memory import Shopper
from app.offline.evaluation.asking import MakeShop, Ranking
from app.offline.evaluation.interactions import NO_TIME, Interactions
from app.offline.evaluation.variants import FEWEST_RATINGS
from app.recommender.predicted_ratings import by_model, by_neighbours
from app.recommender.shelves import build_recommendations

_AT_ONCE = 20_000
_UNTIMED_MS = 2 * 86_400_000  # before the clock: lately, but in no visit that lasts

Learn = Callable[[Live, Interactions], None]
"""Fits models on what the shop knows, and puts them into its memory."""


class OfflineShop:
    """A shop that knows `interactions` and `items`, and whose clock stands where it is put.

    Nothing is read from a database and nothing is written. What the service learns from time to
    time (contexts, habits) is learned once, at the time the shop is made; so are models.
    """

    def __init__(
        self,
        interactions: Interactions,
        items: Iterable[Item] | None,
        settings: ShopSettings | None = None,
        *,
        now: float,
        scale: RatingScale | None = None,
        learn: Sequence[Learn] = (),
    ) -> None:
        """Fill the shop. items : None: those that the interactions name, bare.

        now : Unix seconds; nothing in `interactions` should be later. Events without a time happen
        two days before.
        """
        self.now = now
        self.scale = scale or RatingScale()
        self.live = Live(
            # only what is read stands there
            _repositories_of(interactions, items, settings or ShopSettings()),  # type: ignore[arg-type]
            self.scale,
            clock=lambda: self.now,
        )
        self.shelves = build_recommendations(self.live.memory)
        self._fill(interactions)
        for fit in learn:
            fit(self.live, interactions)

    @property
    def settings(self) -> ShopSettings:
        return self.live.settings.current

    def set(self, settings: ShopSettings) -> None:
        former, self.live.settings.current = self.settings, settings
        stale = stale_parts(former, settings)
        if Stale.PREFERENCES in stale:
            self.live.preferences.rebuild_later()
            self.live.later.run()
        if Stale.ACTIVITY in stale:
            self.live.activity.load()
        if Stale.CONTEXTS in stale:
            self.live.contexts.learn()

    def change(self, **changes: Any) -> None:
        self.set(replace(self.settings, **changes))

    def ask(self, shelf: str, *, at: float | None = None, **query: Any) -> Page:
        """Return a shelf's page at a time (Unix seconds; None: where the clock stands)."""
        if at is not None:
            self.now = at
        return self.shelves.shelf(shelf, Query(**query))

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
        asked = {"subject": subject, "beside": tuple(without), **query}
        page = self.ask(shelf, at=at, n=n, **asked)
        return Ranking([place.product.item_id for place in page.items], page.strategy)

    def score(
        self,
        subject: str,
        items: Sequence[str],
        *,
        at: float | None = None,
        shelf: str = "for_you",
        **query: Any,
    ) -> Float64s:
        """Return how a shelf orders given items: a higher score stands first.

        What its first scorer knows nothing of stands below all it knows, as on the page. Items
        that the shop does not know get -inf.
        """
        if at is not None:
            self.now = at
        with self.live.tables.lock:
            said = self.shelves.scored(shelf, Query(subject=subject, **query))
            rows = [self.live.catalogue.row(item) for item in items]
            known = np.array([-1 if row is None else row for row in rows], np.int64)
            found = np.full(known.size, -np.inf)
            for scored in said:
                scores = scored.scores[known]
                left = np.isneginf(found) & (known >= 0)
                left &= (scores > 0.0) | (not scored.evidence_only)
                _put_below(found, scores, left)
            return found

    def predict(self, subject: str, items: Sequence[str]) -> Float64s:
        return self._predicted(
            subject, items, partial(by_neighbours, self.live.tables, self.settings)
        )

    def predict_by_model(self, subject: str, items: Sequence[str]) -> Float64s:
        return self._predicted(subject, items, partial(by_model, self.live.learned))

    def _predicted(
        self, subject: str, items: Sequence[str], predict: Callable[[Shopper, Int32s], Float64s]
    ) -> Float64s:
        tables, found = self.live.tables, np.full(len(items), np.nan)
        with tables.lock:
            rows = [tables.items.row(item) for item in items]
            known = [place for place, row in enumerate(rows) if row is not None]
            if known:
                wanted = np.array([rows[place] for place in known], np.int32)
                found[known] = predict(Shopper(tables, subject), wanted)
        return found

    def _fill(self, interactions: Interactions) -> None:
        live = self.live
        for projection in live.all:
            if projection is live.history:
                live.tables.history.vocabulary = interactions.words
                live.tables.history.load(_events_of(interactions, now=self.now))
            else:
                projection.load()
        live.contexts.learn()
        live.habits.learn()


def shops(
    scale: RatingScale,
    models: Mapping[str, Mapping[str, Any]],
    *,
    ratings: Mapping[str, Any] | None = None,
    told: Callable[[str], None],
) -> MakeShop:
    """Return what fills a shop, whose models learn from what it knows alone.

    models : kind -> parameters. ratings : those of the model of ratings; None: it is not fitted.
    told : hears in words what takes time.
    """
    learn = [fitting(models)]
    if ratings is not None:
        learn.append(_fitting_ratings(ratings))

    def make(
        known: Interactions, items: Sequence[Item], settings: ShopSettings, now: float
    ) -> OfflineShop:
        told(f"Filling a shop with {len(known):,} rows.")
        if models:
            told(f"Fitting {', '.join(models)} to them.")
        return OfflineShop(known, items, settings, now=now, scale=scale, learn=learn)

    return make


def fitting(kinds: Mapping[str, Mapping[str, Any]]) -> Learn:
    """Return what fits these kinds of models, each by its parameters, on what a shop knows.

    What it returns raises NotFitted as `flask train` does.
    """

    def learn(live: Live, interactions: Interactions) -> None:
        data = cache(lambda source: source(live.tables))  # the same for several kinds
        for name, parameters in kinds.items():
            kind, started = kind_of(name), time.perf_counter()
            chosen, known = kind.complete(parameters, {}), data(kind.data)
            require_enough(kind, known, chosen)
            fit = kind.fitted(known.matrix, chosen, unheard)
            record = ModelRecord(
                kind=name,
                version=0,
                fitted_at=datetime.fromtimestamp(live.tables.clock(), UTC),
                parameters=chosen,
                n_users=len(known.users),
                n_items=len(known.items),
                n_interactions=int(known.matrix.nnz),
                seconds=round(time.perf_counter() - started, 3),
            )
            live.learned.put(FittedModel.of(record, fit, known.items))

    return learn


def _fitting_ratings(parameters: Mapping[str, Any]) -> Learn:
    fit = fitting({Ratings.kind: parameters})

    def learn(live: Live, interactions: Interactions) -> None:
        if int(interactions.is_rating.sum()) >= FEWEST_RATINGS:
            fit(live, interactions)

    return learn


def _repositories_of(
    interactions: Interactions, items: Iterable[Item] | None, settings: ShopSettings
) -> SimpleNamespace:
    """Return what memory loads from, but for events. items : None: those that are named, bare."""
    empty = SimpleNamespace(scan=lambda: iter(()))
    offered = map(Item, interactions.items) if items is None else items
    return SimpleNamespace(
        items=SimpleNamespace(scan=lambda: iter(offered)),
        ratings=SimpleNamespace(scan=lambda: _ratings(interactions)),
        settings=SimpleNamespace(get=lambda: settings),
        events=empty,
        accounts=empty,
        keys=empty,
    )


def _events_of(interactions: Interactions, *, now: float) -> Iterator[EventBatch]:
    events = interactions.where(~interactions.is_rating)
    users, items = _named(events.users, events.user), _named(events.items, events.item)
    rows = events.rows.copy()
    rows["at"][rows["at"] == NO_TIME] = int(now * 1000) - _UNTIMED_MS
    for start in range(0, rows.size, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        yield EventBatch(users[part].tolist(), items[part].tolist(), rows[part])


def _ratings(interactions: Interactions) -> Iterator[RatingBatch]:
    given = interactions.where(interactions.is_rating)
    users, items = _named(given.users, given.user), _named(given.items, given.item)
    for start in range(0, len(given), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        yield RatingBatch(users[part].tolist(), items[part].tolist(), given.ratings[part].tolist())


def _named(ids: Sequence[str], places: Int32s) -> npt.NDArray[np.object_]:
    return np.array(ids, object)[places] if len(ids) else np.empty(0, object)


def _put_below(found: Float64s, scores: Float64s, places: npt.NDArray[np.bool_]) -> None:
    """Write the scores of some places so that they stand below all that is written already."""
    if not places.any():
        return
    written = found[np.isfinite(found)]
    shift = float(written.min()) - 1.0 - float(scores[places].max()) if written.size else 0.0
    found[places] = scores[places] + shift
