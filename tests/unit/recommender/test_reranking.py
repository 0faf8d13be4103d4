"""A list that is chosen from a larger pool: hand-counted answers, and a brute force."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bootstrap.offline import OfflineShop
from app.domain.catalogue import Item
from app.domain.filters import Filters
from app.domain.recommendations import Query
from app.domain.settings import ShopSettings
from app.offline.evaluation.interactions import gathered
from app.recommender.filters.query import Wanted
from app.recommender.rerankers.diversity import Diversity
from app.recommender.rerankers.limits import Limits
from app.recommender.shelf import Shelf
from app.recommender.sources import WholeCatalogue
from app.recommender.stages import Scored

PLAIN = ShopSettings()


class Fixed:
    """Scores items by their ids."""

    def __init__(self, memory, strategy, scores):
        self.memory, self.strategy, self.scores = memory, strategy, scores

    def __call__(self, ctx):
        tables = self.memory.tables
        scores = np.zeros(tables.items.capacity)
        for item, score in self.scores.items():
            scores[tables.items.row(item)] = score
        return Scored.of_one(self.strategy, scores, told=lambda row: None)


class Lists:
    """A shelf with items that are scored by hand; what has no score may fill it up."""

    def __init__(self, items, scores, fill=None, *, rerank=True):
        shop = OfflineShop(gathered([[]], []), items, now=0.0)
        memory = shop.live.memory
        rerankers = [Limits(memory), Diversity(memory)] if rerank else []
        self.shelf = Shelf(
            memory,
            sources=[WholeCatalogue(memory)],
            filters=[Wanted(memory)],
            scorers=[Fixed(memory, "best", scores), Fixed(memory, "fill", fill or {})],
            rerankers=rerankers,
        )

    def page(self, said=PLAIN, **query):
        return self.shelf.fill(Query(**query), said)

    def ids(self, said=PLAIN, **query):
        return [place.product.item_id for place in self.page(said, **{"n": 100} | query).items]

    def walk(self, said, step):
        """Return all pages, as cursors lead through them."""
        page = self.page(said, n=step)
        found = list(page.items)
        while len(page.items) == step:
            shown = tuple(place.product.item_id for place in found)
            page = self.page(said, n=step, shown=shown, begun=page.strategy)
            found += page.items
        return found


def in_order(*items):
    """Return lists in which the items stand in this order."""
    return Lists(items, {item.item_id: 1.0 - n / 10_000 for n, item in enumerate(items)})


def test_one_of_a_group_stands_for_all():
    shirts = [Item("s", group_id="shirt"), Item("hat"), Item("m", group_id="shirt"), Item("sock")]
    assert in_order(*shirts).ids() == ["s", "hat", "sock"]


def test_the_best_in_stock_stands_where_the_best_of_its_group_would():
    items = [
        Item("s", group_id="shirt", in_stock=False),
        Item("hat"),
        Item("m", group_id="shirt"),
        Item("l", group_id="shirt"),
        Item("red", group_id="scarf", in_stock=False),
        Item("blue", group_id="scarf", in_stock=False),
    ]
    lists = in_order(*items)
    assert lists.ids() == ["m", "hat", "red"]
    assert [place.score for place in lists.page().items] == [0.9998, 0.9999, 0.9996]


def test_what_may_not_be_shown_stands_for_nobody():
    items = [Item("s", group_id="g", in_stock=False), Item("m", group_id="g"), Item("hat")]
    assert in_order(*items).ids(filters=Filters(exclude=("m",))) == ["s", "hat"]
    assert in_order(*items).ids(min_score=1.0) == ["s"]


def test_a_group_that_was_shown_is_not_shown_by_another_of_it():
    items = [Item("s", group_id="g"), Item("m", group_id="g"), Item("hat")]
    assert in_order(*items).ids(shown=("m",)) == ["hat"]


def test_hundreds_of_variants_leave_the_page_full():
    items = [Item(f"{n:04}", group_id=f"group {n // 300}") for n in range(3000)]
    assert in_order(*items).ids(n=10) == [f"{n:04}" for n in range(0, 3000, 300)]


def test_variants_fill_nothing_up_either():
    items = [Item("s", group_id="g"), Item("m", group_id="g"), Item("hat"), Item("cap")]
    lists = Lists(items, {"s": 0.5}, {"m": 3.0, "hat": 2.0, "cap": 1.0})
    page = lists.page()
    assert [(p.product.item_id, p.score, p.fallback) for p in page.items] == [
        ("s", 0.5, None),
        ("hat", 0.0, "fill"),
        ("cap", 0.0, "fill"),
    ]
    assert lists.ids(min_score=0.1) == ["s"]


BRANDS = [Item(f"{brand}{n}", brand=brand) for brand in "ab" for n in range(3)] + [Item("none")]


def test_at_most_so_many_of_a_brand_in_the_first_places():
    said = ShopSettings(max_per_brand=1, limit_places=3)
    assert in_order(*BRANDS).ids(said) == ["a0", "b0", "none", "a1", "a2", "b1", "b2"]
    assert in_order(*BRANDS).ids(replace(said, max_per_brand=2)) == [
        "a0", "a1", "b0", "a2", "b1", "b2", "none",
    ]  # fmt: skip


def test_a_list_ends_rather_than_break_a_limit():
    said = ShopSettings(max_per_brand=1)
    assert in_order(*BRANDS).ids(said) == ["a0", "b0", "none"]


def test_a_category_is_the_items_own_whole_path():
    items = [Item("1", category="a|b"), Item("2", category="a|b"), Item("3", category="a")]
    said = ShopSettings(max_per_category=1)
    assert in_order(*items).ids(said) == ["1", "3"]


def test_the_shops_limit_does_not_end_a_list_of_one_category_but_the_questions_own_does():
    items = [Item(str(n), category="a", brand="b") for n in range(3)]
    said = ShopSettings(max_per_category=1)
    inside = Filters(any_category=("a",))
    assert in_order(*items).ids(said, filters=inside) == ["0", "1", "2"]
    assert in_order(*items).ids(said, filters=inside, max_per_category=1) == ["0"]
    said = ShopSettings(max_per_brand=1)
    assert in_order(*items).ids(said, filters=Filters(brands=("b",))) == ["0", "1", "2"]
    assert in_order(*items).ids(said, filters=inside) == ["0"]


def test_what_fills_up_obeys_limits():
    items = [Item("a", brand="x"), Item("b", brand="x"), Item("c", brand="y"), Item("d")]
    lists = Lists(items, {"a": 1.0}, {"b": 3.0, "c": 2.0, "d": 1.0})
    assert lists.ids(ShopSettings(max_per_brand=1)) == ["a", "c", "d"]
    assert lists.ids(ShopSettings(max_per_brand=1, limit_places=2)) == ["a", "c", "b", "d"]


def test_a_limit_reaches_beyond_the_first_candidates():
    items = [Item(f"{n:04}", brand="x") for n in range(1500)] + [Item("other", brand="y")]
    assert in_order(*items).ids(ShopSettings(max_per_brand=1), n=2) == ["0000", "other"]


DIRECTIONS = [
    Item("east", features=(1.0, 0.0)),
    Item("east too", features=(1.0, 0.0)),
    Item("north", features=(0.0, 1.0)),
    Item("between", features=(0.6, 0.8)),
]


@pytest.mark.parametrize(
    ("dial", "expected"),
    [
        # relevances 1, 2/3, 1/3, 0; nothing is lost without the dial
        (0.0, ["east", "east too", "north", "between"]),
        # 0.5 (2/3 - 1) < 0.5 (1/3 - 0); then 0.5 (2/3 - 1) > 0.5 (0 - 0.8)
        (0.5, ["east", "north", "east too", "between"]),
        # the best is as good as any at first; then 0 > -0.6 > -1, and -0.8 > -1
        (1.0, ["east", "north", "between", "east too"]),
    ],
)
def test_the_dial_turns_from_relevance_to_variety(dial, expected):
    assert in_order(*DIRECTIONS).ids(ShopSettings(diversity=dial)) == expected


def test_without_vectors_the_dial_changes_nothing():
    items = [Item(str(n)) for n in range(9)]
    expected = [str(n) for n in range(9)]
    assert in_order(*items).ids(ShopSettings(diversity=0.7)) == expected


items = st.builds(
    Item,
    st.just(""),
    brand=st.none() | st.sampled_from("xy"),
    category=st.none() | st.sampled_from(["c", "c|d"]),
    in_stock=st.booleans(),
    group_id=st.none() | st.sampled_from("gh"),
    features=st.tuples(st.integers(-2, 2).map(float), st.integers(-2, 2).map(float)),
)
scored_items = st.lists(st.tuples(items, st.integers(0, 4), st.integers(0, 2)), max_size=12)
said = st.builds(
    ShopSettings,
    max_per_brand=st.integers(0, 2),
    max_per_category=st.integers(0, 2),
    limit_places=st.integers(1, 8),
    diversity=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
)


def stand_ins(items, scores):
    """Return (item, standing): one of each group, the best first."""

    def order(item):
        return -scores[item], item

    found, seen = [], {None}
    for item in sorted(scores, key=order):
        group = items[item].group_id
        if group is None or group not in seen:
            members = {item} if group is None else {i for i in scores if items[i].group_id == group}
            in_stock = [i for i in members if items[i].in_stock]
            found.append((min(in_stock, key=order, default=item), scores[item]))
        seen.add(group)
    return found


def alike(one, other):
    lengths = math.hypot(*one.features) * math.hypot(*other.features)
    dot = sum(a * b for a, b in zip(one.features, other.features, strict=True))
    return abs(dot) / lengths if lengths else 0.0


def may_stand(items, found, item, said):
    if len(found) >= said.limit_places:
        return True
    for column, most in (("brand", said.max_per_brand), ("category", said.max_per_category)):
        counts = Counter(getattr(items[i], column) for i in found)
        value = getattr(items[item], column)
        if value and most and counts[value] >= most:
            return False
    return True


def whole_list(items, scores, fill, said):
    """Return the ids of the longest list."""
    groups = {items[i].group_id for i in scores} - {None}
    fill = {i: s for i, s in fill.items() if i not in scores and items[i].group_id not in groups}
    best, rest = stand_ins(items, scores), stand_ins(items, fill)
    if not best:
        best, rest = rest, []
    standings = [standing for _, standing in best]
    span = max(standings, default=0) - min(standings, default=0)
    relevance = {i: (s - min(standings)) / span if span else 1.0 for i, s in best}
    found = []

    def gain(item):
        if item not in relevance:
            return -2.0
        closest = max((alike(items[item], items[i]) for i in found), default=0.0)
        return round((1 - said.diversity) * relevance[item] - said.diversity * closest, 9)

    while left := [
        i for i, _ in best + rest if i not in found and may_stand(items, found, i, said)
    ]:
        found.append(max(left, key=gain) if said.diversity else left[0])
    return found


@settings(max_examples=150, deadline=None)
@given(scored_items, said, st.integers(1, 5))
def test_every_way_through_the_pages_leads_through_the_brute_forces_list(drawn, said, step):
    names = [f"item {n:02}" for n in range(len(drawn))]
    items = {
        name: replace(item, item_id=name) for name, (item, _, _) in zip(names, drawn, strict=True)
    }
    scores = {name: score / 4 for name, (_, score, _) in zip(names, drawn, strict=True) if score}
    fill = {name: float(score) for name, (_, _, score) in zip(names, drawn, strict=True) if score}
    lists = Lists(items.values(), scores, fill)
    expected = whole_list(items, scores, fill, said)
    assert lists.ids(said) == expected
    for at in range(0, len(expected) + step, step):
        assert lists.ids(said, n=step, offset=at) == expected[at : at + step]
    walked = lists.walk(said, step)
    assert [place.product.item_id for place in walked] == expected
    assert walked == lists.page(said, n=100).items


@settings(max_examples=50, deadline=None)
@given(scored_items, st.integers(1, 5), st.integers(0, 5))
def test_where_no_re_ranker_applies_the_list_is_that_of_a_shelf_without(drawn, n, offset):
    items = [
        replace(item, item_id=f"{at:02}", group_id=None) for at, (item, _, _) in enumerate(drawn)
    ]
    scores = {f"{at:02}": score / 4 for at, (_, score, _) in enumerate(drawn)}
    fill = {f"{at:02}": float(score) for at, (_, _, score) in enumerate(drawn)}
    pages = [
        Lists(items, scores, fill, rerank=rerank).page(n=n, offset=offset)
        for rerank in (True, False)
    ]
    assert pages[0] == pages[1]
