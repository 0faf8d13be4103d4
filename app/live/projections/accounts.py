"""The shoppers with an account, and the epoch their tokens must carry."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.domain.ports import AccountRepository
from app.engine.tables.arrays import Arrays, Texts
from app.engine.tables.ids import FrozenIds, frozen
from app.live.projections.projection import differences


class _State(NamedTuple):
    base: FrozenIds | None
    values: Texts
    later: dict[str, str | None]  # None: gone since


class TextMap:
    """str -> str. What was restored stays in flat arrays; what came later wins over it.

    Whoever only reads needs no lock: everything is replaced by one assignment.
    """

    def __init__(self) -> None:
        self._state = _State(None, Texts.of(()), {})
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def get(self, key: str) -> str | None:
        base, values, later = self._state
        if key in later or base is None:
            return later.get(key)
        number = base.find(key)
        return None if number < 0 else values[number]

    def put(self, key: str, value: str) -> None:
        self._count += self.get(key) is None
        self._state.later[key] = value

    def remove(self, key: str) -> None:
        if self.get(key) is None:
            return
        self._count -= 1
        base, _, later = self._state
        if base is not None and base.find(key) >= 0:
            later[key] = None
        else:
            del later[key]

    def replace(self, values: dict[str, str]) -> None:
        self._state = _State(None, Texts.of(()), dict(values))
        self._count = len(values)

    def to_dict(self) -> dict[str, str]:
        base, values, later = self._state
        restored = {} if base is None else _items(base, values)
        return {key: value for key, value in (restored | later).items() if value is not None}

    def dump(self) -> dict[str, NDArray[Any]]:
        values = self.to_dict()
        numbers = np.arange(len(values), dtype=np.int32)
        return {
            **frozen(len(values), numbers, list(values)),
            **Texts.of(values.values()).arrays("values"),
        }

    def restore(self, arrays: Arrays) -> None:
        """Become what `dump` described; the arrays belong to this map from now on."""
        self._state = _State(FrozenIds(arrays), Texts.named("values", arrays), {})
        self._count = len(self._state.values)


def _items(keys: FrozenIds, values: Texts) -> dict[str, str | None]:
    return {keys.ids[number]: values[number] for number in range(len(keys))}


class AccountsProjection:
    """user id -> epoch."""

    name = "accounts"
    version = 1
    collections = (Collection.USERS,)

    def __init__(self, accounts: AccountRepository) -> None:
        self._accounts = accounts
        self._epochs = TextMap()

    def epoch(self, user_id: str) -> str | None:
        return self._epochs.get(user_id)

    def __len__(self) -> int:
        return len(self._epochs)

    def load(self) -> None:
        self._epochs.replace({a.user_id: a.epoch for a in self._accounts.scan()})

    def apply(self, change: Change) -> None:
        if change.key is None:
            self._epochs.replace({})
        elif change.value is None:
            self._epochs.remove(change.key)
        else:
            self._epochs.put(change.key, change.value.epoch)

    def forget(self, user_id: str) -> None:
        self._epochs.remove(user_id)

    def dump(self) -> dict[str, NDArray[Any]]:
        return self._epochs.dump()

    def restore(self, arrays: Arrays) -> None:
        self._epochs.restore(arrays)

    def differences(self, rebuilt: Self) -> list[str]:
        return differences("account", self._epochs.to_dict(), rebuilt._epochs.to_dict())
