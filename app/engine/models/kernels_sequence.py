"""The numba loop over what stands near an item in the users' orders."""

from app.engine.jit import Float64s, Int32s, Int64s, kernel


@kernel
def add_neighbours(
    order: tuple[Int32s, Int64s],
    places: tuple[Int64s, Int64s],
    fading: Float64s,
    back: float,
    first: int,
    counts: Float64s,
) -> None:
    """Add up, for items from `first` on, how near every other follows, and `back` times precedes.

    order : items and their users, all users' items one after the other in order. places : starts,
    places in that order, by item. fading : by distance less 1. counts : shape (rows, n_items).
    """
    items, users = order
    starts, found = places
    for row in range(counts.shape[0]):
        sums = counts[row]
        for at in range(starts[first + row], starts[first + row + 1]):
            place = found[at]
            for step in range(fading.size):
                after, before = place + step + 1, place - step - 1
                if after < items.size and users[after] == users[place]:
                    sums[items[after]] += fading[step]
                if before >= 0 and users[before] == users[place]:
                    sums[items[before]] += fading[step] * back
