"""The numba loops that compare one profile with every user."""

import numpy as np

from app.engine.jit import Bytes, Float64s, Int32s, kernel
from app.engine.kernels_table import Table

DENSE_SHARE = 8  # above 1/8 as many postings as users, a pass over all users is cheaper
ROUND = 1e12  # similarities are compared after rounding to twelve digits


@kernel
def scan(items: Table, rows: Int32s, values: Float64s, g: float, sums: Float64s) -> None:
    """Add x_i * y_i to every user's sum: x the profile's values, y the user's."""
    index, value, span, _, _ = items
    for at in range(rows.size):
        x_plain, x_implied = values[at] * g, values[at]
        start, length = span[rows[at], 0], span[rows[at], 1]
        users = index[start : start + length]
        numbers = value[start : start + length]
        for place in range(length):
            entry = users[place]
            user = np.uint32(entry ^ (entry >> 31))
            sums[user] += (x_plain if entry >= 0 else x_implied) * np.float64(numbers[place])


@kernel
def scan_equal(items: Table, rows: Int32s, values: Float64s, sums: Float64s) -> None:
    """Do as `scan` where explicit and implied entries weigh the same (g = 1)."""
    index, value, span, _, _ = items
    for at in range(rows.size):
        x = values[at]
        start, length = span[rows[at], 0], span[rows[at], 1]
        users = index[start : start + length]
        numbers = value[start : start + length]
        for place in range(length):
            entry = users[place]
            sums[np.uint32(entry ^ (entry >> 31))] += x * np.float64(numbers[place])


@kernel
def scan_sets(items: Table, rows: Int32s, sums: Float64s) -> None:
    """Count the items that every user has in common with the profile."""
    index, _, span, _, _ = items
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        users = index[start : start + length]
        for place in range(length):
            entry = users[place]
            sums[np.uint32(entry ^ (entry >> 31))] += 1.0


@kernel
def list_touched(items: Table, rows: Int32s, n_users: int, seen: Bytes, listed: Int32s) -> int:
    """List the users who have any of the items, each once, and return how many there are.

    -1 where there are so many postings that a pass over all users is cheaper.
    """
    index, _, span, _, _ = items
    postings = 0
    for at in range(rows.size):
        postings += span[rows[at], 1]
    if postings * DENSE_SHARE > n_users:
        return -1
    count = 0
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        for place in range(start, start + length):
            user = index[place] ^ (index[place] >> 31)
            if seen[user] == 0:
                seen[user] = 1
                listed[count] = user
                count += 1
    for at in range(count):
        seen[listed[at]] = 0
    return count


@kernel
def replace_least(best: Float64s, score: float) -> None:
    """Put a score in place of the least, which is the root of a heap."""
    at = 0
    while True:
        child = 2 * at + 1
        if child + 1 < best.size and best[child + 1] < best[child]:
            child += 1
        if child >= best.size or best[child] >= score:
            break
        best[at] = best[child]
        at = child
    best[at] = score


@kernel
def list_cosines(
    sums: Float64s,
    users: Table,
    listed: Int32s,
    n_users: int,
    own: int,
    square: float,
    g: float,
    least: float,
    k: int,
    rows: Int32s,
    rounded: Float64s,
) -> int:
    """List, out of dot products, the users who may be among the k most similar, ties included.

    `square` is |x|^2. Writes the cosines of the listed to `sums`. Compares squares with the k-th
    best so far, a little lowered, so that few users cost a root and a division.
    """
    totals = users[3]
    best = np.full(min(k, n_users), least)
    limit = 0.0
    count = 0
    for at in range(listed.size if listed.size else n_users):
        user = listed[at] if listed.size else at
        dot = sums[user]
        y_square = g * g * totals[user, 0] + totals[user, 1]
        if dot <= 0.0 or dot * dot < limit * y_square or user == own:
            continue
        cosine = dot / np.sqrt(square * y_square)
        score = np.rint(cosine * ROUND)
        if score < best[0]:
            continue
        sums[user] = cosine
        rows[count] = user
        rounded[count] = score
        count += 1
        if score > best[0]:
            replace_least(best, score)
            limit = square * ((best[0] - 1.0) / ROUND) ** 2
    kept = 0
    for at in range(count):
        if rounded[at] >= best[0]:
            rows[kept], rounded[kept] = rows[at], rounded[at]
            kept += 1
    return kept


@kernel
def overlaps(sums: Float64s, users: Table, listed: Int32s, n_users: int, size: int) -> None:
    """Turn counts of common items into |both| / |either| in place."""
    span = users[2]
    for at in range(listed.size if listed.size else n_users):
        user = listed[at] if listed.size else at
        common = sums[user]
        sums[user] = common / (size + span[user, 1] - common) if common > 0.0 else 0.0


@kernel
def list_similar(
    sums: Float64s,
    listed: Int32s,
    n_users: int,
    own: int,
    least: float,
    rows: Int32s,
    rounded: Float64s,
) -> int:
    """List the users whose similarity, in units of 1/ROUND, is at least `least`."""
    count = 0
    for at in range(listed.size if listed.size else n_users):
        user = listed[at] if listed.size else at
        if sums[user] > 0.0 and user != own:
            score = np.rint(sums[user] * ROUND)
            if score >= least:
                rows[count] = user
                rounded[count] = score
                count += 1
    return count
