"""The numba loops that count, in a history, what goes with what, and the room they count in."""

import numpy as np

from app.engine.jit import Events, Float64s, Int32s, kernel
from app.engine.tables.arrays import resized
from app.engine.tables.ids import IdIndex

NONE = 0  # no event
BOUGHT, DONE = 0, 1  # an item's two lists
PURCHASE = 4  # the code of the kind
COUNT, STAMP = 0, 1  # columns of a tally
LINES = 256  # of an order, to either side of one of them, that are looked at


@kernel
def is_of_order(events: Events, other: int, at: int) -> bool:
    """Whether the walk along an order's lines goes on at another event of the subject."""
    return bool(events[other].order == events[at].order or events[other].at == events[at].at)


@kernel
def is_line(events: Events, other: int, at: int) -> bool:
    """Whether another event is a line of the same order."""
    return bool(events[other].order == events[at].order and events[other].kind == PURCHASE)


@kernel
def is_repeated(events: Events, at: int) -> bool:
    """Whether a newer line of the same order is about the same item."""
    other, steps = events[at].newer, 0
    while other != NONE and steps < LINES and is_of_order(events, other, at):
        if is_line(events, other, at) and events[other].item == events[at].item:
            return True
        other, steps = events[other].newer, steps + 1
    return False


@kernel
def count_order(
    events: Events, at: int, stamp: int, tally: Int32s, touched: Int32s, n_touched: int
) -> int:
    """Count each item of an event's order once; return how many items were touched so far."""
    for direction in range(2):
        other = events[at].older if direction == 0 else events[at].newer
        steps = 0
        while other != NONE and steps < LINES and is_of_order(events, other, at):
            row = events[other].item
            if is_line(events, other, at) and tally[row, STAMP] != stamp:
                tally[row, STAMP] = stamp
                if tally[row, COUNT] == 0:
                    touched[n_touched] = row
                    n_touched += 1
                tally[row, COUNT] += 1
            other = events[other].older if direction == 0 else events[other].newer
            steps += 1
    return n_touched


@kernel
def harvest(tally: Int32s, touched: Int32s, n_touched: int, item: int) -> tuple[Int32s, Int32s]:
    """Return the rows that were touched, but the item's own, and their counts; clear the tally."""
    rows, counts = np.empty(n_touched, np.int32), np.empty(n_touched, np.int32)
    kept = 0
    for number in range(n_touched):
        row = touched[number]
        if row != item:
            rows[kept], counts[kept] = row, tally[row, COUNT]
            kept += 1
        tally[row, COUNT] = tally[row, STAMP] = 0
    return rows[:kept], counts[:kept]


@kernel
def count_beside(
    events: Events, of_item: Int32s, item: int, most: int, tally: Int32s
) -> tuple[Int32s, Int32s, int]:
    """Count in how many of an item's last `most` orders each other item stands.

    The lines of an order stand together in their subject's list: they bear one time, or nothing
    was done between them. tally : shape (items, 2), all 0 before and after.
    Returns the rows of the other items, their counts, and how many orders were looked at.
    """
    touched = np.empty(len(tally), np.int32)
    n_touched, orders = 0, 0
    at = of_item[item, BOUGHT]
    while at != NONE and orders < most:
        if events[at].order == 0:
            orders += 1
        elif not is_repeated(events, at):
            orders += 1
            n_touched = count_order(events, at, orders, tally, touched, n_touched)
        at = events[at].older_of_item
    rows, counts = harvest(tally, touched, n_touched, item)
    return rows, counts, orders


@kernel
def holds(events: Events, at: int, item: int) -> bool:
    """Whether an event's order has a line about an item."""
    for direction in range(2):
        other, steps = events[at].older if direction == 0 else events[at].newer, 0
        while other != NONE and steps < LINES and is_of_order(events, other, at):
            if is_line(events, other, at) and events[other].item == item:
                return True
            other = events[other].older if direction == 0 else events[other].newer
            steps += 1
    return False


@kernel
def buyers_of_both(events: Events, of_item: Int32s, item: int, other: int, most: int) -> Int32s:
    """List the subject of each order that `count_beside` counts for one other item."""
    subjects = np.empty(most, np.int32)
    found, orders = 0, 0
    at = of_item[item, BOUGHT]
    while at != NONE and orders < most:
        if events[at].order == 0:
            orders += 1
        elif not is_repeated(events, at):
            orders += 1
            if holds(events, at, other):
                subjects[found] = events[at].subject
                found += 1
        at = events[at].older_of_item
    return subjects[:found]


@kernel
def next_wanted(events: Events, at: int, weights: Float64s) -> int:
    """Return the subject's next event of positive weight that is about another item, or NONE."""
    after = events[at].newer
    while after != NONE and (
        events[after].item == events[at].item or weights[events[after].kind] <= 0.0
    ):
        after = events[after].newer
    return int(after)


