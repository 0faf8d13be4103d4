"""Which items are in the catalogue, asked once each, or created."""

from app.data.importing.runs import ItemWriter
from app.domain.catalogue import Item
from app.domain.errors import Misconfigured
from app.domain.ports import ItemRepository

UNKNOWN_ITEM = "unknown item"


class KnownItems:
    """The items of one run, as far as they have come up."""

    def __init__(self, items: ItemRepository, writer: ItemWriter | None, *, create: bool) -> None:
        if create and writer is None:
            raise Misconfigured("This import was built without a catalogue to create items in.")
        self._items = items
        self._writer = writer if create else None
        self._known: set[str] = set()

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._known

    def learn(self, item_ids: set[str]) -> None:
        """Look up those that have not come up yet; put those that are missing there, if wanted."""
        new = item_ids - self._known
        if not new:
            return
        present = self._items.existing(new)
        if self._writer is not None and (missing := new - present):
            self._writer.put_many([Item(item_id) for item_id in sorted(missing)])
            present = new
        self._known |= present

    def forget(self, item_ids: set[str]) -> None:
        """Hold that these are not there."""
        self._known -= item_ids
