"""What every shelf promises, whatever it is made of."""

import random
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.api.lists import ListOptions
from app.domain.errors import UnknownItem
from app.domain.events import Event, EventContext, EventKey
from app.domain.filters import Filters
from app.domain.recommendations import Page, Query, Window
from app.domain.settings import LEARNED, PARTS, SETTINGS, WEIGHTS_OF, Strategy
from app.learning import kinds
from app.recommender.sentences import sentences
from app.recommender.shelves import SHELVES, ShelfRow
from app.recommender.strategies import STRATEGIES
from tests.builders import RunningShop, open_shop

ITEMS = [f"item {n:02}" for n in range(40)]
USERS = [f"user {n:02}" for n in range(12)]
SOMEBODY = [*USERS[:6], "nobody", None]
ROWS = {row.name: row for row in SHELVES}


@dataclass(frozen=True)
class Kind:
    """One shelf, and a question that suits it."""

    shelf: str
    question: dict[str, Any]

    @property
    def row(self) -> ShelfRow:
        return ROWS[self.shelf]

    @property
    def is_own(self) -> bool:
        """Whether it shows what somebody did: nothing else stands there, rated or not."""
        return "subject" in self.row.needs

    def ask(self, shop: RunningShop, user: str | None, **more: Any) -> Page:
        return shop.services.recommendations.shelf(self.shelf, self.query(user, **more))

    def query(self, user: str | None, **more: Any) -> Query:
        if self.is_own:
            user = user or "nobody"
        return Query(subject=user, **(self.question | more))


KINDS = [
    *[Kind("for_you", {"strategy": strategy}) for strategy in Strategy],
    Kind("popular", {}),
    *[Kind("popular", {"window": window}) for window in Window],
    Kind("popular", {"window": Window.WEEK, "category": "Tea"}),
    Kind("trending", {"window": Window.DAY}),
    Kind("trending", {"window": Window.MONTH}),
    Kind("trending", {"category": "Tea"}),
    Kind("new", {}),
    Kind("new", {"category": "Tea"}),
    Kind("for_category", {"category": "Tea"}),
    Kind("similar", {"item_id": ITEMS[0]}),
    Kind("similar", {"item_id": ITEMS[30]}),
    Kind("bought_together", {"item_id": ITEMS[0]}),
    Kind("cart", {"items": (*ITEMS[:3], "never there")}),
    Kind("recently_viewed", {}),
    Kind("buy_again", {}),
]
FRESH = [kind for kind in KINDS if not kind.is_own]
RERANKED = [kind for kind in KINDS if kind.row.rerankers]
FILLED_UP = [kind for kind in KINDS if kind.row.fill_up is not None]
NOW = datetime.now(UTC) + timedelta(days=3)  # and stays


def visit(shop: RunningShop, draw: random.Random) -> None:
    """Have others look and buy, each item for a hundred days, the first ones more of late."""
    events = []
    for number in range(600):
        item, hours = draw.choice(ITEMS), draw.randint(0, 2400)
        if number < 200:
            item, hours = draw.choice(ITEMS[:4]), draw.randint(0, 48)
        at = NOW - timedelta(hours=hours)
        key = EventKey(f"visitor {number % 30}", str(number))
        kind = draw.choice(("view", "view", "purchase"))
        place = EventContext(device=draw.choice(("phone", "desk")))
        events.append(Event(key, kind, item, at, at, context=place))
    shop.runtime.feed.wait(shop.repositories.events.add_many(events).position)
    shop.runtime.contexts.learn()


def shop_around(shop: RunningShop, draw: random.Random) -> None:
    """Have others fill baskets, and some of the users look and buy, up to this minute."""
    events = []
    for number in range(120):
        who = f"visitor {number % 30}" if number < 80 else draw.choice(USERS[:4])
        at, what = NOW - timedelta(hours=draw.randint(0, 900)), draw.sample(ITEMS[:15], 3)
        for line, item in enumerate(what):
            key = EventKey(who, f"basket {number} {line}")
            events.append(Event(key, "purchase", item, at, at, order_id=str(number)))
        at = NOW - timedelta(minutes=number)
        key = EventKey(who, f"look {number}")
        events.append(Event(key, "view", draw.choice(ITEMS), at, at))
    shop.runtime.feed.wait(shop.repositories.events.add_many(events).position)
    shop.runtime.habits.learn()


