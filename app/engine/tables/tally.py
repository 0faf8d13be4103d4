"""Room to count in, by item row."""

import numpy as np

from app.engine.jit import Int32s
from app.engine.tables.arrays import resized
from app.engine.tables.ids import IdIndex


class Tally:
    """Two numbers for every item, all 0 but while a loop counts. Guarded by the shop's lock."""

    def __init__(self, items: IdIndex) -> None:
        self._items = items
        self._room = np.zeros((0, 2), np.int32)

    @property
    def room(self) -> Int32s:
        """Return the numbers, shape (items.capacity, 2)."""
        items, have = self._items.capacity, len(self._room)
        if items > have:
            self._room = resized(self._room, max(items, have + have // 4))
        return self._room[:items]
