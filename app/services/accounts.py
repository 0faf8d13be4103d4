"""Shoppers' accounts: open, log in, log out everywhere, change the password."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.accounts import Account, Caller, Credentials, Role, Token
from app.domain.changes import Written
from app.domain.errors import (
    BadCredentials,
    InvalidInput,
    NotAuthenticated,
    UnknownUser,
    UserHasData,
)
from app.domain.ids import check_id
from app.domain.ports import AccountRepository, EventRepository, RatingRepository
from app.live.feed import Feed
from app.live.projections.accounts import AccountsProjection
from app.services.tokens import Tokens

MIN_PASSWORD, MAX_PASSWORD = 8, 256
T = TypeVar("T")


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


class Accounts:
    def __init__(
        self,
        accounts: AccountRepository,
        ratings: RatingRepository,
        events: EventRepository,
        *,
        live: AccountsProjection,
        feed: Feed,
        passwords: Passwords,
        tokens: Tokens,
        now: Callable[[], datetime],
    ) -> None:
        self._accounts = accounts
        self._ratings = ratings
        self._events = events
        self._live = live
        self._feed = feed
        self._passwords = passwords
        self._tokens = tokens
        self._now = now

    def register(self, user_id: str, password: str, *, trusted: bool = False) -> Written[Account]:
        """Open an account, or raise UserTaken.

        An id that has ratings or events already (imported, or written by the shop's server) is
        opened only for a trusted caller: otherwise anybody could take over a shopper's history.
        """
        check_id(user_id, "user_id")
        _check_password(password, "password")
        account = Account(user_id, _new_epoch(), self._now())
        if not trusted and self._has_data(user_id) and not self._accounts.find(user_id):
            raise UserHasData(user_id)
        credentials = Credentials(account, self._passwords.hash(password))
        return self._applied(self._accounts.add(credentials))

    def _has_data(self, user_id: str) -> bool:
        return self._ratings.has_user(user_id) or self._events.has_subject(user_id)

    def login(self, user_id: str, password: str) -> tuple[Account, Token]:
        """Return the account and a new token, or raise BadCredentials."""
        credentials = self._checked(user_id, password)
        return credentials.account, self._tokens.issue(credentials.account)

    def get(self, user_id: str) -> Account:
        """Return an account, or raise UnknownUser."""
        return self._known(user_id).account

    def logout(self, user_id: str) -> Written[Account]:
        """Make every token of the account worthless."""
        credentials = self._known(user_id)
        return self._renew(credentials, credentials.password_hash)

    def change_password(self, user_id: str, password: str, new: str) -> Written[Token]:
        """Set a new password; older tokens end, the returned one holds."""
        _check_password(new, "new_password")
        written = self._renew(self._checked(user_id, password), self._passwords.hash(new))
        return Written(self._tokens.issue(written.value), written.position)

    def authenticate(self, token: str) -> Caller:
        """Return who the token speaks for, or raise NotAuthenticated."""
        claims = self._tokens.read(token)
        if not self.has_epoch(claims.user_id, claims.epoch):
            raise NotAuthenticated("This token does not hold any more. Log in again.")
        return Caller(Role.SHOPPER, user_id=claims.user_id, epoch=claims.epoch)

    def has_epoch(self, user_id: str, epoch: str) -> bool:
        """Return whether the account is there and what was given at that epoch holds."""
        if self._live.epoch(user_id) == epoch:
            return True
        # memory may be milliseconds behind a fresh registration: the database decides
        credentials = self._accounts.find(user_id)
        return credentials is not None and credentials.account.epoch == epoch

    def _known(self, user_id: str) -> Credentials:
        credentials = self._accounts.find(user_id)
        if credentials is None:
            raise UnknownUser(user_id)
        return credentials

    def _checked(self, user_id: str, password: str) -> Credentials:
        credentials = self._accounts.find(user_id)
        known = credentials.password_hash if credentials else None
        if not self._passwords.matches(password, known) or credentials is None:
            raise BadCredentials
        return credentials

    def _renew(self, credentials: Credentials, password_hash: str) -> Written[Account]:
        former = credentials.account
        renewed = Credentials(replace(former, epoch=_new_epoch()), password_hash)
        return self._applied(self._accounts.replace(renewed, expected_epoch=former.epoch))

    def _applied(self, written: Written[T]) -> Written[T]:
        self._feed.wait(written.position)
        return written


def _new_epoch() -> str:
    return secrets.token_hex(8)


def _check_password(password: str, field: str) -> None:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidInput(field, f"must have {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    if any("\ud800" <= c <= "\udfff" for c in password):
        raise InvalidInput(field, "must be Unicode text")
