import random

import numpy as np

from app.data.importing.event_rows import Occurrences


def test_numbers_are_those_of_counting_over_all_calls():
    draw = random.Random(3)
    pool = [draw.getrandbits(64) for _ in range(40_000)] + [0, 1, 2**64 - 1]
    occurrences, seen = Occurrences(), {}
    for _ in range(12):  # beyond the first room, twice
        hashes = draw.choices(pool, k=9_000)
        wanted = []
        for value in hashes:
            wanted.append(seen.get(value, 0))
            seen[value] = wanted[-1] + 1
        assert occurrences.number(np.array(hashes, np.uint64)).tolist() == wanted
    assert len(seen) > 2**15


def test_hashes_that_want_the_same_place_are_told_apart():
    occurrences = Occurrences()
    same_place = np.array([5, 5 + 2**40, 5 + 2**41, 5 + 2**40], np.uint64)
    assert occurrences.number(same_place).tolist() == [0, 0, 0, 1]
    assert occurrences.number(np.array([], np.uint64)).tolist() == []
