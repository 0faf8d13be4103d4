"""The shopper a shelf is being filled for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from app.domain.recommendations import Query
from app.engine.preferences import Preferences
from app.engine.profile import Profile


class Shopper:
    """Holds the profile for the length of one query, so that each part of a shelf finds it.

    It is guarded by the memory's lock, as the rows in it are.
    """

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self._profile: Profile | None = None

    @property
    def profile(self) -> Profile | None:
        """Return what the present shopper prefers; None if nothing is known, or nobody is here."""
        return self._profile

    @contextmanager
    def present(self, query: Query) -> Iterator[None]:
        """Hold the profile of the query's shopper while the body runs."""
        former = self._profile
        self._profile = self._find(query)
        try:
            yield
        finally:
            self._profile = former

    def _find(self, query: Query) -> Profile | None:
        if query.user_id is None:
            return None
        if query.own_ratings is None:
            return self._preferences.profile(query.user_id)
        return self._of_values(query.user_id, query.own_ratings)

    def _of_values(self, user_id: str, values: Mapping[str, float]) -> Profile | None:
        # rounded as memory rounds them, so that the answer is the one of a memory that is not late
        rounded = {item_id: float(np.float32(value)) for item_id, value in values.items()}
        profile = self._preferences.session_profile(rounded)
        if not profile.items.size:
            return None
        row = self._preferences.users.row(user_id)
        return profile if row is None else replace(profile, user_row=row)
