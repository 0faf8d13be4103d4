"""The numba loops that change tables of rows in place; `row_table.py` says how one is laid out.

One long file, because kernels that call each other stay together (see `jit.py`).
"""

import numpy as np

from app.engine.jit import Float32s, Float64s, Int32s, Int64s, short_kernel, summing_kernel

Table = tuple[Int32s, Float32s, Int32s, Float64s, Int64s]  # index, value, span, totals, state

START, LENGTH, ROOM, PREVIOUS, NEXT = 0, 1, 2, 3, 4
TAIL, FITTED, FIRST, LAST, CURSOR, TARGET, ENTRIES, ROWS, SQUARED = 0, 1, 2, 3, 4, 5, 6, 7, 8
NEW, FIRST_OF_USER, FIRST_OF_ITEM = 1, 2, 4  # what `put_pair` tells
USERS_FULL, ITEMS_FULL = -1, -2
_BLOCK = 32
_STEP = 128  # entries a change may move to win back space: about 50 nanoseconds
_SPARE = 1024  # waste below this is not worth a pass


@short_kernel
def fit(length: int) -> int:
    """Room for a row of `length` entries: an eighth of slack, and two."""
    return length + (length >> 3) + 2


@short_kernel
def find(table: Table, row: int, wanted: int) -> int:
    """Position of `wanted` (plain or complemented) in a row, or -1."""
    index, span = table[0], table[2]
    at = int(span[row, START])
    end = at + span[row, LENGTH]
    while at + _BLOCK <= end:  # no early exit inside a block, so that it vectorises
        hits = 0
        for offset in range(_BLOCK):
            entry = index[at + offset]
            hits += 1 if (entry ^ (entry >> 31)) == wanted else 0
        if hits:
            break
        at += _BLOCK
    while at < end:
        entry = index[at]
        if (entry ^ (entry >> 31)) == wanted:
            return at
        at += 1
    return -1


@summing_kernel
def retotal(table: Table, row: int) -> None:
    """Sum a row anew. Done whenever a value leaves, so that no rounding error outlives it."""
    index, value, span, totals, state = table
    start, length, squared = span[row, START], span[row, LENGTH], state[SQUARED] != 0
    entries = index[start : start + length]
    values = value[start : start + length]
    plain = 0.0
    complemented = 0.0
    for at in range(length):
        term = np.float64(values[at])
        term *= term if squared else 1.0
        plain += term if entries[at] >= 0 else 0.0
        complemented += term if entries[at] < 0 else 0.0
    totals[row, 0] = plain
    totals[row, 1] = complemented


@short_kernel
def unlink(table: Table, row: int) -> None:
    """Take a row out of the list of rows in address order."""
    span, state = table[2], table[4]
    before, after = span[row, PREVIOUS], span[row, NEXT]
    if before >= 0:
        span[before, NEXT] = after
    else:
        state[FIRST] = after
    if after >= 0:
        span[after, PREVIOUS] = before
    else:  # the last row ends at the tail, always
        state[LAST] = before
        state[TAIL] = span[before, START] + span[before, ROOM] if before >= 0 else 0
    if state[CURSOR] == row:
        state[CURSOR] = after


@short_kernel
def widen(table: Table, row: int, room: int) -> None:
    """Let a row have `room` places: where it is if it is the last one, else at the tail."""
    index, value, span, _, state = table
    start, target = span[row, START], state[TAIL]
    if state[LAST] == row:
        state[TAIL] = start + room
        span[row, ROOM] = room
        return
    for offset in range(span[row, LENGTH]):
        index[target + offset] = index[start + offset]
        value[target + offset] = value[start + offset]
    if span[row, ROOM] > 0:
        unlink(table, row)
    last = state[LAST]
    span[row, START], span[row, ROOM] = target, room
    span[row, PREVIOUS], span[row, NEXT] = last, -1
    if last >= 0:
        span[last, NEXT] = row
    else:
        state[FIRST] = row
    state[LAST] = row
    state[TAIL] = target + room


@short_kernel
def lacks(table: Table, row: int, extra: int) -> bool:
    """Whether `extra` more entries for `row` need longer arrays."""
    index, span, state = table[0], table[2], table[4]
    length = int(span[row, LENGTH]) + extra
    full = length > span[row, ROOM] and state[TAIL] + fit(length) > index.size
    return bool(full)


@short_kernel
def append(table: Table, row: int, entry: int, number: float) -> None:
    """Add an entry to a row; the caller knows that there is space."""
    index, value, span, totals, state = table
    length = span[row, LENGTH]
    if length >= span[row, ROOM]:
        widen(table, row, fit(length + 1))
    at = span[row, START] + length
    index[at] = entry
    value[at] = number
    term = np.float64(value[at])
    totals[row, 0 if entry >= 0 else 1] += term * term if state[SQUARED] else term
    span[row, LENGTH] = length + 1
    state[FITTED] += fit(length + 1) - (fit(length) if length > 0 else 0)
    state[ENTRIES] += 1
    state[ROWS] += 1 if length == 0 else 0


@short_kernel
def clear(table: Table, row: int) -> None:
    """Empty a row and give its places back."""
    _, _, span, totals, state = table
    length = span[row, LENGTH]
    if span[row, ROOM] > 0:
        unlink(table, row)
    if length > 0:
        state[FITTED] -= fit(length)
        state[ENTRIES] -= length
        state[ROWS] -= 1
    span[row, LENGTH] = span[row, ROOM] = 0
    totals[row, 0] = totals[row, 1] = 0.0


