"""Comparison of JSON values whose numbers may differ in the last digits."""

from typing import Any

TOLERANCE = 1e-9
"""Of a single number; relative above 1."""


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Return a line for each place where two JSON values differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            line
            for name in sorted(expected.keys() | found.keys())
            for line in _differ(f"{path}.{name}", expected.get(name, ...), found.get(name, ...))
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            line
            for place, pair in enumerate(zip(expected, found, strict=True))
            for line in differences(*pair, f"{path}[{place}]")
        ]
    return [] if _is_same(expected, found) else [f"{path}: {expected!r}, now {found!r}"]


def _differ(path: str, expected: Any, found: Any) -> list[str]:
    if expected is ... or found is ...:
        return [f"{path}: {'is new' if expected is ... else 'is missing'}"]
    return differences(expected, found, path)


def equal(expected: Any, found: Any, path: str = "") -> bool:
    """Return whether two JSON values are equal, numbers within the tolerance."""
    return not differences(expected, found, path)


def _is_same(expected: Any, found: Any) -> bool:
    if isinstance(expected, float) and isinstance(found, float):
        return abs(expected - found) <= TOLERANCE * max(1.0, abs(expected))
    return type(expected) is type(found) and bool(expected == found)
