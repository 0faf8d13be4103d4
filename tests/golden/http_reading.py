"""Lists of every kind, asked in many ways."""

from datetime import timedelta
from itertools import product
from typing import Any

from tests.golden.http_asking import Asking, path
from tests.golden.http_shop import CATEGORIES, ITEMS, MEMBERS, NOW, SESSIONS, USERS

STRATEGIES = ("hybrid", "auto", "user", "item", "co_rated", "ease", "als", "neural", "sequence")
SIMILARITIES = ("cosine", "pearson", "jaccard")
FILTERS: list[dict[str, Any]] = [
    {"in_stock": 1},
    {"category": "Drinks"},
    {"category": ["Drinks|Tea", "Food"]},
    {"category": "Kitchen|Cups", "category_all": "Kitchen"},
    {"brand": "brand 3"},
    {"brand": ["brand 1", "brand 2"], "in_stock": 1},
    {"price_from": 10, "price_to": 30},
    {"price_to": 8.5},
    {"tag": "gift"},
    {"tag": ["gift", "sale"]},
    {"attribute": "size:S"},
    {"attribute": ["size:S", "size:M", "fair:true"]},
    {"exclude": ITEMS[:30]},
    {"exclude_bought_days": 30},
    {"exclude_seen_days": 7},
    {"exclude_cart": 1},
    {"brand": "no such brand"},
]
PERSONAL: list[dict[str, Any]] = [
    *({"w_user": weight} for weight in (0, 0.3, 1)),
    {"w_item": 1, "w_co_rated": 2},
    {"w_ease": 1, "w_sequence": 0.5},
    {"w_user": 1, "w_item": 1, "w_co_rated": 1, "w_ease": 1, "w_als": 1, "w_neural": 1},
    *({"strategy": "user", "k": k} for k in (1, 5, 1000)),
    {"strategy": "user", "similarity": "pearson", "min_similarity": 0.3},
    {"min_score": 0.5},
    {"min_score": 3, "strategy": "item"},
    {"session_strength": 0},
    {"session_strength": 5},
    {"device": "phone"},
    {"country": "DE", "device": "desk"},
    {"offset": 5},
    {"offset": 115, "n": 10},
    {"offset": 10_000},
    {"n": 1},
    {"n": 100},
]
SHELVES = ("/popular", "/trending", "/new", "/recently-viewed", "/buy-again")
OF_ITEM = ("similar", "bought-together")


def ask(asking: Asking) -> None:
    """Ask what changes nothing but the log in of the members."""
    for user in MEMBERS:
        asking.login(user)
    _recommend(asking)
    _shelves(asking)
    _about_items(asking)
    _pages(asking)
    _batches(asking)
    _cursors(asking)
    _figures(asking)
    _operations(asking)


def _recommend(asking: Asking) -> None:
    for user, strategy in product(USERS[:4], STRATEGIES):
        asking.get("/recommend", user_id=user, strategy=strategy, n=6, explain=1)
    for strategy, similarity in product(("hybrid", "user"), SIMILARITIES):
        asking.get("/recommend", user_id=USERS[7], strategy=strategy, similarity=similarity, n=8)
    for more in (*PERSONAL, *FILTERS):
        asking.get("/recommend", user_id=USERS[5], **({"n": 6} | more))
    for session, strategy in product(SESSIONS, ("hybrid", "sequence", "co_rated")):
        asking.get("/recommend", "browser", session_id=session, strategy=strategy, n=5, explain=1)
    for user in USERS[8:]:
        asking.get("/recommend", user_id=user, n=5)
    asking.get("/recommend", MEMBERS[0], explain=1)
    asking.get("/recommend", MEMBERS[1], n=5, user_id="me")
    asking.get("/recommend", user_id="nobody yet", explain=1, n=5)
    asking.get("/recommend", "browser", session_id="never-heard-of-it", n=5)
    for item in ITEMS[:40:8]:
        asking.get("/recommend/why-not", user_id=USERS[5], item_id=item, n=6, in_stock=1)
    asking.get("/recommend/why-not", "admin", user_id=USERS[4], item_id=ITEMS[1], max_per_brand=1)
    asking.get("/recommend/why-not", session_id=SESSIONS[0], item_id=ITEMS[2], n=5, offset=5)
    asking.get("/recommend/why-not", user_id="nobody yet", item_id=ITEMS[0])
    asking.get("/recommend/why-not", user_id=USERS[0], item_id="no such item")
    asking.first_of_stream(MEMBERS[0], n=5)
    asking.first_of_stream(MEMBERS[1], n=3, strategy="item", explain=1)


