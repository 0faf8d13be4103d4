"""Products of the demo data as items of a catalogue."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.domain.catalogue import AttributeValue, Item

if TYPE_CHECKING:
    import polars as pl


# Only what is certain; the rest stays as it is.
_WORDS = {
    "bg": "bags", "bn": "bean", "brd": "breaded", "brkfst": "breakfast", "btl": "bottle",
    "btr": "butter", "bkd": "baked", "carb": "carbonated", "catfd": "cat food", "chick": "chicken",
    "chix": "chicken", "ckys": "cookies", "cndy": "candy", "crkr": "crackers",
    "chococlate": "chocolate", "choc": "chocolate", "cleang": "cleaning", "cnd": "canned",
    "cntrl": "control", "conc": "concentrate", "crbntd": "carbonated", "crystl": "crystal",
    "disposible": "disposable", "dnr": "dinner", "dnrs": "dinners", "dogfd": "dog food",
    "drnk": "drink", "drnking": "drinking", "drnkng": "drinking", "drnks": "drinks",
    "drsng": "dressing", "dsh": "dishes", "fd": "food", "fem.": "feminine", "flvr": "flavored",
    "flvrd": "flavored", "frd": "fried", "frz": "frozen", "frzn": "frozen", "gds": "goods",
    "grnd": "ground", "hbc": "health & beauty care", "hygn": "hygiene", "hygn.": "hygiene",
    "hygn.napkins": "hygiene napkins", "iws": "individually wrapped", "jce": "juice",
    "misc": "miscellaneous", "misc.": "miscellaneous", "mixs": "mixes", "mlk": "milk",
    "mlt": "multi", "mneral": "mineral", "mnrl": "mineral", "mx": "mix", "mxs": "mixes",
    "pickld": "pickled", "pk": "pack", "pkg": "packaged", "pkgd": "packaged", "pkld": "pickled",
    "plstc": "plastic", "pnch": "punch", "pnt": "peanut", "prem": "premium", "prep": "prepared",
    "preportnd": "preportioned", "prpck": "prepacked", "prepack": "prepacked", "pwdr": "powder",
    "pwdrs": "powders", "refig": "refrigerated", "refigerated": "refrigerated",
    "refrgratd": "refrigerated", "refrig": "refrigerated", "rts": "ready-to-serve", "sald": "salad",
    "saus": "sausage", "sft": "soft", "sherbts": "sherbets", "sgl": "single", "sngl": "single",
    "snks": "snacks", "sndwch": "sandwich", "specilaty": "specialty", "sply": "supply",
    "sprd": "spread", "srv": "serve", "ss": "single-serve", "stk": "stick", "sup": "super",
    "suppplies": "supplies", "sweetners": "sweeteners", "sw": "sweet", "tiss": "tissue",
    "trsh": "trash", "veg": "vegetable", "wate": "water", "whl": "whole", "whlsm": "wholesome",
    "wtr": "water",
}  # fmt: skip
_PHRASES = {
    "BEERALEMALT LIQUORS": "Beer, ale & malt liquors",
    "BEERS/ALES": "Beers & ales",
    "CHEF SHOPPE": "Chef shop",
    "DRUG GM": "Drug & general merchandise",
    "MEAT-PCKGD": "Packaged meat",
    "MEXICAN SAUCESSALSAPICANTEE": "Mexican sauces, salsa & picante",
    "PLSTC CTLRYTBLCLTHSTTHPKSST": "Plastic cutlery, tablecloths & toothpicks",
    "SEAFOOD-PCKGD": "Packaged seafood",
}
_NAMES = (
    "BBQ", "CD", "DVD", "DXM", "IQF", "NZ", "OJ", "TV", "Angus", "Australian", "Christmas",
    "Easter", "English", "French", "Halloween", "Hispanic", "Italian", "Mexican", "Oriental",
    "Swiss", "Valentine", "Vienna",
)  # fmt: skip
_KEEP = {word.lower(): word for word in _NAMES}
_CUT_AT = 30  # the till's width: what is this long may end in half a word
_FRAGMENT = re.compile(r"[\s/&]+(?:[A-Z]{1,3}|INCL|EXCP|EXCE)$")
_WHOLE_ENDS = ("ALL", "OIL", "ICE", "TEA", "HAM", "MIX", "CAN", "BAG", "BOX", "NUT", "JAM", "RYE")
_DANGLING = re.compile(r"[\s/&:,-]+(?:AND|WITH|W|OR|OF|&)?$|\s+(?:AND|WITH|W/?|OR)$")


@lru_cache(maxsize=10_000)
def readable(text: str) -> str:
    """Return the till's text in sentence case, abbreviations spelt out where that is certain."""
    if text in _PHRASES:
        return _PHRASES[text]
    text = _without_stumps(text.strip())
    words = re.sub(r"\s*&\s*", " & ", text).lower().replace("w/", "with ")
    words = re.sub(r"\s*:\s*", ": ", words)
    words = re.sub(r"(?<=\w)\(", " (", words)
    parts = re.split(r"([\s/,:()-]+)", words)
    spelt = "".join(_KEEP.get(part, _WORDS.get(part, part)) for part in parts)
    spelt = re.sub(r"\s+", " ", spelt).strip()
    return spelt[:1].upper() + spelt[1:]


def readable_size(size: str) -> str:
    """Return `6 OZ` as `6 oz`, `.81 OZ` as `0.81 oz`, `2 L` as it is."""
    small = " ".join(size.split()).lower()
    small = re.sub(r"(?<![\d.])\.(?=\d)", "0.", small)
    return re.sub(r"(?<=\d) l$", " L", small)


def _without_stumps(text: str) -> str:
    text = re.sub(r"\(BULK&BAG?\)?|\(BULK/PKG\)", "", text)
    was_cut = len(text) >= _CUT_AT
    if text.count("(") > text.count(")"):
        text = text[: text.rindex("(")]
    elif was_cut and not text.endswith(_WHOLE_ENDS):
        text = _FRAGMENT.sub("", text)
    return _DANGLING.sub("", text.strip()) or text


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
