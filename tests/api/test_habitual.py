"""What a shopper buys again and again, in `for you` and beside a cart."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from app.domain.events import Event, EventKey
from app.domain.recommendations import Query
from app.domain.settings import Strategy
from app.recommender.reasons import BuyAgain
from tests.builders import done, ids_of, open_shop

NOW = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=2)
_numbers = count()


def bought(who, item, *days_ago, order=None):
    return [
        Event(EventKey(who, f"{next(_numbers)}"), "purchase", item, at, at, order_id=order)
        for days in days_ago
        for at in [NOW - timedelta(days=days)]
    ]


@pytest.fixture(scope="module")
def market(mongo_uri, tmp_path_factory):
    with open_shop(mongo_uri, tmp_path_factory.mktemp("shop"), NOW.timestamp) as shop:
        shop.put_items(*[{"item_id": i, "title": i} for i in ("milk", "pan", "tea", "cup")])
        events = bought("ann", "milk", 28, 21, 14, 7) + bought("ann", "pan", 7)
        for n in range(9):  # tea and cup go together
            who = f"other {n}"
            events += bought(who, "tea", 3, order="1") + bought(who, "cup", 3, order="1")
            events += bought(who, "milk", 10, 3) + bought(who, "pan", 100)
        shop.runtime.feed.wait(shop.repositories.events.add_many(events).position)
        shop.runtime.habits.learn()
        yield shop


@pytest.fixture
def strength(market):
    """Give a way to set the strength; it is 0 again afterwards."""

    def set_(value):
        body = {"repeat_strength": value}
        done(market.client.patch("/settings", json=body, headers=market.admin))

    yield set_
    set_(0.0)


def reason(place):
    found = [r for r in place.explanation.reasons if isinstance(r, BuyAgain)]
    return found[0] if found else None


def shelf(market, name, who, **query):
    page = market.services.recommendations.shelf(
        name, Query(subject=who, n=10, explain=True, **query)
    )
    return {place.product.item_id: place for place in page.items}


QUESTIONS = [
    ("for_you", {"strategy": Strategy.USER}, 5.0),
    ("for_you", {"strategy": Strategy.ITEM}, 1.0),
    ("for_you", {"strategy": Strategy.HYBRID}, 1.0),
    ("cart", {"items": ("tea",)}, 1.0),
]


@pytest.mark.parametrize(("name", "question", "unit"), QUESTIONS)
def test_a_habit_adds_strength_times_what_buy_again_says(market, strength, name, question, unit):
    plain = shelf(market, name, "ann", **question)
    again = shelf(market, "buy_again", "ann")
    strength(3.0)
    found = shelf(market, name, "ann", **question)
    for item_id in ("milk", "pan"):
        place, before = found[item_id], plain[item_id].score if item_id in plain else 0.0
        part = place.explanation.parts["buy_again"]
        assert part == pytest.approx(3.0 * unit * again[item_id].score, abs=1e-6)
        assert place.score == pytest.approx(before + part, abs=1e-6)
        assert sum(place.explanation.parts.values()) == pytest.approx(place.score, abs=1e-6)
        assert reason(place) == reason(again[item_id])
    assert found["milk"].score > found["pan"].score
    for item_id in found.keys() - again.keys():
        assert reason(found[item_id]) is None


def test_without_strength_there_is_no_such_part(market):
    for name, question, _ in QUESTIONS:
        for place in shelf(market, name, "ann", **question).values():
            assert reason(place) is None
            assert "buy_again" not in place.explanation.parts


def test_others_and_other_shelves_are_as_before(market, strength):
    asked = [
        ("for_you", "nobody", {"strategy": Strategy.HYBRID}),
        ("for_you", "ann", {"strategy": Strategy.POPULAR}),
        ("cart", None, {"items": ("tea",)}),
        ("bought_together", "ann", {"item_id": "tea"}),
    ]
    before = [shelf(market, name, who, **question) for name, who, question in asked]
    strength(3.0)
    assert [shelf(market, name, who, **question) for name, who, question in asked] == before


def test_what_was_bought_lately_can_still_be_hidden(market, strength):
    strength(3.0)
    done(market.client.patch("/settings", json={"hide_bought_days": 30}, headers=market.admin))
    try:
        assert not {"milk", "pan"} & set(ids_of(market.recommend("ann")))
    finally:
        done(market.client.patch("/settings", json={"hide_bought_days": 0}, headers=market.admin))
    assert ids_of(market.recommend("ann"))[0] == "milk"
