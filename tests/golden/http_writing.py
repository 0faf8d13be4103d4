"""Everything that writes: accounts, ratings, events, items, settings, and what is deleted."""

import json
from datetime import timedelta

from tests.builders import PASSWORD
from tests.golden.http_asking import Asking, path
from tests.golden.http_shop import ITEMS, MEMBERS, NOW, SESSIONS, USERS, settle

NEW_PASSWORD = "another horse battery"
ANN, SESSION = "ann", "session-of-ann-0001"


def ask(asking: Asking) -> None:
    """Change things, and look what became of them."""
    _accounts(asking)
    _ratings(asking)
    _events(asking)
    _sessions(asking)
    _items(asking)
    _settings(asking)
    _deletions(asking)


def _accounts(asking: Asking) -> None:
    body = {"user_id": ANN, "password": PASSWORD}
    asking("POST", "/register", by="nobody", json=body)
    asking("POST", "/register", by="nobody", json=body)
    asking("POST", "/register", by="nobody", data={"user_id": "form", "password": PASSWORD})
    # what has a history is opened for the shop's server only
    asking("POST", "/register", by="nobody", json={**body, "user_id": USERS[10]})
    asking("POST", "/register", json={**body, "user_id": USERS[10]})
    asking("POST", "/login", by="nobody", json={**body, "password": "wrong password"})
    asking("POST", "/login", by="nobody", json={**body, "user_id": "unheard of"})
    asking.login(ANN)
    asking.get("/users/me", ANN)
    old = {"password": PASSWORD, "new_password": NEW_PASSWORD}
    asking("POST", "/password", by=ANN, json={**old, "password": "wrong password"})
    asking("POST", "/password", by=ANN, json=old)
    asking.get("/users/me", ANN)
    asking.login(ANN, NEW_PASSWORD)
    asking.login("form")
    asking("POST", "/logout", by="form")
    asking.get("/users/me", "form")


def _ratings(asking: Asking) -> None:
    for item, rating in zip(ITEMS[:5], (5, 4, 1, 4.5, 3), strict=True):
        asking("POST", "/rate", by=ANN, json={"item_id": item, "rating": rating})
    asking.get("/recommend", ANN, n=6, explain=1)
    asking("POST", "/rate", by=ANN, json={"item_id": ITEMS[0], "rating": 2})
    asking("POST", "/rate", by=ANN, data={"item_id": ITEMS[6], "rating": "4"})
    asking("POST", "/rate", json={"user_id": USERS[3], "item_id": ITEMS[0], "rating": 5})
    asking("DELETE", path("rate", ITEMS[2]), by=ANN)
    asking("DELETE", path("rate", ITEMS[2]), by=ANN)
    asking("DELETE", f"{path('rate', ITEMS[0])}?user_id=user%2003")
    asking("DELETE", path("rate", ITEMS[0]))
    asking.get("/users/me/ratings", ANN)
    asking.get("/recommend", ANN, n=6, strategy="user", explain=1)
    asking.get(path("items", ITEMS[9], "predicted-rating"), ANN)
    for rating in (0, 5.5, -1, "5", None, True):
        asking("POST", "/rate", by=ANN, json={"item_id": ITEMS[0], "rating": rating})
    asking("POST", "/rate", by=ANN, json={"item_id": "no such item", "rating": 5})
    asking("POST", "/rate", by=ANN, json={"item_id": ITEMS[0], "rating": 5, "user_id": "bob"})
    asking("POST", "/rate", json={"item_id": ITEMS[0], "rating": 5})


