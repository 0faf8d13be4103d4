"""The learned models in memory, and what they say of a shopper now."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.domain.models import ModelRecord
from app.engine.jit import Float64s, Int32s
from app.engine.model_rows import ModelRows
from app.engine.models.model import UNKNOWN_USER
from app.engine.profile import Profile
from app.services.learning.fitted import FittedModel
from app.services.memory import Tables


@dataclass(frozen=True)
class _Held:
    """A model, and its rows beside those of the tables."""

    fitted: FittedModel
    rows: ModelRows


class LearnedModels:
    """One model of each kind. Each is frozen, and replaced by one assignment.

    Rows are those of the tables; call with their lock held, except `put` and `drop`, which take
    it for a moment now and then.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._held: Mapping[str, _Held] = {}
        self._arriving: list[FittedModel] = []

    def fitted(self, kind: str) -> ModelRecord | None:
        """Return what is in memory of a kind; None if there is no model."""
        held = self._held.get(kind)
        return None if held is None else held.fitted.record

    @property
    def records(self) -> dict[str, ModelRecord]:
        """Return what is in memory, by kind."""
        return {kind: held.fitted.record for kind, held in self._held.items()}

    def scores(self, kind: str, profile: Profile) -> Float64s | None:
        """Score every item row, shape (capacity,); 0 for items that the model has not seen.

        None: there is no model, or it knows nothing of the shopper.
        """
        held = self._held.get(kind)  # read once: the next lines must not see another one
        if held is None:
            return None
        items, ratings, _ = _known(held, profile)
        user = self._user(held, profile)
        if not items.size and user == UNKNOWN_USER:
            return None
        scores = held.fitted.model.scores(items, ratings, user)
        return None if scores is None else held.rows.to_live(scores)

    def shares(self, kind: str, profile: Profile, row: int) -> Float64s:
        """Return what each item of the profile adds to the score of a row, shape as the profile.

        Empty where the model cannot tell, or does not know the item.
        """
        held = self._held.get(kind)
        item = -1 if held is None else int(held.rows.of_live[row])
        if held is None or item < 0:
            return np.empty(0)
        items, ratings, known = _known(held, profile)
        shares = held.fitted.model.shares(items, ratings, item)
        if not shares.size:
            return np.empty(0)
        found = np.zeros(profile.items.size)
        found[known] = shares
        return found

    def _user(self, held: _Held, profile: Profile) -> int:
        if held.fitted.users is None or profile.user_row < 0:
            return UNKNOWN_USER
        return held.fitted.user(self._tables.users.id(profile.user_row))

    def put(self, fitted: FittedModel) -> None:
        """Have a model answer in place of the former one of its kind."""
        with self._tables.lock:
            rows = ModelRows(self._tables.items, fitted.items)
        for some in rows.chunks():  # others have the lock in between
            with self._tables.lock:
                rows.take(some)
        self._swap(fitted.record.kind, _Held(fitted, rows))

    def drop(self, kind: str) -> None:
        """Have no model of a kind any more."""
        self._swap(kind, None)

    def _swap(self, kind: str, held: _Held | None) -> None:
        with self._tables.lock:
            former = self._held.get(kind)
            others = {name: each for name, each in self._held.items() if name != kind}
            self._held = others if held is None else {**others, kind: held}
            self._arriving = []
            if former is not None:
                former.rows.close()

    def expect(self, fitted: FittedModel) -> None:
        """Have users who leave forgotten by a model that is about to be put, too."""
        with self._tables.lock:
            self._arriving = [fitted]

    def forget(self, user_id: str) -> None:
        """Drop what the models hold of a user."""
        for fitted in [*self._arriving, *(held.fitted for held in self._held.values())]:
            row = fitted.user(user_id)
            if row != UNKNOWN_USER:
                fitted.forget(row)


def _known(held: _Held, profile: Profile) -> tuple[Int32s, Float64s, Int32s]:
    """Return the model's rows of the profile's items, their ratings, and their places in it."""
    rows = held.rows.of_live[profile.items]
    known = np.flatnonzero(rows >= 0).astype(np.int32)
    return rows[known], profile.ratings[known], known
