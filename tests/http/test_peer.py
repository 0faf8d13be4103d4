"""The other end of a long answer, by a pair of sockets."""

import socket

import pytest

from app.http import peer
from app.http.peer import Peer


@pytest.fixture
def ends():
    ours, theirs = socket.create_server(("127.0.0.1", 0)), socket.socket()
    theirs.connect(ours.getsockname())
    served, _ = ours.accept()
    with ours, theirs, served:
        yield served, theirs


def test_a_client_is_there_until_it_closes(ends):
    served, theirs = ends
    client = Peer({"gunicorn.socket": served})
    client.limit()
    assert client.is_there()
    theirs.sendall(b"GET /the-next-request")
    assert client.is_there()
    assert served.recv(100)  # looking took nothing away
    theirs.close()
    assert not client.is_there()


def test_a_client_that_broke_off_is_not_there(ends):
    served, theirs = ends
    client = Peer({"gunicorn.socket": served})
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # resets at close
    theirs.close()
    assert not client.is_there()


def test_a_client_that_takes_nothing_is_given_up(ends, monkeypatch):
    served, _ = ends
    monkeypatch.setattr(peer, "_SEND_SECONDS", 0.2)
    Peer({"gunicorn.socket": served}).limit()
    with pytest.raises(TimeoutError):
        while True:
            served.sendall(b"x" * 100_000)


def test_hanging_up_needs_no_word_from_the_client(ends):
    served, theirs = ends
    served.sendall(b"the last word")
    client = Peer({"gunicorn.socket": served})
    client.hang_up()
    client.hang_up()
    assert served.recv(100) == b""
    assert theirs.recv(100) == b"the last word"
    assert theirs.recv(100) == b""


def test_a_server_that_hands_nothing_over_is_trusted():
    client = Peer({})
    client.limit()
    assert client.is_there()
    client.hang_up()
