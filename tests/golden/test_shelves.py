"""The shelves in memory give the answers they gave: ids and order exactly, numbers within 1e-9."""

from itertools import zip_longest

import orjson
import pytest

from tests.golden.comparing import differences
from tests.golden.digests import digest, same
from tests.golden.make import DIGESTS, READ_EVERY, READABLE
from tests.golden.shelves import answers

SHOWN = 5
"""Differing answers that a failure tells of."""


def lines(path):
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def given():
    return list(answers())


def test_every_answer_is_the_golden_one(given):
    differing = []
    for number, (found, golden) in enumerate(zip_longest(given, lines(DIGESTS))):
        if found is None or golden is None or not same(golden, digest(found["answer"])):
            differing.append(f"{number}: {found and found['asked']}")
    if differing:
        told = "\n".join(differing[:SHOWN])
        pytest.fail(f"{len(differing)} answers differ from {DIGESTS.name}, among them\n{told}")


def test_every_readable_answer_is_equal_field_by_field(given):
    for expected, answer in zip(lines(READABLE), given[::READ_EVERY], strict=True):
        assert differences(expected["answer"], answer["answer"]) == [], expected["asked"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"items": [["a", 0.5]]}, {"items": [["b", 0.5]]}),
        ({"items": [["a", 0.5]]}, {"items": [["a", 0.500000003]]}),
        ({"items": [["a", 0.5], ["b", 0.4]]}, {"items": [["b", 0.4], ["a", 0.5]]}),
        ({"items": [["a", 0.5], ["b", 0.4]]}, {"items": [["a", 0.4], ["b", 0.5]]}),
        ({"passed": ["a"]}, {"passed": []}),
        ({"reasons": [{"count": 1}]}, {"reasons": [{"count": 2}]}),
        ({"reasons": [{"share": 0.25}]}, {"reasons": [{"share": 0.75}]}),
    ],
)
def test_a_digest_tells_answers_apart(one, other):
    assert same(digest(one), digest(one))
    assert not same(digest(one), digest(other))
    assert differences(one, other) != []


def test_last_digits_are_free():
    one, other = {"items": [["a", 0.1 + 0.2]]}, {"items": [["a", 0.3]]}
    assert same(digest(one), digest(other))
    assert differences(one, other) == []
