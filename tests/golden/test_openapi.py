"""The API page's document, as it was."""

import orjson
import pytest

from tests.golden.comparing import differences
from tests.golden.make import OPENAPI, openapi

SHOWN = 20
"""Differences that a failure tells of."""


def test_the_document_is_the_golden_one():
    lines = differences(orjson.loads(OPENAPI.read_bytes()), orjson.loads(openapi()))
    if lines:
        shown = "\n".join(lines[:SHOWN])
        pytest.fail(
            f"{len(lines)} differences from {OPENAPI.name}. If they are meant: "
            f"python -m tests.golden.make openapi\n{shown}",
            pytrace=False,
        )
