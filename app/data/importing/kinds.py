"""What other systems call the kinds of events."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.data.importing.values import to_text
from app.domain.errors import InvalidInput
from app.domain.events import Kind

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
_DECLARED = re.compile(r"[a-z][a-z0-9_]{0,39}")


def _bare(word: str) -> str:
    return "".join(c for c in word.casefold() if c.isalnum())


_KIND_OF = {
    _bare(word): str(kind) for kind, words in _USUAL.items() for word in (kind, *words.split())
}


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
