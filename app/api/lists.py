"""What a shelf is asked, and its page as JSON."""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from app.api.explanations import explained
from app.api.filters import FilterOptions
from app.api.schemas import Answer, Flag, Id, SessionId, Text, View, Weight, within
from app.domain import subjects
from app.domain.errors import InvalidInput
from app.domain.events import MAX_WORD, NO_CONTEXT, EventContext
from app.domain.recommendations import Page, Query, Recommended, Window
from app.domain.settings import SETTINGS, Similarity, Strategy
from app.http.parsing import Input
from app.http.requests import new_id
from app.recommender.cursors import Cursors

MAX_CART = 100


class Where(Input):
    """The device and the country, in the same words as in events."""

    device: Annotated[
        Text | None, Field(min_length=1, max_length=MAX_WORD, description="As in events.")
    ] = None
    country: Annotated[
        Text | None, Field(min_length=1, max_length=MAX_WORD, description="As in events.")
    ] = None

    def to_context(self) -> EventContext:
        if self.device is None and self.country is None:
            return NO_CONTEXT
        return EventContext(device=self.device, country=self.country)


UserId = Annotated[
    Id | None, Field(description="For which shopper, with a storefront key; or `session_id`.")
]
Session = Annotated[
    SessionId | None, Field(description="For which anonymous session, with a key; or `user_id`.")
]


Explain = Annotated[Flag, Field(description="1: say why, for each item.")]


class ShelfOptions(FilterOptions):
    """What is asked of any shelf. Fields that a `Query` has too go there by their names."""

    n: Annotated[int, Field(ge=1, le=100, description="How many items.")] = 10

    def to_query(self, subject: str | None, **more: Any) -> Query:
        said = {name: getattr(self, name) for name in _for_query(type(self))}
        if len(self.category) == 1:  # a shelf may be about it; all keep to it
            said["category"] = self.category[0]
        return Query(subject=subject, filters=self.to_filters(), **(said | more))


@cache
def _for_query(model: type[BaseModel]) -> tuple[str, ...]:
    own = model.model_fields.keys() - FilterOptions.model_fields.keys()
    return tuple(name for name in Query._fields if name in own)


class PageOptions(ShelfOptions, Where):
    """Which page of a shelf, seen from where, and whether it is explained."""

    offset: Annotated[int, Field(ge=0, le=10_000, description="How many to pass over.")] = 0
    explain: Explain = False

    def to_query(self, subject: str | None, **more: Any) -> Query:
        return super().to_query(subject, context=self.to_context(), **more)


class Reranking(Input):
    """How a list is chosen from its candidates. All defaults to the shop's settings."""

    max_per_brand: Annotated[
        int | None,
        within(SETTINGS["max_per_brand"]),
        Field(description="Items of one brand in the first `limit_places` places; 0: no limit."),
    ] = None
    max_per_category: Annotated[
        int | None,
        within(SETTINGS["max_per_category"]),
        Field(description="The same of one category, by the items' own whole paths."),
    ] = None
    limit_places: Annotated[
        int | None,
        within(SETTINGS["limit_places"]),
        Field(description="How many places the limits are for."),
    ] = None
    diversity: Annotated[
        float | None,
        within(SETTINGS["diversity"]),
        Field(description="How much to avoid what is like the items before: 0 not at all."),
    ] = None


class ListOptions(PageOptions, Reranking):
    """How a shopper's list is made. All but the page defaults to the shop's settings."""

    strategy: Strategy | None = None
    w_user: Annotated[
        Weight | None,
        Field(
            description="Weight of the user-based score in `hybrid`. Of `w_user` and `w_item`, one "
            "alone leaves the other 1 - it; weights that are not named are 0 where any is."
        ),
    ] = None
    w_item: Weight | None = None
    w_co_rated: Weight | None = None
    w_ease: Weight | None = None
    w_als: Weight | None = None
    w_neural: Weight | None = None
    w_sequence: Weight | None = None
    k: Annotated[int | None, within(SETTINGS["k"]), Field(description="Neighbours.")] = None
    similarity: Similarity | None = None
    min_similarity: Annotated[float | None, within(SETTINGS["min_similarity"])] = None
    min_score: Annotated[float | None, Field(ge=-1e6, le=1e6)] = None
    session_strength: Annotated[
        float | None,
        within(SETTINGS["session_strength"]),
        Field(description="How much what usually comes next in a visit adds."),
    ] = None


