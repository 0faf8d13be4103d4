"""Which shoppers have an account, and the epoch their tokens must carry."""

from typing import Any, Self

from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.domain.ports import AccountRepository
from app.live.projections.comparing import differences
from app.live.projections.projection import Arrays
from app.live.projections.text_map import TextMap


class AccountsProjection:
    """user id -> epoch."""

    name = "accounts"
    version = 1
    collections = (Collection.USERS,)

    def __init__(self, accounts: AccountRepository) -> None:
        self._accounts = accounts
        self._epochs = TextMap()

    def epoch(self, user_id: str) -> str | None:
        """Return the account's epoch, or None if no such account is known here."""
        return self._epochs.get(user_id)

    def __len__(self) -> int:
        return len(self._epochs)

    def load(self) -> None:
        """Read every account."""
        self._epochs.replace({a.user_id: a.epoch for a in self._accounts.scan()})

    def apply(self, change: Change) -> None:
        """Take in one account, or its end."""
        if change.key is None:
            self._epochs.replace({})
        elif change.value is None:
            self._epochs.remove(change.key)
        else:
            self._epochs.put(change.key, change.value.epoch)

    def forget(self, user_id: str) -> None:
        """Drop the account."""
        self._epochs.remove(user_id)

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return ids and epochs."""
        return self._epochs.dump()

    def restore(self, arrays: Arrays) -> None:
        """Take what `dump` returned."""
        self._epochs.restore(arrays)

    def differences(self, rebuilt: Self) -> list[str]:
        """Compare epochs."""
        return differences("account", self._epochs.to_dict(), rebuilt._epochs.to_dict())