@short_kernel
def cut(table: Table, row: int, at: int) -> None:
    """Remove the entry at position `at`; the row's last entry takes its place."""
    index, value, span, _, state = table
    length = span[row, LENGTH] - 1
    if length == 0:
        clear(table, row)
        return
    last = span[row, START] + length
    index[at], value[at] = index[last], value[last]
    span[row, LENGTH] = length
    state[FITTED] -= fit(length + 1) - fit(length)
    state[ENTRIES] -= 1
    retotal(table, row)


@short_kernel
def compact(table: Table, budget: int) -> None:
    """Slide a few rows towards the front, closing holes and trimming slack.

    A pass starts when an eighth is wasted and walks the rows in address order, about `budget`
    entries a call (whole rows: a long one may be more). Rows that move to the tail are met last.
    """
    index, value, span, _, state = table
    if state[CURSOR] < 0:
        if state[TAIL] - state[FITTED] <= (state[FITTED] >> 3) + _SPARE:
            return
        state[CURSOR], state[TARGET] = state[FIRST], 0
    row, target = state[CURSOR], state[TARGET]
    while row >= 0 and budget > 0:
        start, length = span[row, START], span[row, LENGTH]
        room = min(fit(length), start + span[row, ROOM] - target)
        if start != target:
            for offset in range(length):
                index[target + offset] = index[start + offset]
                value[target + offset] = value[start + offset]
        span[row, START], span[row, ROOM] = target, room
        target += room
        budget -= length + 8
        row = span[row, NEXT]
    state[CURSOR], state[TARGET] = row, target
    if row < 0:
        state[TAIL] = target


@short_kernel
def wipe_holes(table: Table) -> None:
    """Set to 0 what rows that moved or shrank have left behind."""
    index, value, span, _, state = table
    row, place = state[FIRST], 0
    while row >= 0:
        for hole in range(place, span[row, START]):
            if index[hole] != 0 or value[hole] != 0.0:  # a write would end the sharing of a page
                index[hole], value[hole] = 0, 0.0
        place = span[row, START] + span[row, LENGTH]
        row = span[row, NEXT]
    for hole in range(place, index.size):
        if index[hole] != 0 or value[hole] != 0.0:
            index[hole], value[hole] = 0, 0.0


@short_kernel
def set_row(table: Table, row: int, entries: Int32s, numbers: Float32s) -> bool:
    """Replace a whole row; False, and nothing done, where the arrays are too short."""
    state = table[4]
    if state[TAIL] + fit(entries.size) > table[0].size:
        return False
    clear(table, row)
    if entries.size:
        widen(table, row, fit(entries.size))
    for at in range(entries.size):
        append(table, row, entries[at], numbers[at])
    compact(table, _STEP + entries.size)
    return True


@short_kernel
def has(entries: Int32s, wanted: int) -> bool:
    hits = 0
    for entry in entries:
        hits += 1 if entry == wanted else 0
    return hits > 0


@short_kernel
def set_partners(users: Table, items: Table, item: int, wanted: Int32s) -> int:
    """Make `wanted`, distinct users, the partners of an item; the values of new ones are 0.

    Tells 0, or how many more places the users need, or (negative) the items; done again after
    that, it goes on.
    """
    span = items[2]
    at = span[item, LENGTH] - 1
    while at >= 0:
        place = span[item, START] + at
        user = items[0][place]
        if not has(wanted, user):
            cut(users, user, find(users, user, item))
            cut(items, item, place)
        at -= 1
    kept = items[0][span[item, START] : span[item, START] + span[item, LENGTH]].copy()
    for user in wanted:
        if has(kept, user):
            continue
        if lacks(users, user, 1):
            return fit(users[2][user, LENGTH] + 1)
        if lacks(items, item, 1):
            return -fit(span[item, LENGTH] + 1)
        append(users, user, item, 0.0)
        append(items, item, user, 0.0)
    compact(users, _STEP)
    compact(items, _STEP)
    return 0


@short_kernel
def put_pair(users: Table, items: Table, user: int, item: int, number: float, implied: bool) -> int:
    """Store one preference on both sides; tell what is new, or which side needs longer arrays."""
    place = find(users, user, item)
    entry, owner = (~item, ~user) if implied else (item, user)
    if place >= 0:
        users[0][place], users[1][place] = entry, number
        retotal(users, user)
        place = find(items, item, user)
        items[0][place], items[1][place] = owner, number
        retotal(items, item)
        return 0
    if lacks(users, user, 1):
        return USERS_FULL
    if lacks(items, item, 1):
        return ITEMS_FULL
    append(users, user, entry, number)
    append(items, item, owner, number)
    compact(users, _STEP)
    compact(items, _STEP)
    told = NEW
    told |= FIRST_OF_USER if users[2][user, LENGTH] == 1 else 0
    told |= FIRST_OF_ITEM if items[2][item, LENGTH] == 1 else 0
    return told


@short_kernel
def remove_pair(users: Table, items: Table, user: int, item: int) -> bool:
    """Forget one preference on both sides; False where there is none."""
    place = find(users, user, item)
    if place < 0:
        return False
    cut(users, user, place)
    cut(items, item, find(items, item, user))
    compact(users, _STEP)
    compact(items, _STEP)
    return True


@short_kernel
def remove_row(table: Table, other: Table, row: int) -> Int32s:
    """Forget a row of one side and its entries on the other; return the rows that it emptied."""
    index, _, span, _, _ = table
    start, length = span[row, START], span[row, LENGTH]
    emptied = np.empty(length, np.int32)
    count = 0
    for at in range(start, start + length):
        partner = index[at] ^ (index[at] >> 31)
        cut(other, partner, find(other, partner, row))
        if other[2][partner, LENGTH] == 0:
            emptied[count] = partner
            count += 1
    clear(table, row)
    compact(table, _STEP + length)
    compact(other, _STEP + length)
    return emptied[:count]
