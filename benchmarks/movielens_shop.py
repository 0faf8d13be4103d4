"""MovieLens 1M in a MongoDB of its own, and servers over it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from app.embedded import EmbeddedMongo
from app.repositories.replica_set import initiate

ROOT = Path(__file__).resolve().parent.parent
MOVIELENS = ROOT.parent / "shared" / "data" / "ml-1m"
PATIENCE = 120.0
# as `make run` and the Docker image have it
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
_FILES = {"items": "items.csv.gz", "ratings": "interactions.csv.gz"}


@dataclass(frozen=True)
class MovieLensShop:
    """A filled database, and the environment in which a server serves it as in production."""

    folder: Path
    environment: dict[str, str]


@dataclass(frozen=True)
class Server:
    """A gunicorn master."""

    pid: int
    url: str
    log: Path

    def workers(self) -> list[int]:
        """Return the process ids of its workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def cpu_seconds(self) -> float:
        """Return the processor time that its workers have used so far."""
        ticks = 0
        for pid in self.workers():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])  # user and system, see proc(5)
        return ticks / os.sysconf("SC_CLK_TCK")


def missing() -> str | None:
    """Return why there can be no such shop, or None."""
    absent = [name for name in _FILES.values() if not (MOVIELENS / name).exists()]
    return f"{', '.join(absent)} of MovieLens 1M: not in {MOVIELENS}" if absent else None


@contextmanager
def movielens_shop(kept: Path | None = None) -> Iterator[MovieLensShop]:
    """Fill a database, or take the one that an earlier run filled in the folder `kept`."""
    with ExitStack() as stack:
        folder = kept or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shelfwise-")))
        mongo = stack.enter_context(EmbeddedMongo(folder, prepare=initiate))
        environment = {
            **os.environ,
            "ENVIRONMENT": "production",
            "MONGO_URI": mongo.uri,
            "MONGO_DB": "benchmark",
            "DATA_DIR": str(folder),
            "SECRET_KEY": secrets.token_hex(32),
            **dict.fromkeys(_ONE_THREAD, "1"),
        }
        filled = folder / "filled"
        if not filled.exists():
            _fill(environment)
            filled.touch()
        yield MovieLensShop(folder, environment)


@contextmanager
def gunicorn(app: str, *, config: str, shop: MovieLensShop, **environment: str) -> Iterator[Server]:
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


def _fill(environment: dict[str, str]) -> None:
    for what, name in _FILES.items():
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "import", what]
        subprocess.run(
            [*command, str(MOVIELENS / name)],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
