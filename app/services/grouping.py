"""Many threads that want the same kind of write at the same time: one of them does it for all."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Grouped(Generic[T, R]):
    """Calls `work` with all that has come in while the former call lasted.

    Nobody waits for company: alone, a caller works at once. `work` takes a sequence and returns as
    many results, in order; where it raises, all of them are told. "Group commit": DeWitt et al.,
    Implementation techniques for main memory database systems, 1984.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._work = work
        self._turn = Lock()
        self._lock = Lock()
        self._waiting: list[tuple[T, Future[R]]] = []

    def __call__(self, wanted: T) -> R:
        """Have it done, by this thread or another; return its result."""
        outcome: Future[R] = Future()
        with self._lock:
            self._waiting.append((wanted, outcome))
        with self._turn:
            if not outcome.done():
                self._do_all()
        return outcome.result()

    def _do_all(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting, []
        try:
            results = self._work([wanted for wanted, _ in group])
        except BaseException as error:
            for _, outcome in group:
                outcome.set_exception(error)
        else:
            for (_, outcome), result in zip(group, results, strict=True):
                outcome.set_result(result)
