"""What is refused, in every shape: wrong callers, wrong bodies, wrong addresses."""

import json
from typing import Any

from tests.builders import PASSWORD
from tests.golden.http_asking import Asking, path
from tests.golden.http_shop import ITEMS, MEMBERS, USERS

ITEM = path("items", ITEMS[1])
BODIES: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("POST", "/register"): ("nobody", {"user_id": "new", "password": PASSWORD}),
    ("POST", "/login"): ("nobody", {"user_id": "new", "password": PASSWORD}),
    ("POST", "/password"): (MEMBERS[0], {"password": PASSWORD, "new_password": "a better one"}),
    ("POST", "/rate"): (MEMBERS[0], {"item_id": ITEMS[1], "rating": 5}),
    ("POST", "/events"): (MEMBERS[0], {"kind": "view", "item_id": ITEMS[1]}),
    ("POST", "/items"): ("admin", {"item_id": "new"}),
    ("PUT", ITEM): ("admin", {"title": "x"}),
    ("PATCH", ITEM): ("admin", {"title": "x"}),
    ("PATCH", "/settings"): ("admin", {"k": 10}),
    ("POST", "/cart/recommend"): ("storefront", {"items": [ITEMS[1]]}),
    ("POST", "/recommend/page"): ("storefront", {"shelves": [{"shelf": "new"}]}),
    ("POST", "/recommend/batch"): ("storefront", {"user_ids": [USERS[0]]}),
}
NO_BODIES = [
    ("POST", "/logout"),
    ("POST", "/recommend/stream-ticket"),
    ("GET", "/recommend"),
    ("GET", "/popular"),
    ("GET", "/recently-viewed"),
    ("GET", "/settings"),
    ("GET", "/items"),
    ("GET", ITEM),
    ("DELETE", ITEM),
    ("GET", f"{ITEM}/similar"),
    ("GET", f"{ITEM}/predicted-rating"),
    ("DELETE", path("rate", ITEMS[1])),
    ("GET", path("users", USERS[0])),
    ("DELETE", path("users", USERS[0])),
    ("GET", path("users", USERS[0], "export")),
    ("GET", "/sessions/session-number-0/profile"),
    ("DELETE", "/sessions/session-number-0"),
]
QUERIES = (
    *("n=0", "n=101", "n=1.5", "n=x", "n=1&n=2", "N=5", "surprise=1", "n=%FF", "offset=-1"),
    *(
        "strategy=magic",
        "similarity=euclid",
        "k=0",
        "w_user=-1",
        "w_user=NaN",
        "w_user=0&w_item=0&user_id=a",
    ),
    *("min_score=x", "min_similarity=2", "explain=2", "session_strength=101", "device="),
    *("user_id=", "user_id=%00", "session_id=short", "user_id=a&session_id=a-long-session-id"),
    *(
        "price_from=5&price_to=1&user_id=a",
        "attribute=size",
        "exclude_cart=x",
        "exclude_seen_days=-1",
    ),
)
BAD_ITEMS = (
    {"title": "x" * 501},
    {"price": -0.01},
    {"price": "5"},
    {"tags": ["x" * 101]},
    {"tags": "tea"},
    {"in_stock": 1},
    {"features": []},
    {"features": [1, 2]},
    {"vectors": {"Image": [1]}},
    {"attributes": {"": 1}},
    {"item_id": "a\x00b"},
    {"item_id": 5},
)

_PUBLIC = ("/register", "/login")
_FORM = "application/x-www-form-urlencoded"


def ask(asking: Asking) -> None:
    """Ask what is refused; nothing is changed by it."""
    _callers(asking)
    _bodies(asking)
    for query in QUERIES:
        asking("GET", f"/recommend?{query}")
    asking.get("/recommend")
    asking.get("/recommend", "browser", user_id=USERS[0])
    asking.get("/recommend", MEMBERS[0], user_id=USERS[9])
    for columns in BAD_ITEMS:
        asking("POST", "/items", by="admin", json={"item_id": "new", **columns})
    _addresses(asking)


def _callers(asking: Asking) -> None:
    for (method, address), (_, body) in BODIES.items():
        if address in _PUBLIC:
            continue
        for by in ("nobody", "browser"):
            asking(method, address, by=by, json=body)
    for method, address in NO_BODIES:
        asking(method, address, by="nobody")
    for role, refused in (
        ("browser", [("GET", "/settings"), ("GET", "/items"), ("GET", path("users", USERS[0]))]),
        ("storefront", [("GET", "/settings"), ("DELETE", ITEM), ("POST", "/logout")]),
        ("admin", [("GET", "/recommend"), ("POST", "/logout"), ("GET", "/buy-again")]),
        (MEMBERS[0], [("GET", "/settings"), ("GET", "/items"), ("DELETE", ITEM)]),
    ):
        for method, address in refused:
            asking(method, address, by=role)
    for headers in (
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer "},
        {"X-API-Key": "sw_admin_nonsense"},
        {"X-API-Key": asking.headers["browser"]["X-API-Key"]},
        {**asking.headers["browser"], "Origin": "https://elsewhere.example"},
    ):
        asking.secretly("GET", "/popular?n=2", headers)
    asking("GET", "/recommend/stream", by="nobody")
    asking("GET", "/recommend/stream?ticket=nonsense", by="nobody")


def _bodies(asking: Asking) -> None:
    for (method, address), (by, body) in BODIES.items():
        for text in ("{", "", "[1]", "null"):
            asking(method, address, by=by, data=text, content_type="application/json")
        if method == "POST":
            asking(method, address, by=by, json={})
        asking(method, address, by=by, json={**body, "surprise": 1})
        asking(method, address, by=by, data=json.dumps(body), content_type="application/xml")
        asking(method, f"{address}?dry_run=1", by=by, json=body)
    for address in ("/register", "/rate", "/password"):
        by = BODIES["POST", address][0]
        asking("POST", address, by=by, data="user_id=%FF", content_type=_FORM)
        asking("POST", address, by=by, data="a=1&a=2", content_type=_FORM)
        asking("POST", address, by=by, json={"user_id": "x" * 2**17})
    big = {"title": "x" * (2**20 + 1)}
    asking("PATCH", ITEM, by="admin", json=big)
    for password in ("short", "x" * 257, 5, None):
        body = {"user_id": "new", "password": password}
        asking("POST", "/register", by="nobody", json=body)


def _addresses(asking: Asking) -> None:
    for address in ("/nothing", "/users", "/items/", "/items//similar", "/Popular", "/rate/a/b"):
        asking("GET", address, by="admin")
    asking("GET", path("items", "a\nb"), by="admin")
    asking("GET", path("items", "x" * 129), by="admin")
    asking("GET", "/items/%FF", by="admin")
    for method, address in (
        ("GET", "/register"),
        ("POST", "/popular"),
        ("DELETE", "/items"),
        ("PUT", "/settings"),
        ("PATCH", "/events"),
        ("POST", ITEM),
        ("GET", "/cart/recommend"),
        ("POST", "/health/live"),
    ):
        asking(method, address, by="admin")
