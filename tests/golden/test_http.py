"""The service answers over HTTP as it did: ids and order exactly, numbers within 1e-9."""

import gzip
import re
from itertools import zip_longest
from typing import Any

import orjson
import pytest

from tests.golden import http
from tests.golden.comparing import differences, equal
from tests.golden.http_shop import golden_shop
from tests.golden.make import EXCHANGES, OPENAPI

_PART = re.compile("{[^}]+}")
SHOWN = 10
"""Differences that a failure tells of."""


def golden() -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in gzip.decompress(EXCHANGES.read_bytes()).splitlines()]


def test_every_operation_is_asked_and_answered():
    routes = [
        (f"{method.upper()} {route}", re.compile(f"{method.upper()} {_PART.sub('[^/]+', route)}"))
        for route, methods in orjson.loads(OPENAPI.read_bytes())["paths"].items()
        for method in methods
    ]
    asked = [re.split("[?]| by ", each["asked"])[0] for each in golden() if each["status"] < 300]
    assert [name for name, route in routes if not any(map(route.fullmatch, asked))] == []


def test_every_exchange_is_the_golden_one(mongo_uri, tmp_path):
    with golden_shop(mongo_uri, tmp_path) as shop:
        told = [orjson.loads(orjson.dumps(each)) for each in http.exchanges(shop)]
    differing = [
        f"{(expected or found)['number']}: {(expected or found)['asked']}\n    {line}"
        for expected, found in zip_longest(golden(), told)
        for line in differences(expected, found)
    ]
    if differing:
        shown = "\n".join(differing[:SHOWN])
        pytest.fail(
            f"{len(differing)} differences from {EXCHANGES.name}. If they are meant: "
            f"python -m tests.golden.make http\n{shown}",
            pytrace=False,
        )


@pytest.mark.parametrize(
    ("expected", "found", "path"),
    [
        ({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]}, ".a[1]"),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, ".a[0]"),
        ({"a": [1]}, {"a": [1, 2]}, ".a"),
        ({"a": 1}, {}, ".a"),
        ({}, {"a": None}, ".a"),
        ({"a": 1}, {"a": True}, ".a"),
        ({"a": None}, {"a": 0.0}, ".a"),
        ([1.0], [1.0 + 1e-8], "[0]"),
    ],
)
def test_a_difference_is_told_by_its_path(expected, found, path):
    lines = differences(expected, found)
    assert lines[0].partition(":")[0] == path
    assert not equal(expected, found)


def test_last_digits_are_free():
    assert equal({"a": [0.1 + 0.2, 1e12]}, {"a": [0.3, 1e12 + 1e-4]})
