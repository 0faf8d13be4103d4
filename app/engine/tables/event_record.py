"""Events as memory keeps them, the small numbers that stand for their words, and batches."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xxhash

from app.engine.jit import Float64s
from app.engine.tables.arrays import Arrays, Texts
from app.engine.tables.ids import IdIndex

EVENT = np.dtype(
    [
        ("hash", "<u8"),  # of the event's id
        ("at", "<i8"),  # milliseconds since 1970
        ("subject", "<i4"),
        ("item", "<i4"),
        ("order", "<u4"),  # hash of the order's id; 0: none
        ("price", "<f4"),  # of one unit; NaN: not known
        ("older", "<i4"),  # places of the neighbours in the two lists
        ("newer", "<i4"),
        ("older_of_item", "<i4"),
        ("newer_of_item", "<i4"),
        ("kind", "u1"),
        ("device", "u1"),
        ("country", "u1"),
        ("quantity", "u1"),  # at most 255
    ],
    align=True,
)
WORDS = EVENT.itemsize // 4
KINDS = ("", "view", "search", "cart_add", "purchase", "cart_remove", "favourite", "like",
         "dislike", "share", "return")  # fmt: skip
"""Kinds that every shop knows, by code; those of a shop's own follow."""
_MOST_CODES = 256
_OTHER = 255

EventRows = npt.NDArray[np.void]
"""Events, of dtype EVENT."""


class Fact(NamedTuple):
    """What an event says, as the history takes it."""

    event_id: str
    kind: str
    at: int
    """Milliseconds since 1970."""
    quantity: int = 1
    price: float = float("nan")
    order_id: str | None = None
    device: str = ""
    country: str = ""


class Codes:
    """Words and the one-byte codes they got in the order they came; past 254 all are one."""

    def __init__(self, first: tuple[str, ...] = ("",)) -> None:
        self.words = list(first)
        self._code_of = {word: code for code, word in enumerate(first)}

    def code(self, word: str) -> int:
        code = self._code_of.get(word)
        if code is None:
            code = len(self.words)
            if code >= _OTHER:
                return _OTHER
            self.words.append(word)
            self._code_of[word] = code
        return code

    def word(self, code: int) -> str:
        """Return the word of a code; empty for those that got none of their own."""
        return self.words[code] if code < len(self.words) else ""

    def replace(self, words: list[str]) -> None:
        self.words = words
        self._code_of = {word: code for code, word in enumerate(words)}


class KindWeights:
    """Weights of kinds of events, by their names and by their codes."""

    def __init__(self, named: Mapping[str, float]) -> None:
        self.named = named
        self._by_code = np.zeros(_MOST_CODES)
        self._known = 0  # kinds whose weight has been looked up

    def by_code(self, kinds: Codes) -> Float64s:
        """Return the weights, shape (256,); 0 for a kind that is not named."""
        words = kinds.words
        if self._known != len(words):
            self._known = len(words)
            self._by_code[: self._known] = [self.named.get(word, 0.0) for word in words]
        return self._by_code


class Vocabulary:
    def __init__(self) -> None:
        self.kinds = Codes(KINDS)
        self.devices = Codes()
        self.countries = Codes()

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        return (
            Texts.of(self.kinds.words).arrays("kinds")
            | Texts.of(self.devices.words).arrays("devices")
            | Texts.of(self.countries.words).arrays("countries")
        )

    def restore(self, arrays: Arrays) -> None:
        for name in ("kinds", "devices", "countries"):
            texts = Texts.named(name, arrays)
            codes: Codes = getattr(self, name)
            codes.replace([texts[number] for number in range(len(texts))])


def hash_of(event_id: str) -> int:
    """Return the 64 bits that stand for an event's id among those of its subject."""
    return xxhash.xxh3_64_intdigest(event_id.encode("utf-8", "surrogatepass"))


def order_hash(order_id: str | None) -> int:
    """Return the 32 bits that stand for an order among those of its subject; 0 for none."""
    if order_id is None:
        return 0
    return xxhash.xxh32_intdigest(order_id.encode("utf-8", "surrogatepass")) or 1


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
        events["subject"] = users.acquire_in_slices(batch.subjects, lock)
        events["item"] = items.acquire_in_slices(batch.items, lock)
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
