"""Lists follow the time of day and week, the device and the country, as far as the shop wants."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from app.api.explanations import explained
from app.domain.events import Event, EventContext, EventKey
from app.domain.recommendations import Query
from tests.builders import done, ids_of

MORNING = datetime(2026, 5, 5, 9, 30, tzinfo=UTC)  # a Tuesday
EVENING = MORNING.replace(hour=18)
ITEMS = {"wine": "Drinks|Wine", "milk": "Drinks|Milk", "bread": "Bakery"}
_numbers = count()


@pytest.fixture
def clock(clock):
    clock.now = MORNING
    return clock


@pytest.fixture
def shop(make_shop, clock):
    """A shop where wine is bought in the evening three times as often as in the morning."""
    shop = make_shop(clock)
    shop.put_items(*[{"item_id": item, "category": path} for item, path in ITEMS.items()])
    shop.tell(
        *bought("wine", at=EVENING, times=300), *bought("wine", at=MORNING, times=100),
        *bought("milk", at=EVENING, times=200), *bought("milk", at=MORNING, times=200),
        *bought("bread", at=EVENING, times=205), *bought("bread", at=MORNING, times=205),
    )  # fmt: skip
    shop.runtime.contexts.learn()
    return shop


def bought(item, *, at, times, device=None, country=None, kind="view"):
    """Make events of the ten days before, each of a visitor of its own."""
    made = []
    for number in range(times):
        place = EventContext(device=device, country=country)
        time = at - timedelta(days=7 + number % 3)
        key = EventKey(f"visitor {next(_numbers)}", "event")
        made.append(Event(key, kind, item, time, time, context=place))
    return made


def change(shop, **settings):
    done(shop.client.patch("/settings", json=settings, headers=shop.admin))


def popular(shop, subject=None, **where):
    """Return item id -> (score, parts, reasons) of the shelf of what is popular."""
    query = Query(subject=subject, explain=True, context=EventContext(**where))
    page = shop.services.recommendations.shelf("popular", query)
    return {
        p.product.item_id: (p.score, p.explanation.parts, explained(p.explanation))
        for p in page.items
    }


def test_what_is_bought_in_the_evening_is_lifted_then_and_not_in_the_morning(shop, clock):
    morning = popular(shop)
    clock.now = EVENING
    evening = popular(shop)
    assert list(morning) == ["bread", "milk", "wine"]
    assert next(iter(evening)) == "wine"
    assert evening["wine"][1]["context"] > 0 > morning["wine"][1]["context"]
    assert evening["wine"][2]["context"]["daypart"] == "evening"
    assert evening["wine"][2]["context"]["hour"] > 1.1
    assert evening["wine"][2]["text"]["en"] == (
        "Items like this are more popular at this time of day"
    )
    assert morning["wine"][2]["context"]["lift"] < 1


def test_parts_sum_to_the_score(shop, clock):
    clock.now = EVENING
    for score, parts, _ in popular(shop).values():
        assert sum(parts.values()) == pytest.approx(score, abs=2e-9)


def test_strength_0_switches_it_off_and_more_lifts_more(shop, clock):
    clock.now = EVENING
    parts = {}
    for strength in (0, 0.3, 1):
        change(shop, context_strength=strength)
        parts[strength] = popular(shop)["wine"][1]
    assert "context" not in parts[0]
    assert 0 < parts[0.3]["context"] < parts[1]["context"]
    assert parts[0]["popular"] == parts[1]["popular"]


def test_however_strong_it_lifts_to_the_double_at_most(shop, clock):
    change(shop, context_strength=10)
    clock.now = EVENING
    for score, parts, _ in popular(shop).values():
        assert 0.5 - 1e-6 <= score / parts["popular"] <= 2 + 1e-6


def test_three_observations_lift_by_less_than_a_twentieth(shop, clock):
    change(shop, context_strength=1)
    shop.put_items({"item_id": "rake", "category": "Garden"})
    shop.tell(*bought("rake", at=EVENING, times=3, kind="purchase"))
    shop.runtime.contexts.learn()
    clock.now = EVENING
    score, parts, _ = popular(shop)["rake"]
    assert 1 < score / parts["popular"] < 1.05


def test_the_shop_says_when_it_is_evening(shop, clock):
    clock.now = MORNING  # which is evening in Tokyo, where those events were in the night
    change(shop, timezone="Asia/Tokyo")
    shop.runtime.contexts.learn()
    assert popular(shop)["wine"][2]["context"]["daypart"] == "evening"
    assert popular(shop)["wine"][1]["context"] < 0
    clock.now = EVENING
    assert popular(shop)["wine"][2]["context"]["daypart"] == "night"
    assert popular(shop)["wine"][1]["context"] > 0


def test_devices_and_countries(shop):
    shop.tell(
        *bought("milk", at=MORNING, times=300, device="phone", country="DE"),
        *bought("bread", at=MORNING, times=300, device="desk", country="FR"),
    )
    shop.runtime.contexts.learn()
    for where in ({"device": "phone"}, {"country": "DE"}):
        found = popular(shop, **where)
        assert found["milk"][1]["context"] > found["bread"][1]["context"]
    assert popular(shop, device="phone")["milk"][2]["context"]["device"] > 1.3
    assert popular(shop, country="FR")["bread"][2]["context"]["country"] > 1.3
    assert popular(shop, country="XX") == popular(shop)


def test_a_caller_says_the_device_and_the_country(shop):
    shop.tell(
        *bought("milk", at=MORNING, times=300, device="phone"),
        *bought("bread", at=MORNING, times=300, device="desk"),
    )
    shop.runtime.contexts.learn()
    first = {}
    for device in ("phone", "desk"):
        address = f"/popular?device={device}&country=XX"
        first[device] = ids_of(done(shop.client.get(address, headers=shop.storefront)))[0]
        body = {"device": device, "shelves": [{"shelf": "popular"}]}
        page = done(shop.client.post("/recommend/page", json=body, headers=shop.storefront))
        assert ids_of(page["shelves"][0])[0] == first[device]
    assert first == {"phone": "milk", "desk": "bread"}


def test_for_you_and_a_category_are_lifted_too(shop, clock):
    shop.rate("ann", "bread", 5)
    for other in ("bob", "cid"):
        for item in ITEMS:
            shop.rate(other, item, 4)
    first = {}
    for clock.now in (MORNING, EVENING):
        for address in ("/recommend", "/for-category/Drinks"):
            query = {"user_id": "ann", "strategy": "user", "k": 1000, "explain": 1}
            answer = done(shop.client.get(address, query_string=query, headers=shop.storefront))
            first[address, clock.now] = ids_of(answer)[0]
            for place in answer["recommendation"]:
                parts, because = place["reasons"]["parts"], place["reasons"]["because"]
                assert sum(parts.values()) == pytest.approx(place["score"], abs=2e-9)
                assert sum(each["share"] for each in because) == pytest.approx(1)
    assert first == {
        ("/recommend", MORNING): "milk", ("/recommend", EVENING): "wine",
        ("/for-category/Drinks", MORNING): "milk", ("/for-category/Drinks", EVENING): "wine",
    }  # fmt: skip


def test_what_has_no_category_or_a_new_one_stays_as_it_is(shop, clock):
    shop.put_items({"item_id": "odd"}, {"item_id": "new", "category": "Toys|Wooden"})
    for item in ("odd", "new"):
        shop.rate("ann", item, 5)
    clock.now = EVENING
    found = popular(shop)
    assert "context" not in found["odd"][1]
    assert "context" not in found["new"][1]
    assert "context" not in found["new"][2]


def test_where_nothing_was_learned_nothing_is_lifted(make_shop, clock):
    shop = make_shop(clock)
    shop.put_items({"item_id": "tea", "category": "Drinks"})
    shop.rate("ann", "tea", 5)
    shop.runtime.contexts.learn()
    assert "context" not in popular(shop)["tea"][1]
