"""What is asked of a shop's past, and how answers are judged."""

from dataclasses import dataclass, field

from app.offline.evaluation.asking import Mode
from app.offline.evaluation.splits import SplitOptions


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
