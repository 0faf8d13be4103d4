"""Writes of many threads, done together."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.services.events import Grouped


def test_everybody_gets_its_own_answer():
    groups = []

    def work(numbers):
        groups.append(list(numbers))
        return [10 * number for number in numbers]

    grouped = Grouped(work)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(grouped, range(500))) == [10 * number for number in range(500)]
    assert sorted(number for group in groups for number in group) == list(range(500))


def test_what_comes_meanwhile_is_done_at_once():
    begun, go_on, groups = threading.Event(), threading.Event(), []

    def work(numbers):
        groups.append(sorted(numbers))
        begun.set()
        assert go_on.wait(10)
        return list(numbers)

    grouped = Grouped(work)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(grouped, 0)
        assert begun.wait(10)
        others = [pool.submit(grouped, number) for number in range(1, 5)]
        while len(grouped._waiting) < 4:
            threading.Event().wait(0.001)
        go_on.set()
        assert [each.result(10) for each in (first, *others)] == [0, 1, 2, 3, 4]
    assert groups == [[0], [1, 2, 3, 4]]


def test_a_failure_is_everybodys_and_the_next_may_succeed():
    def work(numbers):
        if 0 in numbers:
            raise ValueError("no")
        return list(numbers)

    grouped = Grouped(work)
    with pytest.raises(ValueError, match="no"):
        grouped(0)
    assert grouped(1) == 1
