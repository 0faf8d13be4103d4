"""Many callers at once."""

import http.client
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

from tests.integration.client import Answer, Client

T = TypeVar("T")
Pair = tuple[str, str]


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make every call in a thread of its own, all at once; return what they return, in order."""
    barrier = threading.Barrier(len(calls))

    def begin(call: Callable[[], T]) -> T:
        barrier.wait(timeout=60)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(begin, calls))


class Raters:
    """Threads that rate one new pair after the other until told to stop.

    `acknowledged` holds what was answered with 200, with the time at which the call began.
    """

    def __init__(self, client: Client, items: Sequence[str], *, threads: int = 4) -> None:
        self._client = client
        self._items = items
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(threads)]
        self.acknowledged: dict[Pair, float] = {}
        self.began: dict[Pair, float] = {}
        self.refused: list[Answer] = []
        self.broken = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def reaches(self, count: int) -> bool:
        """Wait until so many ratings more than now are acknowledged."""
        goal, deadline = len(self.acknowledged) + count, time.monotonic() + 120
        while len(self.acknowledged) < goal and time.monotonic() < deadline:
            time.sleep(0.01)
        return len(self.acknowledged) >= goal

    def _run(self, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            user, rating = f"rater-{number}-{turn}-{id(self)}", 1.0 + turn % 5
            self._rate(user, self._items[turn % len(self._items)], rating)

    def _rate(self, user: str, item: str, rating: float) -> None:
        began = time.monotonic()
        try:
            answer = self._client.rate(user, item, rating)
        except (OSError, http.client.HTTPException):
            self.broken += 1
            time.sleep(0.05)
            return
        if answer.status == 200:
            self.began[user, item] = began
            self.acknowledged[user, item] = rating
        else:
            self.refused.append(answer)
            time.sleep(0.02)
