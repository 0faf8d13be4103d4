"""A shop's past by hand: two tastes, so that what is right is known."""

from datetime import UTC, datetime, timedelta

import numpy as np

from app.bootstrap.offline import OfflineShop
from app.domain.catalogue import Item
from app.domain.events import Event, EventKey
from app.domain.ratings import Rating, RatingScale
from app.domain.settings import ShopSettings
from app.offline.evaluation.evaluation import Evaluation
from app.offline.evaluation.interactions import Interactions, gathered
from app.offline.evaluation.options import EvaluationOptions
from app.offline.evaluation.sources import ShopData, encoded

START = datetime(2024, 3, 1, tzinfo=UTC)
SCALE = RatingScale()


def event(user, item, minute, kind="purchase", order=None):
    at = START + timedelta(minutes=minute)
    return Event(EventKey(user, f"{item}-{minute}-{kind}"), kind, item, at, at, order_id=order)


def rating(user, item, minute, value=5.0):
    at = None if minute is None else START + timedelta(minutes=minute)
    return Rating(user, item, value, at)


def two_tastes(*, users=60, items=40, each=12, seed=7):
    """Return purchases: even shoppers take even items only, odd ones odd, at one a day."""
    draw = np.random.default_rng(seed)
    found = []
    for user in range(users):
        of_taste = np.arange(user % 2, items, 2)
        taken = draw.permutation(of_taste)[:each].tolist()
        found += [
            event(f"u{user:03}", f"i{item:03}", 1440 * day + user) for day, item in enumerate(taken)
        ]
    return found


def items_of(count, *, taste=True):
    return [
        Item(
            f"i{n:03}",
            title=f"thing {n}",
            category=("even" if n % 2 == 0 else "odd") if taste else None,
        )
        for n in range(count)
    ]


def data_of(events=(), ratings=(), items=None):
    table = gathered([list(events)], list(ratings))
    catalogue = map(Item, table.items) if items is None else items
    return ShopData(table, encoded(catalogue), "by hand")


def evaluation_of(data, settings=None, **options):
    def make(known: Interactions, items, now_settings, now):
        return OfflineShop(known, items, now_settings, now=now, scale=SCALE)

    return Evaluation(
        data,
        EvaluationOptions(**options),
        settings=settings or ShopSettings(),
        scale=SCALE,
        make_shop=make,
    )
