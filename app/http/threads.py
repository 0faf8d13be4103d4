"""A worker's request threads, and the client at the other end of a stream."""

import select
import socket
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread, current_thread
from typing import Any, TypeVar

from app.http.middleware import Environ

T = TypeVar("T")
Job = Callable[[], None]

_SEND_SECONDS = 10.0
_SILENT_MILLISECONDS = 30_000


class RequestThreads(Executor):
    """So many threads that take jobs in order; one that steps aside is replaced by a new one.

    With a thread in one pool for every stream there may be, those threads would take requests while
    few streams are open; so many at once contend for the interpreter and cost each other time.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        for _ in range(size):
            self.add()

    def add(self) -> None:
        _RequestThread(self).start()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        self._jobs.put(partial(_run, future, partial(fn, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        # the threads end after what has been submitted, and are not waited for
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


class Peer:
    """The client of a long answer, where the server hands over its connection (gunicorn does)."""

    def __init__(self, environ: Environ) -> None:
        self._socket: socket.socket | None = environ.get("gunicorn.socket")

    def limit(self) -> None:
        """Give the client up when it takes nothing for ten seconds, or is silent for thirty."""
        if self._socket is None:
            return
        self._socket.settimeout(_SEND_SECONDS)
        with suppress(OSError, AttributeError):  # Linux has it, for TCP
            # a client whose network is gone says nothing: unanswered bytes alone tell of it
            self._socket.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_MILLISECONDS
            )

    def is_there(self) -> bool:
        """Return whether the client is still connected, as far as this machine can know."""
        if self._socket is None:
            return True
        try:
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            return not poll.poll(0) or self._socket.recv(1, socket.MSG_PEEK) != b""
        except OSError:
            return False
        except ValueError:  # encrypted by the server itself: nothing can be seen
            return True

    def hang_up(self) -> None:
        """Close both ways, so that the server need not wait for the client to do so."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
