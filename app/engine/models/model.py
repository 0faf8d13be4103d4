"""What every learned model promises, whatever it learns.

A model has item rows of its own, 0 to n_items - 1; who serves it knows which items these are. It
holds nothing of single shoppers. It is never changed: another fit is another model.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeAlias

import numpy.typing as npt

from app.engine.jit import Float64s, Int32s

if TYPE_CHECKING:  # a worker that serves what was fitted does without
    from scipy.sparse import csr_matrix

Interactions: TypeAlias = "csr_matrix"
"""Preferences, or what else a model is fitted to, shape (n_users, n_items)."""

Arrays = Mapping[str, npt.NDArray[Any]]
"""All that a model learned, by name."""

Progress = Callable[[int, int], None]
"""Told how many steps of how many are done; it may raise to end the fit."""


def unheard(done: int, of: int) -> None:
    """Take in progress that nobody asked for."""


def demand(**holds: bool) -> None:
    """Raise ValueError with the name of the first parameter for which it does not hold."""
    for name, is_fine in holds.items():
        if not is_fine:
            raise ValueError(f"{name} is out of range")


class Learned(Protocol):
    kind: ClassVar[str]

    @property
    def n_items(self) -> int:
        """How many items it has learned about."""
        ...

    def scores(
        self, items: Int32s, values: Float64s, *, weights: Float64s | None = None
    ) -> Float64s | None:
        """Score every item for a shopper, higher is better; shape (n_items,), always finite.

        items : rows of what the shopper has preferences for, each once. values : the preferences,
        equal shape. weights : how much each item counts now, equal shape; None: all alike; not all
        models can heed it. Returns None where it knows nothing.
        """
        ...

    def shares(
        self, items: Int32s, values: Float64s, item: int, *, weights: Float64s | None = None
    ) -> Float64s:
        """Return what each of the shopper's items adds to the score of one, shape as `items`.

        Empty where this cannot be told apart.
        """
        ...

    def arrays(self) -> Arrays:
        """Return what `restore` needs, as plain arrays."""
        ...

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        """Return the model these arrays were taken from."""
        ...
