"""The catalogue: create, bulk upsert, replace, change, read, list, delete."""

from base64 import b64decode, urlsafe_b64encode
from typing import Any

from apiflask import APIBlueprint
from flask import Response

from app.api.schemas.catalogue import (
    DeleteItemAnswer,
    ItemAnswer,
    ItemPatchBody,
    ItemPutBody,
    ItemsAnswer,
    ItemsBody,
    ItemsQuery,
    StoredItemsAnswer,
)
from app.domain.accounts import Role
from app.domain.catalogue import Item
from app.domain.errors import InvalidInput
from app.http.access import allow
from app.http.answers import stored, success
from app.http.caller import services

bp = APIBlueprint("catalogue", __name__, tag="Catalogue")
_READERS = (Role.STOREFRONT, Role.ADMIN)


@bp.post("/items")
@allow(Role.ADMIN, errors=(409, 413, 415))
@bp.input(ItemsBody, location="json")
@bp.output(StoredItemsAnswer, status_code=201)
def create(json_data: ItemsBody) -> Response:
    """Create one item, or store a list of up to 1,000 whole, new or not.

    A list is checked as a whole before any of it is stored.
    """
    items = json_data.many
    if items is not None:
        return stored(services().catalogue.put_many(items), 201, stored=len(items))
    written = services().catalogue.create(json_data.one)
    return stored(written.position, 201, item=_render(written.value), stored=1)


@bp.get("/items")
@allow(*_READERS)
@bp.input(ItemsQuery, location="query")
@bp.output(ItemsAnswer)
def index(query_data: ItemsQuery) -> Response:
    """List the catalogue in the order of the ids, page by page."""
    limit = query_data.limit
    items = services().catalogue.page(after=_from_cursor(query_data.cursor), limit=limit)
    cursor = _to_cursor(items[-1].item_id) if len(items) == limit else None
    return success(items=[_render(item) for item in items], next_cursor=cursor)


@bp.get("/items/<id:item_id>")
@allow(*_READERS, errors=(404,))
@bp.output(ItemAnswer)
def get(item_id: str) -> Response:
    """Read an item as it is stored."""
    return success(item=_render(services().catalogue.get(item_id)))


@bp.put("/items/<id:item_id>")
@allow(Role.ADMIN, errors=(404, 413, 415))
@bp.input(ItemPutBody, location="json")
@bp.output(ItemAnswer)
def put(item_id: str, json_data: ItemPutBody) -> Response:
    """Store an item whole, new or not."""
    if json_data.item_id not in (None, item_id):
        raise InvalidInput("item_id", "is not the one in the address")
    written = services().catalogue.put(json_data.to_item(item_id))
    return stored(written.position, item=_render(written.value))


@bp.patch("/items/<id:item_id>")
@allow(Role.ADMIN, errors=(404, 409, 413, 415))
@bp.input(ItemPatchBody, location="json")
@bp.output(ItemAnswer)
def patch(item_id: str, json_data: ItemPatchBody) -> Response:
    """Change some columns and leave the rest; null empties one."""
    written = services().catalogue.change(item_id, json_data.columns())
    return stored(written.position, item=_render(written.value))


@bp.delete("/items/<id:item_id>")
@allow(Role.ADMIN, errors=(404,))
@bp.output(DeleteItemAnswer)
def delete(item_id: str) -> Response:
    """Remove an item and every rating of it."""
    written = services().catalogue.delete(item_id)
    return stored(written.position, item_id=item_id, ratings_removed=written.value)


def _render(item: Item) -> dict[str, Any]:
    return {
        "item_id": item.item_id,
        "title": item.title,
        "category": item.category,
        "brand": item.brand,
        "price": item.price,
        "tags": item.tags,
        "description": item.description,
        "image_url": item.image_url,
        "in_stock": item.in_stock,
        "features": item.features,
        "vectors": item.vectors,
        "attributes": item.attributes,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
    }


def _to_cursor(item_id: str) -> str:
    return urlsafe_b64encode(item_id.encode()).decode().rstrip("=")


def _from_cursor(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return b64decode(padded, altchars="-_", validate=True).decode()
    except ValueError as error:
        raise InvalidInput("cursor", "is not a next_cursor of GET /items") from error
