"""An answer in one short line: what must be equal, and numbers that must be close.

A digest covers ids, names, texts and their order. The numbers are apart: they are summed, each
with a weight of its own place, so that a sum tells any of them from another.
"""

import hashlib
from typing import Any

import orjson

from tests.golden.comparing import TOLERANCE


def digest(answer: dict[str, Any]) -> list[list[Any]]:
    """Return [digest, sum, count] of the list and of its reasons."""
    reasons = answer.get("reasons", [])
    rest = {name: part for name, part in answer.items() if name != "reasons"}
    return [_digest(rest), _digest(reasons)]


def same(expected: list[list[Any]], found: list[list[Any]]) -> bool:
    """Whether two digests are of answers that are equal within the tolerance."""
    return all(map(_same, expected, found))


def _same(expected: list[Any], found: list[Any]) -> bool:
    (shape, total, count), (other, sum_, n) = expected, found
    return shape == other and count == n and abs(total - sum_) <= TOLERANCE * max(1, count)


def _digest(value: Any) -> list[Any]:
    numbers: list[float] = []
    shape = orjson.dumps(_without_numbers(value, numbers), option=orjson.OPT_SORT_KEYS)
    weighted = sum(number * (1 + place % 89 / 89) for place, number in enumerate(numbers))
    return [hashlib.sha256(shape).hexdigest()[:12], round(weighted, 11), len(numbers)]


def _without_numbers(value: Any, numbers: list[float]) -> Any:
    if isinstance(value, float):
        numbers.append(value)
        return "number"
    if isinstance(value, dict):
        return {key: _without_numbers(value[key], numbers) for key in sorted(value)}
    if isinstance(value, list):
        return [_without_numbers(part, numbers) for part in value]
    return value