@kernel
def count_after(
    events: Events,
    of_item: Int32s,
    item: int,
    most: int,
    patience: int,
    weights: Float64s,
    tally: Int32s,
) -> tuple[Int32s, Int32s, int]:
    """Count what came next, within `patience` ms, after an item's last `most` events.

    Only events of positive weight count, before and after; weights by code of the kind. Of each
    event the next one of its subject that is about another item. Returns the rows of those items,
    their counts, and how many events were looked at. tally : as in `count_beside`.
    """
    touched = np.empty(len(tally), np.int32)
    n_touched, steps = 0, 0
    bought, done = of_item[item, BOUGHT], of_item[item, DONE]
    while (bought != NONE or done != NONE) and steps < most:
        if done == NONE or (bought != NONE and events[bought].at > events[done].at):
            at, bought = bought, events[bought].older_of_item
        else:
            at, done = done, events[done].older_of_item
        if weights[events[at].kind] <= 0.0:
            continue
        steps += 1
        after = next_wanted(events, at, weights)
        if after == NONE or events[after].at - events[at].at > patience:
            continue
        row = events[after].item
        if tally[row, COUNT] == 0:
            touched[n_touched] = row
            n_touched += 1
        tally[row, COUNT] += 1
    rows, counts = harvest(tally, touched, n_touched, item)
    return rows, counts, steps


@kernel
def subjects_who_went_on(
    events: Events,
    of_item: Int32s,
    item: int,
    other: int,
    most: int,
    patience: int,
    weights: Float64s,
) -> Int32s:
    """List the subject of each step that `count_after` counts for one other item."""
    subjects = np.empty(most, np.int32)
    found, steps = 0, 0
    bought, done = of_item[item, BOUGHT], of_item[item, DONE]
    while (bought != NONE or done != NONE) and steps < most:
        if done == NONE or (bought != NONE and events[bought].at > events[done].at):
            at, bought = bought, events[bought].older_of_item
        else:
            at, done = done, events[done].older_of_item
        if weights[events[at].kind] <= 0.0:
            continue
        steps += 1
        after = next_wanted(events, at, weights)
        if after == NONE or events[after].item != other:
            continue
        if events[after].at - events[at].at <= patience:
            subjects[found] = events[at].subject
            found += 1
    return subjects[:found]


@kernel
def tie(
    together: int, orders: int, expected: float, akin: bool, prior: float
) -> tuple[float, float]:
    """Return strength and lift of an item that stands in `together` of `orders`; `baskets.py`."""
    lift = (together + prior) / (expected + prior)
    if lift <= 1.0:
        return 0.0, lift
    beyond = 1.0 - 1.0 / lift
    if akin:
        beyond *= beyond
    return together / (orders + prior) * beyond, lift


@kernel
def ties_of(
    found: tuple[Int32s, Int32s, int],
    item: int,
    shop: tuple[Int32s, int],
    categories: Int32s,
    least: int,
    prior: float,
) -> tuple[Float64s, Float64s]:
    """Return strengths and lifts of what `count_beside` found; strength 0 below `least` orders.

    shop : purchases by item row, and orders. categories : codes by item row, 0: none.
    """
    rows, counts, orders = found
    purchases, all_orders = shop
    strengths, lifts = np.zeros(rows.size), np.empty(rows.size)
    for number in range(rows.size):
        row, together = rows[number], counts[number]
        akin = categories[row] == categories[item] and categories[item] != 0
        expected = orders * purchases[row] / all_orders
        strength, lift = tie(together, orders, expected, akin, prior)
        lifts[number] = lift
        if together >= least:
            strengths[number] = strength
    return strengths, lifts


@kernel
def add_ties(
    events: Events,
    of_item: Int32s,
    items: Int32s,
    most: int,
    shop: tuple[Int32s, int],
    categories: Int32s,
    least: int,
    prior: float,
    tally: Int32s,
    squares: Float64s,
) -> int:
    """Add the squares of all strengths beside some items, by item row; return how many there are.

    most : orders of each item that are looked at. Otherwise as `count_beside` and `ties_of`.
    """
    n_ties = 0
    for item in items:
        found = count_beside(events, of_item, item, most, tally)
        strengths, _ = ties_of(found, item, shop, categories, least, prior)
        for number in range(strengths.size):
            squares[found[0][number]] += strengths[number] ** 2
            n_ties += strengths[number] > 0.0
    return n_ties


class Tally:
    """Two numbers for every item, all 0 but while a loop counts. Guarded by the shop's lock."""

    def __init__(self, items: IdIndex) -> None:
        self._items = items
        self._room = np.zeros((0, 2), np.int32)

    @property
    def room(self) -> Int32s:
        """Return the numbers, shape (items.capacity, 2)."""
        items, have = self._items.capacity, len(self._room)
        if items > have:
            self._room = resized(self._room, max(items, have + have // 4))
        return self._room[:items]
