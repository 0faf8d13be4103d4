"""The usual names of columns and of kinds of events, and the user's own words for them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.data.importing.values import to_text
from app.domain.errors import InvalidInput
from app.domain.events import KIND_NAME, Kind


@dataclass(frozen=True, slots=True)
class Field:
    """Something a row tells. Its own name wins over the other usual names."""

    name: str
    aliases: tuple[str, ...] = ()
    needed: bool = False
    flag: str = ""

    @property
    def option(self) -> str:
        """Return the command line option that names the column outright."""
        word = self.flag or self.name.removesuffix("_id")
        return f"--{word.replace('_', '-')}-column"


_ITEM_ID = Field(
    "item_id",
    ("item", "id", "product_id", "product", "movie_id", "sku", "article_id", "asin"),
    True,
)
_USER_ALIASES = (
    "user",
    "customer_id",
    "customer",
    "shopper_id",
    "shopper",
    "household_id",
    "visitor_id",
)
_TIME_ALIASES = ("time", "date", "datetime", "rated_at", "ts", "created_at")
RATING_FIELDS = (
    Field("user_id", _USER_ALIASES, True),
    _ITEM_ID,
    Field("rating", ("value", "score", "stars", "rate"), True),
    Field("timestamp", _TIME_ALIASES),
    Field("event", ("event_type", "action")),
)
EVENT_FIELDS = (
    Field("user_id", _USER_ALIASES),
    Field("session_id", ("session",)),
    Field("item_id", tuple(alias for alias in _ITEM_ID.aliases if alias != "id"), True),
    Field("event", ("kind", "event_type", "event_name", "action", "behavior", "behaviour")),
    Field("timestamp", (*_TIME_ALIASES, "at", "transaction_timestamp", "invoice_date")),
    Field("value"),
    Field("quantity", ("qty", "units")),
    Field("price", ("unit_price",)),
    Field(
        "order_id",
        (
            "order",
            "invoice",
            "invoice_no",
            "invoice_id",
            "basket_id",
            "transaction_id",
            "receipt_id",
        ),
    ),
    Field("event_id", flag="event-id"),
    Field("country"),
    Field("device", ("device_type", "device_category")),
    Field("placement"),
    Field("page", ("page_url",)),
    Field("recommendation_id"),
    Field("query", ("search_query", "search_term")),
)
ITEM_FIELDS = (
    _ITEM_ID,
    Field("title", ("name", "item_name", "product_name")),
    Field("category", ("categories", "genres", "genre", "department")),
    Field("brand", ("manufacturer", "vendor")),
    Field("price", ("unit_price",)),
    Field("tags", ("tag", "keywords")),
    Field("description", ("body", "text")),
    Field("image_url", ("image", "image_link", "picture")),
    Field("in_stock", ("available", "availability")),
    Field("group_id", ("item_group_id",)),
    Field("features", ("vector", "feature_vector")),
    Field("attributes", ("properties",)),
    Field("vectors"),
)
VECTOR_COLUMN = "vector_"
"""A column `vector_text` holds the vector `text` of each item."""


def _bare(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


RATING = "rating"
"""Rows that are no events: `flask import ratings` reads them."""
_USUAL = {
    Kind.VIEW: "views viewed page_view product_view product_viewed detail_view view_item pv click "
    "clicks clicked",
    Kind.SEARCH: "searched search_click",
    Kind.CART_ADD: "cart carts add_to_cart added_to_cart basket add_to_basket",
    Kind.CART_REMOVE: "remove_from_cart removed_from_cart remove_from_basket",
    Kind.PURCHASE: "purchases purchased buy bought order ordered transaction sale",
    Kind.FAVOURITE: "favourites favorite favorites fav wishlist add_to_wishlist bookmark",
    Kind.LIKE: "likes liked thumbs_up upvote",
    Kind.DISLIKE: "dislikes disliked thumbs_down downvote",
    Kind.SHARE: "shares shared",
    Kind.RETURN: "returns returned refund refunded",
    RATING: "ratings rate rated",
}
_DECLARED = re.compile(KIND_NAME)


_KIND_OF = {
    _bare(word): str(kind) for kind, words in _USUAL.items() for word in (kind, *words.split())
}


def recognise(
    columns: Sequence[str], fields: Iterable[Field], chosen: Mapping[str, str]
) -> dict[str, str]:
    """Return the column of each field that the file has.

    chosen : field name -> column, as the user said it; such a column serves no other field.
    Names are compared without case, blanks, `_` and `-`: `userId` is `user_id`.
    Raises InvalidInput where a needed column is missing or two could be meant.
    """
    for column in chosen.values():
        if column not in columns:
            raise InvalidInput("columns", f"there is no column {column!r}; {_found(columns)}")
    free = [column for column in columns if column not in set(chosen.values())]
    mapping = dict(chosen)
    for field in fields:
        if field.name in mapping:
            continue
        found = _search(field, free)
        if found is not None:
            mapping[field.name] = found
        elif field.needed:
            raise InvalidInput(
                "columns",
                f"none is called {field.name} or {', '.join(field.aliases)}; {_found(columns)}. "
                f"Name it with {field.option}",
            )
    return mapping


def _search(field: Field, columns: Sequence[str]) -> str | None:
    own = [column for column in columns if _bare(column) == _bare(field.name)]
    aliases = {_bare(alias) for alias in field.aliases}
    candidates = own or [column for column in columns if _bare(column) in aliases]
    if len(candidates) > 1:
        raise InvalidInput(
            "columns",
            f"{' and '.join(candidates)} could each be {field.name}. "
            f"Name the right one with {field.option}",
        )
    return candidates[0] if candidates else None


def _found(columns: Sequence[str]) -> str:
    return f"the file has: {', '.join(columns)}"


class Kinds:
    """Finds the kind that a word means, and refuses what the shop does not know."""

    def __init__(
        self, known: Iterable[str], renamed: Mapping[str, str], otherwise: str | None = None
    ) -> None:
        """The shop knows `known`; `renamed`: the user's own words; `otherwise`: of no word."""
        self._known = set(known)
        self._renamed = {word.casefold(): kind for word, kind in renamed.items()}
        self._otherwise = otherwise
        for kind in (*renamed.values(), *([otherwise] if otherwise else ())):
            self(kind)

    def __call__(self, cell: Any) -> str:
        """Return a kind the shop knows, or RATING, or raise InvalidInput.

        What the user renames comes first, then the shop's own kinds, then usual words for them,
        compared without case, blanks, `_` and `-`.
        """
        word = (to_text(cell, "event") or self._otherwise or "").strip()
        kind = self._renamed.get(word.casefold(), word)
        if kind not in self._known:
            kind = _KIND_OF.get(_bare(kind), kind)
        if kind in self._known or kind == RATING:
            return kind
        known = ", ".join(sorted(self._known))
        if not kind:
            raise InvalidInput("event", f"says no kind; known are: {known}")
        raise InvalidInput("event", f"{kind[:40]!r} is not known to this shop; known are: {known}")


def check_declared(kind: str) -> str:
    """Return `kind` if a shop may have one of that name, or raise InvalidInput."""
    if _DECLARED.fullmatch(kind):
        return kind
    raise InvalidInput("kind", "must be up to 40 of a-z, 0-9 and _, a letter first")
