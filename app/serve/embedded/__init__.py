"""A private mongod for development, tests and one-machine shops. Standard library only."""

from app.serve.embedded.mongo import EmbeddedMongo, running_uri
from app.serve.embedded.mongod import EmbeddedMongoError, MongodFailed, NoMongod

__all__ = ["EmbeddedMongo", "EmbeddedMongoError", "MongodFailed", "NoMongod", "running_uri"]
