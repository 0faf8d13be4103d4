"""Bearer tokens, and tickets for streams."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from app.domain.accounts import Account, Claims, Token
from app.domain.errors import NotAuthenticated
from app.domain.streams import Grant
from app.services.signing import Signer

_TICKET_SECONDS = 60
_AUDIENCE = "stream"
_REMEMBERED = 10_000  # verified tokens kept, about 1 KB each


class Tokens:
    """Signs and reads tokens. Says nothing of whether the account still wants them."""

    def __init__(self, secret: str | None, *, hours: float, now: Callable[[], datetime]) -> None:
        self._signer = Signer(secret)
        self._lifetime = timedelta(hours=hours)
        self._now = now
        # a signature that held once holds for ever: only the expiry is checked each time
        self._claims = lru_cache(_REMEMBERED)(self._verify)

    def issue(self, account: Account) -> Token:
        expires = self._now() + self._lifetime
        claims = {"sub": account.user_id, "epoch": account.epoch, "exp": int(expires.timestamp())}
        return Token(self._signer.sign(claims), int(self._lifetime.total_seconds()))

    def read(self, text: str) -> Claims:
        """Return what the token says, or raise NotAuthenticated."""
        claims = self._claims(text)
        if claims.expires_at <= self._now().timestamp():
            raise NotAuthenticated("This token has expired. Log in again.")
        return claims

    def _verify(self, text: str) -> Claims:
        claims = self._signer.verify(text, required=["sub", "epoch", "exp"])
        if claims is None:
            raise NotAuthenticated("This token is not valid. Log in again.")
        return Claims(claims["sub"], claims["epoch"], int(claims["exp"]))


class Tickets:
    """Signs and reads tickets: a page cannot send a header when it opens a stream.

    An address is seen by more eyes than a header (histories, proxies): a ticket holds for a minute
    and opens nothing else. Says nothing of whether the account or key still holds.
    """

    def __init__(self, secret: str | None, *, now: Callable[[], datetime]) -> None:
        self._signer = Signer(secret)
        self._now = now

    def issue(self, grant: Grant) -> Token:
        expires = int(self._now().timestamp()) + _TICKET_SECONDS
        claims = {"aud": _AUDIENCE, "sub": grant.subject, "exp": expires}
        rests_on = {"epoch": grant.epoch} if grant.epoch else {"key": grant.key_id}
        return Token(self._signer.sign(claims | rests_on), _TICKET_SECONDS)

    def read(self, text: str) -> Grant:
        """Return what the ticket allows, or raise NotAuthenticated."""
        claims = self._signer.verify(text, required=["aud", "sub", "exp"], audience=_AUDIENCE)
        if claims is None:
            raise NotAuthenticated("This ticket is not valid. Ask for another one.")
        if claims["exp"] <= self._now().timestamp():
            raise NotAuthenticated("This ticket has expired. Ask for another one.")
        return Grant(claims["sub"], claims.get("epoch"), claims.get("key"))
