"""Why an item is not on a list: every verdict against the pages themselves, item by item."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.lists import RecommendQuery
from app.domain.accounts import Role
from app.domain.events import Event, EventKey
from tests.builders import Clock, done, failed, ids_of, open_shop

NOW = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=2)
BRANDS, CATEGORIES = ("Leafy", "Wool", None), ("Tea|Green", "Tea|Black", "Cups", None)
USERS = ("ann", "bob", "cid", "dan", "eve")
BOUGHT, SEEN, IN_CART = {"item 03": 5, "item 11": 50}, {"item 05": 1, "item 07": 9}, {"item 09"}
HIDDEN_DAYS = 30
RERANKING = ("max_per_brand", "max_per_category", "diversity")


def items(draw):
    for number in range(36):
        yield {
            "item_id": f"item {number:02}",
            "title": f"{draw.choice(('green', 'black', 'red'))} {draw.choice(('tea', 'cup'))}",
            "brand": draw.choice(BRANDS),
            "category": draw.choice(CATEGORIES),
            "price": draw.choice((None, 3, 5, 8)),
            "tags": draw.sample(("gift", "sale"), draw.randint(0, 2)),
            "attributes": {"size": draw.choice("SML")},
            "in_stock": draw.random() < 0.8,
            "group_id": f"group {number // 3}" if 12 <= number < 24 else None,
        }


@pytest.fixture(scope="module")
def market(mongo_uri, tmp_path_factory):
    draw = random.Random(5)
    with open_shop(mongo_uri, tmp_path_factory.mktemp("shop"), Clock(NOW)) as shop:
        shop.catalogue = {item["item_id"]: item for item in items(draw)}
        shop.put_items(*shop.catalogue.values())
        shop.walked = {}
        shop.rated = {user: set(draw.sample(sorted(shop.catalogue), 7)) for user in USERS}
        for user in USERS:
            for item in sorted(shop.rated[user]):
                shop.rate(user, item, draw.randint(2, 5))
        told = [
            *(("purchase", item, days) for item, days in BOUGHT.items()),
            *(("view", item, days) for item, days in SEEN.items()),
            *(("cart_add", item, 2) for item in IN_CART),
        ]
        ago = {days: NOW - timedelta(days=days) for _, _, days in told}
        shop.tell(
            *(
                Event(EventKey("ann", f"event {n}"), kind, item, ago[days], ago[days])
                for n, (kind, item, days) in enumerate(told)
            )
        )
        change = {"hide_bought_days": HIDDEN_DAYS}
        done(shop.client.patch("/settings", json=change, headers=shop.admin))
        yield shop


def left_out_by(shop, user, item, query):
    """Return the names of the filters that an item does not pass, by hand."""
    item_id, price = item["item_id"], item["price"]
    is_anns = user == "ann"
    category = item["category"] or ""
    days = query.get("exclude_bought_days", HIDDEN_DAYS)
    bought = is_anns and BOUGHT.get(item_id, 1e9) <= days
    found = {
        "in_stock": "in_stock" in query and not item["in_stock"],
        "brand": "brand" in query and item["brand"] not in query["brand"],
        "category": "category" in query
        and not any(category == c or category.startswith(f"{c}|") for c in query["category"]),
        "price_from": "price_from" in query and (price is None or price < query["price_from"]),
        "price_to": "price_to" in query and (price is None or price > query["price_to"]),
        "tag": "tag" in query and query["tag"] not in item["tags"],
        "attribute": "attribute" in query
        and f"size:{item['attributes']['size']}" != query["attribute"],
        "exclude": item_id in query.get("exclude", ()),
        "exclude_bought_days": "exclude_bought_days" in query and bought,
        "hide_bought_days": "exclude_bought_days" not in query and bought,
        "exclude_cart": "exclude_cart" in query and is_anns and item_id in IN_CART,
        "exclude_seen_days": is_anns
        and SEEN.get(item_id, 1e9) <= query.get("exclude_seen_days", 0),
        "rated_or_turned_down": item_id in shop.rated.get(user, ()),
    }
    return {name for name, holds in found.items() if holds}


def ask(shop, address, **query):
    return done(shop.client.get(address, query_string=query, headers=shop.storefront))


def walk(shop, **query):
    """Return all pages of a list, which stays as it is."""
    key = repr(sorted(query.items()))
    if key not in shop.walked:
        shop.walked[key] = list(pages_of(shop, query))
    return shop.walked[key]


def pages_of(shop, query):
    answer = ask(shop, "/recommend", **query)
    yield answer["recommendation"]
    query = {name: value for name, value in query.items() if name != "offset"}
    while answer["next_cursor"]:
        answer = ask(shop, "/recommend", **query | {"cursor": answer["next_cursor"]})
        yield answer["recommendation"]


def placed(pages, first=1):
    """Return item id -> (page, place), counting places from `first`."""
    where = [(at, each["item_id"]) for at, page in enumerate(pages, 1) for each in page]
    return {item_id: (at, place) for place, (at, item_id) in enumerate(where, first)}


def check(shop, user, query, earlier=(), **paging):
    """Compare what is said of every item with the pages; return the verdicts."""
    asked = {"user_id": user, **query, **paging}
    pages = walk(shop, **asked)
    where = placed(pages, len(earlier) + 1)
    shown = {each["item_id"]: each for page in pages for each in page}
    verdicts, scores = set(), scores_of(shop, asked)
    for item_id, item in shop.catalogue.items():
        said = ask(shop, "/recommend/why-not", **asked, item_id=item_id)
        verdict = said["verdict"]
        verdicts.add(verdict)
        assert said["text"]
        left_out = left_out_by(shop, user, item, query)
        assert (verdict == "on_an_earlier_page") == (item_id in earlier), said
        assert set(said["filters"]) == (set() if item_id in earlier else left_out), said
        assert (verdict == "filtered") == bool(said["filters"]), said
        if item_id in earlier:
            assert said["place"] == earlier.index(item_id) + 1
            continue
        assert (said["page"], said["place"]) == where.get(item_id, (None, None)), said
        if item_id in where:
            assert (verdict == "shown") == (where[item_id][0] == 1), said
            assert verdict in ("shown", "later", "pushed_out")
            assert said["score"] == shown[item_id]["score"]
            assert said["fallback"] == shown[item_id].get("fallback", False)
        elif verdict != "filtered":
            least = asked.get("min_score", 0)  # anything may fill up where no score is asked
            scored = least <= 0 or scores[item_id] >= least
            assert verdict == ("pushed_out" if scored else "not_scored")
        assert bool(said["pushed_by"]) == (verdict == "pushed_out"), said
        check_pushed(shop, asked, item_id, said, earlier)
        check_rank(shop, user, query, scores, said)
    return verdicts


def check_pushed(shop, asked, item_id, said, earlier):
    pushed, end = said["pushed_by"], len(earlier) + asked["n"]

    def place_without(names):
        query = {name: value for name, value in asked.items() if name != "offset"}
        first = len(earlier) + 1 if "cursor" in asked else 1
        return placed(walk(shop, **query | dict.fromkeys(names, 0)), first)

    if pushed == ["variants"]:
        group = shop.catalogue[item_id]["group_id"]
        assert shop.catalogue[said["variant"]]["group_id"] == group is not None
        assert said["variant"] in {*earlier, *place_without(RERANKING)}
        return
    assert said["variant"] is None
    fewer = [[name] for name in pushed] if len(pushed) > 1 else []
    if said["verdict"] == "later":
        fewer = [[name] for name in RERANKING if name in asked]
    enough = end if said["place"] else 1000
    assert not pushed or place_without(pushed)[item_id][1] <= enough
    for names in fewer:
        assert place_without(names).get(item_id, (0, 2000))[1] > enough


def scores_of(shop, asked):
    """Return what the first scorer says, item id -> rounded score."""
    model = RecommendQuery.model_validate(
        {name: value for name, value in asked.items() if name in ("user_id", "strategy")}
    )
    scored = shop.services.recommendations.scored("for_you", model.to_query(asked["user_id"]))[0]
    items = shop.runtime.tables.items
    return {item: round(float(scored.scores[items.row(item)]), 9) for item in shop.catalogue}


def check_rank(shop, user, query, scores, said):
    least = max(1e-9, query.get("min_score", 0))
    order = sorted(
        (-score, item)
        for item, score in scores.items()
        if score >= least and not left_out_by(shop, user, shop.catalogue[item], query)
    )
    ranks = {item: rank for rank, (_, item) in enumerate(order, 1)}
    if ranks:  # else what fills up makes the list
        assert said["candidates"] == len(ranks)
        assert said["rank"] == ranks.get(said["item_id"])
        assert said["fallback"] or said["score"] == scores[said["item_id"]]


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "in_stock": st.just(1),
        "brand": st.sampled_from((["Leafy"], ["Leafy", "Wool"])),
        "category": st.sampled_from((["Tea"], ["Tea|Green", "Cups"], ["Cups"], ["Tea|Black"])),
        "price_from": st.just(4),
        "price_to": st.just(5),
        "tag": st.just("gift"),
        "attribute": st.just("size:M"),
        "exclude": st.just(["item 01", "item 20"]),
        "exclude_bought_days": st.sampled_from((0, 3, 60)),
        "exclude_cart": st.just(1),
        "exclude_seen_days": st.sampled_from((5, 20)),
    },
)
OPTIONS = st.fixed_dictionaries(
    {"n": st.sampled_from((3, 5, 10))},
    optional={
        "strategy": st.sampled_from(("user", "item", "hybrid")),
        "min_score": st.sampled_from((-1, 0.05, 0.3)),
        "max_per_brand": st.integers(1, 3),
        "max_per_category": st.integers(1, 3),
        "limit_places": st.sampled_from((4, 8, 100)),
        "diversity": st.sampled_from((0.3, 0.9)),
    },
)
FEW = settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)


@FEW
@given(st.sampled_from(("ann", "bob", "eve")), OPTIONS)
def test_every_verdict_is_true(market, user, query):
    check(market, user, query)


@FEW
@given(st.sampled_from(("ann", "bob")), FILTERS, OPTIONS)
def test_every_filter_is_named(market, user, filters, options):
    check(market, user, filters | options)


@FEW
@given(st.sampled_from(("ann", "bob")), OPTIONS, st.booleans())
def test_what_stood_on_an_earlier_page(market, user, query, by_cursor):
    first = ask(market, "/recommend", user_id=user, **query)
    earlier = ids_of(first)
    if len(earlier) == query["n"] and first["next_cursor"]:
        paging = {"cursor": first["next_cursor"]} if by_cursor else {"offset": query["n"]}
        assert "on_an_earlier_page" in check(market, user, query, earlier, **paging)


def test_all_verdicts_are_given(market):
    query = {"n": 3, "strategy": "item", "in_stock": 1}
    limited = {"max_per_brand": 1, "max_per_category": 1, "limit_places": 100}
    found = check(market, "ann", query) | check(market, "ann", query | limited)
    found |= check(market, "ann", query | {"min_score": 0.3})
    assert found == {"shown", "filtered", "not_scored", "pushed_out", "later"}


def why(shop, headers=None, **query):
    headers = headers or shop.storefront
    return shop.client.get("/recommend/why-not", query_string=query, headers=headers)


def test_who_is_not_known(market):
    item = "item 00"
    found = failed(why(market, user_id="nobody", item_id=item), 404, "unknown_user")
    assert found["detail"] == {"user_id": "nobody"}
    session = "a-random-session-id"
    found = failed(why(market, session_id=session, item_id=item), 404, "unknown_session")
    assert found["detail"] == {"session_id": session}
    found = failed(why(market, user_id="ann", item_id="no such"), 404, "unknown_item")
    assert found["detail"] == {"item_id": "no such"}
    market.register("newcomer")
    assert done(why(market, user_id="newcomer", item_id=item))["verdict"] in ("shown", "later")


def test_a_session_is_known_by_what_was_done_in_it(market):
    session, event = "a-known-session-id", {"kind": "view", "item_id": "item 30"}
    body = {**event, "session_id": session}
    done(market.client.post("/events", json=body, headers=market.storefront))
    assert done(why(market, session_id=session, item_id="item 00"))["session_id"] == session


def test_who_may_ask(market):
    query = {"user_id": "ann", "item_id": "item 00"}
    done(why(market, market.admin, **query))
    failed(why(market, market.key(Role.BROWSER), **query), 403)
    failed(why(market, market.shopper()[1], **query), 403)


@pytest.mark.parametrize("wrong", [{"n": 0}, {"cursor": "x"}, {"strategy": "magic"}, {"w_user": 0}])
def test_what_the_list_refuses_is_refused_alike(market, wrong):
    query = {"user_id": "ann", "w_item": 0 if "w_user" in wrong else 1, **wrong}
    there = market.client.get("/recommend", query_string=query, headers=market.storefront)
    here = why(market, item_id="item 00", **query)
    assert failed(here, 422) == failed(there, 422)


def test_the_item_must_be_named(market):
    assert failed(why(market, user_id="ann"), 422)["detail"].keys() == {"item_id"}
