"""Wall and processor time that a number of changes took."""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from benchmarks.servers import cpu_seconds


@dataclass(frozen=True)
class Spent:
    """Changes a second, by three clocks."""

    wall_rate: float
    cpu_rate: float
    """By processor time of this process, all threads."""
    mongod_rate: float

    def __str__(self) -> str:
        return f"{self.wall_rate:,.0f}/s (by processor time {self.cpu_rate:,.0f}/s)"


class Clock:
    """Runs while its block does."""

    def __init__(self, mongod: int) -> None:
        self._mongod = mongod

    def __enter__(self) -> Self:
        self._started = self._now()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = self._now()

    def spent(self, changes: int) -> Spent:
        """Return the rates."""
        return Spent(*(changes / (b - a) for a, b in zip(self._started, self._ended, strict=True)))

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), cpu_seconds(self._mongod)
