"""Events from batches, out of readers' sight."""

import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from app.engine.tables.event_record import EVENT, EventRows, Fact, Vocabulary, hash_of, order_hash
from app.engine.tables.ids import IdIndex
from app.engine.tables.loading import acquire_in_steps


class EventBatch(NamedTuple):
    """Events as columns, equally long."""

    subjects: Sequence[str]
    items: Sequence[str]
    facts: "Sequence[Fact] | EventRows"
    """What they say; as rows: all but subject and item, in the codes of the history's words."""


def gather(
    batches: Iterable[EventBatch],
    users: IdIndex,
    items: IdIndex,
    lock: threading.RLock,
    words: Vocabulary,
) -> EventRows:
    """Return events, shape (n,), unlinked; each holds a reference to its subject and its item."""
    parts = [np.zeros(0, EVENT)]
    for batch in batches:
        events = _rows_of(batch, words)
        events["subject"] = acquire_in_steps(users, lock, batch.subjects)
        events["item"] = acquire_in_steps(items, lock, batch.items)
        parts.append(events)
    return np.concatenate(parts)


def _rows_of(batch: EventBatch, words: Vocabulary) -> EventRows:
    if isinstance(batch.facts, np.ndarray):
        return batch.facts.copy()
    events = np.zeros(len(batch.facts), EVENT)
    if batch.facts:
        fill(events, batch.facts, words)
    return events


def fill(events: EventRows, facts: Sequence[Fact], words: Vocabulary) -> None:
    """Write what the facts say into as many events."""
    ids, kinds, times, quantities, prices, orders, devices, countries = zip(*facts, strict=True)
    events["hash"] = list(map(hash_of, ids))
    events["kind"] = list(map(words.kinds.code, kinds))
    events["at"] = times
    events["quantity"] = np.clip(quantities, 0, 255)
    events["price"] = prices
    events["order"] = list(map(order_hash, orders))
    events["device"] = list(map(words.devices.code, devices))
    events["country"] = list(map(words.countries.code, countries))


def newest_of_each(events: EventRows, kept: int) -> EventRows:
    """Return the newest `kept` events of each subject, by subject, oldest first."""
    if not events.size:
        return events
    ordered = events[np.lexsort((events["hash"], events["at"], events["subject"]))]
    subjects = ordered["subject"]
    ends = np.searchsorted(subjects, subjects, side="right")
    return ordered[ends - np.arange(ordered.size) <= kept]
