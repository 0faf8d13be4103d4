"""Encoding of catalogue columns."""

import numpy as np
import pytest

from app.engine.tables.feature_vectors import DIMENSIONS
from app.engine.tables.features import ItemColumns, encode, encode_many, words


def cosine(one, other):
    dense = np.zeros((2, DIMENSIONS))
    for row, item in zip(dense, (one, other), strict=True):
        dims, weights = encode(item)
        row[dims] = weights
    return float(dense[0] @ dense[1])


FULL = ItemColumns("food|tea|green", "Kusmi", 12.5, ("organic", "loose"), "Green tea", "A fine tea")


def test_a_vector_is_of_unit_length_and_not_negative():
    dims, weights = encode(FULL)
    assert dims.dtype == np.int32 and weights.dtype == np.float32
    assert (weights > 0).all() and np.square(weights).sum() == pytest.approx(1, abs=1e-6)
    assert (np.diff(dims) > 0).all() and dims.max() < DIMENSIONS


def test_the_same_item_is_encoded_the_same_alone_and_in_a_batch():
    items = [FULL, ItemColumns(), ItemColumns(title="Oil")]
    ends, dims, weights = encode_many(items)
    starts = [0, *ends.tolist()]
    for at, item in enumerate(items):
        alone = encode(item)
        assert dims[starts[at] : starts[at + 1]].tolist() == alone[0].tolist()
        assert weights[starts[at] : starts[at + 1]].tolist() == alone[1].tolist()
    assert ends[1] == ends[0]  # nothing known: no entries


def test_an_empty_batch_is_empty():
    ends, dims, weights = encode_many([])
    assert ends.size == dims.size == weights.size == 0


def test_categories_share_their_upper_levels():
    tea, coffee, soap = (ItemColumns(category=c) for c in ("food|tea", "food|coffee", "home|soap"))
    assert cosine(tea, coffee) == pytest.approx(0.5, abs=1e-6)
    assert cosine(tea, soap) == pytest.approx(0, abs=1e-6)
    assert cosine(tea, ItemColumns(category=" Food | TEA ")) == pytest.approx(1, abs=1e-6)


def test_attributes_are_a_group_like_the_others():
    sizes = [ItemColumns(brand="x", attributes=(f"size={size}",)) for size in ("S", "S", "L")]
    assert cosine(*sizes[:2]) == pytest.approx(1, abs=1e-6)
    assert cosine(*sizes[1:]) == pytest.approx(0.5, abs=1e-6)
    named = ItemColumns(attributes=("colour=red",))
    assert cosine(named, ItemColumns(attributes=("lid=red",))) == pytest.approx(0, abs=1e-6)
    assert cosine(named, ItemColumns(tags=("colour=red",))) == pytest.approx(0, abs=1e-6)


def test_near_prices_are_near_whatever_the_edges():
    prices = [cosine(ItemColumns(price=10.0), ItemColumns(price=p)) for p in (10.0, 11, 13, 30)]
    assert prices == sorted(prices, reverse=True) and prices[1] > 0.9 and prices[3] == 0


@pytest.mark.parametrize("price", [None, 0.0, -1.0, float("nan"), float("inf")])
def test_a_price_that_says_nothing_adds_nothing(price):
    assert encode(ItemColumns(price=price))[0].size == 0


def test_words_of_many_scripts():
    assert words("Grüner TEE, 100g!") == ["grüner", "tee", "100g"]
    assert words("有機煎茶 tea 茶") == ["有機", "機煎", "煎茶", "tea", "茶"]
    assert words("हिन्दी a_b") == ["हिन्दी", "a", "b"]
    assert words("") == []
    assert cosine(ItemColumns(title="有機煎茶"), ItemColumns(title="煎茶")) > 0.5
