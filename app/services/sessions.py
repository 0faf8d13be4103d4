"""Anonymous sessions: what was done in one becomes the shopper's who logs in.

A session is claimed first, by one atomic insert, and its events are moved after. Whoever writes an
event for a session looks for a claim before and after: either the mover sees the event, or the
writer sees the claim and moves it. A move can be repeated: an event keeps its id.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from app.domain import subjects
from app.domain.changes import Position, Written
from app.domain.events import EventKey
from app.domain.ports import EventRepository, SessionRepository
from app.live.feed import Feed

_CHUNK = 1000
_PATIENCE = timedelta(seconds=60)  # a claim that old whose events are not moved was cut short


class Sessions:
    def __init__(
        self,
        sessions: SessionRepository,
        events: EventRepository,
        *,
        feed: Feed,
        now: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._events = events
        self._feed = feed
        self._now = now

    def owners(self, session_ids: Iterable[str]) -> Mapping[str, str]:
        """Return the shoppers of those of the sessions that were merged."""
        wanted = set(session_ids)
        return self._sessions.owners(wanted) if wanted else {}

    def merge(self, session_id: str, user_id: str) -> Written[bool]:
        """Make what was done in a session the shopper's, once; False: it is somebody else's."""
        if self._sessions.claim(session_id, user_id, self._now()) != user_id:
            return Written(False, None)
        position = self.move(session_id, user_id)
        self._feed.wait(position)
        return Written(True, position)

    def move(self, session_id: str, user_id: str) -> Position | None:
        """Move the events of a claimed session to its shopper, some at a time."""
        position, subject = None, subjects.of_session(session_id)
        while some := self._events.of_subject(subject, limit=_CHUNK):
            self._events.add_many([e._replace(key=moved_key(e.key, user_id)) for e in some])
            position = self._events.remove_many([event.key for event in some])
        self._sessions.finished(session_id)
        return position

    def finish(self) -> int:
        """Move what a process that died left where it was; return how many sessions."""
        unfinished = self._sessions.unfinished(self._now() - _PATIENCE)
        for session_id, user_id in unfinished:
            self.move(session_id, user_id)
        return len(unfinished)


def moved_key(key: EventKey, user_id: str) -> EventKey:
    """Return what a session's event is called when it is a shopper's.

    Two sessions of one shopper may have given the same id to different events.
    """
    session = hashlib.sha256(key.subject.encode()).hexdigest()[:16]
    return EventKey(user_id, f"{key.event_id}~{session}")
