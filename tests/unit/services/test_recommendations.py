"""A query is completed from the shop's settings; what it says itself wins."""

from typing import Any

import pytest

from app.domain.errors import InvalidInput, UnknownItem
from app.domain.recommendations import Page, Query
from app.domain.settings import ShopSettings, Similarity, Strategy
from app.services.recommendations import Recommendations

SHOP = ShopSettings(3, Strategy.USER, 0.7, 0.2, 33, Similarity.JACCARD, 0.25)


class FakeShelf:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Query] = []

    def fill(self, query: Query) -> Page:
        self.asked.append(query)
        return Page("popular", [])


class FakeCatalogue:
    def __len__(self) -> int:
        return 12

    def has(self, item_id: str) -> bool:
        return item_id == "tea"


def asked(query: Query, settings: ShopSettings = SHOP) -> Query:
    shelf: Any = FakeShelf()
    catalogue: Any = FakeCatalogue()
    service = Recommendations({"any": shelf}, catalogue=catalogue, settings=lambda: settings)
    service.shelf("any", query)
    found: Query = shelf.asked[0]
    return found


def test_what_is_not_said_is_the_shops():
    query = asked(Query(user_id="ann", n=3, offset=4, explain=True, min_score=0.5))
    assert query == Query(
        "ann", None, 3, 4, Strategy.USER, 0.7, 0.2, 33, Similarity.JACCARD, 0.25, 0.5, True
    )


def test_what_is_said_wins():
    said = Query(
        "ann", "tea", 1, 2, Strategy.ITEM, 1.0, 0.0, 7, Similarity.PEARSON, 0.0, 0.0, False
    )
    assert asked(said) == said


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


def test_two_weights_of_nothing_are_refused():
    with pytest.raises(InvalidInput, match="w_user"):
        asked(Query(w_user=0.0, w_item=0.0))


def test_similar_needs_an_item_of_the_catalogue():
    shelf: Any = FakeShelf()
    catalogue: Any = FakeCatalogue()
    service = Recommendations({"similar": shelf}, catalogue=catalogue, settings=lambda: SHOP)
    service.similar(Query(item_id="tea"))
    for item in ("cup", None):
        with pytest.raises(UnknownItem):
            service.similar(Query(item_id=item))
    assert [query.item_id for query in shelf.asked] == ["tea"]
    assert service.shown_items == 12