class OwnQuery(PageOptions):
    """How much of a shelf, and for whom."""

    user_id: UserId = None
    session_id: Session = None
    cursor: Annotated[
        str | None,
        Field(
            description="`next_cursor` of the page before: shows nothing again. Not with `offset`."
        ),
    ] = None


class ShelfQuery(OwnQuery, Reranking):
    """How much of a shelf, for whom, and how it is chosen."""


class PopularQuery(ShelfQuery):
    """Since when it is popular."""

    window: Annotated[Window | None, Field(description="None: by all that is preferred.")] = None


class TrendingQuery(ShelfQuery):
    """What is compared with the usual."""

    window: Literal[Window.DAY, Window.WEEK, Window.MONTH] = Window.WEEK


class RecommendQuery(ShelfQuery, ListOptions):
    """How the list is made, and for whom."""


class RecommendedView(View):
    """One item, ready to render."""

    item_id: str
    score: float
    title: str | None
    category: str | None
    brand: str | None
    price: float | None
    image_url: str | None
    fallback: bool = Field(
        default=False, description="true: only fills the list up, chosen by `strategy`."
    )
    strategy: str | None = Field(default=None, description="What chose it; with `fallback` only.")
    reasons: dict[str, Any] | None = Field(
        default=None,
        description="With `explain=1`: `parts` sum to the score; `because` lists what the shopper "
        "did that brought it, `neighbours` the like-minded shoppers, unnamed; `text` says the "
        "strongest reason in a sentence, by language (`en`, `zh`).",
    )


class ShelfAnswer(Answer):
    """A page of a shelf."""

    recommendation_id: str
    shelf: str
    strategy: str = Field(description="What made the list: `popular` where nothing is known.")
    user_id: str | None = Field(default=None, description="The shopper it was asked for.")
    session_id: str | None = Field(default=None, description="The session it was asked for.")
    fresh: bool = Field(description="Whether the caller's own last write already counts.")
    recommendation: list[RecommendedView]
    next_cursor: str | None = Field(description="Asks for the next page; null: there is none.")


def listed(cursors: Cursors, shelf: str, query: Query, page: Page) -> dict[str, Any]:
    """Return a page under its shelf's name, with the cursor of the next one."""
    next_cursor = cursors.after(shelf, query, page)
    return {"shelf": shelf, **rendered(page), "next_cursor": next_cursor}


def rendered(page: Page) -> dict[str, Any]:
    """Return what made the list, and the list."""
    return {
        "recommendation_id": new_id(),
        "strategy": page.strategy,
        "recommendation": [_place(place) for place in page.items],
    }


def named(subject: str | None) -> dict[str, Any]:
    """Return whose list it is, by the name it was asked with."""
    if subject is None:
        return {}
    session_id = subjects.session_id_of(subject)
    return {"user_id": subject} if session_id is None else {"session_id": session_id}


def continued(cursors: Cursors, shelf: str, query: Query, asked: OwnQuery) -> Query:
    """Return the query for the page that was asked for, or raise InvalidCursor or InvalidInput."""
    if asked.cursor is None:
        return query
    if "offset" in asked.model_fields_set:
        raise InvalidInput("offset", "a cursor says already where the page begins")
    return cursors.resume(shelf, query, asked.cursor)


def _place(place: Recommended) -> dict[str, Any]:
    product = place.product
    shown: dict[str, Any] = {
        "item_id": product.item_id,
        "score": place.score,
        "title": product.title,
        "category": product.category,
        "brand": product.brand,
        "price": product.price,
        "image_url": product.image_url,
    }
    if place.fallback is not None:
        shown |= {"fallback": True, "strategy": place.fallback}
    if place.explanation is not None:
        shown["reasons"] = explained(place.explanation)
    return shown
