"""What the explanation of an item on a list is made of."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Union


class Said(NamedTuple):
    """A sentence, or a part of one: a template by its key, and what goes into it."""

    key: str
    values: Mapping[str, Union[str, int, "Said"]] = MappingProxyType({})
    weak: bool = False
    """Whether any other sentence goes before it."""


class Reason(ABC):
    """Why an item is on a list; `recommender.reasons` holds every kind."""

    name: ClassVar[str]
    """In JSON."""
    keys: ClassVar[tuple[str, ...]] = ()
    """Of all templates its sentences need."""

    @abstractmethod
    def to_json(self) -> Any: ...

    def said(self) -> Said | None:
        """Return the reason as a sentence; None if it is not worth one."""
        return None


class Named(NamedTuple):
    """An item that a reason is about."""

    item_id: str
    title: str | None
    """None: there is none, or the item has left the catalogue."""

    @property
    def in_words(self) -> str:
        return self.title or self.item_id

    def to_json(self) -> dict[str, Any]:
        return self._asdict()


class Explanation(NamedTuple):
    parts: Mapping[str, float]
    """What each strategy gave; they sum to the score."""
    reasons: tuple[Reason, ...] = ()