@contextmanager
def open_market(mongo_uri, folder, groups=0):
    """Run a shop where much was done; groups : of how many groups the items are variants."""
    draw = random.Random(7)
    with open_shop(mongo_uri, folder, NOW.timestamp) as shop:
        kinds = ("Tea", "Coffee", "Kitchen")
        shop.put_items(
            *[
                (
                    {"item_id": item, "title": item, "category": draw.choice(kinds), "price": n + 1}
                    if n < 25
                    else {"item_id": item, "features": [draw.randint(-3, 3), 1, 2]}
                )
                | ({"group_id": f"group {n % groups}"} if groups and n < 30 else {})
                | {"in_stock": n % 3 > 0, "attributes": {"size": "SML"[n % 3 % 2]}}
                for n, item in enumerate([*ITEMS, "gone 1", "gone 2"])
            ]
        )
        for user in USERS:
            for item in draw.sample([*ITEMS, "gone 1", "gone 2"], draw.randint(1, 12)):
                shop.rate(user, item, draw.randint(1, 5))
        shop.rate("glutton", ITEMS[0], 5)
        for item in ITEMS:
            shop.rate("glutton", item, draw.randint(1, 5))
        for item in ("gone 1", "gone 2"):
            shop.client.delete(f"/items/{item}", headers=shop.admin)
        visit(shop, draw)
        shop_around(shop, draw)
        yield shop


@pytest.fixture(scope="module")
def market(mongo_uri, tmp_path_factory):
    with open_market(mongo_uri, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(scope="module")
def variants(mongo_uri, tmp_path_factory):
    with open_market(mongo_uri, tmp_path_factory.mktemp("shop"), groups=9) as shop:
        yield shop


@pytest.fixture(
    params=KINDS, ids=lambda kind: "-".join([kind.shelf, *map(str, kind.question.values())])
)
def kind(request):
    return request.param


def ids(page):
    return [place.product.item_id for place in page.items]


def test_every_shelf_is_asked_all_that_it_takes():
    said = {(kind.shelf, field) for kind in KINDS for field in ("subject", *kind.question)}
    takes = {(row.name, field) for row in SHELVES for field in (*row.needs, *row.takes)}
    assert takes - said == set()
    assert ROWS.keys() - {kind.shelf for kind in KINDS} == set()


def test_every_strategy_is_built_and_weighed_or_made_of_others():
    made_of_others = {Strategy.HYBRID, Strategy.AUTO, Strategy.POPULAR}
    assert set(Strategy) - made_of_others == STRATEGIES.keys() == PARTS.keys()
    assert {kind.value for kind in LEARNED} == kinds.KINDS.keys() - {"ratings"}
    for fields in (SETTINGS, Query._fields, ListOptions.model_fields):
        assert {name for name in fields if name.startswith("w_")} - {"w_similar_features"} == {
            *WEIGHTS_OF
        }


@pytest.mark.parametrize("kind", FRESH, ids=str)
def test_it_shows_nothing_that_was_rated(market, kind):
    rated = {}
    for user, item in market.ratings():
        rated.setdefault(user, set()).add(item)
    for user in [*USERS, "glutton"]:
        assert not set(ids(kind.ask(market, user, n=100))) & rated[user]


def test_it_shows_nothing_but_the_catalogue(market, kind):
    for user in SOMEBODY:
        assert set(ids(kind.ask(market, user, n=100))) <= set(ITEMS)


def test_it_shows_nothing_twice(market, kind):
    for user in SOMEBODY:
        shown = ids(kind.ask(market, user, n=100))
        assert len(set(shown)) == len(shown)


def test_it_shows_no_more_than_it_was_asked_for(market, kind):
    for n in (1, 2, 10):
        assert len(kind.ask(market, USERS[0], n=n).items) <= n


@pytest.mark.parametrize("step", [1, 4, 11])
def test_its_pages_make_one_long_list(market, kind, step):
    for user in SOMEBODY:
        whole = kind.ask(market, user, n=100, explain=True)
        pages = [
            kind.ask(market, user, n=step, offset=at, explain=True).items
            for at in range(0, 45, step)
        ]
        assert [place for page in pages for place in page] == whole.items


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 4, 11])
@pytest.mark.parametrize("least", [None, 0.05])
def test_cursors_lead_through_the_same_list(market, kind, step, least):
    for user in SOMEBODY:
        more = {"n": step, "explain": True, "min_score": least}
        whole = kind.ask(market, user, **more | {"n": 100})
        pages = walk(market, kind, user, **more)
        assert {page.strategy for page in pages} == {whole.strategy}
        assert [place for page in pages for place in page.items] == whole.items


