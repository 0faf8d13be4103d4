"""Processes seen through /proc: who belongs to a service, who answers a connection."""

import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def eventually(met: Callable[[], object], seconds: float = 30.0) -> bool:
    """Return True as soon as the condition is met, False when time is up."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def children(pid: int) -> set[int]:
    """Return the live child processes."""
    return {child for child in everybody() if _parent(child) == pid}


def everybody() -> set[int]:
    """Return every process id there is."""
    return {int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()}


def _parent(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[1]) if fields and fields[0] != "Z" else None


def _stat(pid: int) -> list[str]:
    with suppress(OSError):
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return []


def lives(pid: int) -> bool:
    """Tell whether the process is there and no zombie."""
    fields = _stat(pid)
    return bool(fields) and fields[0] != "Z"


def marked(mark: str) -> set[int]:
    """Return the live processes with this setting in the environment they were started with."""
    found = set()
    for pid in everybody():
        with suppress(OSError):
            if mark.encode() in (PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                found.add(pid)
    return {pid for pid in found if lives(pid)}


def words(pid: int) -> list[str]:
    """Return a process's command line."""
    with suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes().decode().split("\0")
    return []


def mongods(data_dir: Path) -> set[int]:
    """Return every mongod that runs on a data directory."""
    dbpath = str(data_dir.resolve() / "mongodb")
    return {pid for pid in everybody() if dbpath in (line := words(pid)) and "--dbpath" in line}


def kill(pid: int, sign: int = signal.SIGKILL) -> None:
    """Send a signal to a process that may be gone already."""
    with suppress(ProcessLookupError):
        os.kill(pid, sign)


def owner(ours: socket.socket, candidates: set[int]) -> int | None:
    """Return which of the processes holds the other end of our connection, None if none yet."""
    here, there = ours.getsockname()[1], ours.getpeername()[1]
    for line in (PROC / "net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports = tuple(int(address.rpartition(":")[2], 16) for address in fields[1:3])
        if ports == (there, here):
            link = f"socket:[{fields[9]}]"
            return next((pid for pid in candidates if link in _open_files(pid)), None)
    return None


def _open_files(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):
        for entry in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                found.add(str(entry.readlink()))
    return found
