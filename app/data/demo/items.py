"""Products of the demo data as items of a catalogue."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.data.demo.titles import readable, readable_size
from app.domain.catalogue import AttributeValue, Item

if TYPE_CHECKING:
    import polars as pl

_STORE_BRAND = "Private"
_TAGS = {
    "organic": r"\bORGANICS?\b",
    "frozen": r"\b(FRZN|FRZ|FROZEN)\b",
    "diet": r"\b(DIET|DIETARY|LIGHT)\b",
    "seasonal": r"\b(SEASONAL|CHRISTMAS|EASTER|HALLOWEEN|VALENTINE)\b",
    "kids": r"\b(KIDS|CHILDREN|PEDIATRIC)\b",
    "baby": r"\b(BABY|INFANT|DIAPERS)\b",
    "premium": r"\bPREMIUM\b",
}
_PATTERNS = {tag: re.compile(pattern) for tag, pattern in _TAGS.items()}


def items_of(products: "pl.DataFrame", prices: "pl.DataFrame") -> Iterator[Item]:
    """Yield an item for each product that has been sold, in the order of the data."""
    for row in products.join(prices, on="product_id", maintain_order="left").iter_rows(named=True):
        yield to_item(row)


def to_item(row: dict[str, Any]) -> Item:
    """Return the item of one product with its price."""
    levels = [row[name] for name in ("department", "product_category", "product_type")]
    words = [readable(level) for level in levels if level]
    is_ours = row["brand"] == _STORE_BRAND
    return Item(
        item_id=str(row["product_id"]),
        title=_title(row, is_ours=is_ours),
        category="|".join(dict.fromkeys(word.replace("|", "/") for word in words)),
        # the data name no makers, only their numbers
        brand="Store brand" if is_ours else f"Maker {row['manufacturer_id']}",
        price=row["price"],
        tags=_tags(" ".join(level for level in levels if level), is_ours=is_ours),
        attributes=_attributes(row, is_ours=is_ours),
    )


def _attributes(row: dict[str, Any], *, is_ours: bool) -> dict[str, AttributeValue]:
    size = {"size": readable_size(row["package_size"])} if row["package_size"] else {}
    return {"store_brand": is_ours, **size}


def _title(row: dict[str, Any], *, is_ours: bool) -> str:
    title = readable(row["product_type"])
    category = row["product_category"]
    if category and _needs_category(row["product_type"], category):
        title = f"{readable(category)}: {title[:1].lower() + title[1:]}"
    if row["package_size"]:
        title = f"{title}, {readable_size(row['package_size'])}"
    return f"{title} (store brand)" if is_ours else title


def _needs_category(kind: str, category: str) -> bool:
    """Return whether a kind like `PREMIUM` or `REGULAR GARDEN` says little by itself."""
    words = set(re.findall(r"[A-Z]{3,}", kind))
    of_category = re.findall(r"[A-Z]{3,}", category)
    known = any(word[:4] == other[:4] for word in words for other in of_category)
    vague = len(words) <= 1 or (len(words) == 2 and words & _VAGUE)
    return bool(vague) and not known and not words & _TELLING


_VAGUE = frozenset({
    "BETTER", "COOKED", "ECONOMY", "FLAVORED", "FRESH", "GARDEN", "MAINSTREAM", "MULTI", "OTHER",
    "PREMIUM", "RAW", "REGULAR", "SMOKED", "TRADITIONAL", "VALUE", "VARIETY",
})  # fmt: skip
_TELLING = frozenset({
    "BANANAS", "BOLOGNA", "BREAD", "BUTTER", "CATSUP", "CELERY", "CEREAL", "CHEESE", "CHICKEN",
    "CUCUMBERS", "HAM", "LEMONS", "LIMES", "MARSHMALLOWS", "MILK", "OIL", "ONIONS", "PEPPERS",
    "PICKLES", "PINEAPPLE", "PIZZA", "POPCORN", "POTATO", "POTATOES", "PRETZELS", "RAISINS",
    "SHAMPOO", "SOUP", "STRAWBERRIES", "SUGAR", "TAMPONS", "TOILET", "TOMATO", "TOMATOES",
    "TOOTHPASTE", "TORTILLA", "TUNA", "WAFFLES", "WATERMELON", "YOGURT",
})  # fmt: skip


def _tags(text: str, *, is_ours: bool) -> tuple[str, ...]:
    found = [tag for tag, pattern in _PATTERNS.items() if pattern.search(text)]
    return (*found, "store brand") if is_ours else tuple(found)
