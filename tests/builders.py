"""Running shops, and what goes into them, by hand."""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from apiflask import APIFlask
from flask.testing import FlaskClient
from pymongo.database import Database
from werkzeug.test import TestResponse

from app.bootstrap.live import Live
from app.bootstrap.repositories import Repositories
from app.domain.accounts import Role
from app.domain.events import Event
from app.engine.warmup import compile_kernels
from app.factory import create_app
from app.usecases import Runtime, UseCases
from config import Settings

PASSWORD = "correct horse battery"
ORIGIN = "https://shop.example"
Headers = dict[str, str]
_numbers = itertools.count(1)

AWKWARD_IDS = [
    "tea/similar",
    "/a",
    "a//b",
    "/",
    ".",
    "..",
    "../items",
    "a%2Fb",
    "%",
    "?#",
    "a?n=1#top",
    "a;b=c&d",
    "a+b",
    "绿茶",
    "🍵",
    "naïve café",
    "two  spaces",
    " ",
    "me",
    "'\"<script>",
    "$where",
    "a.b",
    "x" * 128,
    "茶" * 128,
]
"""Ids that are allowed and often break a service."""

BAD_IDS = ["x" * 129, "a\0b", "a\nb", "\x7f", "\u200b", "a\u00a0b"]
"""Too long, or with a character that cannot be printed."""


def new_id(prefix: str = "id") -> str:
    """Return an id no other test uses."""
    return f"{prefix}-{next(_numbers)}"


def segment(id_: str) -> str:
    """Return an id as one segment of an address."""
    return quote(id_, safe="")


@dataclass
class Clock:
    """The time, as a test says."""

    now: datetime

    def __call__(self) -> float:
        return self.now.timestamp()


@dataclass
class RunningShop:
    """A shop on a database of its own, with a client and a key of every role."""

    app: APIFlask
    client: FlaskClient
    keys: dict[Role, str] = field(default_factory=dict)

    @property
    def services(self) -> UseCases:
        return self.runtime.use_cases

    @property
    def runtime(self) -> Runtime:
        return self.app.extensions["shelfwise"].runtime

    @property
    def repositories(self) -> Repositories:
        return self.app.extensions["shelfwise"].repositories

    @property
    def database(self) -> Database[dict[str, Any]]:
        return self.repositories.store.database

    def key(self, role: Role) -> Headers:
        """Return the headers of a key."""
        headers = {"X-API-Key": self.keys[role]}
        return headers | ({"Origin": ORIGIN} if role is Role.BROWSER else {})

    @property
    def admin(self) -> Headers:
        return self.key(Role.ADMIN)

    @property
    def storefront(self) -> Headers:
        return self.key(Role.STOREFRONT)

    def register(self, user_id: str) -> None:
        """Open an account with the usual password."""
        body = {"user_id": user_id, "password": PASSWORD}
        done(self.client.post("/register", json=body), 201)

    def login(self, user_id: str, password: str = PASSWORD) -> Headers:
        """Return the headers of a new token."""
        body = {"user_id": user_id, "password": password}
        return bearer(done(self.client.post("/login", json=body))["token"])

    def shopper(self, user_id: str | None = None) -> tuple[str, Headers]:
        """Open an account; return its id and the headers of a token."""
        user_id = user_id or new_id("user")
        self.register(user_id)
        return user_id, self.login(user_id)

    def item(self, item_id: str | None = None, **columns: Any) -> str:
        """Store an item; return its id."""
        item_id = item_id or new_id("item")
        self.put_items({"item_id": item_id, **columns})
        return item_id

    def put_items(self, *items: dict[str, Any]) -> None:
        """Store items."""
        done(self.client.post("/items", json=list(items), headers=self.admin), 201)

    def rate(self, user_id: str, item_id: str, rating: float) -> dict[str, Any]:
        """Rate as the shop's server does."""
        body = {"user_id": user_id, "item_id": item_id, "rating": rating}
        return done(self.client.post("/rate", json=body, headers=self.storefront))

    def tell(self, *events: Event) -> None:
        """Store events of any time, past what a caller may say."""
        self.runtime.feed.wait(self.repositories.events.add_many(events).position)

    def recommend(self, user_id: str, **query: Any) -> dict[str, Any]:
        """Ask as the shop's server does."""
        query = {"user_id": user_id, **query}
        return done(self.client.get("/recommend", query_string=query, headers=self.storefront))

    def drift(self) -> list[str]:
        """Tell how memory differs from one that is built anew."""
        rebuilt = Live(self.repositories, clock=self.runtime.tables.clock)
        for projection in rebuilt.all:
            projection.load()
        pairs = zip(self.runtime.projections, rebuilt.all, strict=True)
        return [line for mine, theirs in pairs for line in mine.differences(theirs)]

    def ratings(self) -> dict[tuple[str, str], float]:
        """Return the stored ratings."""
        rows = self.database["ratings"].find()
        return {(r["_id"]["user_id"], r["_id"]["item_id"]): r["rating"] for r in rows}

    def stored(self) -> dict[str, list[dict[str, Any]]]:
        """Return every document of the shop."""
        names = ("users", "items", "ratings", "keys", "settings")
        return {name: list(self.database[name].find().sort("_id", 1)) for name in names}


@contextmanager
def open_shop(
    uri: str, folder: Path, clock: Callable[[], float] = time.time, **settings: Any
) -> Iterator[RunningShop]:
    """Run a shop on a new, empty database, and drop that at the end."""
    values = {
        "environment": "development",
        "mongo_uri": uri,
        "mongo_db": f"test_{secrets.token_hex(6)}",
        "data_dir": folder,
        "log_level": "error",
        "login_limit": "1000000 per minute",
        "address_limit": "1000000 per minute",
    }
    _compile_once()
    app = create_app(Settings(**(values | settings)), clock=clock)
    shop = app.extensions["shelfwise"]
    try:
        shop.start()
        keys = shop.services.keys
        origins = {Role.BROWSER: [ORIGIN]}
        made = {
            role: keys.create(role, origins=origins.get(role, []))[1]
            for role in (Role.ADMIN, Role.STOREFRONT, Role.BROWSER)
        }
        yield RunningShop(app, app.test_client(use_cookies=False), made)
        shop.repositories.store.client.drop_database(app.extensions["shelfwise"].settings.mongo_db)
    finally:
        shop.close()


@cache
def _compile_once() -> None:
    """Have every kernel ready, as a service has: else the first write waits for a compiler."""
    compile_kernels()


def bearer(token: str) -> Headers:
    """Return the headers of a token."""
    return {"Authorization": f"Bearer {token}"}


def done(response: TestResponse, status: int = 200) -> dict[str, Any]:
    """Return the body of a success, or fail the test."""
    assert response.status_code == status, (response.status_code, response.get_data(as_text=True))
    body = response.get_json()
    assert body["status"] == "success"
    return body


def failed(response: TestResponse, status: int, code: str | None = None) -> dict[str, Any]:
    """Return the body of a failure after checking its one shape, or fail the test."""
    text = response.get_data(as_text=True)
    assert response.status_code == status, (response.status_code, text)
    assert response.mimetype == "application/json"
    body = response.get_json()
    assert body.keys() == {"status", "code", "message", "detail"}, text
    assert body["status"] == "failure"
    assert isinstance(body["code"], str)
    assert body["message"]
    assert isinstance(body["detail"], dict)
    assert "Traceback" not in text
    assert code in (None, body["code"]), text
    return body


def ids_of(answer: dict[str, Any]) -> list[str]:
    """Return the ids on a shelf, in order."""
    return [place["item_id"] for place in answer["recommendation"]]
