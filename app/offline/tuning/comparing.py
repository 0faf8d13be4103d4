"""Whether found settings are better than the former ones, and how sure that is."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.engine.jit import Float64s
from app.offline.metrics.intervals import bootstrap_means, paired_p_values


@dataclass(frozen=True)
class Comparison:
    """Two ways of recommending to the same shoppers, by the mean of one value a shopper."""

    users: int
    before: float
    after: float
    difference: float
    low: float
    """Of the difference: 95 % interval when shoppers are drawn anew."""
    high: float
    p: float
    """That a difference so large comes of chance."""

    @property
    def relative(self) -> float | None:
        return self.difference / self.before if self.before > 0 else None

    def as_plain(self) -> dict[str, Any]:
        return {name: _short(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Verdict:
    every: Comparison
    """On all validation shoppers."""
    unseen: Comparison
    """On the half that the search never saw: the honest estimate."""

    @property
    def is_better(self) -> bool:
        """Return whether the found settings should be put in force.

        Better on all, and on the unseen half no worse: there nothing was chosen by chance.
        """
        return self.every.difference > 0.0 and self.unseen.difference >= 0.0

    @property
    def words(self) -> str:
        if self.is_better:
            return "better on all validation shoppers, and no worse on those the search never saw"
        if self.every.difference <= 0.0:
            return "not better than the settings in force on all validation shoppers"
        return (
            "better only on the shoppers it was searched on, and worse on those the search never "
            "saw: chance"
        )


def compared(before: Float64s, after: Float64s, *, seed: int) -> Comparison:
    """Compare values of the same shoppers, shape (n_users,), at least one."""
    differences = after - before
    low, high = bootstrap_means(differences[:, None], seed=seed)
    return Comparison(
        users=int(before.size),
        before=float(before.mean()),
        after=float(after.mean()),
        difference=float(differences.mean()),
        low=float(low[0]),
        high=float(high[0]),
        p=float(paired_p_values(differences[:, None], seed=seed)[0]),
    )


def lead(values: Float64s, over: Float64s) -> tuple[float, float]:
    """Return the mean of paired differences, and its standard error."""
    differences = values - over
    if differences.size < 2:
        return float(differences.mean()), np.inf
    return float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(differences.size))


def _short(value: float) -> float:
    return round(value, 6) if isinstance(value, float) else value
