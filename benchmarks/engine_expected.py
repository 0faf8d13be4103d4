"""The engine's scores in plain numpy, one user after the other: what its answers are held to."""

import numpy as np
import numpy.typing as npt

from app.engine.feature_table import Features
from app.engine.kernels_features import DIMENSIONS
from app.engine.preferences import Preferences

Floats = npt.NDArray[np.float64]


def user_scores(preferences: Preferences, user_id: str, *, k: int) -> Floats:
    """Score by neighbours in plain numpy, one user after the other."""
    users, n_items = preferences.users, preferences.items.capacity
    mine = np.zeros(n_items)
    own = users.row(user_id)
    rows = [preferences.by_user.row(row) for row in range(users.capacity)]
    assert own is not None
    mine[rows[own][0]] = rows[own][1]
    near = []
    for row, (items, values) in enumerate(rows):
        if items.size == 0 or row == own:
            continue
        theirs = values.astype(np.float64)
        length = np.sqrt((theirs @ theirs) * (mine @ mine))
        near.append((-round(float(mine[items] @ theirs / length), 12), users.id(row), row))
    scores, total = np.zeros(n_items), 0.0
    for negative, _, row in sorted(pair for pair in near if pair[0] < 0)[:k]:
        scores[rows[row][0]] -= negative * rows[row][1].astype(np.float64)
        total -= negative
    return scores / total if total else scores


def item_scores(preferences: Preferences, dense: Floats, user_id: str) -> Floats:
    """Score by features in plain numpy, over the full table of similarities."""
    profile = preferences.profile(user_id)
    assert profile is not None
    similarities = np.abs(dense @ dense[profile.items].T)
    scores: Floats = similarities @ profile.values / np.abs(profile.values).sum()
    return scores


def dense_features(features: Features) -> Floats:
    """Return the encoded vectors of all items, in float64, of unit length."""
    dense = np.zeros((features.items.capacity, DIMENSIONS))
    for row in range(len(dense)):
        dims, weights = features.encoded(row)
        dense[row, dims] = weights
    lengths = np.sqrt(np.square(dense).sum(axis=1, keepdims=True))
    unit: Floats = dense / np.where(lengths > 0, lengths, 1.0)
    return unit
