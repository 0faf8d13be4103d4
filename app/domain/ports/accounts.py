"""Accounts and keys."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from app.domain.accounts import Account, ApiKey, Credentials
from app.domain.changes import Position, Written


class AccountRepository(Protocol):
    """Accounts by user id."""

    def add(self, credentials: Credentials) -> Written[Account]:
        """Store a new account, or raise UserTaken."""

    def find(self, user_id: str) -> Credentials | None:
        """Return the account with its password hash."""

    def replace(self, credentials: Credentials, *, expected_epoch: str) -> Written[Account]:
        """Replace the account if its epoch is still the expected one, or raise Conflict."""

    def remove(self, user_id: str, *, until: datetime | None = None) -> Written[bool]:
        """Remove the account; the value tells whether there was one.

        until : only one that was opened by then.
        """

    def scan(self) -> Iterator[Account]:
        """Return every account."""


class KeyRepository(Protocol):
    """API keys by key id."""

    def add(self, key: ApiKey) -> Position | None:
        """Store a new key."""

    def remove(self, key_id: str) -> Written[bool]:
        """Remove a key; the value tells whether there was one."""

    def scan(self) -> Iterator[ApiKey]:
        """Return every key, oldest first."""
