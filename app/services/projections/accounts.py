"""Which shoppers have an account, and the epoch their tokens must carry."""

from typing import Any

from numpy.typing import NDArray

from app.domain.changes import Change, Collection
from app.domain.ports import AccountRepository
from app.services.projections.packing import differences, pack_strings, unpack_strings
from app.services.projections.projection import Arrays


class AccountsProjection:
    """user id -> epoch."""

    name = "accounts"
    collections = (Collection.USERS,)

    def __init__(self, accounts: AccountRepository) -> None:
        self._accounts = accounts
        self._epoch_of: dict[str, str] = {}

    def epoch(self, user_id: str) -> str | None:
        """Return the account's epoch, or None if no such account is known here."""
        return self._epoch_of.get(user_id)

    def __len__(self) -> int:
        return len(self._epoch_of)

    def load(self) -> None:
        """Read every account."""
        self._epoch_of = self._stored()

    def apply(self, change: Change) -> None:
        """Take in one account, or its end."""
        if change.key is None:
            self._epoch_of.clear()
        elif change.value is None:
            self._epoch_of.pop(change.key, None)
        else:
            self._epoch_of[change.key] = change.value.epoch

    def forget(self, user_id: str) -> None:
        """Drop the account."""
        self._epoch_of.pop(user_id, None)

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return ids and epochs."""
        ids = list(self._epoch_of)
        return pack_strings(ids, "ids") | pack_strings(list(self._epoch_of.values()), "epochs")

    def restore(self, arrays: Arrays) -> None:
        """Take what `dump` returned."""
        ids, epochs = unpack_strings(arrays, "ids"), unpack_strings(arrays, "epochs")
        self._epoch_of = dict(zip(ids, epochs, strict=True))

    def verify(self) -> list[str]:
        """Compare epochs."""
        return differences("account", self._epoch_of, self._stored())

    def _stored(self) -> dict[str, str]:
        return {account.user_id: account.epoch for account in self._accounts.scan()}
