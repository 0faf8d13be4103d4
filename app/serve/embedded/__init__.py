"""A private mongod for development, tests and one-machine shops. Standard library only."""

from app.serve.embedded.binary import NoMongod
from app.serve.embedded.errors import EmbeddedMongoError, MongodFailed
from app.serve.embedded.mongo import EmbeddedMongo, running_uri

__all__ = ["EmbeddedMongo", "EmbeddedMongoError", "MongodFailed", "NoMongod", "running_uri"]
