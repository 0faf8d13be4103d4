"""Catalogue columns -> feature vectors, by stateless hashing."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction import FeatureHasher

from app.engine.jit import Float32s, Int32s, Int64s
from app.engine.tables.feature_vectors import DIMENSIONS

# The cosine of two items that have every group is the mean of their groups' cosines, so weighted.
GROUP_WEIGHTS = {
    "category": 0.40,
    "brand": 0.15,
    "tags": 0.15,
    "attributes": 0.15,
    "price": 0.10,
    "text": 0.20,
}
_TITLE_WEIGHT = 2.0  # a word of the title counts as two of the description
_PRICE_STEP = math.log(1.5)  # prices a half apart are one bucket apart

# Scripts that are written without spaces: their runs are cut into pairs of characters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"  # Japanese, Chinese, Korean
)
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
_TOKEN = re.compile(f"[{_UNSPACED}]+|(?:(?![{_UNSPACED}_])[\\w{_MARKS}])+")
_PAIRS = re.compile(f"[{_UNSPACED}]")

_hasher = FeatureHasher(
    n_features=DIMENSIONS, input_type="pair", alternate_sign=False, dtype=np.float64
)


@dataclass(frozen=True)
class ItemColumns:
    """What the catalogue says of one item; every column may be empty.

    category : levels joined by `|`, widest first. price : in the shop's currency.
    attributes : "name=value".
    """

    category: str = ""
    brand: str = ""
    price: float | None = None
    tags: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    title: str = ""
    description: str = ""


def encode(item: ItemColumns) -> tuple[Int32s, Float32s]:
    """Encode one item: dimensions in use (of DIMENSIONS), ascending, and their weights.

    Weights are not negative and of unit length; both arrays are empty for an item without columns.
    """
    _, dims, weights = encode_many([item])
    return dims, weights


def encode_many(items: Iterable[ItemColumns]) -> tuple[Int64s, Int32s, Float32s]:
    """Encode many items at once: ends (n,), dims, weights; item i lies from ends[i-1] to ends[i].

    Each group (category, brand, price, tags, attributes, text) is hashed into a vector of unit
    length and weighted by the root of its weight; the sum is brought to unit length.
    """
    pairs = [list(_tokens(item).items()) for item in items]
    if not pairs:  # which the hasher refuses
        return np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)
    matrix = _hasher.transform(pairs)
    matrix.sum_duplicates()
    counts = np.diff(matrix.indptr)
    owners = np.repeat(np.arange(counts.size), counts)
    lengths = np.sqrt(np.bincount(owners, matrix.data**2, counts.size))
    weights = (matrix.data / lengths[owners]).astype(np.float32)
    return matrix.indptr[1:].astype(np.int64), matrix.indices.astype(np.int32), weights


def words(text: str) -> list[str]:
    """Cut text into lower-case words; scripts without spaces into pairs of characters."""
    tokens: list[str] = []
    for run in _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if len(run) > 1 and _PAIRS.match(run):
            tokens.extend(run[at : at + 2] for at in range(len(run) - 1))
        else:
            tokens.append(run)
    return tokens


def _tokens(item: ItemColumns) -> dict[str, float]:
    """All tokens of an item, named by group, with their weights."""
    groups = {
        "category": _levels(item.category),
        "brand": {_plain(item.brand): 1.0} if item.brand.strip() else {},
        "tags": {_plain(tag): 1.0 for tag in item.tags if tag.strip()},
        "attributes": {_plain(attribute): 1.0 for attribute in item.attributes},
        "price": _buckets(item.price),
        "text": _text(item.title, item.description),
    }
    return {
        f"{group}={token}": weight
        for group, tokens in groups.items()
        for token, weight in _scaled(tokens, GROUP_WEIGHTS[group]).items()
    }


def _scaled(tokens: dict[str, float], group_weight: float) -> dict[str, float]:
    length = math.sqrt(sum(weight * weight for weight in tokens.values()))
    factor = math.sqrt(group_weight) / length if length > 0.0 else 0.0
    return {token: weight * factor for token, weight in tokens.items()}


def _levels(category: str) -> dict[str, float]:
    """One token for each prefix of the levels: "a|b" gives "a" and "a|b"."""
    levels = [_plain(level) for level in category.split("|") if level.strip()]
    return {"|".join(levels[: depth + 1]): 1.0 for depth in range(len(levels))}


def _buckets(price: float | None) -> dict[str, float]:
    """Two neighbouring buckets of a logarithmic scale share the weight, so that no edge is hard."""
    if price is None or not 0.0 < price < math.inf:
        return {}
    place = math.log(price) / _PRICE_STEP
    low = math.floor(place)
    part = place - low
    return {str(low): math.sqrt(1.0 - part), str(low + 1): math.sqrt(part)}


def _text(title: str, description: str) -> dict[str, float]:
    """Words, repeated ones damped to 1 + log(count)."""
    found: Counter[str] = Counter(words(description))
    weights = {word: 1.0 + math.log(count) for word, count in found.items()}
    for word, count in Counter(words(title)).items():
        weights[word] = weights.get(word, 0.0) + _TITLE_WEIGHT * (1.0 + math.log(count))
    return weights


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
