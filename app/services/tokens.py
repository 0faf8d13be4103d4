"""Bearer tokens: JSON Web Tokens signed with HMAC-SHA256."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

import jwt

from app.domain.accounts import Account, Claims, Token
from app.domain.errors import Misconfigured, NotAuthenticated

_ALGORITHM = "HS256"
_REMEMBERED = 10_000  # verified tokens kept, about 1 KB each


class Tokens:
    """Signs and reads tokens. Says nothing of whether the account still wants them."""

    def __init__(self, secret: str | None, *, hours: float, now: Callable[[], datetime]) -> None:
        self._given = secret
        self._lifetime = timedelta(hours=hours)
        self._now = now
        # a signature that held once holds for ever: only the expiry is checked each time
        self._claims = lru_cache(_REMEMBERED)(self._verify)

    @property
    def _secret(self) -> str:
        if self._given is None:  # a command line may do without; a service may not start
            raise Misconfigured("SECRET_KEY is not set.")
        return self._given

    def issue(self, account: Account) -> Token:
        """Return a token for the account's present epoch."""
        expires = self._now() + self._lifetime
        claims = {"sub": account.user_id, "epoch": account.epoch, "exp": int(expires.timestamp())}
        text = jwt.encode(claims, self._secret, algorithm=_ALGORITHM)
        return Token(text, int(self._lifetime.total_seconds()))

    def read(self, text: str) -> Claims:
        """Return what the token says, or raise NotAuthenticated."""
        claims = self._claims(text)
        if claims.expires_at <= self._now().timestamp():
            raise NotAuthenticated("This token has expired. Log in again.")
        return claims

    def _verify(self, text: str) -> Claims:
        try:
            claims = jwt.decode(
                text,
                self._secret,
                algorithms=[_ALGORITHM],
                options={"require": ["sub", "epoch", "exp"], "verify_exp": False},
            )
        except (jwt.InvalidTokenError, ValueError) as error:
            raise NotAuthenticated("This token is not valid. Log in again.") from error
        return Claims(claims["sub"], claims["epoch"], int(claims["exp"]))
