"""From what a shopper does, through the API, to the sentence that explains an item."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.events import Kind
from tests.builders import done, new_id, open_shop

NOW = datetime.now(UTC)
SENTENCES = {
    "view": ("Because you looked at First", "因为您浏览过“First”"),
    "search": ("Because you found First in a search", "因为您在搜索中选过“First”"),
    "cart_add": ("Because you put First into your cart", "因为您将“First”加入过购物车"),
    "cart_remove": ("Because you took First out of your cart", "因为您将“First”移出过购物车"),
    "purchase": ("Because you bought First", "因为您购买过“First”"),
    "favourite": ("Because you made First a favourite", "因为您收藏过“First”"),
    "like": ("Because you like First", "因为您喜欢“First”"),
    "dislike": ("Because you do not like First", "因为您不喜欢“First”"),
    "share": ("Because you shared First", "因为您分享过“First”"),
    "return": ("Because you returned First", "因为您退回过“First”"),
    "play": ("Because of First", "与“First”有关"),
}
OWN_KIND = "play"
TITLES = ("First", "Second")
OFTEN = "Shoppers often go on to this after First"


@pytest.fixture(scope="module")
def shop(mongo_uri, tmp_path_factory):
    with open_shop(mongo_uri, tmp_path_factory.mktemp("shop")) as shop:
        body = {"weights": {OWN_KIND: 2}, "min_support": 1}
        done(shop.client.patch("/settings", json=body, headers=shop.admin))
        yield shop


@pytest.fixture
def items(shop):
    """Two items that nothing was done with."""
    ids = new_id("item"), new_id("item")
    shop.put_items(*({"item_id": i, "title": t} for i, t in zip(ids, TITLES, strict=True)))
    return ids


def somebody():
    return {"user_id": new_id("user")}


def visitor():
    return {"session_id": new_id("visitor-session")}


def tell(shop, who, kind, *items, days=0, **more):
    """Send an event about each item, a minute apart."""
    start = NOW - timedelta(days=days, minutes=len(items))
    events = [
        {"kind": kind, "item_id": item, "at": (start + timedelta(minutes=n)).timestamp()}
        for n, item in enumerate(items)
    ]
    events = [event | who | more for event in events]
    answer = done(shop.client.post("/events", json=events, headers=shop.storefront))
    assert answer["stored"] == len(items)


def reasons(shop, item, address="/recommend", **query):
    """Return why an item is on a list."""
    query = {"n": 100, "explain": 1, **query}
    answer = done(shop.client.get(address, query_string=query, headers=shop.storefront))
    return next(p["reasons"] for p in answer["recommendation"] if p["item_id"] == item)


def taste(shop, items, kind):
    """Have another do the same with the first item, and buy the second."""
    other = somebody()
    tell(shop, other, kind, items[0])
    tell(shop, other, "purchase", items[1])


def test_every_kind_of_event_has_a_sentence():
    assert SENTENCES.keys() == {*Kind, OWN_KIND}


@pytest.mark.parametrize("reader", [somebody, visitor])
@pytest.mark.parametrize("kind", SENTENCES)
def test_the_sentence_tells_what_was_done(shop, items, kind, reader):
    taste(shop, items, kind)
    who = reader()
    tell(shop, who, kind, items[0])
    found = reasons(shop, items[1], strategy="user", **who)
    [entry] = found["because"]
    assert (entry["item_id"], entry["title"], entry["did"]) == (items[0], "First", kind)
    assert entry.keys() == {"item_id", "title", "did", "preference", "share"}
    assert entry["preference"] * {"cart_remove": -1, "dislike": -1, "return": -1}.get(kind, 1) > 0
    assert found["text"] == dict(zip(("en", "zh"), SENTENCES[kind], strict=True))


def test_a_rating_goes_before_what_was_done(shop, items):
    taste(shop, items, "view")
    who = somebody()
    tell(shop, who, "purchase", items[0])
    shop.rate(who["user_id"], items[0], 4)
    found = reasons(shop, items[1], strategy="user", **who)
    assert (found["because"][0]["did"], found["because"][0]["preference"]) == ("rated", 4.0)
    assert found["text"] == {"en": "Because you rated First", "zh": "因为您评价过“First”"}


@pytest.mark.parametrize("reader", [somebody, visitor])
@pytest.mark.parametrize(("days", "did"), [(90, "purchase"), (300, "view")])
def test_the_event_that_weighs_most_now_is_named(shop, items, days, did, reader):
    taste(shop, items, "view")
    who = reader()
    tell(shop, who, "purchase", items[0], days=days)  # 5, halved in 90 days
    tell(shop, who, "view", items[0])
    assert reasons(shop, items[1], strategy="user", **who)["because"][0]["did"] == did


def test_what_was_turned_down_is_not_told_as_what_was_liked(shop, items):
    taste(shop, items, "return")
    who = somebody()
    tell(shop, who, "purchase", items[0], days=1)
    tell(shop, who, "return", items[0])
    assert reasons(shop, items[1], strategy="user", **who)["because"][0]["did"] == "return"


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("view", "You have looked at this before"),
        ("purchase", "You have bought this before"),
        ("share", "You have shown an interest in this"),
    ],
)
def test_an_item_is_no_reason_for_itself(shop, kind, sentence):
    item, who = shop.item(title="Tea", brand=new_id("brand")), somebody()
    tell(shop, who, kind, item)
    found = reasons(shop, item, strategy="item", **who)
    assert found["because"] == []
    assert found["before"] == {"did": kind}
    assert found["text"]["en"] == sentence


@pytest.mark.parametrize(("others", "often"), [(0, False), (2, False), (3, True)])
def test_often_is_said_of_three_other_shoppers(shop, items, others, often):
    for _ in range(others):
        tell(shop, visitor(), "view", *items)
    who = visitor()
    for days in (5, 6, 7):
        tell(shop, who, "view", *items, days=days)  # the reader's own visits say nothing
    tell(shop, who, "view", items[0])
    found = reasons(shop, items[1], strategy="item", **who)
    [entry] = found["session"]
    assert (entry["after"], entry["others"]) == ({"item_id": items[0], "title": "First"}, others)
    assert (found["text"]["en"] == OFTEN) is often


@pytest.mark.parametrize(
    ("others", "sentence"),
    [(1, "Someone else went on to this after First"), (3, OFTEN)],
)
def test_fewer_others_are_told_as_such(shop, items, others, sentence):
    for _ in range(others):
        tell(shop, visitor(), "view", *items)
    who = visitor()
    tell(shop, who, "view", items[0])
    assert reasons(shop, items[1], strategy="item", **who)["text"]["en"] == sentence


def test_one_shopper_who_does_it_again_and_again_is_one(shop, items):
    other, who = visitor(), visitor()
    for days in range(1, 6):
        tell(shop, other, "view", *items, days=days)
    tell(shop, who, "view", items[0])
    found = reasons(shop, items[1], strategy="item", **who)
    assert found["session"][0]["others"] == 1
    assert found["text"]["en"] == "Someone else went on to this after First"


@pytest.mark.parametrize(
    ("others", "en", "zh"),
    [
        (3, "Often bought together with First", "常与“First”一起购买"),
        (2, "Bought together with First before", "曾与“First”一起购买"),
    ],
)
def test_often_bought_together_is_said_of_three_other_shoppers(shop, items, others, en, zh):
    for number in range(others):
        tell(shop, somebody(), "purchase", *items, order_id=f"{number}")
    who = somebody()
    for number in range(3):
        tell(shop, who, "purchase", *items, order_id=f"{number}", days=number)
    address = f"/items/{items[0]}/bought-together"
    found = reasons(shop, items[1], address, **who)
    [entry] = found["bought_together"]
    assert (entry["orders"], entry["others"]) == (others + 3, others)
    assert found["text"] == {"en": en, "zh": zh}
    assert reasons(shop, items[1], address)["bought_together"][0]["others"] == others + 1


@pytest.mark.parametrize(
    ("others", "sentence"),
    [(3, "Shoppers who like First like this too"), (2, "Someone who likes First likes this too")],
)
def test_what_shoppers_like_too_is_said_of_three_others(shop, items, others, sentence):
    reader, *rest = (new_id("user") for _ in range(others + 1))
    for user in (reader, *rest):
        for item in items:
            shop.rate(user, item, 5)
    address = f"/items/{items[0]}/similar"
    found = reasons(shop, items[1], address)
    assert (found["liked_with"]["shoppers"], found["liked_with"]["others"]) == (others + 1,) * 2
    shop.client.delete(f"/rate/{items[1]}?user_id={reader}", headers=shop.storefront)
    tell(shop, {"user_id": reader}, "purchase", items[1])  # so that it is shown
    found = reasons(shop, items[1], address, user_id=reader)["liked_with"]
    assert (found["shoppers"], found["others"]) == (others + 1, others)
    told = reasons(shop, items[1], address, user_id=reader)["text"]["en"]
    assert told == sentence


def test_popular_counts_shoppers(shop, items):
    for _ in range(2):
        tell(shop, visitor(), "view", items[0])
    found = reasons(shop, items[0], "/popular", exclude=items[1])
    assert found["popular"] == {"shoppers": 2, "category": None}
    assert found["text"] == {"en": "Popular", "zh": "热门商品"}
