"""How dear an item is among those of its category."""

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.engine.tables.categories import NO_CATEGORY


def price_level(rows: Int32s, prices: Float64s, categories: Int32s) -> float | None:
    """Return the median of the price ranks of some items, each within its own category.

    rows : item rows, each once; prices (NaN: not known) and categories (code) : by item row.
    A rank is 0 for the cheapest of the category and 1 for the dearest; equal prices share the mean
    of their ranks. Items without a price or a category, and those alone in theirs, do not count.
    """
    known = rows[~np.isnan(prices[rows]) & (categories[rows] != NO_CATEGORY)]
    ranks: list[float] = []
    for code in np.unique(categories[known]).tolist():
        of_category = np.sort(prices[(categories == code) & ~np.isnan(prices)])
        if of_category.size > 1:
            own = prices[known[categories[known] == code]]
            cheaper = np.searchsorted(of_category, own, side="left")
            not_dearer = np.searchsorted(of_category, own, side="right") - 1
            ranks += ((cheaper + not_dearer) / 2 / (of_category.size - 1)).tolist()
    return float(np.median(ranks)) if ranks else None
