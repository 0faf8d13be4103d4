"""The numba loops that compare one profile with every user."""

import numpy as np

from app.engine.jit import Bytes, Float64s, Int32s, kernel
from app.engine.tables.table_kernels import Table

_FLAT = 1e-14  # a variance below this share of the squared mean is rounding noise
DENSE_SHARE = 16  # above 1/16 as many postings as users, a pass over all users is cheaper
ROUND = 1e12  # similarities are compared after rounding to twelve digits


@kernel
def weigh_products(
    sums: Float64s,
    counts: Float64s,
    users: Table,
    listed: Int32s,
    square: float,
    g: float,
    shrinkage: float,
    asymmetry: float,
) -> None:
    """Turn dot products into |x|^(-2 a) |y|^(2 a - 2) x.y n / (n + shrinkage), in place.

    `square` is |x|^2; counts : items in common, looked at and cleared where there is a shrinkage.
    """
    totals = users[3]
    for at in range(listed.size):
        user = listed[at]
        y_square = g * g * totals[user, 0] + totals[user, 1]
        product = sums[user]
        if product <= 0.0:
            sums[user] = 0.0
        elif asymmetry == 0.5:
            sums[user] = product / np.sqrt(square * y_square)
        else:
            sums[user] = product / (square**asymmetry * y_square ** (1.0 - asymmetry))
        if shrinkage > 0.0:
            sums[user] *= counts[user] / (counts[user] + shrinkage)
            counts[user] = 0.0


@kernel
def overlaps(sums: Float64s, users: Table, listed: Int32s, size: int, shrinkage: float) -> None:
    """Turn counts of common items into |both| / |either| in place, times n / (n + shrinkage)."""
    span = users[2]
    for at in range(listed.size):
        user = listed[at]
        common = sums[user]
        overlap = common / (size + span[user, 1] - common)
        sums[user] = overlap * (common / (common + shrinkage))


@kernel
def scan_means(items: Table, rows: Int32s, values: Float64s, g: float, sums: Float64s) -> None:
    """Add count, x and y of every co-rated item to columns 0 to 2 of every user."""
    index, value, span, _, _ = items
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        for place in range(start, start + length):
            entry = index[place]
            user = np.uint32(entry ^ (entry >> 31))
            sums[user, 0] += 1.0
            sums[user, 1] += values[at]
            sums[user, 2] += (g if entry >= 0 else 1.0) * np.float64(value[place])


@kernel
def scan_deviations(items: Table, rows: Int32s, values: Float64s, g: float, sums: Float64s) -> None:
    """Add dx dy, dx^2 and dy^2 about the means to columns 3 to 5: two passes lose no digits."""
    index, value, span, _, _ = items
    for at in range(rows.size):
        start, length = span[rows[at], 0], span[rows[at], 1]
        for place in range(start, start + length):
            entry = index[place]
            user = np.uint32(entry ^ (entry >> 31))
            count = sums[user, 0]
            dx = values[at] - sums[user, 1] / count
            y = (g if entry >= 0 else 1.0) * np.float64(value[place])
            dy = y - sums[user, 2] / count
            sums[user, 3] += dx * dy
            sums[user, 4] += dx * dx
            sums[user, 5] += dy * dy


@kernel
def correlations(moments: Float64s, listed: Int32s, shrinkage: float, sums: Float64s) -> None:
    """Turn the moments into Pearson correlations, written to `sums`, and clear the moments.

    Of n common items, a correlation is multiplied by n / (n + shrinkage).

    0 for fewer than two common items, and where a variance is nothing but rounding noise.
    """
    for at in range(listed.size):
        user = listed[at]
        count, x, y = moments[user, 0], moments[user, 1], moments[user, 2]
        xy, xx, yy = moments[user, 3], moments[user, 4], moments[user, 5]
        moments[user, :] = 0.0
        varies = count > 1.0 and xx * count > _FLAT * x * x and yy * count > _FLAT * y * y
        shrunk = count / (count + shrinkage)
        sums[user] = xy / np.sqrt(xx * yy) * shrunk if varies and xy > 0.0 else 0.0


@kernel
def is_dense(items: Table, rows: Int32s, n_users: int) -> bool:
    """Whether there are so many postings that a pass over all users is cheaper than a list."""
    postings = 0
    for at in range(rows.size):
        postings += items[2][rows[at], 1]
    return bool(postings * DENSE_SHARE > n_users)


