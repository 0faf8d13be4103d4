"""gunicorn's threaded worker, with this service's threads."""

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from app.api.threads import RequestThreads


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker whose open streams leave the threads for requests free."""

    def get_thread_pool(self) -> RequestThreads:
        """Return what runs requests."""
        return RequestThreads(self.cfg.threads)
