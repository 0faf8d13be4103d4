"""The threads for requests, those that step aside, and the other end of a long answer."""

import socket
from collections.abc import Iterator
from concurrent.futures import wait
from threading import Barrier, Event, current_thread

import pytest

from app.http import threads as connections
from app.http.threads import Peer, RequestThreads, step_aside

PATIENCE = 30


@pytest.fixture
def pool() -> Iterator[RequestThreads]:
    threads = RequestThreads(2)
    yield threads
    threads.shutdown()


def test_jobs_are_done_and_their_outcome_told(pool: RequestThreads) -> None:
    assert pool.submit(divmod, 7, 2).result(PATIENCE) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 7, 0).result(PATIENCE)


def test_so_many_run_at_once_and_no_more(pool: RequestThreads) -> None:
    together, go = Barrier(3), Event()
    running = [pool.submit(lambda: (together.wait(PATIENCE), go.wait(PATIENCE))) for _ in range(2)]
    together.wait(PATIENCE)
    third = pool.submit(int)
    assert not wait([third], timeout=0.1).done
    go.set()
    assert not wait([third, *running], timeout=PATIENCE).not_done


def test_those_that_step_aside_leave_room(pool: RequestThreads) -> None:
    go = Event()

    def stream() -> None:
        step_aside()
        step_aside()  # once is enough
        go.wait(PATIENCE)

    streams = [pool.submit(stream) for _ in range(10)]
    together = Barrier(3)  # two at once still, and no more
    running = [pool.submit(lambda: (together.wait(PATIENCE), go.wait(PATIENCE))) for _ in range(2)]
    together.wait(PATIENCE)
    third = pool.submit(int)
    assert not wait([third], timeout=0.1).done
    go.set()
    assert not wait([third, *running, *streams], timeout=PATIENCE).not_done


def test_a_thread_that_stepped_aside_ends_with_its_request(pool: RequestThreads) -> None:
    def stream() -> object:
        step_aside()
        return current_thread()

    threads = [pool.submit(stream).result(PATIENCE) for _ in range(5)]
    for thread in threads:
        thread.join(PATIENCE)  # type: ignore[attr-defined]
        assert not thread.is_alive()  # type: ignore[attr-defined]
    assert pool.submit(int).result(PATIENCE) == 0


def test_other_threads_have_no_place_to_leave() -> None:
    step_aside()


def test_after_the_end_what_was_submitted_is_still_done() -> None:
    threads = RequestThreads(1)
    go = Event()
    first, second = threads.submit(go.wait, PATIENCE), threads.submit(int)
    threads.shutdown()
    go.set()
    assert (first.result(PATIENCE), second.result(PATIENCE)) == (True, 0)


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
    monkeypatch.setattr(connections, "_SEND_SECONDS", 0.2)
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
