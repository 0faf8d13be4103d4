"""What goes to the peers' process and comes back. It knows nothing of the service."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
INSTALL = (
    "python3 -m venv .venv-peers && "
    ".venv-peers/bin/pip install -r benchmarks/requirements-peers.txt"
)


@dataclass(frozen=True)
class Task:
    """Ratings by row numbers, shape (n,) each, and the users to recommend to."""

    users: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    asked: npt.NDArray[np.int64]
    k: int
    n: int


@dataclass(frozen=True)
class Outcome:
    """What one peer answered, and what it cost.

    items, scores : shape (asked, n), best first, -1 and 0 where there are fewer.
    neighbours : shape (asked, k), -1 where there are fewer; empty if the peer shows none.
    seconds : shape (asked,), of one request each; fit : seconds.
    """

    release: str
    fit: float
    seconds: npt.NDArray[np.float64]
    items: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    neighbours: npt.NDArray[np.int64]


def save(path: Path, thing: Task | Outcome) -> None:
    """Write a task or an outcome."""
    np.savez(path, **vars(thing))


def load_task(path: Path) -> Task:
    """Read what `save` wrote."""
    with np.load(path) as arrays:
        return Task(**{name: _plain(arrays[name]) for name in arrays.files})


def load_outcome(path: Path) -> Outcome:
    """Read what `save` wrote."""
    with np.load(path) as arrays:
        return Outcome(**{name: _plain(arrays[name]) for name in arrays.files})


def best(
    scores: npt.NDArray[np.float64], seen: npt.NDArray[np.int64], n: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the n best items that were not seen and have a score above 0, and their scores."""
    left = np.where(np.isfinite(scores), scores, 0.0)
    left[seen] = 0.0
    rows = np.argpartition(left, -n)[-n:]
    rows = rows[np.lexsort((rows, -left[rows]))]
    return np.where(left[rows] > 0.0, rows, -1), np.maximum(left[rows], 0.0)


def _plain(array: npt.NDArray[np.generic]) -> Any:
    return array if array.ndim else array.item()
