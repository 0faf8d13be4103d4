"""Password hashes with argon2id."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """Hashes and checks. An unknown user costs as much time as a wrong password."""

    def __init__(self) -> None:
        # OWASP's first recommendation: about 20 ms and 19 MiB a check, so that a handful at once
        # neither stalls a small machine nor fills its memory
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._nobody = self._hasher.hash("nobody's password")

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def matches(self, password: str, password_hash: str | None) -> bool:
        """Return whether the password is right; without a hash it never is, after the same work."""
        try:
            self._hasher.verify(password_hash or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None
