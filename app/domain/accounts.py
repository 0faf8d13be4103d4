"""Who may call: shoppers with accounts, and API keys with roles."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a caller may do; see the table in docs/api.md."""

    SHOPPER = "shopper"
    STOREFRONT = "storefront"
    BROWSER = "browser"
    ADMIN = "admin"


KEY_ROLES = (Role.STOREFRONT, Role.BROWSER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Account:
    """A shopper who can log in. A new `epoch` makes every older token worthless."""

    user_id: str
    epoch: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account with the hash of its password; never leaves the accounts service."""

    account: Account
    password_hash: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the shop. Only `digest` (SHA-256 of the secret) is stored."""

    key_id: str
    role: Role
    digest: str
    label: str
    origins: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes the request in hand.

    `user_id` and `epoch`, the account's that the token was made for, only for shoppers; `key_id`
    only for keys.
    """

    role: Role
    user_id: str | None = None
    key_id: str | None = None
    epoch: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    expires_in: int
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Claims:
    user_id: str
    epoch: str
    expires_at: int
    """Unix seconds."""
