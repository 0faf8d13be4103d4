"""All that is known of who did what with which item, as columns in the order of time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from app.domain.events import Event
from app.domain.ratings import Rating
from app.engine.jit import Float64s, Int32s, Int64s
from app.engine.tables.event_record import EVENT, EventRows, Vocabulary, fill
from app.live.memory import to_fact, to_ms

RATING = "rating"
"""The kind of rows that are ratings."""
NO_TIME = 0
"""Of rows that say no time: ms since 1970."""
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Interactions:
    """Ratings and events, oldest first; rows of equal times stand by shopper, item and kind.

    `rows["subject"]` and `rows["item"]` are places in `users` and `items`, which stand in the order
    of their ids: the same data give the same table, wherever they come from.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    words: Vocabulary
    """What the codes in the rows mean."""
    rows: EventRows
    ratings: Float64s
    """Shape (n,): NaN for events."""

    def __len__(self) -> int:
        return int(self.rows.size)

    @property
    def user(self) -> Int32s:
        """The place of each row's shopper, shape (n,)."""
        return cast(Int32s, self.rows["subject"])

    @property
    def item(self) -> Int32s:
        """The place of each row's item, shape (n,)."""
        return cast(Int32s, self.rows["item"])

    @property
    def at(self) -> Int64s:
        """Milliseconds since 1970, shape (n,); NO_TIME where the data say none."""
        return cast(Int64s, self.rows["at"])

    @property
    def is_rating(self) -> Mask:
        """Shape (n,)."""
        return cast(Mask, ~np.isnan(self.ratings))

    @property
    def has_times(self) -> bool:
        """Whether every row says when it was."""
        return bool(self.rows.size) and bool((self.at != NO_TIME).all())

    def kind_names(self) -> dict[int, str]:
        """Return the kinds that occur by their codes."""
        kinds = self.words.kinds
        return {int(code): kinds.word(int(code)) for code in np.unique(self.rows["kind"])}

    def weights(self, by_kind: Mapping[str, float]) -> Float64s:
        """Return the weight of each row's kind, shape (n,); 0 for kinds that have none."""
        table = np.zeros(256)
        for code, name in self.kind_names().items():
            table[code] = by_kind.get(name, 0.0)
        return cast(Float64s, table[self.rows["kind"]])

    def where(self, mask: Mask) -> "Interactions":
        return replace(self, rows=self.rows[mask], ratings=self.ratings[mask])


class Gathering:
    """Collects ratings and events in any order, and makes a table of them."""

    def __init__(self) -> None:
        self._words = Vocabulary()
        self._rating_code = self._words.kinds.code(RATING)
        self._users: dict[str, int] = {}
        self._items: dict[str, int] = {}
        self._parts = [np.zeros(0, EVENT)]
        self._ratings = [np.zeros(0)]

    def add_events(self, events: Sequence[Event]) -> None:
        about = [event for event in events if event.item_id is not None]
        if not about:
            return
        rows = np.zeros(len(about), EVENT)
        fill(rows, [to_fact(event) for event in about], self._words)
        self._add(
            rows,
            [event.key.subject for event in about],
            [str(event.item_id) for event in about],
            np.full(len(about), np.nan),
        )

    def add_ratings(self, ratings: Sequence[Rating]) -> None:
        """Take in ratings; of a pair the last counts."""
        rows = np.zeros(len(ratings), EVENT)
        rows["kind"] = self._rating_code
        rows["price"] = np.nan
        rows["at"] = [NO_TIME if r.rated_at is None else to_ms(r.rated_at) for r in ratings]
        values = np.array([r.rating for r in ratings], np.float64)
        self._add(rows, [r.user_id for r in ratings], [r.item_id for r in ratings], values)

    def table(self) -> Interactions:
        rows, ratings = np.concatenate(self._parts), np.concatenate(self._ratings)
        users, rows["subject"] = _in_order(self._users, rows["subject"])
        items, rows["item"] = _in_order(self._items, rows["item"])
        kept = _once(rows, ratings)
        rows, ratings = rows[kept], ratings[kept]
        by_time = np.lexsort(
            (rows["hash"], rows["kind"], rows["item"], rows["subject"], rows["at"])
        )
        return Interactions(users, items, self._words, rows[by_time], ratings[by_time])

    def _add(
        self, rows: EventRows, users: Sequence[str], items: Sequence[str], ratings: Float64s
    ) -> None:
        rows["subject"] = _places(self._users, users)
        rows["item"] = _places(self._items, items)
        self._parts.append(rows)
        self._ratings.append(ratings)


def gathered(
    events: Iterable[Sequence[Event]] = (), ratings: Sequence[Rating] = ()
) -> Interactions:
    gathering = Gathering()
    for batch in events:
        gathering.add_events(batch)
    gathering.add_ratings(ratings)
    return gathering.table()


def _places(known: dict[str, int], ids: Sequence[str]) -> list[int]:
    return [known.setdefault(id_, len(known)) for id_ in ids]


def _in_order(known: dict[str, int], places: Any) -> tuple[tuple[str, ...], Int32s]:
    ids = sorted(known)
    rank = np.empty(len(ids), np.int32)
    for place, id_ in enumerate(ids):
        rank[known[id_]] = place
    return tuple(ids), rank[places] if ids else np.zeros(0, np.int32)


def _once(rows: EventRows, ratings: Float64s) -> Int64s:
    """Return the last rating of each pair, and of each event the first row that tells it."""
    places = np.arange(rows.size)
    of_rating = places[~np.isnan(ratings)][::-1]
    of_event = places[np.isnan(ratings)]
    last = _firsts(rows["subject"][of_rating], rows["item"][of_rating])
    first = _firsts(rows["subject"][of_event], rows["hash"][of_event])
    return np.concatenate((of_rating[last], of_event[first])).astype(np.int64)


def _firsts(*columns: npt.NDArray[Any]) -> Int64s:
    order = np.lexsort(columns)  # stable: equal rows stand as they came
    changed = np.zeros(order.size, bool)
    changed[:1] = True
    for column in columns:
        in_order = column[order]
        changed[1:] |= in_order[1:] != in_order[:-1]
    return order[changed]
