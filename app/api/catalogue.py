"""The catalogue: create, bulk upsert, replace, change, read, list, delete."""

from base64 import b64decode, urlsafe_b64encode
from typing import Annotated, Any, ClassVar

from apiflask import APIBlueprint
from flask import Response
from pydantic import Discriminator, Field, RootModel, Tag

from app.api.schemas import Answer, Id, Text, Time, View, one_or_many
from app.domain.accounts import Role
from app.domain.catalogue import (
    MAX_ATTRIBUTE,
    MAX_ATTRIBUTES,
    MAX_DESCRIPTION,
    MAX_FEATURE,
    MAX_FEATURES,
    MAX_NUMBER,
    MAX_PRICE,
    MAX_TAG,
    MAX_TAGS,
    MAX_TEXT,
    MAX_URL,
    MAX_VECTORS,
    VECTOR_NAME,
    Item,
)
from app.domain.errors import InvalidInput
from app.http.access import allow
from app.http.answers import stored, success
from app.http.caller import services
from app.http.parsing import Input

_Numbers = tuple[Annotated[float, Field(ge=-MAX_FEATURE, le=MAX_FEATURE)], ...]
_Vector = Annotated[_Numbers, Field(min_length=1, max_length=MAX_FEATURES)]
_Name = Annotated[str, Field(pattern=f"^{VECTOR_NAME}$")]
Features = Annotated[
    _Vector,
    Field(
        description="Your own vector; all of a catalogue have one length. Without it the other "
        "columns are encoded."
    ),
]
Vectors = Annotated[
    dict[_Name, _Vector],
    Field(
        max_length=MAX_VECTORS,
        description="Vectors of the item's text, picture and so on, by name; all of one name "
        "have one length. Items are compared by the names that both have.",
    ),
]
VectorChanges = Annotated[
    dict[_Name, _Vector | None],
    Field(
        max_length=2 * MAX_VECTORS,
        description="Named vectors to change; null takes one away, the others stay.",
    ),
]


MAX_ITEMS = 1000
Title = Annotated[Text, Field(max_length=MAX_TEXT)]
Category = Annotated[
    Text, Field(max_length=MAX_TEXT, description="Levels joined by `|`, widest first.")
]
Price = Annotated[float, Field(ge=0, le=MAX_PRICE)]
Tags = Annotated[tuple[Annotated[Text, Field(max_length=MAX_TAG)], ...], Field(max_length=MAX_TAGS)]
AttributeName = Annotated[Text, Field(min_length=1, max_length=MAX_ATTRIBUTE)]
AttributeText = Annotated[Text, Field(max_length=MAX_ATTRIBUTE)]
AttributeValue = AttributeText | bool | Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Attributes = Annotated[
    dict[AttributeName, AttributeValue],
    Field(max_length=MAX_ATTRIBUTES, description="What else there is to say, by name."),
]

GroupId = Annotated[
    Id, Field(description="Variants of one product have the same: a list shows one of them.")
]


class ItemColumns(Input):
    """The columns of an item."""

    max_bytes: ClassVar[int] = 1024 * 1024

    title: Title | None = None
    category: Category | None = None
    brand: Title | None = None
    price: Price | None = None
    tags: Tags = ()
    description: Annotated[Text, Field(max_length=MAX_DESCRIPTION)] | None = None
    image_url: Annotated[Text, Field(max_length=MAX_URL)] | None = None
    in_stock: bool = True
    group_id: GroupId | None = None
    features: Features | None = None
    attributes: Attributes = {}  # noqa: RUF012  # pydantic copies it
    vectors: Vectors = {}  # noqa: RUF012  # pydantic copies it

    def to_item(self, item_id: str) -> Item:
        return Item(item_id=item_id, **self.columns())

    def columns(self) -> dict[str, Any]:
        """Return the columns that were given."""
        return {name: getattr(self, name) for name in self.model_fields_set if name != "item_id"}


class ItemBody(ItemColumns):
    """A whole item."""

    item_id: Id


class ItemsBody(
    RootModel[
        Annotated[
            Annotated[ItemBody, Tag("one")]
            | Annotated[
                Annotated[list[ItemBody], Field(min_length=1, max_length=MAX_ITEMS)], Tag("many")
            ],
            Discriminator(one_or_many),
        ]
    ]
):
    """One new item, or a list of items to store whole, new or not."""

    max_bytes: ClassVar[int] = 16 * 1024 * 1024

    @property
    def many(self) -> list[Item] | None:
        """Return the items of a list, or None if one item was sent."""
        if isinstance(self.root, list):
            return [body.to_item(body.item_id) for body in self.root]
        return None

    @property
    def one(self) -> Item:
        assert isinstance(self.root, ItemBody)
        return self.root.to_item(self.root.item_id)


class ItemPutBody(ItemColumns):
    """A whole item; its id stands in the address."""

    item_id: Id | None = None


class ItemPatchBody(ItemColumns):
    """Columns to change; null empties one, so a column may be what it cannot be of an item."""

    tags: Tags | None = ()  # type: ignore[assignment]
    in_stock: bool | None = True  # type: ignore[assignment]
    attributes: Attributes | None = {}  # type: ignore[assignment]  # noqa: RUF012  # pydantic copies it
    vectors: VectorChanges | None = {}  # type: ignore[assignment]  # noqa: RUF012  # as above

    def columns(self) -> dict[str, Any]:
        """Return the columns to change, emptied ones as their defaults."""
        changes = super().columns()
        emptied = {"tags": (), "in_stock": True, "attributes": {}}
        return {
            name: emptied.get(name) if value is None else value for name, value in changes.items()
        }


class ItemsQuery(Input):
    """Which part of the catalogue."""

    limit: Annotated[int, Field(ge=1, le=MAX_ITEMS)] = 100
    cursor: Annotated[str | None, Field(description="`next_cursor` of the page before.")] = None


class ItemView(View):
    """An item as it is stored."""

    item_id: str
    title: str | None
    category: str | None
    brand: str | None
    price: float | None
    tags: list[str]
    description: str | None
    image_url: str | None
    in_stock: bool
    group_id: str | None
    features: list[float] | None
    vectors: dict[str, list[float]]
    attributes: dict[str, str | bool | float]
    created_at: Time | None
    updated_at: Time | None


class ItemAnswer(Answer):
    """One item."""

    item: ItemView


class StoredItemsAnswer(Answer):
    """The items are stored: `item` for one, `stored` for many."""

    item: ItemView | None = None
    stored: int


class ItemsAnswer(Answer):
    """A page of the catalogue in the order of the ids."""

    items: list[ItemView]
    next_cursor: str | None


class DeleteItemAnswer(Answer):
    """The item is gone, and so are its ratings."""

    item_id: str
    ratings_removed: int


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
    return {name: getattr(item, name) for name in ItemView.model_fields}


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
