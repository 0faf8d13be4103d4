"""Signatures of this shop, with HMAC-SHA256: JSON Web Tokens, and bytes."""

from base64 import b64decode, urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any

import jwt

from app.domain.errors import Misconfigured

_ALGORITHM = "HS256"
_MARK_BYTES = 16  # 128 bits: nobody can try them all


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

    def seal(self, data: bytes, *, purpose: str) -> str:
        """Return bytes as a signed text for addresses, which anybody can read."""
        return urlsafe_b64encode(self._mark(data, purpose) + data).decode().rstrip("=")

    def unseal(self, text: str, *, purpose: str) -> bytes | None:
        """Return the bytes; None unless this shop sealed them for the same purpose."""
        try:
            sealed = b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
        except ValueError:
            return None
        mark, data = sealed[:_MARK_BYTES], sealed[_MARK_BYTES:]
        return data if compare_digest(mark, self._mark(data, purpose)) else None

    def _mark(self, data: bytes, purpose: str) -> bytes:
        # a token is signed as base64 text, which holds no NUL: neither can be taken for the other
        signed = purpose.encode() + b"\0" + data
        return digest(self._secret.encode(), signed, sha256)[:_MARK_BYTES]
