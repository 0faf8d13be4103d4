"""What every kind of reason and every language promise each other."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from string import Formatter

import pytest

from app.bootstrap.offline import OfflineShop
from app.domain.catalogue import Item
from app.domain.events import WEIGHTS, Event, EventKey
from app.domain.explanations import Reason
from app.domain.ratings import Rating
from app.domain.recommendations import Window
from app.domain.settings import ShopSettings, Strategy
from app.live.encoding import encode_item
from app.offline.evaluation.interactions import gathered
from app.recommender import reasons
from app.recommender.languages import LANGUAGES
from app.recommender.reasons import (
    KINDS,
    Because,
    Before,
    BoughtTogether,
    BuyAgain,
    LikedWith,
    Neighbours,
    NextAfter,
    SimilarTo,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HALF_LIFE = timedelta(days=90)
KIND_WEIGHTS = {**WEIGHTS, "play": 2.0}


def missing(kinds, templates):
    """List what these kinds need and a language does not have."""
    return sorted({key for kind in kinds for key in kind.keys} - templates.keys())


def placeholders(template):
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_words_for_every_kind_and_no_others(language):
    templates = LANGUAGES[language]
    assert missing(KINDS, templates) == []
    assert templates.keys() == {key for kind in KINDS for key in kind.keys}


def test_a_kind_that_a_language_does_not_know_is_found():
    class Whim(Reason):
        name = "whim"
        keys = ("whim",)

    assert missing([*KINDS, Whim], LANGUAGES["en"]) == ["whim"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_put_the_same_into_a_sentence(language):
    for key, template in LANGUAGES["en"].items():
        assert placeholders(LANGUAGES[language][key]) == placeholders(template)


def test_every_kind_has_its_place_among_them():
    defined = {
        kind
        for kind in vars(reasons).values()
        if isinstance(kind, type) and issubclass(kind, Reason) and hasattr(kind, "name")
    }
    assert defined == set(KINDS)
    assert len(KINDS) == len(defined)


def random_shop(seed):
    """A small, busy shop: the same few items again and again."""
    draw = random.Random(seed)
    events = []
    for number in range(200):
        days = 1 if number % 5 == 0 else 120
        who, at = f"u{draw.randrange(8)}", NOW - timedelta(minutes=draw.randrange(5, 1440 * days))
        order = f"o{number}" if draw.random() < 0.4 else None
        for line in range(draw.randint(1, 4)):
            kind = "purchase" if order else draw.choice((*KIND_WEIGHTS, "view", "view"))
            at += timedelta(minutes=0 if order else 1)
            key = EventKey(who, f"{number}-{line}")
            events.append(Event(key, kind, f"i{draw.randrange(12):02}", at, at, order_id=order))
    ratings = {(f"u{draw.randrange(8)}", f"i{draw.randrange(12):02}") for _ in range(8)}
    items = [
        encoded(Item(f"i{n:02}", title=f"{n % 3} tea", category=f"c{n % 2}", brand=f"b{n % 4}"))
        for n in range(12)
    ]
    given = [Rating(user, item, 4.0, NOW) for user, item in sorted(ratings)]
    settings = ShopSettings(weights=KIND_WEIGHTS, repeat_strength=1.0, min_support=1)
    shop = OfflineShop(gathered([events], given), items, settings, now=NOW.timestamp())
    return shop, events, ratings


def encoded(item):
    return replace(item, encoding=encode_item(item))


QUESTIONS = [
    *(("for_you", {"strategy": Strategy(name)}) for name in ("hybrid", "user", "item", "co_rated")),
    ("for_category", {"category": "c1"}),
    ("similar", {"item_id": "i01"}),
    ("bought_together", {"item_id": "i02"}),
    ("cart", {"items": ("i03", "i04")}),
    ("recently_viewed", {}),
    ("buy_again", {}),
    ("popular", {"window": Window.MONTH}),
]


def about(reason):
    """Return the ids of the items that a reason names."""
    if isinstance(reason, SimilarTo | LikedWith):
        return {reason.item.item_id}
    return {entry.item.item_id for entry in getattr(reason, "entries", ())}


@pytest.mark.parametrize("seed", range(6))
def test_reasons_are_true(seed):
    shop, events, ratings = random_shop(seed)
    told = set()
    for (shelf, question), user in product(QUESTIONS, (f"u{n}" for n in range(8))):
        page = shop.ask(shelf, subject=user, n=12, explain=True, **question)
        for place in page.items:
            item = place.product.item_id
            for reason in place.explanation.reasons:
                told.add(type(reason))
                assert item not in about(reason)
                if isinstance(reason, Because):
                    for entry in reason.entries:
                        assert entry.did == strongest(events, ratings, user, entry)
                elif isinstance(reason, NextAfter | BoughtTogether):
                    for entry in reason.entries:
                        both = had(events, item) & had(events, entry.item.item_id)
                        assert entry.others <= len(both - {user})
    assert told >= {Because, Before, BoughtTogether, BuyAgain, LikedWith, NextAfter, Neighbours}


def had(events, item):
    return {event.key.subject for event in events if event.item_id == item}


def strongest(events, ratings, user, entry):
    """Return what says most of an item now, by going through all that was done."""
    item = entry.item.item_id
    if (user, item) in ratings:
        return "rated"
    sign = 1 if entry.preference > 0 else -1
    own = [event for event in events if (event.key.subject, event.item_id) == (user, item)]

    def weight(event):
        return sign * KIND_WEIGHTS[event.kind] * 2 ** ((event.at - NOW) / HALF_LIFE)

    return max(own, key=weight).kind


def test_the_documents_name_every_kind():
    table = Path("docs/api.md").read_text(encoding="utf-8")
    unnamed = {kind.name for kind in KINDS if f"| `{kind.name}` |" not in table}
    assert unnamed == {"unknown"}
