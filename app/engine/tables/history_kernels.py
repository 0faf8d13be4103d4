"""The numba loops over what subjects did; `history.EventLists` says how it is laid out.

One long file, because kernels that call each other stay together (see `jit.py`).
"""

from typing import Any

import numpy as np

from app.engine.jit import Events, Float64s, Int32s, Int64s, kernel, short_kernel

Event = Any  # one place of it
Tables = tuple[Int32s, Int32s, Int32s, Int32s, Int32s, Int64s]
"""newest, counts, of_item, bought, named, state: see `history.EventLists`."""

UNUSED, FREE, COUNT, ORDERS = 0, 1, 2, 3  # places in the state
FULL = -1  # no place is left
BOUGHT, DONE = 0, 1  # an item's two lists: purchases; everything else
NONE = 0  # no event: the first place is never used
PURCHASE = 4  # the code of the kind, see `event_record.py`


@short_kernel
def find(events: Events, newest: Int32s, subject: int, hashed: np.uint64) -> int:
    """Return the place of a subject's event, or NONE."""
    at = int(newest[subject])
    while at != NONE and events[at].hash != hashed:
        at = int(events[at].older)
    return at


@short_kernel
def has_order(events: Events, newest: Int32s, subject: int, order: np.uint32) -> bool:
    at = newest[subject]
    while at != NONE:
        if events[at].order == order:
            return True
        at = events[at].older
    return False


@short_kernel
def is_newer(events: Events, one: int, other: int) -> bool:
    """Whether one event stands before another: by time, then by hash, so that all agree."""
    if events[one].at != events[other].at:
        return bool(events[one].at > events[other].at)
    return bool(events[one].hash > events[other].hash)


@short_kernel
def link_item(events: Events, of_item: Int32s, at: int) -> None:
    """Put an event at the head of its item's list."""
    which = BOUGHT if events[at].kind == PURCHASE else DONE
    head = of_item[events[at].item, which]
    events[at].older_of_item = head
    events[at].newer_of_item = NONE
    if head != NONE:
        events[head].newer_of_item = at
    of_item[events[at].item, which] = at


@short_kernel
def link(events: Events, newest: Int32s, of_item: Int32s, at: int) -> None:
    """Put an event into the list of its subject by its time, and at the head of its item's."""
    subject = events[at].subject
    newer, older = NONE, newest[subject]
    while older != NONE and is_newer(events, older, at):
        newer, older = older, events[older].older
    events[at].newer, events[at].older = newer, older
    if newer == NONE:
        newest[subject] = at
    else:
        events[newer].older = at
    if older != NONE:
        events[older].newer = at
    link_item(events, of_item, at)


@short_kernel
def unlink(events: Events, newest: Int32s, of_item: Int32s, at: int) -> None:
    older, newer = events[at].older, events[at].newer
    if older != NONE:
        events[older].newer = newer
    if newer != NONE:
        events[newer].older = older
    else:
        newest[events[at].subject] = older
    older, newer = events[at].older_of_item, events[at].newer_of_item
    if older != NONE:
        events[older].newer_of_item = newer
    if newer != NONE:
        events[newer].older_of_item = older
    else:
        of_item[events[at].item, BOUGHT if events[at].kind == PURCHASE else DONE] = older


@short_kernel
def is_order_of_its_own(
    events: Events, newest: Int32s, subject: int, order: np.uint32, kind: int
) -> bool:
    """Whether an event that is not in the list brings an order along that nobody else names."""
    if order == 0:
        return bool(kind == PURCHASE)
    return not has_order(events, newest, subject, order)


@short_kernel
def count_event(tables: Tables, at: Event, step: int) -> None:
    _, counts, _, bought, named, state = tables
    counts[at.subject] += step
    named[at.item] += step
    if at.kind == PURCHASE:
        bought[at.item] += step
    state[COUNT] += step


@short_kernel
def take_place(events: Events, state: Int64s) -> int:
    """Return a place for an event, or FULL."""
    free = state[FREE]
    if free != NONE:
        state[FREE] = events[free].older
        return int(free)
    at = state[UNUSED]
    if at >= events.size:
        return FULL
    state[UNUSED] = at + 1
    return int(at)


