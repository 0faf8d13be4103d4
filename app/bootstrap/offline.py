"""A shop in memory as it stood at some time past: the very tables and shelves that serve."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from app.bootstrap.live import Live
from app.bootstrap.offline_learning import by_model, by_neighbours
from app.domain.catalogue import Item
from app.domain.ratings import RatingBatch, RatingScale
from app.domain.recommendations import Page, Query
from app.domain.settings import ShopSettings
from app.engine.tables.event_record import EventBatch
from app.offline.evaluation.interactions import NO_TIME, Interactions
from app.offline.evaluation.ports import Ranking
from app.recommender.shelves import build_recommendations

_AT_ONCE = 20_000
_UNTIMED_MS = 2 * 86_400_000  # before the clock: lately, but in no visit that lasts


def repositories_of(
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


def events_of(interactions: Interactions, *, now: float) -> Iterator[EventBatch]:
    """Yield the events, in the codes of the interactions' words."""
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


def _named(ids: Sequence[str], places: npt.NDArray[np.int32]) -> npt.NDArray[np.object_]:
    return np.array(ids, object)[places] if len(ids) else np.empty(0, object)


_FORMULA = ("weights", "half_life_days", "saturation")
"""Settings that what is in memory is computed by."""
_FOR_YOU = "for_you"

Scores = npt.NDArray[np.float64]
Learn = Callable[[Live, Interactions], None]
"""Fits models on what the shop knows, and puts them into its memory."""
Predict = Callable[[Live, str, Sequence[str]], Scores]
"""Takes the memory, somebody, and items; returns ratings, NaN where nothing can be said."""


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
        predict: Predict | None = None,
    ) -> None:
        """Fill the shop. items : None: those that the interactions name, bare.

        now : Unix seconds; nothing in `interactions` should be later. Events without a time happen
        two days before. predict : by the user-based neighbours unless said.
        """
        self.now = now
        self.scale = scale or RatingScale()
        self._predict = predict or by_neighbours
        self.live = Live(
            # only what is read stands there
            repositories_of(interactions, items, settings or ShopSettings()),  # type: ignore[arg-type]
            self.scale,
            clock=lambda: self.now,
        )
        self.shelves = build_recommendations(self.live.memory)
        self._fill(interactions)
        for fit in learn:
            fit(self.live, interactions)

    @property
    def settings(self) -> ShopSettings:
        """Return the settings in force."""
        return self.live.settings.current

    def set(self, settings: ShopSettings) -> None:
        """Put other settings in force; what is computed by those that differ is computed anew."""
        former, self.live.settings.current = self.settings, settings
        if _differ(former, settings, _FORMULA):
            self.live.preferences.rebuild_later()
            self.live.later.run()
        if former.weights != settings.weights:
            self.live.activity.load()
        if former.weights != settings.weights or former.timezone != settings.timezone:
            self.live.contexts.learn()

    def change(self, **changes: Any) -> None:
        """Put the settings in force with some changed."""
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
        shelf: str = _FOR_YOU,
        **query: Any,
    ) -> Ranking:
        """Return the first n items of a shelf for somebody; `without`: what may not be shown."""
        asked = {"subject": subject, "shown": tuple(without), **query}
        page = self.ask(shelf, at=at, n=n, **asked)
        return Ranking([place.product.item_id for place in page.items], page.strategy)

    def score(
        self,
        subject: str,
        items: Sequence[str],
        *,
        at: float | None = None,
        shelf: str = _FOR_YOU,
        **query: Any,
    ) -> Scores:
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

    def predict(self, subject: str, items: Sequence[str]) -> Scores:
        """Return predicted ratings of items, in rating units; NaN where nothing can be said."""
        return self._predict(self.live, subject, items)

    def predict_by_model(self, subject: str, items: Sequence[str]) -> Scores:
        """Return ratings predicted by the fitted model; NaN where it cannot, or is not there."""
        return by_model(self.live, subject, items)

    def seen(self, subject: str) -> list[str]:
        """Return the items that somebody did anything with or rated, as far as memory holds it."""
        tables = self.live.tables
        with tables.lock:
            row = tables.users.row(subject)
            if row is None:
                return []
            of_events = tables.history.of_subject(subject)["item"].tolist()
            rated = [item for item, _, _ in tables.preferences.of_user(subject)]
            return list(dict.fromkeys([*map(tables.items.id, of_events), *rated]))

    def _fill(self, interactions: Interactions) -> None:
        live = self.live
        for projection in live.all:
            if projection is live.history:
                live.tables.history.vocabulary = interactions.words
                live.tables.history.load(events_of(interactions, now=self.now))
            else:
                projection.load()
        live.contexts.learn()
        live.habits.learn()


def _put_below(found: Scores, scores: Scores, places: npt.NDArray[np.bool_]) -> None:
    """Write the scores of some places so that they stand below all that is written already."""
    if not places.any():
        return
    written = found[np.isfinite(found)]
    shift = float(written.min()) - 1.0 - float(scores[places].max()) if written.size else 0.0
    found[places] = scores[places] + shift


def _differ(one: ShopSettings, other: ShopSettings, names: Sequence[str]) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in names)
