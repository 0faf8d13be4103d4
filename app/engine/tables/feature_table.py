"""The live feature vectors of the catalogue, and how alike they make two items.

The similarity of two items is the weighted mean of their similarities in the spaces that both
are in. It is exact at the price of one product a space: the items of a profile are grouped by
the spaces they are in, of which there are few sets, and within a group

    sum_j value_j sim(i, j) = (sum_s w_s sum_j value_j cos_s(i, j)) / (sum_s w_s [i is in s])

over the spaces s of the group, because the divisor is the same for all its j.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.catalogue import FEATURES
from app.engine.jit import Float32s, Float64s, Int32s
from app.engine.tables.arrays import Arrays, resized
from app.engine.tables.feature_vectors import EncodedVectors, Flags, Vectors, checked
from app.engine.tables.ids import IdIndex
from app.engine.tables.own_vectors import NamedVectors, OwnVectors, dense
from app.engine.tables.profile import Profile

_OWN = "own"


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


class HeldRows:
    """One reference to the id of each row that is held; its owner holds the lock."""

    def __init__(self, ids: IdIndex) -> None:
        self._ids = ids
        self.flags: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)

    def __contains__(self, row: int) -> bool:
        return row < self.flags.size and bool(self.flags[row])

    def __len__(self) -> int:
        return int(np.count_nonzero(self.flags))

    def rows(self) -> list[int]:
        found: list[int] = np.flatnonzero(self.flags).tolist()
        return found

    def hold(self, id_: str) -> int:
        """Return the row of an id, held from now on."""
        row = self._ids.row(id_)
        if row is not None and row in self:
            return row
        row = self._ids.acquire(id_)
        if row >= self.flags.size:
            self.flags = resized(self.flags, row + 1 + row // 4)
        self.flags[row] = True
        return row

    def release(self, row: int) -> None:
        self.flags[row] = False
        self._ids.release(row)


class Features:
    """Item -> feature vector, encoded (sparse) or brought along (dense), and any named ones.

    Without a name an item is in one space, that of the last put. Two items are compared by the
    spaces that both are in (see above), weighted by `weights`: 1 where it says nothing.
    An item's vectors hold one reference to its id, zero vectors too. Each method takes `lock`.
    """

    def __init__(self, items: IdIndex, lock: threading.RLock) -> None:
        self.items = items
        self.lock = lock
        self.weights: Callable[[], Mapping[str, float]] = dict
        self._encoded = EncodedVectors()
        self._own = OwnVectors()
        self._named = NamedVectors()
        self._held = HeldRows(items)

    def __len__(self) -> int:
        return len(self._held)

    @property
    def nbytes(self) -> int:
        """Bytes of all spaces, slack included, without the ids."""
        parts = (self._encoded, self._own, self._named, self._held.flags)
        return sum(part.nbytes for part in parts)

    def put_encoded(self, item_id: str, dims: Int32s, weights: Float32s) -> None:
        """Store an encoded vector (see `features.encode`), in place of any other of the item.

        dims, weights : shape (n,), distinct dimensions below DIMENSIONS, weights not negative.
        """
        dims, weights = checked(dims, weights)
        with self.lock:
            row = self._held.hold(item_id)
            self._own.remove(row)
            self._encoded.put(row, dims, weights)

    def put_own(self, item_id: str, vector: npt.ArrayLike) -> None:
        """Store the vector an item brought along, in place of any other of the item.

        vector : shape (d,), float; the first vector of the catalogue sets d. Raises ValueError for
        another size, for an empty vector and for numbers that are not finite.
        """
        given = dense(vector)
        with self.lock:
            row = self.items.row(item_id)
            alone = self._own.count == 1 and row is not None and self._own.has(row)
            if self._own.count and not alone and given.size != self._own.size:
                raise ValueError(
                    f"this catalogue's feature vectors have {self._own.size} numbers, "
                    f"not {given.size}"
                )
            row = self._held.hold(item_id)
            if alone:
                self._own.remove(row)
            self._encoded.remove(row)
            self._own.put(row, given)

    def put_named(self, item_id: str, vectors: Mapping[str, npt.ArrayLike]) -> dict[str, str]:
        """Store the named vectors of an item in place of all named ones that it has.

        The first of a name sets its length; a vector of another one is left out. Returns why, by
        name. Raises ValueError for what `put_own` refuses.
        """
        given = {name: dense(vector) for name, vector in vectors.items()}
        with self.lock:
            row = self.items.row(item_id)
            held = row is not None and row in self._held
            return self._named.put(self._held.hold(item_id), given) if given or held else {}

    def remove(self, item_id: str) -> bool:
        """Forget an item's vectors; False if there are none."""
        with self.lock:
            row = self.items.row(item_id)
            if row is None or row not in self._held:
                return False
            self._named.remove(row)
            self._own.remove(row)
            self._encoded.remove(row)
            self._encoded.trim()
            self._held.release(row)
            return True

    def encoded(self, item_row: int) -> tuple[Int32s, Float32s]:
        """Copy an item's encoded vector: dimensions and weights, both empty if it has none."""
        with self.lock:
            return self._encoded.row(item_row)

    def by_id(self) -> dict[str, tuple[tuple[int, float], ...]]:
        """Return the vectors without a name: (dimension, number) pairs, ~dimension in own ones."""
        with self.lock:
            return {
                self.items.id(row): self._own.pairs(row) or self._encoded.pairs(row)
                for row in self._held.rows()
            }

    def named_by_id(self) -> dict[str, dict[str, str]]:
        """Return what tells each item's named vectors from others: length and digest by name."""
        with self.lock:
            rows = self._held.rows() if self._named.spaces else []
            return {self.items.id(row): of for row in rows if (of := self._named.of(row))}

    def similar(self, item_row: int) -> Float64s:
        """Return the similarity to every item, itself included, shape (items.capacity,)."""
        return self.weighted(Profile(np.array([item_row], np.int32), np.ones(1)))

    def weighted(self, profile: Profile) -> Float64s:
        """Return the sum of value * similarity over the profile's items, (items.capacity,)."""
        with self.lock:
            spaces = self._spaces()
            if self._named.spaces:
                return fused_scores(spaces, profile, self.items.capacity)
            scores = np.zeros(self.items.capacity)
            for space in spaces:  # an item is in one of these two: nothing to weigh
                space.vectors.add_scores(profile, scores)
            return scores

    def by_space(self, item_row: int, others: Int32s) -> dict[str, Float64s]:
        """Return what each space adds to the similarity of one item and each other, (n,) each."""
        with self.lock:
            return by_space(self._spaces(), item_row, others, self.items.capacity)

    def among(self, rows: Int32s) -> Callable[[int], Float64s]:
        """Return what tells how similar the item at one place of `rows` is to each, shape (m,).

        Vectors are copied: later changes do not show.
        """
        with self.lock:
            spaces = [(space.weight, space.vectors.among(rows)) for space in self._spaces()]

        def similar(at: int) -> Float64s:
            sums, weights = np.zeros(rows.size), np.zeros(rows.size)
            for weight, space in spaces:
                if space.present[at]:
                    sums += weight * space.cosines(at)
                    weights += weight * space.present
            return np.divide(sums, weights, out=np.zeros(rows.size), where=weights > 0.0)

        return similar

    def _spaces(self) -> list[Space]:
        """Return the spaces that weigh something, in an order that is the same everywhere."""
        weights = self.weights()
        named = sorted(self._named.spaces.items(), key=itemgetter(0))
        spaces: list[tuple[str, Vectors]] = [(FEATURES, self._encoded), (FEATURES, self._own)]
        spaces += named
        weighed = [Space(name, weights.get(name, 1.0), vectors) for name, vectors in spaces]
        return [space for space in weighed if space.weight > 0.0]

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        with self.lock:
            vectors = self._encoded.dump(self.items.capacity) | self._own.dump(_OWN)
            return vectors | self._named.dump() | {"held": self._held.flags}

    def restore(self, arrays: Arrays) -> None:
        with self.lock:
            self._encoded.restore(arrays)
            self._own.restore(_OWN, arrays)
            self._named.restore(arrays)
            self._held.flags = arrays["held"]
