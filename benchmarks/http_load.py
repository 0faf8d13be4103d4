"""Load by wrk: many requests at once, each with the next shopper's token."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers import Server

_SCRIPT = Path(__file__).with_name("http_tokens.lua")


@dataclass(frozen=True)
class Load:
    """What one spell of load measured."""

    requests: int
    rate: float
    """Requests a second."""
    p50: float
    """Milliseconds, as p99."""
    p99: float
    cpu: float
    """Microseconds of processor time that the workers spent on a request."""


def missing() -> str | None:
    """Return what to install, or None if load can be made."""
    if shutil.which("wrk") is None:
        return "wrk is not installed. On Debian and Ubuntu: apt install wrk"
    return None


def load(
    server: Server,
    route: str,
    file: Path,
    *,
    seconds: int,
    connections: int,
    script: Path = _SCRIPT,
    words: Sequence[str] = (),
) -> Load:
    """Send requests over so many connections; raise RuntimeError if one of them failed.

    The script makes them, from `words` and the file: a token, or whatever it wants, a line.
    """
    url = server.url + route
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    spent = server.cpu_seconds()
    said = subprocess.run(
        [*command, "--", *words, str(file)],
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        check=True,
    ).stdout
    spent = server.cpu_seconds() - spent
    requests, microseconds, p50, p99, failed = (
        int(word) for word in said.partition("RESULT ")[2].split()
    )
    if failed or not requests:
        raise RuntimeError(f"{failed} of {requests} requests to {url} failed:\n{said}")
    cpu = spent / requests * 1e6
    return Load(requests, requests / microseconds * 1e6, p50 / 1e3, p99 / 1e3, cpu)
