"""A query is answered by the shop's settings; what it says itself wins."""

from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import pytest

from app.domain.errors import InvalidInput, UnknownItem
from app.domain.events import EventContext
from app.domain.recommendations import OwnRecord, Page, Query, Window
from app.domain.settings import WEIGHTS_OF, ShopSettings, Similarity, Strategy
from app.recommender.recommendations import Recommendations

SHOP = ShopSettings(
    version=3,
    strategy=Strategy.USER,
    w_user=0.7,
    w_item=0.2,
    w_ease=0.5,
    k=33,
    similarity=Similarity.JACCARD,
    min_similarity=0.25,
)


class FakeShelf:
    """Remembers what it was asked, and by which settings it was to answer."""

    def __init__(self, *needs: str, takes: tuple[str, ...] = ()) -> None:
        self.asked: list[tuple[Query, ShopSettings]] = []
        self.needs = needs
        self.takes = (*needs, *takes)

    def fill(self, query: Query, settings: ShopSettings) -> Page:
        self.asked.append((query, settings))
        return Page("popular", [])


class FakeCatalogue:
    def __len__(self) -> int:
        return 12

    def has(self, item_id: str) -> bool:
        return item_id == "tea"


def service_of(shelf: Any, settings: ShopSettings = SHOP) -> Recommendations:
    catalogue: Any = FakeCatalogue()
    current: Any = SimpleNamespace(current=settings)
    return Recommendations({"any": shelf}, catalogue=catalogue, settings=current)


def asked(query: Query, settings: ShopSettings = SHOP) -> ShopSettings:
    """Return the settings that the shelf is to answer by."""
    shelf: Any = FakeShelf(takes=("item_id", "items", "category", "window"))
    service_of(shelf, settings).shelf("any", query)
    said, found = shelf.asked[0]
    assert said == query
    return found


def test_what_is_not_said_is_the_shops():
    query = Query(subject="ann", n=3, offset=4, explain=True, min_score=0.5)
    assert asked(query) is SHOP


def test_what_is_said_as_the_shop_has_it_changes_nothing():
    assert asked(Query(strategy=Strategy.USER, k=33)) is SHOP


@pytest.mark.parametrize("strategy", [None, Strategy.AUTO])
def test_auto_is_what_the_shop_says_it_is(strategy):
    shop = ShopSettings(strategy=Strategy.AUTO, auto_strategy=Strategy.ITEM)
    assert asked(Query(strategy=strategy), shop).strategy is Strategy.ITEM


def test_settings_that_are_handed_in_are_those_of_the_answer():
    shelf: Any = FakeShelf()
    other = ShopSettings(version=9)
    service_of(shelf).shelf("any", Query(), other)
    assert shelf.asked == [(Query(), other)]


SAID: dict[str, Any] = {
    "subject": "ann",
    "item_id": "tea",
    "items": ("cup", "pot"),
    "category": "Drinks|Tea",
    "window": Window.WEEK,
    "n": 1,
    "offset": 2,
    "strategy": Strategy.ITEM,
    "w_user": 1.0,
    "w_item": 0.0,
    "w_co_rated": 0.5,
    "w_ease": 0.25,
    "w_als": 0.125,
    "w_neural": 2.0,
    "w_sequence": 0.75,
    "k": 7,
    "similarity": Similarity.PEARSON,
    "min_similarity": 0.0,
    "min_score": 0.0,
    "explain": True,
    "shown": ("jar",),
    "beside": ("lid",),
    "begun": "item",
    "context": EventContext(device="phone"),
    "session_strength": 0.0,
    "max_per_brand": 1,
    "max_per_category": 2,
    "limit_places": 3,
    "diversity": 0.5,
    "own": OwnRecord({"tea": 4.0}, ()),
}


def test_what_is_said_wins():
    found = asked(Query(**SAID))
    parameters = SAID.keys() & {field.name for field in fields(ShopSettings)}
    assert parameters == {
        *WEIGHTS_OF,
        "strategy",
        "k",
        "similarity",
        "min_similarity",
        "session_strength",
        "max_per_brand",
        "max_per_category",
        "limit_places",
        "diversity",
    }
    assert {name: getattr(found, name) for name in parameters} == {
        name: SAID[name] for name in parameters
    }
    assert replace(found, **{name: getattr(SHOP, name) for name in parameters}) == SHOP


def test_every_field_of_a_query_is_tried_here():
    beside = {"filters"} & set(Query._fields)
    assert set(Query._fields) - beside == SAID.keys()
    for name in SAID:
        assert SAID[name] != Query._field_defaults[name], name


@pytest.mark.parametrize(
    ("w_user", "w_item", "wanted"),
    [
        (None, None, (0.7, 0.2)),
        (0.25, None, (0.25, 0.75)),
        (None, 0.25, (0.75, 0.25)),
        (0.0, None, (0.0, 1.0)),
        (None, 0.0, (1.0, 0.0)),
        (3.0, None, (3.0, 0.0)),
        (3.0, 5.0, (3.0, 5.0)),
        (0.0, 2.0, (0.0, 2.0)),
    ],
)
def test_one_weight_leaves_the_rest_to_the_other(w_user, w_item, wanted):
    query = asked(Query(w_user=w_user, w_item=w_item))
    assert (query.w_user, query.w_item) == pytest.approx(wanted)


def test_weights_that_are_not_named_are_nothing_where_any_is():
    query = asked(Query(w_ease=0.5, w_user=0.5))
    assert [getattr(query, name) for name in WEIGHTS_OF] == [0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]
    assert [getattr(asked(Query(w_user=0.5)), name) for name in WEIGHTS_OF] == [0.5, 0.5] + [
        0.0
    ] * 5


def test_two_weights_of_nothing_are_refused():
    with pytest.raises(InvalidInput, match="w_user"):
        asked(Query(w_user=0.0, w_item=0.0))


@pytest.mark.parametrize("field", ["item_id", "items", "category"])
def test_a_shelf_is_told_what_it_needs(field):
    with pytest.raises(InvalidInput, match=field):
        service_of(FakeShelf(field)).shelf("any", Query())
    service_of(FakeShelf(field)).shelf("any", Query(**{field: SAID[field]}))


def test_whose_list_it_is_is_asked_for_by_its_name_in_http():
    with pytest.raises(InvalidInput, match="user_id"):
        service_of(FakeShelf("subject")).shelf("any", Query())


@pytest.mark.parametrize("field", ["item_id", "items", "window"])
def test_what_a_shelf_does_not_take_is_refused(field):
    said = Query(**{field: SAID[field]})
    with pytest.raises(InvalidInput, match=field):
        service_of(FakeShelf()).shelf("any", said)
    service_of(FakeShelf(takes=(field,))).shelf("any", said)


def test_an_item_must_be_in_the_catalogue():
    with pytest.raises(UnknownItem):
        service_of(FakeShelf("item_id")).shelf("any", Query(item_id="cup"))


def test_its_shelves_have_names():
    service = service_of(FakeShelf())
    assert (service.names, service.shown_items) == (("any",), 12)
