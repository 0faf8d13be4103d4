"""Connections that a client keeps."""

import select
from collections.abc import Callable

from tests.integration.client import Client
from tests.integration.service import Service

LONGER_THAN_BY_DEFAULT = 7  # seconds


def test_an_idle_connection_is_closed_when_its_time_is_up(
    make_gunicorn: Callable[..., Service], mongo_uri: str
) -> None:
    service = make_gunicorn(mongo_uri, keepalive_seconds=1).start()
    connection = Client(service.port, {}).connect()
    try:
        assert Client(service.port, {}, connection).get("/health/live").status == 200
        assert connection.sock.recv(1) == b""  # waits a minute, half of what tests keep by default
    finally:
        connection.close()


def test_an_idle_connection_is_kept_until_its_time_is_up(service: Service) -> None:
    with service.pinned() as workers:
        sockets = [client.pinned.sock for client in workers.values() if client.pinned]
        assert len(sockets) == len(workers)
        ended, _, _ = select.select(sockets, [], [], LONGER_THAN_BY_DEFAULT)
        assert not ended
        for client in workers.values():
            assert client.get("/health/live").status == 200
