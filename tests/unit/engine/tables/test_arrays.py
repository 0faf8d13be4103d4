"""Plain arrays: slices under a lock."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.engine.tables.arrays import in_slices


@pytest.fixture
def is_free():
    """Tell whether another thread could have a lock."""
    with ThreadPoolExecutor(1) as others:

        def try_it(lock):
            free = lock.acquire(blocking=False)
            if free:
                lock.release()
            return free

        yield lambda lock: others.submit(try_it, lock).result()


def test_slices_cover_all_rows_in_order():
    parts = list(in_slices(threading.RLock(), 10, 4))
    assert parts == [slice(0, 4), slice(4, 8), slice(8, 10)]
    assert not list(in_slices(threading.RLock(), 0, 4))


def test_the_lock_is_held_in_the_loop_and_free_behind_it(is_free):
    lock = threading.RLock()
    for _ in in_slices(lock, 10, 4):
        assert not is_free(lock)
    assert is_free(lock)


def test_an_exception_in_the_loop_frees_the_lock(is_free):
    lock = threading.RLock()
    with pytest.raises(ZeroDivisionError) as caught:
        for _ in in_slices(lock, 10, 4):
            1 / 0  # noqa: B018
    assert is_free(lock)
    assert caught.tb is not None  # whoever keeps the traceback does not keep the lock
