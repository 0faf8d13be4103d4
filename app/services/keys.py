"""The shop's API keys: make, list, revoke, recognise."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from app.domain.accounts import KEY_ROLES, ApiKey, Caller, Role
from app.domain.errors import InvalidInput, NotAllowed, NotAuthenticated, UnknownKey
from app.domain.ports import KeyRepository
from app.live.feed import Feed
from app.live.projections.keys import KeysProjection


class Keys:
    """Use cases around API keys. The secret is shown once and never stored."""

    def __init__(
        self,
        keys: KeyRepository,
        *,
        live: KeysProjection,
        feed: Feed,
        now: Callable[[], datetime],
    ) -> None:
        self._keys = keys
        self._live = live
        self._feed = feed
        self._now = now

    def create(
        self, role: Role, *, label: str = "", origins: Sequence[str] = ()
    ) -> tuple[ApiKey, str]:
        """Store a new key; return it with its secret."""
        if role not in KEY_ROLES:
            raise InvalidInput("role", f"must be one of {', '.join(KEY_ROLES)}")
        if role is Role.BROWSER and not origins:
            raise InvalidInput("origins", "a browser key is public: say which origins may use it")
        secret = f"sw_{role.value}_{secrets.token_urlsafe(24)}"
        key = ApiKey(
            key_id=secrets.token_hex(4),
            role=role,
            digest=_digest(secret),
            label=label,
            origins=tuple(origin.rstrip("/") for origin in origins),
            created_at=self._now(),
        )
        self._feed.wait(self._keys.add(key))
        return key, secret

    def list(self) -> list[ApiKey]:
        """Return every key, oldest first."""
        return list(self._keys.scan())

    def revoke(self, key_id: str) -> None:
        """End a key, or raise UnknownKey."""
        removed = self._keys.remove(key_id)
        if not removed.value:
            raise UnknownKey(key_id)
        self._feed.wait(removed.position)

    def authenticate(self, secret: str, *, origin: str | None, own_page: bool = False) -> Caller:
        """Return who the key speaks for, or raise NotAuthenticated or NotAllowed.

        `own_page` says that a page which this service itself delivers is calling.
        """
        key = self._live.find(_digest(secret))
        if key is None:
            raise NotAuthenticated("This API key is unknown or revoked.")
        if key.origins and not own_page and origin not in key.origins:
            raise NotAllowed("This key may not be used from this origin.")
        return Caller(key.role, key_id=key.key_id)

    def holds(self, key_id: str) -> bool:
        return self._live.has(key_id)


def _digest(secret: str) -> str:
    # 192 random bits need no slow hash: nobody can try them all
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