def _events(asking: Asking) -> None:
    ago = (NOW - timedelta(hours=2)).isoformat()
    for number, event in enumerate(
        (
            {"kind": "view", "item_id": ITEMS[11], "at": NOW.timestamp() - 3600},
            {"kind": "view", "item_id": ITEMS[12], "event_id": "mine", "at": ago},
            {"kind": "view", "item_id": ITEMS[12], "event_id": "mine", "at": ago},
            {"kind": "search", "query": "green tea"},
            {"kind": "search"},
            {"kind": "cart_add", "item_id": ITEMS[13], "quantity": 2},
            {"kind": "purchase", "item_id": ITEMS[14], "price": 3.5, "order_id": "o1"},
            {"kind": "view"},
            {"kind": "view", "item_id": "no such item"},
            {"kind": "yawn", "item_id": ITEMS[11]},
            {"kind": "view", "item_id": ITEMS[11], "at": NOW.timestamp() + 3600},
            {"kind": "view", "item_id": ITEMS[11], "at": 0},
            {"kind": "view", "item_id": ITEMS[11], "at": "yesterday"},
            {"kind": "view", "item_id": ITEMS[11], "quantity": 0},
            {"kind": "view", "item_id": ITEMS[11], "surprise": 1},
            {"kind": "view", "item_id": ITEMS[11], "user_id": "bob"},
            {"kind": "view", "item_id": ITEMS[11], "session_id": SESSION},
        )
    ):
        # one is left without an id, and has a time of its own: nothing is sorted by an id made here
        named = {"event_id": f"single {number:02}", **event} if number else event
        asking("POST", "/events", by=ANN, json=named)
    lines = [
        {"kind": "view", "item_id": ITEMS[15], "event_id": "line 1"},
        {"kind": "view", "item_id": ITEMS[15], "event_id": "line 1"},
        {"kind": "view", "item_id": 5},
        "no event",
        {"kind": "view", "item_id": "no such item", "event_id": "line 3"},
        {"kind": "purchase", "item_id": ITEMS[16], "event_id": "line 4"},
        {"kind": "view", "item_id": ITEMS[17], "at": ago},
    ]
    asking("POST", "/events", by=ANN, json=lines)
    asking("POST", "/events", json=[{**lines[0], "user_id": USERS[5]}, lines[0]])
    asking("POST", "/events", json=[])
    asking("POST", "/events", json=[lines[0]] * 1001)
    asking("POST", "/events", by="admin", json=lines)
    asking.get("/recently-viewed", ANN, n=5)
    asking.get("/buy-again", ANN)
    asking.get("/users/me/profile", ANN)
    asking.get("/users/me/export", ANN)
    asking.get("/recommend", ANN, n=6, explain=1, exclude_cart=1)


def _sessions(asking: Asking) -> None:
    lines = [
        {"kind": "view", "item_id": item, "session_id": SESSION, "event_id": item}
        for item in ITEMS[30:36]
    ]
    asking("POST", "/events", by="browser", json=lines)
    key = asking.headers["browser"]["X-API-Key"]
    beacon = {**lines[0], "item_id": ITEMS[36], "event_id": "of a beacon"}
    asking.beacon(key, json.dumps(beacon))
    asking("POST", "/events", by="browser", json=lines[0] | {"user_id": "bob"})
    asking.get("/recommend", "browser", session_id=SESSION, n=5, explain=1)
    asking("POST", "/recommend/stream-ticket", by="browser", json={"session_id": SESSION})
    asking("POST", "/recommend/stream-ticket", by="browser")
    asking.login(ANN, NEW_PASSWORD, session_id=SESSION)
    asking.login(MEMBERS[0], session_id=SESSION)
    asking("POST", "/events", by="browser", json=lines[0] | {"event_id": "after"})
    asking.get(path("sessions", SESSION, "profile"))
    asking.get("/recently-viewed", ANN)
    body = {"user_id": "bea", "password": PASSWORD, "session_id": SESSIONS[3]}
    asking("POST", "/register", by="nobody", json=body)
    asking.get("/recommend", user_id="bea", n=5)
    asking.get("/users/bea/export", "admin")


