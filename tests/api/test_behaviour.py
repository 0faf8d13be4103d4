"""Shelves made of what shoppers did: baskets, what comes next, what was viewed, what is due."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from app.domain import subjects
from app.domain.events import Event, EventKey
from tests.builders import done, failed, ids_of

NOW = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=2)
SESSION = "session-0001"
ITEMS = {
    "tea": "Drinks|Tea",
    "oolong": "Drinks|Tea",
    "cup": "Kitchen",
    "sugar": "Food",
    "rice": None,
}
_numbers = count()


@pytest.fixture
def shop(make_shop):
    shop = make_shop(NOW.timestamp)
    shop.put_items(*[{"item_id": i, "title": i.title(), "category": c} for i, c in ITEMS.items()])
    return shop


def did(who, kind, *items, days=0.0, order=None):
    """Make an event about each item, a minute apart where they are not of one order."""
    first = NOW - timedelta(days=days)
    return [
        Event(
            EventKey(who, f"event {next(_numbers)}"),
            kind,
            item,
            at := first if order else first + timedelta(minutes=number - len(items)),
            at,
            order_id=order,
        )
        for number, item in enumerate(items)
    ]


def put(shop, *stories):
    events = [event for story in stories for event in story]
    shop.runtime.feed.wait(shop.repositories.events.add_many(events).position)


def orders(*baskets):
    """Make orders of somebody else each."""
    return [
        event
        for number, items in enumerate(baskets)
        for event in did(f"buyer {number}", "purchase", *items, days=5, order="1")
    ]


def get(shop, address, **query):
    return done(shop.client.get(address, query_string=query, headers=shop.storefront))


def told(answer):
    """Return item id -> (score, reasons) of what has a score."""
    return {
        place["item_id"]: (place["score"], place.get("reasons"))
        for place in answer["recommendation"]
        if place["score"]
    }


BASKETS = [("tea", "sugar", "rice")] * 8 + [("tea", "rice")] * 2 + [("rice", "cup")] * 20


def test_bought_together_says_with_what_how_often_and_why(shop):
    put(shop, orders(*BASKETS))
    answer = get(shop, "/items/tea/bought-together", explain=1)
    assert (answer["shelf"], answer["strategy"]) == ("bought_together", "bought_together")
    assert answer["recommendation"][0]["item_id"] == "sugar"
    score, reasons = told(answer)["sugar"]
    lift = (8 + 5) / (10 * 8 / 30 + 5)
    assert score == pytest.approx(8 / 15 * (1 - 1 / lift), abs=1e-9)
    [tie] = reasons["bought_together"]
    assert tie["with"] == {"item_id": "tea", "title": "Tea"}
    assert (tie["orders"], tie["of"], tie["lift"]) == (8, 10, round(lift, 3))
    assert reasons["text"]["en"] == "Often bought together with Tea"
    assert told(answer).keys() == {"sugar"}  # rice is in every order; popular items follow
    assert {place["item_id"] for place in answer["recommendation"]} == ITEMS.keys() - {"tea"}


def test_support_is_a_setting(shop):
    put(shop, orders(*BASKETS))
    body = {"min_support": 9}
    done(shop.client.patch("/settings", json=body, headers=shop.admin))
    answer = get(shop, "/items/tea/bought-together")
    assert answer["strategy"] == "popular"


def test_an_item_nobody_bought_gets_popular_ones_with_score_0(shop):
    put(shop, orders(*BASKETS))
    answer = get(shop, "/items/oolong/bought-together", n=3)
    assert answer["strategy"] == "popular"
    assert len(answer["recommendation"]) == 3


def test_an_unknown_item_is_not_found(shop):
    response = shop.client.get("/items/ghost/bought-together", headers=shop.storefront)
    assert failed(response, 404)["code"] == "unknown_item"


def test_a_cart_is_recommended_to_and_never_shown(shop):
    put(shop, orders(*BASKETS, *[("oolong", "cup")] * 6))
    body = {"items": ["tea", "oolong", "never there"], "explain": 1}
    answer = done(shop.client.post("/cart/recommend", json=body, headers=shop.storefront))
    found = told(answer)
    assert found.keys() >= {"sugar", "cup"}
    assert not {"tea", "oolong"} & {place["item_id"] for place in answer["recommendation"]}
    for item, with_it in (("sugar", "tea"), ("cup", "oolong")):
        score, reasons = found[item]
        assert [tie["with"]["item_id"] for tie in reasons["bought_together"]] == [with_it]
        assert sum(t["part"] for t in reasons["bought_together"]) == pytest.approx(score)


@pytest.mark.parametrize("items", [[], ["x"] * 101, "tea", [""]])
def test_a_cart_has_1_to_100_items(shop, items):
    response = shop.client.post("/cart/recommend", json={"items": items}, headers=shop.storefront)
    failed(response, 422)


def test_events_that_are_removed_leave_no_trace_in_baskets(shop):
    put(shop, orders(*BASKETS))
    before = get(shop, "/items/tea/bought-together", explain=1)["recommendation"]
    zoes = [e for n in range(5) for e in did("zoe", "purchase", "tea", "oolong", order=str(n))]
    put(shop, zoes)
    assert "oolong" in told(get(shop, "/items/tea/bought-together"))
    gone = shop.repositories.events.remove_many([event.key for event in zoes])
    shop.runtime.feed.wait(gone)
    assert get(shop, "/items/tea/bought-together", explain=1)["recommendation"] == before


def test_they_stand_on_a_page_together_and_nothing_twice(shop):
    put(shop, orders(*BASKETS), did("ann", "purchase", "rice", days=9), did("ann", "view", "tea"))
    shelves = [
        {"shelf": "recently_viewed"},
        {"shelf": "buy_again"},
        {"shelf": "bought_together", "item_id": "tea", "n": 1},
        {"shelf": "cart", "items": ["tea"]},
    ]
    body = {"user_id": "ann", "shelves": shelves}
    page = done(shop.client.post("/recommend/page", json=body, headers=shop.storefront))
    shown = [ids_of(shelf) for shelf in page["shelves"]]
    assert shown[:3] == [["tea"], ["rice"], ["sugar"]]
    assert set(shown[3]) == {"oolong", "cup"}


def visits():
    """Others look at tea, and then at a cup; one of them at sugar."""
    return [e for n in range(4) for e in did(f"v{n}", "view", "tea", "sugar" if n == 3 else "cup")]


def test_one_click_of_a_session_leads_to_what_comes_next(shop):
    put(shop, visits(), did(subjects.of_session(SESSION), "view", "tea"))
    query = {"session_id": SESSION, "strategy": "item", "explain": 1}
    found = told(get(shop, "/recommend", **query))
    score, reasons = found["cup"]
    after_tea = 3 / (5 + 3)  # of five looks at tea, the session's own among them
    assert reasons["session"] == [
        {
            "after": {"item_id": "tea", "title": "Tea"},
            "share": pytest.approx(after_tea),
            "others": 3,
        }
    ]
    assert reasons["parts"]["session"] == pytest.approx(0.3 * after_tea)
    assert score == pytest.approx(sum(reasons["parts"].values()))


@pytest.mark.parametrize(("strategy", "unit"), [("item", 1.0), ("hybrid", 1.0), ("user", 5.0)])
def test_the_strength_says_how_much_it_adds(shop, strategy, unit):
    put(shop, visits(), did("ann", "view", "tea"))
    query = {"user_id": "ann", "strategy": strategy, "explain": 1}
    without, with_it = (
        told(get(shop, "/recommend", session_strength=strength, **query)).get(
            "cup", (0.0, {"parts": {}})
        )
        for strength in (0, 0.8)
    )
    assert "session" not in without[1]["parts"] and "session" not in without[1]
    assert with_it[0] - without[0] == pytest.approx(0.8 * unit * 3 / 8, abs=1e-8)


def test_what_comes_next_is_not_added_to_what_is_popular(shop):
    put(shop, visits(), did("ann", "view", "tea"))
    for place in get(shop, "/recommend", user_id="ann", strategy="popular", explain=1)[
        "recommendation"
    ]:
        assert "session" not in place["reasons"]


def test_yesterdays_click_leads_nowhere(shop):
    put(shop, visits(), did("ann", "view", "tea", days=1.1))
    found = told(get(shop, "/recommend", user_id="ann", strategy="item", explain=1))
    assert all("session" not in reasons for _, reasons in found.values())


def test_recently_viewed_is_newest_first_and_each_item_once(shop):
    put(
        shop,
        did("ann", "view", "tea", days=3),
        did("ann", "search", "cup", days=2),
        did("ann", "view", "tea", days=1),
        did("ann", "purchase", "rice"),
    )
    answer = get(shop, "/recently-viewed", user_id="ann", explain=1)
    assert ids_of(answer) == ["tea", "cup"]
    assert [place["score"] for place in answer["recommendation"]] == [1.0, 0.5]
    hours = [p["reasons"]["recently_viewed"]["hours_ago"] for p in answer["recommendation"]]
    assert hours == [24.0, 48.0]
    assert ids_of(get(shop, "/recently-viewed", user_id="nobody")) == []
    assert ids_of(get(shop, "/recently-viewed", user_id="ann", category="Kitchen")) == ["cup"]


def test_a_rated_item_was_viewed_all_the_same(shop):
    put(shop, did("ann", "view", "tea"))
    shop.rate("ann", "tea", 5)
    assert ids_of(get(shop, "/recently-viewed", user_id="ann")) == ["tea"]


def test_a_session_has_its_own_list(shop):
    put(shop, did(subjects.of_session(SESSION), "view", "tea"), did("ann", "view", "cup"))
    assert ids_of(get(shop, "/recently-viewed", session_id=SESSION)) == ["tea"]


@pytest.mark.parametrize("address", ["/recently-viewed", "/buy-again"])
def test_somebody_must_be_named(shop, address):
    failed(shop.client.get(address, headers=shop.storefront), 422)


def test_buy_again_ranks_what_is_due(shop):
    buying = [did("ann", "purchase", "tea", days=d, order=f"t{d}") for d in (90, 60, 30)]
    buying += [did("ann", "purchase", "rice", days=d, order=f"r{d}") for d in (61, 31, 1)]
    put(shop, *buying, did("ann", "view", "cup"))
    shop.runtime.habits.learn()
    answer = get(shop, "/buy-again", user_id="ann", explain=1)
    assert ids_of(answer) == ["tea", "rice"]  # each bought thrice, rice yesterday
    why = answer["recommendation"][0]["reasons"]
    assert why["buy_again"] == {"times": 3, "usual_days": 30.0, "last_days_ago": 30.0}
    assert why["text"]["en"] == "You usually buy this again every 30 days"
    assert ids_of(get(shop, "/buy-again", user_id="nobody")) == []


def test_what_was_given_back_is_not_bought_again(shop):
    put(
        shop,
        did("ann", "purchase", "tea", "rice", days=9, order="1"),
        did("ann", "return", "tea", days=8),
    )
    assert ids_of(get(shop, "/buy-again", user_id="ann")) == ["rice"]


ANNS = [
    did("ann", "purchase", "tea", days=20, order="1"),
    did("ann", "purchase", "rice", days=3, order="2"),
    did("ann", "cart_add", "cup", days=2),
    did("ann", "cart_add", "sugar", days=2),
    did("ann", "cart_remove", "sugar", days=1),
    did("ann", "cart_add", "rice", days=4),
    did("ann", "view", "oolong", days=6),
]


@pytest.mark.parametrize(
    ("asked", "gone"),
    [
        ({}, set()),
        ({"exclude_bought_days": 5}, {"rice"}),
        ({"exclude_bought_days": 30}, {"rice", "tea"}),
        ({"exclude_cart": 1}, {"cup"}),
        ({"exclude_seen_days": 7}, {"oolong"}),
        ({"exclude_seen_days": 5}, set()),
        ({"exclude_seen_days": 7, "exclude_cart": 1, "exclude_bought_days": 5},
         {"rice", "cup", "oolong"}),
    ],
)  # fmt: skip
def test_what_was_done_can_be_left_out_of_every_list(shop, asked, gone):
    put(shop, *ANNS)
    for address in ("/recommend", "/popular", "/items/sugar/similar", "/recently-viewed",
                    "/buy-again", "/new", "/items/sugar/bought-together"):  # fmt: skip
        plain = ids_of(get(shop, address, user_id="ann"))
        assert ids_of(get(shop, address, user_id="ann", **asked)) == [
            item for item in plain if item not in gone
        ]


def test_the_shop_hides_what_was_bought_lately_from_for_you_only(shop):
    put(shop, *ANNS)
    done(shop.client.patch("/settings", json={"hide_bought_days": 5}, headers=shop.admin))
    assert set(ids_of(get(shop, "/recommend", user_id="ann"))) == ITEMS.keys() - {"rice"}
    asked = get(shop, "/recommend", user_id="ann", exclude_bought_days=30)
    assert set(ids_of(asked)) == ITEMS.keys() - {"rice", "tea"}
    asked = get(shop, "/recommend", user_id="ann", exclude_bought_days=0)
    assert set(ids_of(asked)) == set(ITEMS)
    assert "rice" in ids_of(get(shop, "/buy-again", user_id="ann"))
    assert "rice" in ids_of(get(shop, "/popular", user_id="ann"))