def _shelves(asking: Asking) -> None:
    for address in SHELVES:
        for user in USERS[2:5]:
            asking.get(address, user_id=user, n=6, explain=1)
        asking.get(address, MEMBERS[0])
        asking.get(address, "browser", session_id=SESSIONS[0], n=5, explain=1)
        asking.get(address, user_id=USERS[6], n=5, offset=3, in_stock=1)
        asking.get(address, n=5)
    for window in ("day", "week", "month", "all"):
        asking.get("/popular", window=window, n=8, explain=1)
        asking.get("/trending", window=window, n=8, explain=1)
    for more in FILTERS:
        asking.get("/popular", user_id=USERS[3], **({"n": 6} | more))
    for category in (*CATEGORIES, "Drinks", "Kitchen", "No such thing"):
        address = path("for-category", category)
        asking.get(address, user_id=USERS[2], n=5, explain=1)
        asking.get(address, "admin", n=5)
    asking.get(path("for-category", "Drinks"), MEMBERS[2], strategy="user", n=5)
    asking.get(path("for-category", "Food"), "browser", session_id=SESSIONS[1], n=5)
    asking.get("/popular", "admin", n=3)
    asking.get("/new", "admin", n=3)


def _about_items(asking: Asking) -> None:
    for item, shelf in product((*ITEMS[:10], ITEMS[60]), OF_ITEM):
        asking.get(path("items", item, shelf), n=5, explain=1)
    for shelf in OF_ITEM:
        asking.get(path("items", ITEMS[1], shelf), user_id=USERS[1], n=5, exclude_bought_days=90)
        asking.get(path("items", ITEMS[2], shelf), "browser", session_id=SESSIONS[2], n=5)
        asking.get(path("items", ITEMS[0], shelf), "admin", n=5, category="Drinks", price_to=40)
        asking.get(path("items", "no such item", shelf))
    for cart in (ITEMS[:1], ITEMS[1:4], ITEMS[5:25], ["no such item"]):
        asking("POST", "/cart/recommend", json={"items": cart, "n": 6, "explain": True})
    body = {"items": ITEMS[:2], "session_id": SESSIONS[0], "attributes": {"size": ["S", "L"]}}
    asking("POST", "/cart/recommend", by="browser", json={**body, "n": 5})
    asking("POST", "/cart/recommend", by=MEMBERS[0], json={"items": ITEMS[3:5], "brand": "brand 2"})
    for user, item in product(USERS[:4], ITEMS[:4]):
        asking.get(path("items", item, "predicted-rating"), user_id=user)
    asking.get(path("items", ITEMS[0], "predicted-rating"), MEMBERS[0])
    asking.get(path("items", ITEMS[0], "predicted-rating"), user_id="nobody yet")
    asking.get(path("items", "no such item", "predicted-rating"), MEMBERS[0])


