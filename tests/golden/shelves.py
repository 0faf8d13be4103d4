"""Answers of the shelves in memory to seeded questions, as plain JSON values."""

from collections.abc import Iterator
from typing import Any

from app.api.explanations import explained
from app.bootstrap.offline import OfflineShop
from app.domain.recommendations import Page, Query
from app.recommender.predicted_ratings import PredictedRatings
from tests.golden.questions import FITTED, LIVE, UNFITTED, questions, settings
from tests.golden.seeded import Seeded, large_shop, small_shop

N_LARGE = 3000
N_SMALL = 400
N_PREDICTIONS = 100
N_LATER = 100
LATER = 60 * 86_400
"""Seconds after which little is left of what was done."""
SETTINGS_EVERY = 50
"""Questions asked under the same settings."""


def answers() -> Iterator[dict[str, Any]]:
    """Yield each question with its answer, always in the same order."""
    for make, n, strategies in (
        (large_shop, N_LARGE, (*LIVE, *UNFITTED)),
        (small_shop, N_SMALL, (*LIVE, *FITTED, *FITTED)),
    ):
        seeded, shop = make()
        for number, (shelf, asked) in enumerate(questions(seeded, n, strategies)):
            if number % SETTINGS_EVERY == 0:
                shop.set(settings(seeded))
            yield from _pages(seeded, shop, shelf, asked)
        yield from _predictions(seeded, shop)
        later = shop.now + LATER
        for shelf, asked in questions(seeded, N_LATER, strategies):
            yield from _pages(seeded, shop, shelf, {**asked, "at": later})


def _pages(
    seeded: Seeded, shop: OfflineShop, shelf: str, asked: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    page = shop.ask(shelf, **asked)
    follows, least = seeded.random.random() < 0.3, seeded.random.random() < 0.1
    yield {"asked": _in_words(shelf, asked), "answer": as_json(page)}
    if page.items and follows:  # the next page, as a cursor asks for it
        shown = tuple(place.product.item_id for place in page.items) + page.passed
        more = {**asked, "offset": 0, "shown": shown, "begun": page.strategy}
        yield {"asked": _in_words(shelf, more), "answer": as_json(shop.ask(shelf, **more))}
    if page.items and least:  # what is as good as the last one that was shown stays
        good = {**asked, "min_score": page.items[-1].score}
        yield {"asked": _in_words(shelf, good), "answer": as_json(shop.ask(shelf, **good))}


def _in_words(shelf: str, asked: dict[str, Any]) -> str:
    shown = {"shown": f"{len(asked['shown'])} items"} if "shown" in asked else {}
    return f"{shelf} {asked | shown}"


def _predictions(seeded: Seeded, shop: OfflineShop) -> Iterator[dict[str, Any]]:
    told = PredictedRatings(shop.live.memory)
    for _ in range(N_PREDICTIONS):
        user, items = seeded.user_id(), sorted({seeded.item_id() for _ in range(5)})
        yield {
            "asked": f"predict {user} {items}",
            "answer": {
                "neighbours": _numbers(shop.predict(user, items)),
                "model": _numbers(shop.predict_by_model(user, items)),
                "scores": _numbers(shop.score(user, items)),
                "told": [list(told.of(Query(subject=user), item)) for item in items],
            },
        }


def _numbers(values: Any) -> list[float | str]:
    return [value if abs(value) < float("inf") else str(value) for value in values.tolist()]


def as_json(page: Page) -> dict[str, Any]:
    return {
        "strategy": str(page.strategy),
        "passed": list(page.passed),
        "items": [[place.product.item_id, place.score] for place in page.items],
        "reasons": [
            _plain(explained(place.explanation))
            for place in page.items
            if place.explanation is not None
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, int | float | bool) or value is None else str(value)
