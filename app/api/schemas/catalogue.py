"""Items over HTTP."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, RootModel, Tag

from app.api.schemas.common import Answer, Id, Text, Time
from app.api.schemas.vectors import Features, VectorChanges, Vectors
from app.domain.catalogue import (
    MAX_ATTRIBUTE,
    MAX_ATTRIBUTES,
    MAX_DESCRIPTION,
    MAX_NUMBER,
    MAX_PRICE,
    MAX_TAG,
    MAX_TAGS,
    MAX_TEXT,
    MAX_URL,
    Item,
)
from app.http.parsing import Input

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
    features: Features | None = None
    attributes: Attributes = {}  # noqa: RUF012  # pydantic copies it
    vectors: Vectors = {}  # noqa: RUF012  # pydantic copies it

    def to_item(self, item_id: str) -> Item:
        """Return the domain's item."""
        return Item(item_id=item_id, **self.columns())

    def columns(self) -> dict[str, Any]:
        """Return the columns that were given."""
        return {name: getattr(self, name) for name in self.model_fields_set if name != "item_id"}


class ItemBody(ItemColumns):
    """A whole item."""

    item_id: Id


def _kind(body: Any) -> str:
    return "many" if isinstance(body, list) else "one"


class ItemsBody(
    RootModel[
        Annotated[
            Annotated[ItemBody, Tag("one")]
            | Annotated[
                Annotated[list[ItemBody], Field(min_length=1, max_length=MAX_ITEMS)], Tag("many")
            ],
            Discriminator(_kind),
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
        """Return the one item."""
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


class ItemView(BaseModel):
    """An item as it is stored."""

    model_config = ConfigDict(extra="forbid")

    item_id: str
    title: str | None
    category: str | None
    brand: str | None
    price: float | None
    tags: list[str]
    description: str | None
    image_url: str | None
    in_stock: bool
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
