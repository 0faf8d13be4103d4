"""A worker's threads: always the same number for requests, however many streams are open.

With a thread in one pool for every stream there may be, those threads would take requests while
few streams are open; so many at once contend for the interpreter and cost each other time.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from threading import Thread, current_thread
from typing import Any, TypeVar

T = TypeVar("T")
Job = Callable[[], None]


class RequestThreads(Executor):
    """So many threads that take jobs in order; one that steps aside is replaced by a new one."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        for _ in range(size):
            self.add()

    def add(self) -> None:
        """Start one more thread."""
        _RequestThread(self).start()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have a thread call the function as soon as one is free."""
        future: Future[T] = Future()
        self._jobs.put(partial(_run, future, partial(fn, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the threads end after what has been submitted; does not wait for them."""
        for _ in range(self._size):
            self._jobs.put(None)

    def next_job(self) -> Job | None:
        """Wait for a job; None: there will be no more for this thread."""
        return self._jobs.get()


class _RequestThread(Thread):
    def __init__(self, pool: RequestThreads) -> None:
        super().__init__(name="request", daemon=True)
        self._pool = pool
        self._replaced = False

    def run(self) -> None:
        while not self._replaced and (job := self._pool.next_job()) is not None:
            job()

    def step_aside(self) -> None:
        if not self._replaced:
            self._pool.add()
            self._replaced = True


def step_aside() -> None:
    """Let another thread take the caller's place among those for requests.

    The caller's own ends with the request in hand. Under other servers nothing happens.
    """
    thread = current_thread()
    if isinstance(thread, _RequestThread):
        thread.step_aside()


def _run(future: Future[T], call: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except BaseException as error:  # whoever holds the future is told
        future.set_exception(error)
