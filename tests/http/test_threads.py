"""The threads for requests, and those that step aside."""

from collections.abc import Iterator
from concurrent.futures import wait
from threading import Barrier, Event, current_thread

import pytest

from app.http.threads import RequestThreads, step_aside

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
