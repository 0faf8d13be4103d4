"""A page of a shelf as JSON, and how it goes on."""

from typing import Any

from app.api.schemas.recommendations import ShelfQuery
from app.domain import subjects
from app.domain.errors import InvalidInput
from app.domain.recommendations import Page, Query, Recommended
from app.http.requests import new_id
from app.recommender.cursors import Cursors


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


def continued(cursors: Cursors, shelf: str, query: Query, asked: ShelfQuery) -> Query:
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
    if place.reasons is not None:
        shown["reasons"] = place.reasons
    return shown
