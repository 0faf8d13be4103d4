"""Tickets for streams: a page cannot send a header when it opens one, so it sends this instead.

An address is seen by more eyes than a header (histories, proxies): a ticket holds for a minute and
opens nothing else.
"""

from collections.abc import Callable
from datetime import datetime

from app.domain.accounts import Token
from app.domain.errors import NotAuthenticated
from app.domain.streams import Grant
from app.services.signing import Signer

SECONDS = 60
_AUDIENCE = "stream"


class Tickets:
    """Signs and reads tickets. Says nothing of whether the account or key still holds."""

    def __init__(self, secret: str | None, *, now: Callable[[], datetime]) -> None:
        self._signer = Signer(secret)
        self._now = now

    def issue(self, grant: Grant) -> Token:
        expires = int(self._now().timestamp()) + SECONDS
        claims = {"aud": _AUDIENCE, "sub": grant.subject, "exp": expires}
        rests_on = {"epoch": grant.epoch} if grant.epoch else {"key": grant.key_id}
        return Token(self._signer.sign(claims | rests_on), SECONDS)

    def read(self, text: str) -> Grant:
        """Return what the ticket allows, or raise NotAuthenticated."""
        claims = self._signer.verify(text, required=["aud", "sub", "exp"], audience=_AUDIENCE)
        if claims is None:
            raise NotAuthenticated("This ticket is not valid. Ask for another one.")
        if claims["exp"] <= self._now().timestamp():
            raise NotAuthenticated("This ticket has expired. Ask for another one.")
        return Grant(claims["sub"], claims.get("epoch"), claims.get("key"))
