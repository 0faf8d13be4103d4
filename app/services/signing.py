"""What this shop has signed: JSON Web Tokens with HMAC-SHA256."""

from typing import Any

import jwt

from app.domain.errors import Misconfigured

_ALGORITHM = "HS256"


class Signer:
    """Signs claims and checks signatures with the shop's secret."""

    def __init__(self, secret: str | None) -> None:
        self._given = secret

    @property
    def _secret(self) -> str:
        if self._given is None:  # a command line may do without; a service may not start
            raise Misconfigured("SECRET_KEY is not set.")
        return self._given

    def sign(self, claims: dict[str, Any]) -> str:
        """Return the claims as a signed text."""
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def verify(
        self, text: str, *, required: list[str], audience: str | None = None
    ) -> dict[str, Any] | None:
        """Return the claims, their time not looked at; None unless all is as this shop signed it.

        What was signed for an audience is good for nobody else, nor for the caller who names none.
        """
        try:
            return jwt.decode(
                text,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=audience,
                options={"require": required, "verify_exp": False},
            )
        except (jwt.InvalidTokenError, ValueError):
            return None
