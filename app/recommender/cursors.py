"""Cursors: where a list goes on, so that no page repeats what an earlier one showed.

The list may change between two pages, and another worker may answer: a cursor carries the ids of
what was shown, signed, and the next page leaves them out.
"""

import zlib
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b

from app.domain.errors import InvalidCursor
from app.domain.recommendations import Page, Query
from app.services.signing import Signer

SECONDS = 3600
MAX_SHOWN = 1000
MAX_LENGTH = 3500
"""Characters: servers and proxies take addresses of about four thousand."""
_PURPOSE = "cursor"
_BETWEEN = "\n"  # no id holds it: it cannot be printed
_THEN = ""  # no id is empty: what stands beside the list comes after it


class Cursors:
    """Makes and reads cursors. A cursor belongs to one shelf and one subject."""

    def __init__(self, secret: str | None, *, now: Callable[[], datetime]) -> None:
        self._signer = Signer(secret)
        self._now = now

    def after(self, shelf: str, query: Query, page: Page) -> str | None:
        """Return what continues the page.

        None where the list ends here, or more was shown than a cursor holds.
        """
        if len(page.items) < query.n:
            return None
        shown = dict.fromkeys(query.shown)
        shown |= dict.fromkeys(page.passed)
        shown |= dict.fromkeys(place.product.item_id for place in page.items)
        beside = [item_id for item_id in dict.fromkeys(query.beside) if item_id not in shown]
        if len(shown) + len(beside) > MAX_SHOWN:
            return None
        expires = int(self._now().timestamp()) + SECONDS
        lines = (f"{expires:x}", _owner(shelf, query), page.strategy, *shown, _THEN, *beside)
        text = self._signer.seal(zlib.compress(_BETWEEN.join(lines).encode()), purpose=_PURPOSE)
        return text if len(text) <= MAX_LENGTH else None

    def resume(self, shelf: str, query: Query, cursor: str) -> Query:
        """Return the query for the page that the cursor leads to, or raise InvalidCursor."""
        data = self._signer.unseal(cursor, purpose=_PURPOSE)
        if data is None:
            raise InvalidCursor("is no next_cursor of this shop")
        expires, owner, strategy, *items = zlib.decompress(data).decode().split(_BETWEEN)
        end = items.index(_THEN) if _THEN in items else len(items)
        if owner != _owner(shelf, query):
            raise InvalidCursor("belongs to another list")
        if int(expires, 16) <= self._now().timestamp():
            raise InvalidCursor("has expired; begin with the first page again")
        return query._replace(
            shown=tuple(items[:end]), beside=tuple(items[end + 1 :]), begun=strategy
        )


def _owner(shelf: str, query: Query) -> str:
    # a digest: an address is seen by more eyes than the subject is meant for
    named = _BETWEEN.join((shelf, query.subject or "", query.item_id or "", query.category or ""))
    return blake2b(named.encode(), digest_size=12).hexdigest()
