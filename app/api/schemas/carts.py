"""What goes with a cart, over HTTP."""

from typing import Annotated, ClassVar

from pydantic import Field

from app.api.schemas.common import Id
from app.api.schemas.filters import FilterBody
from app.api.schemas.pages import MAX_CART
from app.api.schemas.recommendations import ShelfQuery


class CartBody(FilterBody, ShelfQuery):
    """The items of the cart, and for whom."""

    max_bytes: ClassVar[int] = 1024 * 1024

    items: Annotated[
        tuple[Id, ...],
        Field(min_length=1, max_length=MAX_CART, description="What is in the cart."),
    ]