def _items(asking: Asking) -> None:
    whole = {
        "title": "Sencha",
        "category": "Drinks|Tea",
        "brand": "Uji",
        "price": 12.5,
        "tags": ["gift"],
        "description": "Steamed",
        "image_url": "https://shop.example/sencha.png",
        "features": [0.1, 0.2, 0.3, 0.4],
        "vectors": {"image": [1, 0, 0]},
        "attributes": {"size": "S", "fair": True, "grams": 80},
    }
    sencha = path("items", "tea/sencha")
    asking("POST", "/items", by="admin", json={"item_id": "tea/sencha", **whole})
    asking("POST", "/items", by="admin", json={"item_id": "tea/sencha"})
    asking.get(sencha)
    asking.get(f"{sencha}/similar", n=5, explain=1)
    for change in ({"price": 9}, {"brand": None, "vectors": {"image": None}}, {}, {"price": -1}):
        asking("PATCH", sencha, by="admin", json=change)
    asking("PUT", sencha, by="admin", json={"title": "Other tea"})
    asking("PUT", sencha, by="admin", json={"item_id": "another"})
    asking("PUT", path("items", "绿茶"), by="admin", json={"title": "绿茶", "features": [1, 2]})
    asking("PUT", path("items", "绿茶"), by="admin", json={"title": "绿茶", "in_stock": False})
    asking("PATCH", path("items", "no such item"), by="admin", json={"price": 9})
    many = [{"item_id": f"bulk {n}", "category": "Food", "price": n} for n in range(5)]
    asking("POST", "/items", by="admin", json=many)
    asking("POST", "/items", by="admin", json=[*many, {"item_id": "bad", "price": "dear"}])
    asking("POST", "/items", by="admin", json=[])
    asking.get("/new", n=8)
    for _ in range(2):
        asking("DELETE", path("items", ITEMS[0]), by="admin")
    asking.get("/recommend", user_id=USERS[0], n=6, explain=1)
    asking.get("/popular", n=6)
    asking.get(path("items", ITEMS[0], "similar"))


def _settings(asking: Asking) -> None:
    for change in (
        {"strategy": "user", "k": 10, "similarity": "pearson"},
        {"w_user": 0.2, "w_item": 0.3, "w_co_rated": 0.5, "strategy": "hybrid"},
        {"shrinkage": 5, "exponent": 2, "asymmetry": 0.3, "damping": 0.4, "similarity": "cosine"},
        {"co_rarity": 1, "co_damping": 0.5, "co_exponent": 1, "co_novelty": 0, "recency": 0.5},
        {"weights": {"view": 2, "wish": 3}},
        {"half_life_days": 20, "saturation": 2},
        {"repeat_strength": 4, "session_strength": 1, "session_minutes": 60},
        {"context_strength": 2, "timezone": "Europe/Berlin"},
        {"hide_bought_days": 60, "min_support": 1, "w_similar_features": 0.1},
        {"vector_weights": {"image": 3, "features": 0.5}},
        {"auto_strategy": "co_rated", "strategy": "auto"},
        {"weights": {"wish": None}, "vector_weights": {"image": None}},
    ):
        asking("PATCH", "/settings", by="admin", json=change)
        settle(asking.shop)
        for user in USERS[11:13]:
            asking.get("/recommend", user_id=user, n=5, explain=1)
    for shelf in ("similar", "bought-together"):
        asking.get(path("items", ITEMS[1], shelf), n=5, explain=1)
    for change in (
        {"k": 0},
        {"k": 1.5},
        {"strategy": "magic"},
        {"strategy": None},
        {"w_user": 0, "w_item": 0, "w_co_rated": 0},
        {"timezone": "Nowhere/Land"},
        {"version": 7},
        {"weights": {"View!": 1}},
    ):
        asking("PATCH", "/settings", by="admin", json=change)
    asking.get("/settings", "admin")


def _deletions(asking: Asking) -> None:
    asking("DELETE", path("users", USERS[12]))
    asking("DELETE", path("users", USERS[12]), by="admin")
    asking.get("/recommend", user_id=USERS[12], n=4)
    asking("DELETE", path("users", MEMBERS[1]), by=ANN)
    asking("DELETE", "/users/me", by=ANN)
    asking.get("/users/me", ANN)
    asking("POST", "/rate", by=ANN, json={"item_id": ITEMS[1], "rating": 5})
    asking("DELETE", path("sessions", SESSIONS[0]), by="browser")
    asking("DELETE", path("sessions", SESSIONS[0]), by="admin")
    asking("DELETE", path("sessions", "short"), by="admin")
    asking("DELETE", path("sessions", SESSIONS[1]), by=MEMBERS[0])
    asking.get("/recommend", "browser", session_id=SESSIONS[0], n=4)
    for user in USERS[13:16]:
        asking.get("/recommend", user_id=user, n=5)
