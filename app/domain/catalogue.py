"""The things a shop sells."""

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import InvalidInput
from app.domain.ids import check_id, is_text

AttributeValue = str | float | bool
Vectors = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Encoding:
    """A sparse non-negative unit vector made from an item's columns.

    `dims` and `weights` are little-endian int32 and float32, equally long: bytes, because they
    go from MongoDB to numpy and nobody else looks inside. `version` names the encoder.
    """

    version: int
    dims: bytes
    weights: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the catalogue, as the shop describes it."""

    item_id: str
    title: str | None = None
    category: str | None = None
    """Levels joined by `|`, widest first: `Drinks|Tea|Green tea`."""
    brand: str | None = None
    price: float | None = None
    tags: tuple[str, ...] = ()
    description: str | None = None
    image_url: str | None = None
    in_stock: bool = True
    group_id: str | None = None
    """The product that it is a variant of: a list shows one item of a group."""
    features: tuple[float, ...] | None = None
    """The shop's own vector; all own vectors of a catalogue have one length."""
    attributes: Mapping[str, AttributeValue] = dataclasses.field(default_factory=dict)
    """What else the shop says of it, by name: `{"size": "XL", "organic": True}`."""
    vectors: Vectors = dataclasses.field(default_factory=dict)
    """Vectors of its text, its picture and so on, by name; all of one name have one length."""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    encoding: Encoding | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """What a storefront needs to render an item, kept in memory for every item."""

    item_id: str
    title: str | None
    category: str | None
    brand: str | None
    price: float | None
    image_url: str | None
    in_stock: bool
    created_at: float | None = None
    """Unix seconds."""
    group_id: str | None = None


MAX_TEXT = 500
"""Characters in a title, a category or a brand."""
MAX_DESCRIPTION = 10_000
MAX_URL = 2_000
MAX_TAGS = 50
MAX_TAG = 100
MAX_PRICE = 1e9
MAX_ATTRIBUTES = 50
MAX_ATTRIBUTE = 100
"""Characters in the name of an attribute, and in its value."""
MAX_NUMBER = 1e15
"""Of attributes: whole numbers up to it are exact."""
MAX_FEATURES = 4_096
MAX_FEATURE = 1e15
"""Squares of larger ones would leave float32."""
MAX_VECTORS = 8
"""Named vectors an item."""
VECTOR_NAME = "[A-Za-z][A-Za-z0-9_-]{0,31}"
FEATURES = "features"
"""Names the vector without a name among weights, and so no other."""


def check_item(item: Item) -> Item:
    """Return `item`, or raise InvalidInput naming the first field that is not allowed."""
    check_id(item.item_id, "item_id")
    if item.group_id is not None:
        check_id(item.group_id, "group_id")
    for field, limit in _TEXT_LIMITS.items():
        _check_text(getattr(item, field), field, limit)
    if item.price is not None and not 0 <= item.price <= MAX_PRICE:  # NaN fails too
        raise InvalidInput("price", f"must be a number from 0 to {MAX_PRICE:.0f}")
    if len(item.tags) > MAX_TAGS:
        raise InvalidInput("tags", f"must be at most {MAX_TAGS}")
    for tag in item.tags:
        _check_text(tag, "tags", MAX_TAG)
    if item.features is not None:
        _check_vector(item.features, FEATURES)
    _check_vectors(item.vectors)
    _check_attributes(item.attributes)
    return item


def merged_vectors(
    former: Vectors, changes: Mapping[str, tuple[float, ...] | None] | None
) -> Vectors:
    """Return the vectors after a change: None takes one away, or all, and the rest stays."""
    merged = {} if changes is None else {**former, **changes}
    return {name: vector for name, vector in merged.items() if vector is not None}


def is_number(value: object) -> bool:
    """Return whether an attribute that is no text may have the value; true and false count too."""
    return isinstance(value, int | float) and abs(value) <= MAX_NUMBER  # NaN fails too


def written(value: AttributeValue) -> str:
    """Return the value of an attribute as JSON writes it, a whole number without its point.

    Filters compare what is written: the number 500 and the text "500" are the same to them.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if value == int(value) else repr(float(value))


_TEXT_LIMITS = {
    "title": MAX_TEXT,
    "category": MAX_TEXT,
    "brand": MAX_TEXT,
    "description": MAX_DESCRIPTION,
    "image_url": MAX_URL,
}


def _check_text(text: str | None, field: str, limit: int) -> None:
    if text is None:
        return
    if len(text) > limit:
        raise InvalidInput(field, f"must have at most {limit} characters")
    if not is_text(text):
        raise InvalidInput(field, "must be Unicode text without NUL or lone surrogates")


def _check_vector(vector: tuple[float, ...], field: str) -> None:
    if not 0 < len(vector) <= MAX_FEATURES:
        raise InvalidInput(field, f"must have 1 to {MAX_FEATURES} numbers")
    if not all(math.isfinite(value) and abs(value) <= MAX_FEATURE for value in vector):
        raise InvalidInput(field, f"must be finite numbers within +-{MAX_FEATURE:.0e}")


def _check_vectors(vectors: Vectors) -> None:
    if len(vectors) > MAX_VECTORS:
        raise InvalidInput("vectors", f"must be at most {MAX_VECTORS}")
    for name, vector in vectors.items():
        check_vector_name(name)
        _check_vector(vector, f"vectors.{name}")


def check_vector_name(name: str) -> str:
    """Return the name, or raise InvalidInput if no vector can have it."""
    if name == FEATURES or not re.fullmatch(VECTOR_NAME, name):
        raise InvalidInput(
            "vectors",
            f"are named by 1 to 32 letters, digits, - and _, beginning with a letter, "
            f"and not {FEATURES!r}: {name!r}",
        )
    return name


def _check_attributes(attributes: Mapping[str, AttributeValue]) -> None:
    if len(attributes) > MAX_ATTRIBUTES:
        raise InvalidInput("attributes", f"must be at most {MAX_ATTRIBUTES}")
    for name, value in attributes.items():
        if not name:
            raise InvalidInput("attributes", "must have names")
        _check_text(name, "attributes", MAX_ATTRIBUTE)
        if isinstance(value, str):
            _check_text(value, "attributes", MAX_ATTRIBUTE)
        elif not is_number(value):
            raise InvalidInput("attributes", f"{name} must be text, true, false or a finite number")
