"""Seeded questions to the shelves: every shelf, strategy, similarity, filter and kind of page."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from app.domain.events import Event, EventContext, EventKey
from app.domain.filters import Filters
from app.domain.recommendations import OwnRecord, Window
from app.domain.settings import ShopSettings, Similarity, Strategy
from tests.golden.seeded import DEVICES, N_GONE, N_UNSEEN, NOW, PRICES, Seeded

SHELVES: tuple[tuple[str, dict[str, Any]], ...] = (
    *[("for_you", {})] * 4,
    ("popular", {}),
    ("popular", {"window": Window.WEEK}),
    ("popular", {"window": Window.DAY, "category": "c2"}),
    ("popular", {"window": Window.MONTH}),
    ("popular", {"window": Window.ALL}),
    ("trending", {}),
    ("trending", {"window": Window.DAY}),
    ("trending", {"window": Window.WEEK}),
    ("trending", {"window": Window.MONTH}),
    ("new", {}),
    ("new", {"category": "c1|d5"}),
    ("for_category", {"category": "c3"}),
    ("for_category", {"category": "c1|d5"}),
    ("similar", {}),
    ("bought_together", {}),
    ("cart", {}),
    ("recently_viewed", {}),
    *[("recently_viewed", {"filters": Filters(cart=True)})] * 2,
    ("buy_again", {}),
)
PERSONAL = ("for_you", "for_category")
LIVE = (None, Strategy.USER, Strategy.ITEM, Strategy.CO_RATED, Strategy.HYBRID, Strategy.POPULAR)
UNFITTED = (Strategy.EASE,)
"""Without a model it gives way."""
FITTED = (Strategy.EASE, Strategy.SEQUENCE, Strategy.AUTO)


def settings(seeded: Seeded) -> ShopSettings:
    """Settings that bear on an answer, drawn."""
    pick = seeded.random.choice
    return ShopSettings(
        strategy=pick((Strategy.HYBRID, Strategy.HYBRID, Strategy.USER, Strategy.AUTO)),
        auto_strategy=pick((Strategy.CO_RATED, Strategy.ITEM)),
        w_user=pick((0.6, 0.2)),
        w_co_rated=pick((0.0, 0.5)),
        k=pick((10, 50)),
        similarity=pick(tuple(Similarity)),
        min_similarity=pick((0.0, 0.05)),
        shrinkage=pick((0.0, 5.0)),
        exponent=pick((1.0, 2.0)),
        asymmetry=pick((0.5, 0.3)),
        damping=pick((0.0, 0.5)),
        recency=pick((0.0, 0.5)),
        co_rarity=pick((0.5, 0.2)),
        co_damping=pick((0.85, 0.5)),
        co_exponent=pick((1.5, 1.0)),
        co_novelty=pick((0.5, 0.0)),
        half_life_days=pick((90.0, 20.0)),
        saturation=pick((5.0, 1.0)),
        session_strength=pick((0.0, 0.3, 1.0)),
        session_minutes=pick((30.0, 5.0)),
        repeat_strength=pick((0.0, 0.5, 1.0)),
        context_strength=pick((0.0, 0.3, 2.0)),
        timezone=pick(("UTC", "Asia/Shanghai")),
        hide_bought_days=pick((0.0, 30.0)),
        min_support=pick((1, 3)),
        w_similar_features=pick((0.5, 0.1, 1.0)),
        vector_weights=pick(({}, {"image": 0.2})),
    )


def question(seeded: Seeded, strategies: tuple[Strategy | None, ...]) -> tuple[str, dict[str, Any]]:
    """A shelf and what it is asked for."""
    draw = seeded.random
    shelf, about = draw.choice(SHELVES)
    asked: dict[str, Any] = dict(about)
    anybody = f"u{draw.randrange(seeded.n_users + 30):04}"  # the last ones are unknown
    asked["subject"] = draw.choice((anybody, seeded.user_id()))
    if shelf in ("similar", "bought_together"):
        unseen = seeded.n_items + N_GONE + draw.randrange(N_UNSEEN)
        asked["item_id"] = seeded.named(draw.choice((0, draw.randrange(seeded.n_items), unseen)))
    if shelf == "cart":
        first = draw.choice((seeded.named(0), seeded.item_id()))
        items = [first, *(seeded.item_id() for _ in range(draw.choice((0, 1, 3, 7))))]
        asked["items"] = (*items, *draw.choice(((), items[:1])))
    if shelf in PERSONAL:
        asked |= _personal(seeded, strategies)
    asked["n"] = draw.choice((1, 10, 10, 40))
    asked["offset"] = draw.choice((0, 0, 0, 0, 3, 10, 400, seeded.n_items - 40))
    asked["explain"] = draw.random() < (0.7 if shelf == "for_you" else 0.4)
    if draw.random() < 0.35:
        asked["filters"] = filters(seeded)
    if draw.random() < 0.2:
        asked["min_score"] = draw.choice((0.0, 0.05, 0.5, -1.0))
    if draw.random() < 0.3:
        asked["context"] = EventContext(
            device=draw.choice(DEVICES), country=draw.choice((None, "DE"))
        )
    if draw.random() < 0.1:
        asked["own"] = own_record(seeded)
    return shelf, asked


def _personal(seeded: Seeded, strategies: tuple[Strategy | None, ...]) -> dict[str, Any]:
    draw = seeded.random
    asked: dict[str, Any] = {
        "strategy": draw.choice(strategies),
        "similarity": draw.choice((None, *Similarity)),
        "k": draw.choice((None, 5, 200)),
    }
    if draw.random() < 0.3:
        known = ("w_user", "w_item", "w_co_rated", "w_ease", "w_sequence")
        names = draw.sample(known, draw.randint(1, 2))
        asked |= {name: round(0.1 + draw.random(), 2) for name in names}
    if draw.random() < 0.2:
        asked["session_strength"] = draw.choice((0.0, 0.5, 1.0))
        asked["min_similarity"] = draw.choice((0.0, 0.1))
    return asked


def filters(seeded: Seeded) -> Filters:
    """One to three parts of a filter."""
    draw = seeded.random
    parts: list[dict[str, Any]] = [
        {"in_stock": True},
        {"any_category": draw.choice((("c1", "c2"), ("c3|d10",)))},
        {"all_categories": ("c4",)},
        {"brands": draw.choice((("b3",), ("b3", "b4", "b5")))},
        {"price_from": PRICES[0]},
        {"price_to": PRICES[1]},
        {"tags": draw.choice((("gift",), ("gift", "bio")))},
        {"attributes": (("size", ("S", "M")),)},
        {"attributes": (("organic", ("true",)),)},
        {"exclude": tuple(seeded.item_id() for _ in range(20))},
        {"bought_days": draw.choice((0.0, 5.0, 60.0))},
        *[{"cart": True}] * 3,
        {"seen_days": 30.0},
    ]
    chosen: dict[str, Any] = {}
    for part in draw.sample(parts, draw.randint(1, 3)):
        chosen |= part
    return Filters(**chosen)


def own_record(seeded: Seeded) -> OwnRecord:
    """What a database says of somebody whose memory is late."""
    draw = seeded.random
    ratings = {seeded.item_id(): draw.randint(2, 10) / 2 for _ in range(draw.randint(0, 3))}
    events = []
    for number in range(draw.randint(1, 5)):
        at = NOW - timedelta(minutes=number * draw.randint(1, 90))
        kind = draw.choice(("view", "purchase", "like", "dislike"))
        item = draw.choice((seeded.named(seeded.any_number()), *ratings))
        events.append(Event(EventKey("own", str(number)), kind, item, at, at))
    return OwnRecord(ratings, events)


def questions(
    seeded: Seeded, n: int, strategies: tuple[Strategy | None, ...] = LIVE
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Questions one after the other; the answer to one does not bear on the next."""
    for _ in range(n):
        yield question(seeded, strategies)
