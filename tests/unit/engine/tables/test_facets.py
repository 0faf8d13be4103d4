"""What passes filters is what a plain look at every item finds, whatever happened before."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.catalogue import Item, written
from app.domain.filters import NO_FILTERS, Filters
from app.engine.tables.categories import Categories
from app.engine.tables.facets import Facets, Labels
from tests.unit.engine.builders import mapped

PATHS = ["a", "a|b", "a|b|c", "ab", "a|bb", "d"]
BRANDS = ["x", "y", "tag x"]
TAGS = ["x", "t", "brand x"]
VALUES = ["1", 1.0, True, "true", 0.5, "x"]
PRICES = [0.0, 1.0, 2.5, 4.0]
START = datetime(2024, 1, 1, tzinfo=UTC)


def some(values, size=2):
    return st.lists(st.sampled_from(values), max_size=size, unique=True).map(tuple)


items = st.builds(
    Item,
    st.just("item"),
    category=st.none() | st.sampled_from(PATHS),
    brand=st.none() | st.sampled_from(BRANDS),
    price=st.none() | st.sampled_from(PRICES),
    tags=st.lists(st.sampled_from(TAGS), max_size=3).map(tuple),
    in_stock=st.booleans(),
    group_id=st.none() | st.sampled_from(["g", "h"]),
    attributes=st.dictionaries(st.sampled_from(["s", "s1"]), st.sampled_from(VALUES)),
    created_at=st.none() | st.integers(0, 9).map(lambda days: START + timedelta(days=days)),
)
filters = st.builds(
    Filters,
    in_stock=st.booleans(),
    any_category=some([*PATHS, "unknown", "a|"]),
    all_categories=some([*PATHS, "unknown"], 1),
    brands=some([*BRANDS, "unknown"]),
    price_from=st.none() | st.sampled_from(PRICES),
    price_to=st.none() | st.sampled_from(PRICES),
    tags=some([*TAGS, "unknown"], 1),
    attributes=st.dictionaries(
        st.sampled_from(["s", "s1", "1"]), some(["1", "true", "0.5", "x", "11"]), max_size=1
    ).map(lambda found: tuple(found.items())),
)
steps = st.lists(
    st.tuples(st.integers(0, 7), items | st.none()) | st.sampled_from(["restored", "looked at"]),
    min_size=1,
    max_size=25,
)


def is_in(item, path):
    return f"{item.category}|".startswith(f"{path}|") if item.category else False


def passes(item, asked):
    attributes = {name: written(value) for name, value in item.attributes.items()}
    low, high = asked.price_from, asked.price_to
    return all(
        [
            item.in_stock or not asked.in_stock,
            not asked.any_category or any(is_in(item, path) for path in asked.any_category),
            all(is_in(item, path) for path in asked.all_categories),
            not asked.brands or item.brand in asked.brands,
            low is None or (item.price is not None and item.price >= low),
            high is None or (item.price is not None and item.price <= high),
            set(asked.tags) <= set(item.tags),
            all(attributes.get(name) in values for name, values in asked.attributes),
        ]
    )


class Kept:
    """Facets with their categories, and the items that they should hold."""

    def __init__(self):
        self.items = {}
        self.rows = 10
        self.categories = Categories()
        self.facets = Facets(self.categories)

    def take(self, step):
        if step == "restored":
            self.restore()
        elif step == "looked at":
            self.facets.created(self.rows)
            self.categories.codes(self.rows)
            self.rows += 5
        elif step[1] is not None:
            self.put(*step)
        elif step[0] in self.items:
            self.remove(step[0])

    def put(self, row, item):
        self.items[row] = item
        self.categories.put(row, item.category)
        self.facets.put(row, item)

    def remove(self, row):
        del self.items[row]
        self.categories.remove(row)
        self.facets.remove(row)

    def restore(self):
        categories, facets = self.categories.dump(), self.facets.dump()
        self.categories = Categories()
        self.categories.restore(mapped(categories))
        self.facets = Facets(self.categories)
        self.facets.restore(mapped(facets))

    def passing(self, asked, rows=10):
        mask = np.ones(rows, np.uint8)
        self.facets.narrow(asked, mask)
        return set(np.flatnonzero(mask).tolist())


@settings(max_examples=300)
@given(steps, st.lists(filters, min_size=1, max_size=4))
def test_what_passes_is_what_a_look_at_every_item_finds(story, questions):
    kept = Kept()
    for step in story:
        kept.take(step)
        for asked in questions:  # so that former answers are there to be wrong
            if asked != NO_FILTERS:
                expected = {row for row, item in kept.items.items() if passes(item, asked)}
                assert kept.passing(asked) == expected


@settings(max_examples=100)
@given(steps)
def test_groups_know_their_items(story):
    kept = Kept()
    for step in story:
        kept.take(step)
    groups = {row: item.group_id for row, item in kept.items.items() if item.group_id}
    assert kept.facets.grouped == len(groups)
    kept.facets.fit(8)
    rows = np.arange(8, dtype=np.int32)
    assert np.flatnonzero(kept.facets.has_group(rows)).tolist() == sorted(groups)
    for name in ("g", "h", "unknown"):
        expected = [row for row, group in sorted(groups.items()) if group == name]
        assert sorted(kept.facets.members(name).tolist()) == expected


@settings(max_examples=100)
@given(steps)
def test_nothing_is_left_of_what_went(story):
    kept, new = Kept(), Kept()
    for step in story:
        kept.take(step)
    for row, item in kept.items.items():
        new.put(row, item)
    rows = range(8)
    assert [kept.facets.of(r) for r in rows if r in kept.items] == [
        new.facets.of(r) for r in rows if r in new.items
    ]
    for row in list(kept.items):
        kept.remove(row)
    assert not any(text in kept.facets.dump()["labels.ids.data"].tobytes() for text in (b"tag",))
    assert kept.passing(Filters(price_from=0.0)) == set()


def test_nothing_asked_leaves_a_mask_as_it_is():
    kept = Kept()
    kept.put(1, Item("a"))
    assert kept.passing(NO_FILTERS, rows=3) == {0, 1, 2}
    assert kept.passing(Filters(exclude=("a",), cart=True, seen_days=3.0), rows=3) == {0, 1, 2}


@pytest.mark.parametrize("rows", [2, 4, 400])
def test_masks_may_be_longer_or_shorter_than_what_is_held(rows):
    kept = Kept()
    kept.put(1, Item("a", in_stock=True))
    kept.put(3, Item("b", in_stock=True))
    assert kept.passing(Filters(in_stock=True), rows) == {row for row in (1, 3) if row < rows}


def test_what_is_kept_goes_when_there_are_more_rows():
    kept = Kept()
    kept.put(1, Item("a", brand="x", category="a|b", price=2.0))
    parts = {"brands": ("x",), "any_category": ("a",)}
    assert kept.passing(Filters(**parts)) == {1}
    kept.facets.created(100)
    assert kept.passing(Filters(**parts)) == {1}
    assert kept.passing(Filters(**parts, price_from=1.0)) == {1}


def test_a_mask_that_is_kept_is_not_the_callers():
    kept = Kept()
    kept.put(1, Item("a"))
    kept.put(2, Item("b"))
    asked = Filters(in_stock=True)
    first = np.ones(3, np.uint8)
    kept.facets.narrow(asked, first)
    first[:] = 0
    assert kept.passing(asked) == {1, 2}


def test_when_items_were_made():
    kept = Kept()
    kept.put(2, Item("a", created_at=START))
    kept.put(0, Item("b"))
    created = kept.facets.created(5)
    assert created[2] == START.timestamp()
    assert np.isnan(created[[0, 1, 3, 4]]).all()


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 300), st.sets(st.integers(0, 40))), max_size=60))
def test_labels_know_their_items_and_items_their_labels(story):
    labels, expected = Labels(), {}
    for row, numbers in story:
        expected[row] = {f"label {number}" for number in numbers}
        labels.put(row, [*expected[row], *expected[row]])
    for row, names in expected.items():
        assert set(labels.of(row)) == names
    for number in range(41):
        name = f"label {number}"
        rows = labels.rows(name).tolist()
        assert sorted(rows) == sorted(row for row, names in expected.items() if name in names)
