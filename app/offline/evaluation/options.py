"""What is held out and asked of a shop's past. Light: commands read it to show their help."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MAX_DAYS = 36_500


class SplitKind(StrEnum):
    TIME = "time"
    """All that came after a moment."""
    LAST = "last"
    """The last of each shopper."""
    FOLDS = "folds"
    """A random share, one after the other."""
    ITEMS = "items"
    """Everything about some items."""


@dataclass(frozen=True)
class SplitOptions:
    """How to hold out; what does not belong to the kind is passed over."""

    kind: SplitKind = SplitKind.TIME
    cut: datetime | None = None
    days: float | None = None
    """The last so many; None: the last `share` of the time."""
    share: float = 0.1
    """Of the time, or of the items."""
    last: int = 1
    """Items of each shopper."""
    folds: int = 5
    seed: int = 1


class Mode(StrEnum):
    """Which items a list may hold."""

    NEW = "new items"
    """Not what the shopper did anything with before."""
    ALL = "all items"
    """What was bought before may come again."""
    HELD = "held-out items"
    """Only what nobody has done anything with yet."""


@dataclass(frozen=True)
class EvaluationOptions:
    """What is asked and how it is judged."""

    split: SplitOptions = field(default_factory=SplitOptions)
    at: tuple[int, ...] = (5, 10, 20)
    modes: tuple[Mode, ...] = ()
    """None: new items, and where purchases may be repeated all items too."""
    users: int | None = None
    """Shoppers that are asked about, drawn at random; None: all."""
    liked: float | None = None
    kinds: tuple[str, ...] = ()
    cold: int = 5
    """A shopper with at most so many rows in the training part counts as cold."""
    seed: int = 1
    on_validation: bool = False
    """Judge by a validation part inside the training part, and leave the test part alone."""