@short_kernel
def insert(
    events: Events,
    tables: Tables,
    hashed: np.uint64,
    time: int,
    subject: int,
    item: int,
    order: np.uint32,
    price: float,
    kind: int,
    device: int,
    country: int,
    quantity: int,
) -> int:
    """Put an event where it belongs; return its place, NONE if it is known, FULL for no room."""
    newest, _, of_item, _, _, state = tables
    if find(events, newest, subject, hashed) != NONE:
        return NONE
    at = take_place(events, state)
    if at == FULL:
        return FULL
    state[ORDERS] += is_order_of_its_own(events, newest, subject, order, kind)
    event = events[at]
    event.hash, event.at = hashed, time
    event.subject, event.item = subject, item
    event.order, event.price = order, price
    event.kind, event.device, event.country = kind, device, country
    event.quantity = quantity
    link(events, newest, of_item, at)
    count_event(tables, event, 1)
    return at


@short_kernel
def drop(events: Events, tables: Tables, at: int) -> None:
    """Take an event out; its place is free, and says nothing but where the next free one is."""
    newest, _, of_item, _, _, state = tables
    event = events[at]
    subject, order, kind = event.subject, event.order, event.kind
    unlink(events, newest, of_item, at)
    count_event(tables, event, -1)
    state[ORDERS] -= is_order_of_its_own(events, newest, subject, order, kind)
    event.hash, event.at = 0, 0
    event.subject, event.item = 0, 0
    event.order, event.price = 0, 0.0
    event.older, event.newer, event.older_of_item, event.newer_of_item = state[FREE], 0, 0, 0
    event.kind, event.device, event.country = 0, 0, 0
    event.quantity = 0
    state[FREE] = at


@short_kernel
def oldest(events: Events, newest: Int32s, subject: int) -> int:
    at = int(newest[subject])
    while events[at].older != NONE:
        at = int(events[at].older)
    return at


@short_kernel
def places_of(events: Events, newest: Int32s, subject: int, size: int) -> Int32s:
    """List the places of a subject's events, newest first; `size` is how many there are."""
    places = np.empty(size, np.int32)
    at = newest[subject]
    for number in range(size):
        places[number] = at
        at = events[at].older
    return places


@short_kernel
def strength(
    events: Events, newest: Int32s, subject: int, item: int, weights: Float64s, half_life: float
) -> tuple[float, int]:
    """Sum a pair's weights as they are at its last event, and say when (ms) that was; 0, 0: none.

    weights : by code of the kind; half_life in ms. A kind that weighs nothing does not count.
    """
    total, last = 0.0, 0
    at = newest[subject]
    while at != NONE:
        if events[at].item == item:
            weight = weights[events[at].kind]
            if weight != 0.0:
                if last == 0:
                    last = events[at].at
                total += weight * 2.0 ** ((events[at].at - last) / half_life)
        at = events[at].older
    return total, last


@kernel
def strengths(
    events: Events,
    newest: Int32s,
    subjects: Int32s,
    weights: Float64s,
    half_life: float,
    sums: Float64s,
    times: Int64s,
    rows: tuple[Int32s, Int32s],
    found: tuple[Float64s, Int64s],
) -> int:
    """Do as `strength` for every pair of these subjects; return how many pairs there are.

    sums, times : scratch by item row, times all 0 before and after. rows : room for the subject
    and the item of each pair; found : room for its sum and time.
    """
    count = 0
    for number in range(subjects.size):
        first = count
        at = newest[subjects[number]]
        while at != NONE:
            weight, item, time = weights[events[at].kind], events[at].item, events[at].at
            if weight != 0.0:
                if times[item] == 0:
                    times[item], sums[item] = time, weight
                    rows[0][count], rows[1][count] = subjects[number], item
                    count += 1
                else:
                    sums[item] += weight * 2.0 ** ((time - times[item]) / half_life)
            at = events[at].older
        for place in range(first, count):
            item = rows[1][place]
            found[0][place], found[1][place] = sums[item], times[item]
            times[item] = 0
    return count


@short_kernel
def link_sorted(
    events: Events, end: int, by_item: Int64s, newest: Int32s, of_item: Int32s, counts: Int32s
) -> None:
    """Link the events from place 1 to `end`, which stand by subject, oldest first.

    by_item : their places by time, oldest first.
    """
    for at in range(1, end):
        subject = events[at].subject
        head = newest[subject]
        events[at].older, events[at].newer = head, NONE
        if head != NONE:
            events[head].newer = at
        newest[subject] = at
        counts[subject] += 1
    for number in range(by_item.size):
        link_item(events, of_item, by_item[number])
