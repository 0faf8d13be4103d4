"""The supervisor, which keeps MongoDB and the web server alive until told to stop."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from app.serve.embedded import EmbeddedMongo, EmbeddedMongoError
from app.serve.machine import (
    Backoff,
    CannotServe,
    answers,
    describe,
    end_with_parent,
    environment,
    port_problem,
    reachable,
    say,
)
from config import Settings


def welcome(settings: Settings, address: str) -> str:
    """Return the address, and how to get in."""
    lines = ["", f"Shelfwise is at {address}  (API page: {address}/docs)"]
    access = settings.data_dir / "demo_access.json"
    if settings.shows_demo and access.exists():
        lines += _demo(access)
    else:
        lines.append("Make keys with: .venv/bin/flask keys create --role admin|storefront|browser")
    return "\n".join([*lines, "Stop with Ctrl-C; the data stay.", ""])


def _demo(path: Path) -> list[str]:
    known = json.loads(path.read_text())
    keys = [
        f"{role.capitalize() + ' key':<15} {known[role]}"
        for role in ("storefront", "browser", "admin")
    ]
    return [f"Demo login      user_id {known['user_id']}, password {known['password']}", *keys]


ROOT = Path(__file__).resolve().parents[2]
DEMO = (sys.executable, "-m", "flask", "--app", "wsgi", "demo", "load")
WARM_UP = (sys.executable, "-m", "app.engine.warmup")
GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")
TICK_SECONDS = 0.2
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    def __init__(self, settings: Settings, mongo: EmbeddedMongo | None) -> None:
        self._settings = settings
        self._mongo = mongo
        self._child: subprocess.Popen[bytes] | None = None
        self._stops = 0
        self._ready = False
        self._mongo_backoff, self._mongo_due = Backoff(), 0.0

    def run(self) -> None:
        """Load the demo shop, serve, and return after a signal to stop."""
        for sign in STOP_SIGNALS:
            signal.signal(sign, self._on_stop)
        if self._settings.shows_demo:
            self._load_demo()
        backoff = Backoff()
        while not self._stopping():
            self._start(GUNICORN)
            code = self._watch()
            if self._stopping():
                return
            if not self._ready and code > 0:
                raise CannotServe("the web server did not start; the lines above say why.")
            say(f"The web server ended ({describe(code)}); starting it again.")
            self._pause(backoff.next_wait())

    def _stopping(self) -> bool:
        return self._stops > 0

    def _on_stop(self, sign: int, frame: FrameType | None) -> None:
        self._stops += 1
        if self._child is not None:
            # The second time the user is in a hurry: gunicorn drops what is in flight.
            self._child.send_signal(signal.SIGTERM if self._stops == 1 else signal.SIGINT)

    def _load_demo(self) -> None:
        # the loops that the server needs are compiled meanwhile: half a minute the first time
        warming = self._popen(WARM_UP, stdout=subprocess.DEVNULL)
        self._start(DEMO)
        if self._watch() != 0 and not self._stops:
            say("The demo shop could not be loaded (see above); the service starts without it.")
        self._mind(warming)
        self._watch()

    def _start(self, command: tuple[str, ...]) -> None:
        self._mind(self._popen(command))

    def _mind(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        if self._stops:  # the signal came while there was nobody to pass it on to
            child.terminate()

    def _popen(
        self, command: tuple[str, ...], stdout: int | None = None
    ) -> subprocess.Popen[bytes]:
        uri = self._mongo.uri if self._mongo else None
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(self._settings, os.environ, uri),
            stdout=stdout,
            start_new_session=True,  # Ctrl-C comes here only, and is passed on as a gentle stop
            preexec_fn=end_with_parent(),
        )

    def _watch(self) -> int:
        """Look after the child and MongoDB until the child ends; return its exit code."""
        child = self._child
        if child is None:
            raise CannotServe("nothing was started")
        while child.poll() is None:
            time.sleep(TICK_SECONDS)
            if not self._stops:
                self._look_after_mongo(child)
                self._announce()
        self._child = None
        return child.returncode

    def _look_after_mongo(self, child: subprocess.Popen[bytes]) -> None:
        if self._mongo is None or time.monotonic() < self._mongo_due:
            return
        before = self._mongo.uri
        try:
            if self._mongo.ensure_running():
                say("MongoDB had ended and runs again.")
        except (EmbeddedMongoError, OSError) as error:
            wait = self._mongo_backoff.next_wait()
            self._mongo_due = time.monotonic() + wait
            say(f"MongoDB does not start: {error}\nNext try in {wait:.1f} seconds.")
        if self._mongo.uri != before:
            child.terminate()  # another program took MongoDB's port: start over with the new one

    def _announce(self) -> None:
        host, port = self._settings.host, self._settings.port
        if not self._ready and answers(host, port):
            self._ready = True
            say(welcome(self._settings, f"http://{reachable(host)}:{port}"))

    def _pause(self, seconds: float) -> None:
        """Wait, and longer while workers without a master finish what they were answering."""
        now = time.monotonic()
        limit = now + seconds + self._settings.request_timeout_seconds
        while not self._stopping() and time.monotonic() < limit:
            calm = time.monotonic() >= now + seconds
            if calm and not port_problem(self._settings.host, self._settings.port):
                return
            time.sleep(TICK_SECONDS / 2)