@kernel
def scan(items: Table, rows: Int32s, values: Float64s, g: float, sums: Float64s) -> None:
    """Add x_i * y_i to every user's sum: x the profile's values, y the user's."""
    index, value, span, _, _ = items
    for at in range(rows.size):
        x_plain, x_implied = values[at] * g, values[at]
        start, length = span[rows[at], 0], span[rows[at], 1]
        users = index[start : start + length]
        numbers = value[start : start + length]
        if g == 1.0:  # explicit and implied entries weigh the same
            for place in range(length):
                entry = users[place]
                sums[np.uint32(entry ^ (entry >> 31))] += x_implied * np.float64(numbers[place])
            continue
        for place in range(length):
            entry = users[place]
            user = np.uint32(entry ^ (entry >> 31))
            sums[user] += (x_plain if entry >= 0 else x_implied) * np.float64(numbers[place])


@kernel
def scan_listing(
    items: Table,
    rows: Int32s,
    values: Float64s,
    g: float,
    sums: Float64s,
    listed: Int32s,
) -> int:
    """Do as `scan`, and list the users met; return how many there are.

    A user whose sum returns to 0 in between is listed twice: that is for the reader to bear.
    """
    index, value, span, _, _ = items
    count = 0
    for at in range(rows.size):
        x_plain, x_implied = values[at] * g, values[at]
        start, length = span[rows[at], 0], span[rows[at], 1]
        users = index[start : start + length]
        numbers = value[start : start + length]
        for place in range(length):
            entry = users[place]
            user = np.uint32(entry ^ (entry >> 31))
            sum_so_far = sums[user]
            listed[count] = user  # always written: a branch would often be guessed wrong
            count += 1 if sum_so_far == 0.0 else 0
            x = x_plain if entry >= 0 else x_implied
            sums[user] = sum_so_far + x * np.float64(numbers[place])
    return count


@kernel
def list_met(sums: Float64s, n_users: int, listed: Int32s) -> int:
    """List the users whose sum is not 0, in order; return how many there are."""
    count = 0
    for user in range(n_users):
        listed[count] = user
        count += 1 if sums[user] != 0.0 else 0
    return count


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
def list_touched(items: Table, rows: Int32s, seen: Bytes, listed: Int32s) -> int:
    """List the users who have any of the items, each once, and return how many there are."""
    index, _, span, _, _ = items
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
    own: int,
    square: float,
    g: float,
    least: float,
    k: int,
    rows: Int32s,
    rounded: Float64s,
    cosines: Float64s,
) -> int:
    """List, out of dot products, the users who may be among the k most similar, ties included.

    `square` is |x|^2. Leaves all sums at 0 but those of the users returned in `rows`, which become
    their cosines. Compares squares with the k-th best so far, a little lowered, so that few users
    cost a root and a division.
    """
    totals = users[3]
    best = np.full(k, least)
    limit = 0.0
    count = 0
    for at in range(listed.size):
        user = listed[at]
        dot = sums[user]
        if dot == 0.0:
            continue
        sums[user] = 0.0
        y_square = g * g * totals[user, 0] + totals[user, 1]
        if dot < 0.0 or dot * dot < limit * y_square or user == own:
            continue
        cosine = dot / np.sqrt(square * y_square)
        score = np.rint(cosine * ROUND)
        if score < best[0]:
            continue
        rows[count] = user
        rounded[count] = score
        cosines[count] = cosine
        count += 1
        if score > best[0]:
            replace_least(best, score)
            limit = square * ((best[0] - 1.0) / ROUND) ** 2
    kept = 0
    for at in range(count):
        if rounded[at] >= best[0]:
            rows[kept], rounded[kept] = rows[at], rounded[at]
            sums[rows[at]] = cosines[at]
            kept += 1
    return kept


@kernel
def list_similar(
    sums: Float64s,
    listed: Int32s,
    own: int,
    least: float,
    rows: Int32s,
    rounded: Float64s,
) -> int:
    """List the users whose similarity, in units of 1/ROUND, is at least `least`.

    Leaves all sums at 0 but those of the users returned in `rows`.
    """
    count = 0
    for at in range(listed.size):
        user = listed[at]
        score = np.rint(sums[user] * ROUND)
        if score >= least and user != own:
            rows[count] = user
            rounded[count] = score
            count += 1
        else:
            sums[user] = 0.0
    return count
