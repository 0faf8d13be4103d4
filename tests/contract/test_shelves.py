"""What every shelf promises, whatever it is made of."""

import random
from dataclasses import dataclass
from typing import Any

import pytest

from app.domain.recommendations import Page, Query
from app.domain.settings import Strategy
from tests.builders import RunningShop, open_shop

ITEMS = [f"item {n:02}" for n in range(40)]
USERS = [f"user {n:02}" for n in range(12)]
SOMEBODY = [*USERS[:6], "nobody", None]


@dataclass(frozen=True)
class Kind:
    """One shelf, and a question that suits it."""

    shelf: str
    question: dict[str, Any]

    def ask(self, shop: RunningShop, user: str | None, **more: Any) -> Page:
        query = Query(user_id=user, **(self.question | more))
        return shop.services.recommendations.shelf(self.shelf, query)


KINDS = [
    *[Kind("for_you", {"strategy": strategy}) for strategy in Strategy],
    Kind("popular", {}),
    Kind("similar", {"item_id": ITEMS[0]}),
    Kind("similar", {"item_id": ITEMS[30]}),
]
NEVER_EMPTY = [kind for kind in KINDS if kind.shelf != "similar"]


@pytest.fixture(scope="module")
def market(mongo_uri, tmp_path_factory):
    draw = random.Random(7)
    with open_shop(mongo_uri, tmp_path_factory.mktemp("shop")) as shop:
        kinds = ("Tea", "Coffee", "Kitchen")
        shop.put_items(
            *[
                {"item_id": item, "title": item, "category": draw.choice(kinds), "price": n + 1}
                if n < 25
                else {"item_id": item, "features": [draw.randint(-3, 3), 1, 2]}
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
        yield shop


@pytest.fixture(
    params=KINDS, ids=lambda kind: "-".join([kind.shelf, *map(str, kind.question.values())])
)
def kind(request):
    return request.param


def ids(page):
    return [place.product.item_id for place in page.items]


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


@pytest.mark.parametrize("kind", NEVER_EMPTY, ids=str)
def test_it_is_never_empty_while_an_item_may_be_shown(market, kind):
    for user in SOMEBODY:
        for n in (1, 10, 40):
            left = len(ITEMS) - len({i for u, i in market.ratings() if u == user})
            assert len(kind.ask(market, user, n=n).items) == min(n, left)
    assert kind.ask(market, "glutton", n=10).items == []


def test_it_says_what_made_it(market, kind):
    for user in SOMEBODY:
        page = kind.ask(market, user, n=5)
        assert page.strategy in set(Strategy)
        if user in (None, "nobody") and kind.shelf == "for_you":
            assert page.strategy == Strategy.POPULAR


def test_reasons_are_given_when_asked_for(market, kind):
    for user in SOMEBODY:
        assert all(place.reasons is None for place in kind.ask(market, user, n=20).items)
        for place in kind.ask(market, user, n=20, explain=True).items:
            assert place.reasons is not None
            parts = place.reasons["parts"]
            assert sum(parts.values()) == pytest.approx(place.score, abs=2e-9)


def test_a_shop_with_nothing_shows_nothing(make_shop):
    shop = make_shop()
    for kind in KINDS:
        assert kind.ask(shop, "ann").items == []
