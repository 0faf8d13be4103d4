"""Servers over a stored shop, and what their processes use."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import orjson

from benchmarks.stored_shop import ROOT, StoredShop

PATIENCE = 600.0


@dataclass(frozen=True)
class Server:
    """A gunicorn master."""

    pid: int
    url: str
    log: Path

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.url.rpartition(":")[2])

    def workers(self) -> list[int]:
        """Return the process ids of its workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def cpu_seconds(self) -> float:
        """Return the processor time that its workers have used so far."""
        return sum(cpu_seconds(pid) for pid in self.workers())


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])  # see proc(5)
    return (user + system) / os.sysconf("SC_CLK_TCK")


@contextmanager
def gunicorn(app: str, *, config: str, shop: StoredShop, **environment: str) -> Iterator[Server]:
    """Run a server on a free port; its standard error goes to a file."""
    port = _free_port()
    log = shop.folder / f"{app.partition(':')[0]}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", config, app],
            cwd=ROOT,
            env={**shop.environment, **environment, "PORT": str(port)},
            stderr=errors,
        )
    try:
        yield Server(process.pid, f"http://127.0.0.1:{port}", log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def service(shop: StoredShop, **environment: str) -> AbstractContextManager[Server]:
    """Run the service itself, as in production."""
    return gunicorn("wsgi:app", config="gunicorn.conf.py", shop=shop, **environment)


def get(url: str, headers: dict[str, str] | None = None) -> bytes:
    """Return what answers at `url`, as soon as something does; raise TimeoutError else."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(Request(url, headers=headers or {}), timeout=PATIENCE) as response:
                return bytes(response.read())
        except (URLError, ConnectionError) as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{url}: {error}") from error
            time.sleep(0.02)


def post(
    url: str, body: Any, headers: dict[str, str] | None = None
) -> tuple[bytes, Mapping[str, str]]:
    """Send JSON; return the body and the headers of the answer."""
    headers = {"Content-Type": "application/json", **(headers or {})}
    request = Request(url, orjson.dumps(body), headers)
    with urlopen(request, timeout=PATIENCE) as response:
        return bytes(response.read()), response.headers


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
