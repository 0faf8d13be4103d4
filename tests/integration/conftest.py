"""A real MongoDB for the tests that need one."""

from collections.abc import Iterator

import pytest

from app.embedded import EmbeddedMongo, NoMongod
from app.embedded.binary import find_mongod
from app.repositories.replica_set import initiate


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a one-node replica set that lives as long as the test session."""
    try:
        find_mongod()
    except NoMongod as error:
        pytest.skip(str(error))
    with EmbeddedMongo(tmp_path_factory.mktemp("data"), prepare=initiate) as mongo:
        yield mongo.uri
