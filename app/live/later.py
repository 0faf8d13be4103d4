"""What a projection must do outside the memory's lock, because it takes long."""

from collections.abc import Callable
from threading import Lock

Job = Callable[[], None]


class Later:
    """Jobs that the feed's thread does after the batch that asked for them. Each is done once."""

    def __init__(self) -> None:
        self._jobs: dict[Job, None] = {}
        self._lock = Lock()

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def put(self, job: Job) -> None:
        """Have a job done; one that waits already is not done twice."""
        with self._lock:
            self._jobs[job] = None

    def run(self) -> None:
        with self._lock:
            jobs, self._jobs = self._jobs, {}
        for job in jobs:
            job()