def walk(shop, kind, user, **more):
    """Return all pages of a list, as cursors lead through them."""
    cursors, query = shop.services.cursors, kind.query(user, **more)
    pages, cursor = [], None
    while True:
        asked = query if cursor is None else cursors.resume(kind.shelf, query, cursor)
        pages.append(shop.services.recommendations.shelf(kind.shelf, asked))
        cursor = cursors.after(kind.shelf, asked, pages[-1])
        if cursor is None:
            return pages


@pytest.mark.parametrize("kind", RERANKED, ids=str)
def test_no_two_variants_of_a_product_stand_on_its_pages(variants, kind):
    group_of = {item.item_id: item.group_id for item in variants.repositories.items.scan()}
    for user in SOMEBODY:
        whole = kind.ask(variants, user, n=100).items
        groups = [group_of[place.product.item_id] for place in whole]
        assert max(Counter(filter(None, groups)).values(), default=1) == 1
        pages = walk(variants, kind, user, n=3)
        assert [place for page in pages for place in page.items] == whole


LIMITED = [
    {"max_per_category": 2, "limit_places": 9},
    {"max_per_category": 2, "limit_places": 9, "diversity": 0.4},
]


@pytest.mark.parametrize("kind", RERANKED, ids=str)
@pytest.mark.parametrize("limits", LIMITED, ids=len)
def test_limits_hold_over_its_pages(market, variants, kind, limits):
    for shop, user in ((market, USERS[0]), (market, "nobody"), (variants, USERS[1])):
        pages = walk(shop, kind, user, n=4, **limits)
        walked = [place for page in pages for place in page.items]
        categories = Counter(place.product.category for place in walked[:9])
        del categories[None]
        assert max(categories.values(), default=0) <= 2
        assert walked == kind.ask(shop, user, n=100, **limits).items
        assert walked[5:8] == kind.ask(shop, user, n=3, offset=5, **limits).items


def test_a_dial_at_0_and_no_limit_change_nothing(market, kind):
    nothing = {"diversity": 0.0, "max_per_brand": 0, "max_per_category": 0, "limit_places": 3}
    for user in SOMEBODY:
        plain = kind.ask(market, user, n=20, explain=True)
        assert kind.ask(market, user, n=20, explain=True, **nothing) == plain


def test_diversity_changes_the_order_and_nothing_else(market):
    kind = KINDS[0]
    plain, diverse = (ids(kind.ask(market, USERS[0], n=100, diversity=d)) for d in (0.0, 0.7))
    assert plain != diverse
    assert sorted(plain) == sorted(diverse)


@pytest.mark.parametrize("kind", [k for k in KINDS if not k.row.rerankers], ids=str)
def test_what_somebody_did_is_told_as_it_was(variants, kind):
    for user in USERS[:4]:
        asked = kind.ask(variants, user, n=100)
        assert asked == kind.ask(variants, user, n=100, max_per_category=1, diversity=1.0)


def test_a_cursor_goes_on_behind_an_offset(market, kind):
    cursors, ask = market.services.cursors, market.services.recommendations.shelf
    whole = kind.ask(market, USERS[0], n=100).items
    query = Query(subject=USERS[0], n=4, offset=3, **kind.question)
    cursor = cursors.after(kind.shelf, query, ask(kind.shelf, query))
    again = cursors.resume(kind.shelf, query._replace(offset=0), cursor)
    assert ask(kind.shelf, again).items == whole[7:11]


def test_what_was_shown_is_not_shown_again_and_the_page_is_full(market, kind):
    for user in SOMEBODY:
        whole = ids(kind.ask(market, user, n=100))
        shown = (*whole[::2], "gone 1", "never there")
        rest = ids(kind.ask(market, user, n=5, shown=shown))
        assert rest == [item for item in whole if item not in shown][:5]


