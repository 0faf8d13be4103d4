"""gunicorn's threaded worker, with this service's threads."""

import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from app.http.threads import RequestThreads

_STEP_BACK_SECONDS = 0.0005


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker whose open streams leave the threads for requests free."""

    def get_thread_pool(self) -> RequestThreads:
        return RequestThreads(self.cfg.threads)

    def accept(self, listener: Any) -> None:
        """Take a connection; one that has some already lets the other workers take the next.

        A client that opens all of its connections at once would else find them with the worker
        that woke first, and the others idle for as long as they are kept open.
        """
        super().accept(listener)
        if self.nr_conns > 1:
            time.sleep(_STEP_BACK_SECONDS)
