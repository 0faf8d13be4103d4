"""What the whole shop likes."""

import numpy as np

from app.engine.jit import Float64s
from app.engine.tables.preferences import Preferences


def scores(preferences: Preferences, *, top: float, g: float = 1.0) -> Float64s:
    """Sum of all shoppers' values for an item / (top * number of shoppers with any preference).

    The share of shoppers who would have to give it the top to explain its total. Returns shape
    (items.capacity,); in [0, 1] for values from 0 to `top`, below 0 where negative ones outweigh.
    From running sums: O(items).
    """
    with preferences.lock:
        n_items = preferences.items.capacity
        shoppers = preferences.shoppers
        if shoppers == 0:
            return np.zeros(n_items)
        totals = preferences.by_item.totals[:n_items]
        popular: Float64s = (totals[:, 0] + totals[:, 1] / g) / (top * shoppers)
        return popular
