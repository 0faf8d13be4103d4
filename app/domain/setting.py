"""One row of the table of settings: type, default, limits and meaning, and the check of a value."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from enum import StrEnum
from typing import Any

from app.domain.errors import InvalidInput

_ROW = "row"


class Stale(StrEnum):
    """What memory computes from settings, and computes again when they change."""

    PREFERENCES = "preferences"
    ACTIVITY = "activity"
    CONTEXTS = "contexts"


@dataclass(frozen=True, slots=True)
class Search:
    """How tuning searches a setting: the range it draws from, and where that is worth a draw."""

    low: float = 0.0
    high: float = 1.0
    log: bool = False
    may_be_off: bool = False
    """Values below `low` are drawn too, and mean 0."""
    needs: str = ""
    """The fact of a shop (`offline.tuning.knobs.Facts`) or the kind of model that it takes."""
    only_for: str = ""
    """The weight of the hybrid without which it has no effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    name: str
    type: Any
    """int, float, str, a StrEnum, or a mapping of names to numbers."""
    default: Any
    help: str
    low: float | None = None
    """The smallest number (of a mapping: of its values); of a text, the fewest characters."""
    high: float | None = None
    above_low: bool = False
    """Whether `low` itself is left out."""
    choices: tuple[StrEnum, ...] = ()
    keys: str = ""
    """The pattern of a mapping's names."""
    stale: tuple[Stale, ...] = ()
    search: Search | None = None
    formerly: str = ""
    """An old name, which is still accepted and answered."""
    internal: bool = False
    """Set by the service alone, not by people."""

    @property
    def is_mapping(self) -> bool:
        return not isinstance(self.type, type)

    @property
    def allowed(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.internal:
            return "a mapping"
        if self.type is str:
            return f"a text of {self.low:g} to {self.high:g} characters"
        if self.is_mapping:
            return f"names with numbers {self._range}"
        return f"{'a whole number' if self.type is int else 'a number'} {self._range}"

    @property
    def _range(self) -> str:
        low, high = (f"{end:.10g}" for end in (self.low or 0, self.high or 0))
        return f"above {low} and up to {high}" if self.above_low else f"from {low} to {high}"

    def checked(self, value: Any) -> Any:
        """Return the value in the row's type, or raise InvalidInput."""
        if self.choices:
            return self._word(value)
        if self.is_mapping:
            return self._mapping(value)
        if self.type is str:
            if not isinstance(value, str) or not self._holds(len(value)):
                raise self._refusal()
            return value
        return self._number(value)

    def parsed(self, text: str) -> Any:
        """Return the value that a text says, or raise InvalidInput.

        Of a mapping: `name=1,other=2`; `name=` takes the name back.
        """
        try:
            if self.is_mapping:
                pairs = [(name.strip(), value) for name, value in map(_pair, text.split(","))]
                if len(dict(pairs)) < len(pairs):
                    raise InvalidInput(self.name, "names one twice")
                return self.checked({name: float(v) if v else None for name, v in pairs})
            return self.checked(self.type(text) if self.type in (int, float) else text)
        except ValueError as error:
            raise self._refusal() from error

    def restored(self, plain: Any) -> Any:
        """Return a stored value in the row's type; the default for a word of another release."""
        if not self.choices:
            return plain
        return self.type(plain) if plain in [*self.type] else self.default

    def _holds(self, number: float) -> bool:
        if self.low is None or self.high is None:
            return True
        return self.low <= number <= self.high and not (self.above_low and number == self.low)

    def _number(self, value: Any) -> Any:
        kinds = (int,) if self.type is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not self._holds(value):
            raise self._refusal()
        return value if self.type is int else float(value)

    def _word(self, value: Any) -> Any:
        if not isinstance(value, str) or value not in self.choices:
            raise self._refusal()
        return self.type(value)

    def _mapping(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise self._refusal()
        if self.internal:
            return value
        for name in value:
            if not isinstance(name, str) or not re.fullmatch(self.keys, name):
                raise InvalidInput(self.name, f"names must match {self.keys}")
        return {name: None if v is None else self._number(v) for name, v in value.items()}

    def _refusal(self) -> InvalidInput:
        return InvalidInput(self.name, f"must be {self.allowed}")


def _pair(text: str) -> tuple[str, str]:
    name, value = text.split("=")
    return name, value


def setting(
    default: Any, low: float | None = None, high: float | None = None, *, help: str, **row: Any
) -> Any:
    """Return the field of a dataclass that declares a setting. row : fields of `Setting`."""
    if isinstance(default, StrEnum):
        row = {"choices": tuple(type(default))} | row
    metadata = {_ROW: {"default": default, "low": low, "high": high, "help": help, **row}}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def rows_of(settings: Any) -> dict[str, Setting]:
    """Return the table that the fields of a dataclass declare, by name."""
    declared: Iterable[Field[Any]] = (f for f in fields(settings) if _ROW in f.metadata)
    return {f.name: Setting(name=f.name, type=f.type, **f.metadata[_ROW]) for f in declared}


def checked(changes: Mapping[str, Any], rows: Mapping[str, Setting]) -> dict[str, Any]:
    """Return changes by their present names and in their types.

    Raises InvalidInput for the first that cannot be.
    """
    found: dict[str, Any] = {}
    for name, value in changes.items():
        row = row_of(name, rows)
        value = row.checked(value)
        if found.get(row.name, value) != value:  # both names with one value: a view sent back
            raise InvalidInput(row.name, f"is given twice: {row.formerly} is its old name")
        found[row.name] = value
    return found


def former_names(rows: Mapping[str, Setting]) -> dict[str, str]:
    """Return the present name of each old one."""
    return {row.formerly: row.name for row in rows.values() if row.formerly}


def row_of(name: str, rows: Mapping[str, Setting]) -> Setting:
    """Return the row of a present or an old name, or raise InvalidInput."""
    name = former_names(rows).get(name, name)
    if name not in rows:
        known = ", ".join(row.name for row in rows.values() if not row.internal)
        raise InvalidInput(name, f"there is no setting {name!r}; known are: {known}")
    return rows[name]