def test_the_same_question_gets_the_same_answer(market, kind):
    for user in SOMEBODY:
        pages = [kind.ask(market, user, n=20, explain=True) for _ in range(3)]
        assert pages[0] == pages[1] == pages[2]


def test_the_best_stand_first(market, kind):
    for user in SOMEBODY:
        scores = [place.score for place in kind.ask(market, user, n=100).items]
        assert scores == sorted(scores, reverse=True)
        places = kind.ask(market, user, n=100).items
        keys = [(-p.score, p.product.item_id) for p in places if p.score > 0]
        assert keys == sorted(keys)


@pytest.mark.parametrize("kind", FILLED_UP, ids=str)
def test_it_is_full_while_an_item_may_be_shown(market, kind):
    about = {kind.question.get("item_id"), *kind.question.get("items", ())}
    category = kind.question.get("category")
    offered = {
        item.item_id
        for item in market.repositories.items.scan()
        if category in (None, item.category) and item.item_id not in about
    }
    for user in SOMEBODY:
        left = len(offered - {item for who, item in market.ratings() if who == user})
        for n in (1, 10, 40):
            assert len(kind.ask(market, user, n=n).items) == min(n, left)
    assert kind.ask(market, "glutton", n=10).items == []


def test_the_market_has_something_on_every_shelf_made_of_what_was_done(market):
    for kind in KINDS:
        if kind.row.strategy not in set(Strategy):
            for user in USERS[:4]:
                page = kind.ask(market, user)
                assert page.strategy == kind.row.strategy
                assert page.items[0].score > 0
    page = KINDS[0].ask(market, USERS[0], explain=True)
    assert any(place.explanation.parts.get("session") for place in page.items)


FILTERS = [
    Filters(in_stock=True),
    Filters(any_category=("Tea", "Coffee"), price_from=3.0),
    Filters(attributes=(("size", ("M",)),), exclude=(ITEMS[1], ITEMS[4], "unknown")),
    Filters(in_stock=True, price_to=12.0),
    Filters(all_categories=("Tea", "Kitchen")),
    Filters(brands=("unknown",)),
]


def passes(shop, product, asked):
    item = shop.repositories.items.find(product.item_id)
    sizes = dict(asked.attributes).get("size", (item.attributes["size"],))
    return all(
        [
            item.in_stock or not asked.in_stock,
            not asked.any_category or item.category in asked.any_category,
            set(asked.all_categories) <= {item.category},
            not asked.brands,
            asked.price_from is None or (item.price or 0) >= asked.price_from,
            asked.price_to is None or (item.price or 99) <= asked.price_to,
            item.attributes["size"] in sizes,
            item.item_id not in asked.exclude,
        ]
    )


@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_filters_act_before_the_best_are_chosen(market, kind, asked):
    for user in (*USERS[:3], "nobody"):
        everything = kind.ask(market, user, n=100).items
        left = [p.product.item_id for p in everything if passes(market, p.product, asked)]
        for n in (1, 5, 100):
            assert ids(kind.ask(market, user, n=n, filters=asked)) == left[:n]
        assert ids(kind.ask(market, user, n=4, offset=3, filters=asked)) == left[3:7]


def test_it_says_what_made_it(market, kind):
    for user in SOMEBODY:
        page = kind.ask(market, user, n=5)
        query = kind.query(user)
        scorers = market.services.recommendations.scored(kind.shelf, query)
        assert page.strategy in {kind.row.strategy, *(scored.strategy for scored in scorers)}
        if user in (None, "nobody") and kind.shelf == "for_you":
            assert page.strategy == Strategy.POPULAR


def test_reasons_are_given_when_asked_for(market, kind):
    for user in SOMEBODY:
        assert all(place.explanation is None for place in kind.ask(market, user, n=20).items)
        for place in kind.ask(market, user, n=20, explain=True).items:
            text = sentences(place.explanation.reasons)
            assert text.keys() == {"en", "zh"}
            assert all(text.values())
            parts = place.explanation.parts
            assert sum(parts.values()) == pytest.approx(place.score, abs=2e-9)


def test_a_shop_with_nothing_shows_nothing(make_shop):
    shop = make_shop()
    for kind in KINDS:
        if "item_id" in kind.question:
            with pytest.raises(UnknownItem):
                kind.ask(shop, "ann")
        else:
            assert kind.ask(shop, "ann").items == []
