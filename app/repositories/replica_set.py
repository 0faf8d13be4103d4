"""A lone mongod as the primary of a one-node replica set."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

NAME = "rs0"
# Where the configured port now belongs to a program that never answers, MongoDB itself takes
# half a minute to see that this is not its own address.
SECONDS = 90.0
NOT_YET_INITIALIZED = 94

Client = MongoClient[Mapping[str, Any]]


class ReplicaSetError(RuntimeError):
    """The node did not become a usable primary; the message says how far it came."""


def initiate(host: str, port: int, *, seconds: float = SECONDS) -> None:
    """Return when the node at `host:port` is the primary of its own replica set.

    A configuration that names another address (the port changed, or the data were copied) is
    replaced by force. Raises `ReplicaSetError` if time runs out.
    """
    deadline = time.monotonic() + seconds
    with _connect(host, port) as client:
        _until(lambda: _is_configured(client, f"{host}:{port}"), deadline, "be configured")
        _until(lambda: _is_primary(client), deadline, "become primary")


def _connect(host: str, port: int) -> Client:
    # Direct: a node without a valid configuration is nobody's member yet.
    return MongoClient(host, port, directConnection=True, serverSelectionTimeoutMS=1000)


def _until(step: Callable[[], bool], deadline: float, goal: str) -> None:
    problem: PyMongoError | None = None
    while time.monotonic() < deadline:
        try:
            if step():
                return
        except PyMongoError as error:  # starting up: not reachable, or busy with its election
            problem = error
        time.sleep(0.05)
    raise ReplicaSetError(f"MongoDB did not {goal} in time ({problem or 'no error reported'})")


def _is_configured(client: Client, address: str) -> bool:
    config = _config(client)
    if config is None:
        member = {"_id": 0, "host": address}
        client.admin.command("replSetInitiate", {"_id": NAME, "members": [member]})
        return True
    if [member["host"] for member in config["members"]] == [address]:
        return True
    client.admin.command("replSetReconfig", _at(config, address), force=True)
    return True


def _config(client: Client) -> dict[str, Any] | None:
    try:
        return dict(client.admin.command("replSetGetConfig")["config"])
    except OperationFailure as error:
        if error.code == NOT_YET_INITIALIZED:
            return None
        raise


def _at(config: dict[str, Any], address: str) -> dict[str, Any]:
    member = {**config["members"][0], "host": address}
    return {**config, "version": config["version"] + 1, "members": [member]}


def _is_primary(client: Client) -> bool:
    with suppress(OperationFailure):
        return bool(client.admin.command("hello").get("isWritablePrimary"))
    return False
