"""How alike two items are over several vector spaces.

The similarity of two items is the weighted mean of their similarities in the spaces that both
are in. It is exact at the price of one product a space: the items of a profile are grouped by
the spaces they are in, of which there are few sets, and within a group

    sum_j value_j sim(i, j) = (sum_s w_s sum_j value_j cos_s(i, j)) / (sum_s w_s [i is in s])

over the spaces s of the group, because the divisor is the same for all its j.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float64s, Int32s
from app.engine.tables.profile import Profile

Flags = npt.NDArray[np.bool_]


class Vectors(Protocol):
    """Vectors by item row, some rows without."""

    def present(self, n_items: int) -> Flags:
        """Tell which rows have a vector that is not zero, shape (n_items,)."""

    def add_scores(self, profile: Profile, scores: Float64s) -> None:
        """Write sum of value * similarity over the profile's items; shape (n_items,) of zeros."""

    def cosines(self, row: int, others: Int32s) -> Float64s:
        """Return the similarity of one row to each of the others, shape (n,)."""


@dataclass(frozen=True, slots=True)
class Space:
    """One of several, with its weight, which is above 0."""

    name: str
    weight: float
    vectors: Vectors


def fused_scores(spaces: Sequence[Space], profile: Profile, n_items: int) -> Float64s:
    """Return the sum of value * similarity over the profile's items, shape (n_items,)."""
    present = [space.vectors.present(n_items) for space in spaces]
    scores = np.zeros(n_items)
    for members, part in _groups(present, profile):
        sums, weights = np.zeros(n_items), np.zeros(n_items)
        for at in members:
            found = np.zeros(n_items)
            spaces[at].vectors.add_scores(part, found)
            found *= spaces[at].weight
            sums += found
            weights += spaces[at].weight * present[at]
        scores += np.divide(sums, weights, out=np.zeros(n_items), where=weights > 0.0)
    return scores


def by_space(
    spaces: Sequence[Space], item_row: int, others: Int32s, n_items: int
) -> dict[str, Float64s]:
    """Return what each space adds to the similarity of one item and each other, shape (n,) each.

    Spaces of one name are added up. The sum of them all is the similarity.
    """
    shared = []
    for space in spaces:
        present = space.vectors.present(n_items)
        shared.append(space.weight * (present[item_row] & present[others]))
    total = np.sum(shared, axis=0) if shared else np.zeros(others.size)
    parts: dict[str, Float64s] = {}
    for space, weights in zip(spaces, shared, strict=True):
        weighted = weights * space.vectors.cosines(item_row, others)
        part = np.divide(weighted, total, out=np.zeros(others.size), where=total > 0.0)
        parts[space.name] = parts[space.name] + part if space.name in parts else part
    return parts


def _groups(present: Sequence[Flags], profile: Profile) -> Iterator[tuple[list[int], Profile]]:
    """Yield each set of spaces that items of the profile are in, with these items."""
    if not present or not profile.items.size:
        return
    mine = np.array([flags[profile.items] for flags in present])
    kinds, kind_of = np.unique(mine, axis=1, return_inverse=True)
    for kind in range(kinds.shape[1]):
        members = np.flatnonzero(kinds[:, kind]).tolist()
        chosen = kind_of.ravel() == kind
        if members:
            yield members, Profile(profile.items[chosen], profile.values[chosen])
