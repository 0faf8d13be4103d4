"""One write through one worker, looked for at another."""

import time
from dataclasses import dataclass

from benchmarks.pinned import Connection

FRESHNESS = "X-Freshness"
_PATIENCE = 10.0


@dataclass(frozen=True)
class Seen:
    """Seconds from the sending and from the acknowledgement until another worker showed it."""

    from_sending: float
    from_acknowledgement: float
    requests: int
    """How often the other worker was asked: 1 unless it said that it was not fresh."""
    late: float
    """Seconds by which the write began after its time."""


class Writer:
    """A connection to the worker that writes, and one to the worker that has to show it."""

    def __init__(self, sender: Connection, observer: Connection, headers: dict[str, str]) -> None:
        self._sender, self._observer, self._headers = sender, observer, headers

    def first_rating(self, user_id: str, item_id: str, *, due: float) -> Seen:
        """Rate at the time `due` (of `perf_counter`); return when the other worker knew.

        Raises AssertionError for an answer that claims to be fresh and is not, or is a failure.
        """
        time.sleep(max(0.0, due - time.perf_counter()))
        sent = time.perf_counter()
        body = {"user_id": user_id, "item_id": item_id, "rating": 4.0}
        answer = self._sender.call("POST", "/rate", self._headers, body)
        acknowledged = time.perf_counter()
        assert answer.status in (200, 201), answer
        requests = self._look_for(user_id, item_id, answer.headers[FRESHNESS])
        seen = time.perf_counter()
        return Seen(seen - sent, seen - acknowledged, requests, sent - due)

    def _look_for(self, user_id: str, item_id: str, token: str) -> int:
        path = f"/recommend?n=1&strategy=user&user_id={user_id}"
        headers = self._headers | {FRESHNESS: token}
        deadline = time.perf_counter() + _PATIENCE
        requests = 0
        while time.perf_counter() < deadline:
            requests += 1
            answer = self._observer.call("GET", path, headers)
            assert answer.status == 200, answer
            if answer.body["fresh"]:
                assert answer.body["strategy"] == "user", (user_id, item_id, answer)
                return requests
        raise TimeoutError(f"after {_PATIENCE} s another worker does not know {user_id}")
