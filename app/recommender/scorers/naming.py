"""How reasons name items."""

from app.live.memory import Tables
from app.live.projections.catalogue import CatalogueProjection


def named(tables: Tables, catalogue: CatalogueProjection, row: int) -> dict[str, str | None]:
    """Return id and title of the item of a row; no title if it has left the catalogue."""
    item_id = tables.items.id(row)
    known = catalogue.has(item_id)
    return {"item_id": item_id, "title": catalogue.product(row).title if known else None}
