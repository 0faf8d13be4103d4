"""A page of a shelf as JSON."""

from typing import Any

from app.domain.recommendations import Page, Recommended


def rendered(page: Page) -> dict[str, Any]:
    """Return what made the list, and the list."""
    return {"strategy": page.strategy, "recommendation": [_place(place) for place in page.items]}


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
