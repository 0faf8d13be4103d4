"""An empty database for one test."""

import pytest

from tests.unit.services.mock_store import MockStore


@pytest.fixture
def store():
    return MockStore()
