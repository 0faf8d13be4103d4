"""What a process holds in memory."""

import mmap
import os
import subprocess
import sys

import pytest

from app.services.footprint import ProcessMemory, footprint, parse_rollup, process_memory
from app.services.memory import Tables

MIB = 1024 * 1024
ROLLUP = """\
55d0c0a00000-7ffd5b1f2000 ---p 00000000 00:00 0                          [rollup]
Rss:              300 kB
Pss:              150 kB
Pss_Dirty:         40 kB
Shared_Clean:     160 kB
Private_Clean:     10 kB
Private_Dirty:     40 kB
Swap:               7 kB
SwapPss:            5 kB
Private_Hugetlb:    2 kB
Locked:             0 kB
"""

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")


def test_a_rollup_is_read():
    assert parse_rollup(ROLLUP) == ProcessMemory(300 * 1024, 150 * 1024, 52 * 1024)


@pytest.mark.parametrize("text", ["", "no such thing\n"])
def test_a_rollup_that_says_nothing_is_none(text):
    assert parse_rollup(text) is None


def test_no_process_has_no_memory():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert process_memory(ended.pid) is None


@on_linux
def test_what_a_process_takes_is_seen():
    before = process_memory(os.getpid())
    size = 64 * MIB
    # never what an allocator has in stock
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as taken:
        taken.write(b"1" * size)
        after = process_memory(os.getpid())
    for kind in ("resident", "proportional", "private"):
        assert getattr(after, kind) - getattr(before, kind) == pytest.approx(size, rel=0.2)
    assert after.private <= after.proportional <= after.resident


def test_the_tables_are_counted():
    tables = Tables()
    empty = footprint(tables)
    assert (empty.pid, empty.ratings, empty.users, empty.items) == (os.getpid(), 0, 0, 0)
    for number in range(1000):
        tables.preferences.put(f"user {number % 10}", f"item {number % 300}", 3.0)
    tables.features.put_own("item without ratings", [1.0, 2.0])
    full = footprint(tables)
    assert (full.ratings, full.users, full.items) == (300, 10, 301)
    assert full.tables == tables.preferences.nbytes + tables.features.nbytes > empty.tables
