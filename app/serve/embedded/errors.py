"""What can go wrong with the embedded MongoDB."""


class EmbeddedMongoError(RuntimeError):
    """The embedded MongoDB cannot be used; the message says why and what helps."""


class MongodFailed(EmbeddedMongoError):
    """mongod was started and did not come up; the message carries the end of its log."""
