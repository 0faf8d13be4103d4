"""Streams: a shopper's list, sent again whenever it changes."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from threading import Event as Flag
from threading import Lock
from typing import Any

import orjson

from app.domain.errors import StoreUnavailable, TooManyStreams
from app.domain.streams import Beat, End, Event, Grant, Listed, Reason
from app.live.feed import Feed
from app.services.accounts import Accounts
from app.services.keys import Keys

LOOK_SECONDS = 1.0
BEAT_SECONDS = 15.0
LIFE_SECONDS = 3600.0
Look = Callable[[], Mapping[str, Any]]
# other ones do not make it another list
_NO_PART = {"fresh", "next_cursor", "recommendation_id"}


class Streams:
    """The open streams of this process: at most `capacity`, each of which keeps a thread."""

    def __init__(
        self,
        feed: Feed,
        *,
        accounts: Accounts,
        keys: Keys,
        capacity: int,
        ended: Flag | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._feed = feed
        self._accounts = accounts
        self._keys = keys
        self._capacity = capacity
        self._ended = ended or Flag()
        self._clock = clock
        self._open = 0
        self._lock = Lock()

    def enter(self) -> None:
        """Take a place, or raise TooManyStreams; whoever has one gives it back by `leave`."""
        with self._lock:
            if self._open >= self._capacity:
                raise TooManyStreams
            self._open += 1

    def leave(self) -> None:
        with self._lock:
            self._open -= 1

    def stop(self) -> None:
        self._ended.set()

    def holds(self, grant: Grant) -> bool:
        """Return whether what the grant rests on is still there."""
        try:
            if grant.epoch is not None:
                return self._accounts.has_epoch(grant.subject, grant.epoch)
        except StoreUnavailable:  # asked only where memory says no
            return False
        return grant.key_id is not None and self._keys.holds(grant.key_id)

    def follow(
        self, grant: Grant, look: Look, *, seen: str | None, present: Callable[[], bool]
    ) -> Iterator[Event]:
        """Yield the list, then again whenever it changes; a beat where all is quiet; the end.

        `look` gives the list as it is now; one with the digest `seen` is not said again. Looks at
        most once a second, and only when memory has changed. Ends silently when nobody is
        `present` any more.
        """
        opened = spoke = self._clock()
        applied: int | None = None
        reason: Reason | None = None
        while reason is None:
            if applied != (now := self._feed.applied):
                applied = now
                listed = _listed(look())
                if listed.digest != seen:
                    seen, spoke = listed.digest, self._clock()
                    yield listed
            if self._clock() - spoke >= BEAT_SECONDS:
                spoke = self._clock()
                yield Beat()
            stopping = self._ended.wait(LOOK_SECONDS)
            if not present():
                return
            reason = Reason.STOPPING if stopping else self._over(grant, self._clock() - opened)
        yield End(reason)

    def _over(self, grant: Grant, age: float) -> Reason | None:
        if not self.holds(grant):
            return Reason.REVOKED
        return Reason.EXPIRED if age >= LIFE_SECONDS else None


def _listed(content: Mapping[str, Any]) -> Listed:
    told = {name: value for name, value in content.items() if name not in _NO_PART}
    text = orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return Listed(content, hashlib.sha256(text).hexdigest()[:16])
