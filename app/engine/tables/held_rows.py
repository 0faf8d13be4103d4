"""Which rows of an id index a table refers to, once each."""

import numpy as np
import numpy.typing as npt

from app.engine.tables.growth import resized
from app.engine.tables.ids import IdIndex


class HeldRows:
    """One reference to the id of each row that is held; its owner holds the lock."""

    def __init__(self, ids: IdIndex) -> None:
        self._ids = ids
        self.flags: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)

    def __contains__(self, row: int) -> bool:
        return row < self.flags.size and bool(self.flags[row])

    def __len__(self) -> int:
        return int(np.count_nonzero(self.flags))

    def rows(self) -> list[int]:
        """Return the rows in order."""
        found: list[int] = np.flatnonzero(self.flags).tolist()
        return found

    def hold(self, id_: str) -> int:
        """Return the row of an id, held from now on."""
        row = self._ids.row(id_)
        if row is not None and row in self:
            return row
        row = self._ids.acquire(id_)
        if row >= self.flags.size:
            self.flags = resized(self.flags, row + 1 + row // 4)
        self.flags[row] = True
        return row

    def release(self, row: int) -> None:
        """Let a row go."""
        self.flags[row] = False
        self._ids.release(row)
