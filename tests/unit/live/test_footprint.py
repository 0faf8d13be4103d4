"""What a process holds in memory."""

import os
import subprocess
import sys

import pytest

from app.live.footprint import ProcessMemory, footprint, parse_rollup, process_memory
from app.live.memory import Tables

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


TAKES = """
import mmap, sys
taken = mmap.mmap(-1, int(sys.argv[1]), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
print("begun", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[1]) // 4096):
    taken.write(b"1" * 4096)
print("taken", flush=True)
sys.stdin.readline()
"""


@on_linux
def test_what_a_process_takes_is_seen():
    size = 64 * MIB  # in a process that does nothing else meanwhile
    command = [sys.executable, "-c", TAKES, str(size)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout.readline() == "begun\n"
        before = process_memory(process.pid)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "taken\n"
        after = process_memory(process.pid)
        process.communicate("\n", timeout=30)
    for kind in ("resident", "proportional", "private"):
        assert getattr(after, kind) - getattr(before, kind) == pytest.approx(size, rel=0.1)
    assert after.private <= after.proportional <= after.resident


def test_the_tables_are_counted():
    tables = Tables()
    empty = footprint(tables)
    assert (empty.pid, empty.ratings, empty.users, empty.items) == (os.getpid(), 0, 0, 0)
    for number in range(1000):
        tables.preferences.put(f"user {number % 10}", f"item {number % 300}", 3.0)
    tables.features.put_own("item without ratings", [1.0, 2.0])
    full = footprint(tables)
    parts = (tables.preferences, tables.history, tables.features)
    assert (full.ratings, full.users, full.items) == (300, 10, 301)
    assert full.tables == sum(part.nbytes for part in parts) > empty.tables
