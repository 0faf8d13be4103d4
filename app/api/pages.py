"""Several shelves in one call, with nothing twice."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from apiflask import APIBlueprint
from flask import Response
from pydantic import AfterValidator, Field

from app.api.filters import FilterBody
from app.api.lists import (
    MAX_CART,
    Explain,
    RecommendedView,
    Session,
    ShelfOptions,
    UserId,
    Where,
    listed,
    named,
)
from app.api.schemas import Answer, Id, Text, View
from app.domain.accounts import Role
from app.domain.errors import InvalidInput
from app.domain.recommendations import Page, Query, Window
from app.http.access import allow
from app.http.answers import sight_of, success
from app.http.caller import services, who_if_named
from app.http.errors import described
from app.recommender.cursors import Cursors
from app.recommender.recommendations import Recommendations

MAX_SHELVES = 20


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


class FilledShelf(View):
    """A shelf of the page."""

    name: str
    shelf: str
    strategy: str
    recommendation_id: str
    recommendation: list[RecommendedView]
    next_cursor: str | None


class FailedShelf(View):
    """What went wrong for one shelf; the others are not touched by it."""

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


bp = APIBlueprint("pages", __name__, tag="Recommendations")


class Filled(NamedTuple):
    """A shelf of the page, with what it was asked and what became of that."""

    asked: ShelfOfPage
    query: Query
    page: Page | Exception


@bp.post("/recommend/page")
@allow(Role.SHOPPER, Role.STOREFRONT, Role.BROWSER, errors=(413, 415))
@bp.input(PageBody, location="json")
@bp.output(PageAnswer)
def page(json_data: PageBody) -> Response:
    """Fill up to 20 shelves from top to bottom; no item stands on two of them.

    What goes wrong for one shelf is said in its place. The cursor of each leads on without
    repeating anything of the page.
    """
    recommendations = services().recommendations
    _check_names(json_data.shelves, recommendations.names)
    subject = who_if_named(json_data.user_id, json_data.session_id)
    sight = sight_of(subject)

    def to_query(shelf: ShelfOfPage) -> Query:
        wanted = json_data.filtered(shelf)
        return wanted.to_query(
            subject,
            own=sight.own,
            explain=json_data.explain,
            context=json_data.to_context(),
        )

    filled = _fill(recommendations, json_data.shelves, to_query)
    shown = tuple(item_id for each in filled for item_id in _ids(each.page))
    shelves = [_told(services().cursors, each, shown) for each in filled]
    return success(**named(subject), fresh=sight.fresh, shelves=shelves)


def _check_names(shelves: Sequence[ShelfOfPage], known: Sequence[str]) -> None:
    for place, asked in enumerate(shelves):
        if asked.shelf not in known:
            raise InvalidInput(f"shelves.{place}.shelf", f"must be one of {', '.join(known)}")


def _fill(
    recommendations: Recommendations,
    shelves: Sequence[ShelfOfPage],
    to_query: Callable[[ShelfOfPage], Query],
) -> list[Filled]:
    filled: list[Filled] = []
    shown: tuple[str, ...] = ()
    for asked in shelves:
        query = to_query(asked)._replace(beside=shown)
        try:
            page = recommendations.shelf(asked.shelf, query)
        except Exception as error:
            filled.append(Filled(asked, query, error))
            continue
        filled.append(Filled(asked, query, page))
        shown += _ids(page)
    return filled


def _ids(page: Page | Exception) -> tuple[str, ...]:
    if isinstance(page, Exception):
        return ()
    return tuple(place.product.item_id for place in page.items)


def _told(cursors: Cursors, filled: Filled, shown: tuple[str, ...]) -> dict[str, Any]:
    asked, query, page = filled
    place = {"name": asked.named, "shelf": asked.shelf}
    if isinstance(page, Exception):
        return place | described(page)
    return place | listed(cursors, asked.shelf, query._replace(beside=shown), page)
