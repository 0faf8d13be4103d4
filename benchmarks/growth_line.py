"""Points of the growth benchmark, and the straight line through them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Cloud:
    """One data set: postings read, and milliseconds taken, shape (shoppers,) each."""

    title: str
    postings: npt.NDArray[np.int64]
    milliseconds: npt.NDArray[np.float64]

    @cached_property
    def _line(self) -> tuple[float, float]:
        slope, intercept = np.polyfit(self.postings, self.milliseconds, 1).tolist()
        return slope, intercept

    @property
    def slope(self) -> float:
        """Nanoseconds a posting."""
        return self._line[0] * 1e6

    @property
    def intercept(self) -> float:
        """Milliseconds of a request that reads nothing."""
        return self._line[1]

    @property
    def explained(self) -> float:
        """Share of the variance that the line explains."""
        rest = self.milliseconds - np.polyval(self._line, self.postings)
        return float(1.0 - rest.var() / self.milliseconds.var())
