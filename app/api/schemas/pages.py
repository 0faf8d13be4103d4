"""Several shelves in one call."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.api.schemas.common import Answer, Id, Text
from app.api.schemas.filters import FilterBody
from app.api.schemas.recommendations import (
    Explain,
    RecommendedView,
    Session,
    ShelfOptions,
    UserId,
    Where,
)
from app.domain.recommendations import Window

MAX_SHELVES = 20
MAX_CART = 100


class ShelfOfPage(FilterBody, ShelfOptions):
    """One shelf of the page, and what it is about."""

    shelf: Annotated[str, Field(description="`for_you`, `popular`, `similar`, ...")]
    name: Annotated[
        Text | None, Field(min_length=1, max_length=100, description="Its own on the page.")
    ] = None
    item_id: Id | None = None
    items: Annotated[tuple[Id, ...], Field(max_length=MAX_CART)] = ()
    window: Window | None = None

    @property
    def named(self) -> str:
        """Return its name on the page: its shelf's, where it has no other."""
        return self.name or self.shelf


def _distinct(shelves: list[ShelfOfPage]) -> list[ShelfOfPage]:
    if len({shelf.named for shelf in shelves}) < len(shelves):
        raise ValueError("must have distinct names; one without a name has its shelf's")
    return shelves


class PageBody(FilterBody, Where):
    """For whom, and which shelves from top to bottom. What a shelf filters itself wins."""

    max_bytes: ClassVar[int] = 1024 * 1024

    user_id: UserId = None
    session_id: Session = None
    explain: Explain = False
    shelves: Annotated[
        list[ShelfOfPage],
        AfterValidator(_distinct),
        Field(min_length=1, max_length=MAX_SHELVES),
    ]

    def filtered(self, shelf: ShelfOfPage) -> ShelfOfPage:
        """Return the shelf with the page's filters where it has none of its own."""
        said = self.model_fields_set & FilterBody.model_fields.keys()
        missing = said - shelf.model_fields_set
        return shelf.model_copy(update={name: getattr(self, name) for name in missing})


class FilledShelf(BaseModel):
    """A shelf of the page."""

    model_config = ConfigDict(extra="forbid")

    name: str
    shelf: str
    strategy: str
    recommendation_id: str
    recommendation: list[RecommendedView]
    next_cursor: str | None


class FailedShelf(BaseModel):
    """What went wrong for one shelf; the others are not touched by it."""

    model_config = ConfigDict(extra="forbid")

    name: str
    shelf: str
    status: Literal["failure"]
    code: str
    message: str


class PageAnswer(Answer):
    """The shelves in the order asked; no item stands on two of them."""

    user_id: str | None = None
    session_id: str | None = None
    fresh: bool = Field(description="Whether the caller's own last write already counts.")
    shelves: list[FilledShelf | FailedShelf]
