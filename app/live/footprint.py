"""The memory of a process: as the kernel counts it, and as its tables do."""

import os
from dataclasses import dataclass
from pathlib import Path

from app.live.memory import Tables

_KINDS = {
    "Rss": "resident",
    "Pss": "proportional",
    "Private_Clean": "private",
    "Private_Dirty": "private",
    "Private_Hugetlb": "private",
}


@dataclass(frozen=True, slots=True)
class ProcessMemory:
    """Bytes in RAM. Only `proportional` adds up over processes: it splits what they share."""

    resident: int = 0
    proportional: int = 0
    private: int = 0


@dataclass(frozen=True, slots=True)
class Footprint:
    """A worker's memory in bytes, None where the platform does not say, and what fills it."""

    pid: int
    resident: int | None
    proportional: int | None
    private: int | None
    tables: int
    ratings: int
    users: int
    items: int


def footprint(tables: Tables) -> Footprint:
    pid = os.getpid()
    memory = process_memory(pid)
    return Footprint(
        pid=pid,
        resident=memory.resident if memory else None,
        proportional=memory.proportional if memory else None,
        private=memory.private if memory else None,
        tables=tables.nbytes,
        ratings=len(tables.preferences),
        users=len(tables.users),
        items=len(tables.items),
    )


def process_memory(pid: int) -> ProcessMemory | None:
    """Return what the kernel counts; None for no process of ours, and where there is no /proc.

    The kernel walks every page for it: milliseconds in a process of gigabytes.
    """
    try:
        return parse_rollup(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return None


def parse_rollup(text: str) -> ProcessMemory | None:
    """Return the sums of a `smaps_rollup`, None if it has none."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name in _KINDS:
            kind = _KINDS[name]
            found[kind] = found.get(kind, 0) + int(value.split()[0]) * 1024
    return ProcessMemory(**found) if found else None
