"""The accounts service on mongomock, with a feed that is behind until it is waited for."""

from datetime import UTC, datetime
from hashlib import sha256

from app.domain.errors import NotAuthenticated
from app.live.projections.accounts import AccountsProjection
from app.repositories.accounts import MongoAccounts
from app.services.accounts import Accounts
from app.services.tokens import Tokens
from tests.builders import PASSWORD, Clock
from tests.unit.data.shop_fakes import FakeEvents, FakeRatings
from tests.unit.services.mock_store import MockFeed, MockStore

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
OTHER = "another password"


class FakePasswords:
    """Hashes without salt and at once; remembers what a password was compared with."""

    def __init__(self) -> None:
        self.compared: list[str | None] = []

    def hash(self, password: str) -> str:
        return sha256(password.encode()).hexdigest()

    def matches(self, password: str, password_hash: str | None) -> bool:
        self.compared.append(password_hash)
        return self.hash(password) == password_hash


class Desk:
    """The accounts of a shop where nobody has one yet."""

    def __init__(self) -> None:
        self.store = MockStore()
        self.repository = MongoAccounts(self.store)
        self.live = AccountsProjection(self.repository)
        self.feed = MockFeed(self.store, self.live)
        self.ratings, self.events = FakeRatings(), FakeEvents()
        self.passwords = FakePasswords()
        self.clock = Clock(NOW)
        self.accounts = Accounts(
            self.repository,
            self.ratings,
            self.events,
            live=self.live,
            feed=self.feed,
            passwords=self.passwords,
            tokens=Tokens("0123456789abcdef" * 4, hours=2, now=lambda: self.clock.now),
            now=lambda: self.clock.now,
        )

    def rows(self) -> list[dict]:
        return list(self.store.database["users"].find())

    def token(self, user_id: str = "ann", password: str = PASSWORD) -> str:
        return self.accounts.login(user_id, password)[1].text

    def holds(self, token: str) -> bool:
        try:
            self.accounts.authenticate(token)
        except NotAuthenticated:
            return False
        return True

    def delete(self, user_id: str) -> None:
        self.feed.wait(self.repository.remove(user_id).position)
