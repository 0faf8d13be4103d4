"""Shelves with an address of their own. A new one is an entry in the table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from app.api.filters import FilterBody
from app.api.lists import (
    MAX_CART,
    OwnQuery,
    PopularQuery,
    RecommendQuery,
    ShelfAnswer,
    ShelfQuery,
    TrendingQuery,
    continued,
    listed,
    named,
)
from app.api.schemas import Id
from app.domain.accounts import Role
from app.http.access import allow
from app.http.answers import sight_of, success
from app.http.caller import services, who, who_if_named


class CartBody(FilterBody, ShelfQuery):
    """The items of the cart, and for whom."""

    max_bytes: ClassVar[int] = 1024 * 1024

    items: Annotated[
        tuple[Id, ...],
        Field(min_length=1, max_length=MAX_CART, description="What is in the cart."),
    ]


bp = APIBlueprint("shelves", __name__, tag="Recommendations")


@dataclass(frozen=True, slots=True)
class Route:
    """One shelf over HTTP. What stands in the address goes into the query by its name."""

    address: str
    shelf: str
    about: str
    """For the API page: a line, and what there is to know besides."""
    asked: type[OwnQuery] = ShelfQuery
    method: str = "GET"
    """POST takes what is asked from a JSON body."""
    personal: bool = False
    """Whether somebody must be named whom it is for."""

    @property
    def roles(self) -> tuple[Role, ...]:
        # administrators only for what is nobody's
        callers = (Role.SHOPPER, Role.STOREFRONT, Role.BROWSER)
        return callers if self.personal else (*callers, Role.ADMIN)

    @property
    def errors(self) -> tuple[int, ...]:
        return ((404,) if "<" in self.address else ()) + (
            (413, 415) if self.method == "POST" else ()
        )


ROUTES = (
    Route(
        "/recommend",
        "for_you",
        """Recommend items to a shopper or a session.

        A storefront key says to whom, with `user_id` or `session_id`; a browser key with
        `session_id`. Somebody unknown gets what is popular, and `strategy` says so. Where the
        strategy knows too few items, popular ones with score 0 fill the page (not with
        `min_score`).
        """,
        RecommendQuery,
        personal=True,
    ),
    Route(
        "/popular",
        "popular",
        """List what most shoppers prefer.

        With a `window`, what most was done with in it, by the weights of events; newer ones count
        more.
        """,
        PopularQuery,
    ),
    Route(
        "/trending",
        "trending",
        """List what is done with more than usual.

        An item is compared with itself: its last day with its week, its week with its month, its
        month with its last four. Where too little grows, popular items with score 0 fill the page.
        """,
        TrendingQuery,
    ),
    Route("/new", "new", "List what came into the catalogue last."),
    Route(
        "/for-category/<id:category>",
        "for_category",
        """Recommend items of one category and of all below it.

        Levels are joined by `|`. Otherwise as `/recommend`, but for nobody in particular too.
        """,
        RecommendQuery,
    ),
    Route(
        "/items/<id:item_id>/similar",
        "similar",
        """List items like this one: by their features, and by who likes both.

        The shop's `w_similar_features` says how much the features weigh.
        """,
    ),
    Route(
        "/items/<id:item_id>/bought-together",
        "bought_together",
        """List what is bought together with this item, more often than by chance.

        Where too little is known, popular items with score 0 fill the page. What stands in fewer
        orders with the item than the shop's `min_support` is not known.
        """,
    ),
    Route(
        "/cart/recommend",
        "cart",
        """Recommend what goes with the items of a cart.

        Otherwise as what is bought together with one item; nothing of the cart is shown.
        """,
        CartBody,
        method="POST",
    ),
    Route(
        "/recently-viewed",
        "recently_viewed",
        """List what the shopper or the session looked at, the last one first.

        Of the last thousand events; nothing fills the page.
        """,
        OwnQuery,
        personal=True,
    ),
    Route(
        "/buy-again",
        "buy_again",
        """List what the shopper bought before, by how often, and by how due it is.

        Of the last thousand events; nothing fills the page.
        """,
        OwnQuery,
        personal=True,
    ),
)


def _view(route: Route) -> Callable[..., Response]:
    find = who if route.personal else who_if_named

    def view(asked: OwnQuery, **address: str) -> Response:
        shop, subject = services(), find(asked.user_id, asked.session_id)
        sight = sight_of(subject)
        query = asked.to_query(subject, own=sight.own, **address)
        query = continued(shop.cursors, route.shelf, query, asked)
        page = shop.recommendations.shelf(route.shelf, query)
        said = listed(shop.cursors, route.shelf, query, page)
        return success(**named(subject), fresh=sight.fresh, **said)

    view.__name__, view.__doc__ = route.shelf, route.about
    return view


for _route in ROUTES:
    _location = "json" if _route.method == "POST" else "query"
    _made = bp.output(ShelfAnswer)(_view(_route))
    _made = bp.input(_route.asked, location=_location, arg_name="asked")(_made)
    _made = allow(*_route.roles, errors=_route.errors)(_made)
    bp.route(_route.address, methods=[_route.method])(_made)
