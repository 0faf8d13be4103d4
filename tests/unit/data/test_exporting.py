from datetime import UTC, datetime

import pytest

from app.data.exporting import Exports
from app.data.importing.events import EventImport
from app.data.importing.items import ItemImport
from app.data.importing.ratings import RatingImport
from app.domain import subjects
from app.domain.catalogue import Item
from app.domain.errors import InvalidInput, StoreUnavailable
from app.domain.events import Event, EventContext, EventKey
from app.domain.ratings import Rating, RatingScale
from tests.unit.data.shop_fakes import FakeEvents, FakeItems, FakeRatings, FakeSettings

KINDS = ["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet"]
ITEMS = [
    Item("007", title='Tea, "green"\r\nloose', category="Drinks|Tea", price=0.1 + 0.2),
    Item("a/b ü 中", brand=" Leafy ", tags=("green", "loose"), in_stock=False),
    Item("c", tags=("a,b", "c|d"), description="long\ntext", features=(0.1, -2.0)),
    Item("d", tags=("a, b",), image_url="https://x/1.jpg"),
    Item("e", tags=("[x",)),
    Item("=1+1", title="="),
    Item("f", attributes={"size": "XL", "hot": True, "cold": False, "litres": 0.1, "ml": 500.0}),
    Item("g", attributes={'a,"b|c"\n': "=1;\r\n绿", "ml": "500"}),
    Item("sizes", group_id="007"),
    Item("h", vectors={"text": (0.1, -2.0, 1e-30), "image-2": (1.0,)}),
    Item("i", vectors={"long": tuple(number / 7 for number in range(4096))}),
]
RATINGS = [
    Rating("u,1", "007", 4.5, datetime(2018, 1, 1, 12, 30, 15, 123000, tzinfo=UTC)),
    Rating("u,1", "c", 1.0, None),
    Rating('u"2', "a/b ü 中", 10 / 3, datetime(1969, 12, 31, tzinfo=UTC)),
]
AT = datetime(2018, 1, 1, 12, 30, 15, 123000, tzinfo=UTC)
EVENTS = [
    Event(EventKey("u,1", "1"), "purchase", "007", AT, AT, 3, 0.1 + 0.2, "order/1"),
    Event(EventKey("u,1", "a,b"), "search", None, AT, AT, query='tea, "green"\nü'),
    Event(
        EventKey(subjects.of_session("session,1"), "1"),
        "view",
        "c",
        datetime(1970, 1, 1, tzinfo=UTC),
        AT,
        context=EventContext("/?a=1,2", "phone", "top", "中", "r-1"),
    ),
]


@pytest.fixture
def shop():
    items, ratings, events = FakeItems(), FakeRatings(), FakeEvents()
    items.replace_many(ITEMS)
    ratings.put_many(RATINGS)
    events.store(EVENTS)
    return items, ratings, events


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_exported_imports_to_the_same(tmp_path, shop, kind):
    items, ratings, events = shop
    exports = Exports(items, ratings, events)
    assert exports.export_items(tmp_path / f"i.{kind}").rows == len(ITEMS)
    assert exports.export_ratings(tmp_path / f"r.{kind}").rows == len(RATINGS)
    assert exports.export_events(tmp_path / f"e.{kind}").rows == len(EVENTS)
    copied_items, copied_ratings, copied_events = FakeItems(), FakeRatings(), FakeEvents()
    report = ItemImport(copied_items).run(tmp_path / f"i.{kind}")
    assert (report.rejected, report.ignored) == (0, [])
    RatingImport(copied_ratings, copied_items, RatingScale()).run(tmp_path / f"r.{kind}")
    EventImport(copied_events, copied_items, FakeSettings().get, now=lambda: AT).run(
        tmp_path / f"e.{kind}"
    )
    assert copied_items.items == items.items
    assert copied_events.stored == events.stored
    assert copied_ratings.stored == ratings.stored
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{what}.{kind}" for what in "eir"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_shop_gives_an_empty_file(tmp_path, kind):
    path = tmp_path / f"i.{kind}"
    assert Exports(FakeItems(), FakeRatings(), FakeEvents()).export_items(path).rows == 0
    assert ItemImport(FakeItems()).run(path).rows == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_failed_export_leaves_the_former_file_and_nothing_else(tmp_path, shop, kind):
    items, ratings, events = shop
    path = tmp_path / f"r.{kind}"
    Exports(items, ratings, events).export_ratings(path)
    former = path.read_bytes()

    def failing():
        yield RATINGS[0]
        raise StoreUnavailable

    ratings.rows = failing
    with pytest.raises(StoreUnavailable):
        Exports(items, ratings, events).export_ratings(path)
    assert path.read_bytes() == former
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["r.xlsx", "r.parquet.gz", "none/r.csv", "none/r.parquet"])
def test_where_nothing_can_be_written_is_said(tmp_path, shop, name):
    with pytest.raises(InvalidInput, match=r"must end in|cannot be written"):
        Exports(*shop).export_ratings(tmp_path / name)
