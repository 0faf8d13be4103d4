"""A map from text to text that a mapped file may hold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.engine.frozen_ids import FrozenIds, frozen
from app.engine.packing import Arrays, Texts


class TextMap:
    """str -> str. What was restored stays in flat arrays; what came later wins over it."""

    def __init__(self) -> None:
        self._base: FrozenIds | None = None
        self._base_values = Texts.of(())
        self._later: dict[str, str | None] = {}  # None: gone since
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def get(self, key: str) -> str | None:
        """Return the value of a key."""
        if key in self._later or self._base is None:
            return self._later.get(key)
        number = self._base.find(key)
        return None if number < 0 else self._base_values[number]

    def put(self, key: str, value: str) -> None:
        """Store or replace a value."""
        self._count += self.get(key) is None
        self._later[key] = value

    def remove(self, key: str) -> None:
        """Forget a key, if there is such."""
        if self.get(key) is None:
            return
        self._count -= 1
        if self._base is not None and self._base.find(key) >= 0:
            self._later[key] = None
        else:
            del self._later[key]

    def replace(self, values: dict[str, str]) -> None:
        """Replace everything."""
        self._base, self._base_values = None, Texts.of(())
        self._later, self._count = dict(values), len(values)

    def to_dict(self) -> dict[str, str]:
        """Return a copy of everything."""
        base = {} if self._base is None else _items(self._base, self._base_values)
        return {key: value for key, value in (base | self._later).items() if value is not None}

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return everything as plain arrays, for `restore`."""
        values = self.to_dict()
        numbers = np.arange(len(values), dtype=np.int32)
        return {
            **frozen(len(values), numbers, list(values)),
            **Texts.of(values.values()).arrays("values"),
        }

    def restore(self, arrays: Arrays) -> None:
        """Become what `dump` described; the arrays belong to this map from now on."""
        self._base, self._base_values = FrozenIds(arrays), Texts.named("values", arrays)
        self._later, self._count = {}, len(self._base)


def _items(keys: FrozenIds, values: Texts) -> dict[str, str | None]:
    return {keys.ids[number]: values[number] for number in range(len(keys))}
