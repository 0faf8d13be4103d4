"""What the feed's ear says of the database: whether it is there, and what its clock shows."""

import time

from app.domain.changes import START, Position


class Contact:
    """Signs of life of the database. A healthy one gives four a second while the feed listens."""

    def __init__(self) -> None:
        self._head = START
        self._heard = time.monotonic()
        self._listening = False
        self._lost = False

    @property
    def head(self) -> Position:
        """Return the newest place in history that the database has told of."""
        return self._head

    def heard(self, head: Position) -> None:
        self._head = max(self._head, head)
        self._heard = time.monotonic()
        self._listening, self._lost = True, False

    def lost(self) -> None:
        """Take note of a command that failed for want of a database."""
        self._lost = True

    def pause(self) -> None:
        """Expect nothing: nobody listens until `heard` is told again."""
        self._listening = False

    def silent_seconds(self) -> float:
        """Return how long ago the last sign of life was; infinity if the last command failed.

        0 while nobody listens.
        """
        if self._lost:
            return float("inf")
        return self.elapsed() if self._listening else 0.0

    def elapsed(self) -> float:
        """Return how many seconds ago the database was heard, whether or not anybody listens."""
        return time.monotonic() - self._heard

    def clock_seconds(self) -> float:
        """Return what the database's clock shows, in Unix seconds, within ten or so.

        It is read from the history alone: the clock of this machine may be set wrong.
        """
        return self._head.seconds + self.elapsed()
