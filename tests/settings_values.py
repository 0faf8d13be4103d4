"""Values that a setting may have, and values that it may not, by its row of the table."""

import math
from typing import Any

from app.domain.setting import Setting
from app.domain.settings import SETTINGS

PUBLIC = [row for row in SETTINGS.values() if not row.internal]


def good(row: Setting) -> list[Any]:
    if row.choices:
        return [choice.value for choice in row.choices]
    if row.type is str:
        return ["UTC", "Europe/Berlin"]
    low = row.low + (1e-3 if row.above_low else 0)
    return [{"a_name": low, "other": row.high, "gone": None}] if row.is_mapping else [low, row.high]


def bad(row: Setting) -> list[Any]:
    if row.internal:
        return [5, "ease", None]
    if row.choices:
        return ["psychic", "", 1, None, [row.choices[0].value]]
    if row.type is str:
        return ["", "x" * (int(row.high) + 1), 1, None]
    low = row.low if row.above_low else row.low - 1
    numbers = [low, row.high + 1, True, "1", [1]]
    if row.is_mapping:
        named = [{"a_name": number} for number in numbers]
        return [*named, {"a name!": row.high}, {"": row.high}, row.high, "a_name=1", None]
    return [*numbers, None, *([1.5] if row.type is int else [])]


def bad_texts(row: Setting) -> list[str]:
    """Return what may not be said on the command line."""
    if row.choices:
        return ["psychic", ""]
    if row.type is str:
        return ["", "x" * (int(row.high) + 1)]
    low = row.low if row.above_low else row.low - 1
    numbers = [f"{low}", f"{row.high + 1}", "nan", "inf", "many", ""]
    if row.is_mapping:
        return [*(f"a_name={number}" for number in numbers if number), "a name!=1", "=1", "a_name"]
    return [*numbers, *(["1.5"] if row.type is int else [])]


NO_NUMBERS = [math.nan, math.inf, -math.inf]


def cases(values: Any) -> list[Any]:
    """Return pairs of a row and one of its values."""
    return [(row, value) for row in PUBLIC for value in values(row)]


def named(case: Any) -> str:
    """Return the name of a test's parameter."""
    return case.name if isinstance(case, Setting) else repr(case)[:30]
