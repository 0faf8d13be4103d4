"""A running service: its own processes, its own data, its own port."""

import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from pymongo import MongoClient
from pymongo.database import Database

from app.bootstrap.repositories import Repositories
from app.bootstrap.runtime import build_runtime
from app.domain.accounts import Role
from app.serve.embedded import running_uri
from config import Settings
from tests.integration.client import HOST, Client, Headers
from tests.integration.processes import children, eventually, kill, lives, marked, owner, words

ROOT = Path(__file__).resolve().parents[2]
SUPERVISED = (sys.executable, "-m", "app.serve")
GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")
FLASK = (sys.executable, "-m", "flask")
START_SECONDS = 240  # the first run on a machine compiles the kernels
STOP_SECONDS = 90
SETTINGS_OF_THE_MACHINE = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR")


class Service:
    """A service of two workers, or `workers`; without `mongo_uri` it brings its own MongoDB."""

    def __init__(
        self, data_dir: Path, *, command: tuple[str, ...] = SUPERVISED, **settings: Any
    ) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.database_name = settings.get("mongo_db", "shelfwise")
        self._command = command
        self._mark = f"SHELFWISE_TEST={secrets.token_hex(8)}"
        self._log = data_dir.parent / f"{data_dir.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._keys: dict[Role, str] = {}
        self._settings = {
            "environment": "development",
            "demo": "0",
            "workers": "2",
            "log_level": "warning",
            "keepalive_seconds": "120",  # a slow machine must not lose a pinned client
            "login_limit": "1000000 per minute",
            "address_limit": "1000000 per minute",
            **settings,
        }

    @property
    def _n_workers(self) -> int:
        return int(self._settings["workers"])

    @property
    def environment(self) -> dict[str, str]:
        """Return what the service is told, and a command beside it too."""
        kept = {name: os.environ[name] for name in SETTINGS_OF_THE_MACHINE if name in os.environ}
        kept["NUMBA_CACHE_DIR"] = os.environ.get("NUMBA_CACHE_DIR", str(Path(sys.prefix) / "numba"))
        name, _, value = self._mark.partition("=")
        told = {key.upper(): str(given) for key, given in self._settings.items()}
        return kept | told | {"PORT": str(self.port), "DATA_DIR": str(self.data_dir), name: value}

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """Return the process that was started last."""
        assert self._process is not None, "not started"
        return self._process

    @property
    def output(self) -> str:
        """Return what every process of the service printed."""
        return self._log.read_text(errors="replace")

    def launch(self) -> Self:
        """Start the service and return at once."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        return self

    def start(self) -> Self:
        """Start the service unless it runs; return when both workers answer."""
        if self._process is None or self._process.poll() is not None:
            self.launch()
        assert eventually(self.is_up, START_SECONDS), self.output
        return self

    def is_up(self) -> bool:
        """Tell whether every worker is there and ready."""
        assert self.process.poll() is None, self.output
        return len(self.workers()) == self._n_workers and self._both_ready()

    def _both_ready(self) -> bool:
        try:
            with self.pinned() as clients:
                return all(c.get("/health/ready").status == 200 for c in clients.values())
        except OSError:
            return False

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """Ask the service to stop; return its exit code."""
        self.process.send_signal(sign)
        return self.process.wait(STOP_SECONDS)

    def end(self) -> None:
        """Leave nothing behind, whatever has happened; the report of a failure has the log."""
        if self._process is not None and self._process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pid in self.processes():
            kill(pid)
        if self._log.exists():
            print(f"\nlast words of the service on port {self.port}:\n{self.output[-4000:]}")

    def processes(self) -> set[int]:
        """Return every live process of the service, MongoDB included."""
        return marked(self._mark) - {os.getpid()}

    def master(self) -> int | None:
        """Return gunicorn's master process."""
        servers = {pid for pid in self.processes() if "wsgi:app" in words(pid)}
        return next((pid for pid in servers if children(pid) & servers), None)

    def workers(self) -> set[int]:
        """Return gunicorn's worker processes."""
        master = self.master()
        return children(master) if master is not None else set()

    @contextmanager
    def pinned(self, *roles: Role) -> Iterator[dict[int, Client]]:
        """Give a client for each worker, with a key if a role is named.

        Which worker accepts a connection is the kernel's choice: connect until each has one.
        """
        headers = self.key(*roles)
        with ExitStack() as stack:
            found: dict[int, Client] = {}
            deadline = time.monotonic() + 60
            while len(found) < self._n_workers and time.monotonic() < deadline:
                connection = Client(self.port, {}).connect()
                stack.callback(connection.close)
                client = Client(self.port, headers, connection)
                client.get("/health/live")
                pid = owner(connection.sock, self.workers())
                if pid is not None:
                    found.setdefault(pid, client)
            assert len(found) == self._n_workers, f"only {set(found)} of {self.workers()} answer"
            yield found

    def key(self, *roles: Role) -> Headers:
        """Return the headers of a key, made once and known to every worker."""
        for role in roles:
            if role not in self._keys:
                self._keys[role] = self.make_key(role)[1]
            return {"X-API-Key": self._keys[role]}
        return {}

    def make_key(self, role: Role) -> tuple[str, str]:
        """Make a key in the database; return its id and its secret when every worker knows it."""
        repositories = Repositories(self.uri, self.database_name)
        try:
            runtime = build_runtime(Settings(environment="production"), repositories)
            key, secret = runtime.use_cases.keys.create(role)
        finally:
            repositories.store.close()
        if self._process is not None:
            self.wait_for_workers("/items", {"X-API-Key": secret}, 200)
        return key.key_id, secret

    def wait_for_workers(self, path: str, headers: Headers, status: int) -> None:
        """Return when every worker gives this answer."""
        with self.pinned() as clients:
            for client in clients.values():
                assert eventually(lambda c=client: c.get(path, headers).status == status)

    def client(self, *roles: Role) -> Client:
        """Return a client that opens a new connection for each call."""
        return Client(self.port, self.key(*roles))

    @property
    def admin(self) -> Client:
        """Return a client with an admin key."""
        return self.client(Role.ADMIN)

    @property
    def storefront(self) -> Client:
        """Return a client with a storefront key."""
        return self.client(Role.STOREFRONT)

    @property
    def uri(self) -> str:
        """Return the address of the database."""
        uri = self._settings.get("mongo_uri") or running_uri(self.data_dir)
        assert uri is not None, "MongoDB does not run"
        return uri

    @contextmanager
    def database(self) -> Iterator[Database[dict[str, Any]]]:
        """Give the database itself."""
        with MongoClient(self.uri) as client:
            yield client[self.database_name]

    def ratings(self) -> dict[tuple[str, str], float]:
        """Return the stored ratings."""
        with self.database() as database:
            rows = list(database["ratings"].find())
        return {(row["_id"]["user_id"], row["_id"]["item_id"]): row["rating"] for row in rows}

    def settle(self) -> None:
        """Return when the memory of every worker holds as many ratings as the database."""
        assert eventually(self._is_settled, 60), (self._held(), self.stored())

    def _is_settled(self) -> bool:
        return self._held() == [self.stored()] * self._n_workers

    def _held(self) -> list[float]:
        with self.pinned() as clients:
            return [client.metric("shelfwise_ratings") for client in clients.values()]

    def stored(self) -> int:
        """Return how many ratings are stored."""
        with self.database() as database:
            return database["ratings"].count_documents({})

    def flask(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command beside the service, with the settings of the service."""
        return subprocess.run(
            (*FLASK, *words),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )


def free_port() -> int:
    """Return a port below those that outgoing connections take, of this test process's own."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    for port in random.sample(range(20000 + process, 27000, 8), 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


def gone(*pids: int) -> bool:
    """Tell whether none of the processes lives."""
    return not any(lives(pid) for pid in pids)