def _pages(asking: Asking) -> None:
    shelves: list[dict[str, Any]] = [
        {"shelf": "for_you", "n": 4},
        {"shelf": "recently_viewed", "n": 3},
        {"shelf": "buy_again", "n": 3},
        {"shelf": "popular", "n": 4, "window": "month"},
        {"shelf": "trending", "name": "rising", "n": 3, "window": "week"},
        {"shelf": "new", "n": 3, "brand": ["brand 1", "brand 4"]},
        {"shelf": "for_category", "n": 3, "category": "Drinks"},
        {"shelf": "similar", "n": 3, "item_id": ITEMS[0]},
        {"shelf": "bought_together", "n": 3, "item_id": ITEMS[1]},
        {"shelf": "cart", "n": 3, "items": ITEMS[2:4]},
        {"shelf": "similar", "name": "of nothing", "item_id": "no such item"},
        {"shelf": "for_category", "name": "of none"},
        {"shelf": "trending", "name": "of all", "window": "all"},
    ]
    address = "/recommend/page"
    for more in ({"user_id": USERS[0]}, {"user_id": USERS[9], "in_stock": True}, {}):
        asking("POST", address, json={**more, "shelves": shelves})
    asking("POST", address, by=MEMBERS[0], json={"explain": True, "shelves": shelves[:3]})
    body = {"session_id": SESSIONS[1], "device": "phone", "price_to": 30, "shelves": shelves[:5]}
    answer = asking("POST", address, by="browser", json=body)
    cursor = answer["shelves"][0]["next_cursor"]
    asking.get("/recommend", "browser", session_id=SESSIONS[1], cursor=cursor, n=4)
    for wrong in ([], [{"shelf": "magic"}], [shelves[0], shelves[0]], [{"shelf": "new", "n": 0}]):
        asking("POST", address, json={"shelves": wrong})


def _batches(asking: Asking) -> None:
    address = "/recommend/batch"
    asking("POST", address, json={"user_ids": USERS, "n": 3})
    body = {"user_ids": [*USERS[:3], "nobody yet"], "strategy": "co_rated", "n": 4}
    asking("POST", address, json={**body, "explain": True, "in_stock": True})
    for wrong in ({"user_ids": []}, {"user_ids": ["a", "a"]}, {"user_ids": ["a"], "k": 0}):
        asking("POST", address, json=wrong)
    asking("POST", address, by=MEMBERS[0], json=body)


def _cursors(asking: Asking) -> None:
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("/recommend", "storefront", {"user_id": USERS[1], "n": 9}),
        ("/recommend", MEMBERS[2], {"n": 7, "strategy": "user", "k": 3}),
        ("/recommend", "browser", {"session_id": SESSIONS[3], "n": 7}),
        ("/popular", "storefront", {"n": 10, "window": "month"}),
        (path("items", ITEMS[3], "similar"), "storefront", {"n": 8, "explain": 1}),
        (path("for-category", "Drinks"), "storefront", {"n": 8, "user_id": USERS[4]}),
        ("/items", "admin", {"limit": 50}),
    ]
    for address, by, query in asked:
        answer = asking.get(address, by, **query)
        for _ in range(3):
            if answer.get("next_cursor") is None:
                break
            answer = asking.get(address, by, **query, cursor=answer["next_cursor"])
    cursor = asking.get("/popular", n=3)["next_cursor"]
    asking.get("/new", n=3, cursor=cursor)
    asking.get("/popular", n=3, cursor=cursor, offset=3)
    asking.get("/popular", n=3, cursor="nonsense")


def _figures(asking: Asking) -> None:
    for user in USERS[:6]:
        asking.get(path("users", user, "profile"))
        asking.get(path("users", user, "ratings"), "admin")
    for session in (*SESSIONS, "never-heard-of-it"):
        asking.get(path("sessions", session, "profile"))
    for part in ((), ("ratings",), ("profile",), ("export",)):
        asking.get(path("users", "me", *part), MEMBERS[3])
        asking.get(path("users", USERS[20], *part))
        asking.get(path("users", MEMBERS[0], *part), MEMBERS[3])
        asking.get(path("users", MEMBERS[0], *part), "browser")
        asking.get(path("users", "nobody yet", *part))
    asking.get("/items", limit=5)
    for item in (*ITEMS[:3], "no such item"):
        asking.get(path("items", item), "admin")


def _operations(asking: Asking) -> None:
    for address in ("/health/live", "/health/ready", "/openapi.json", "/docs", "/", "/metrics"):
        asking.get(address, "nobody")
    asking.get("/settings", "admin")
    asking.get("/recommend", user_id=USERS[0], n=3, cursor="x" * 50)
    later = int((NOW + timedelta(days=1)).timestamp())
    for token in ("nonsense", f"{later:x}-1-00000000", ""):
        headers = {"X-Freshness": token}
        asking("GET", "/popular?n=2", headers=headers)
