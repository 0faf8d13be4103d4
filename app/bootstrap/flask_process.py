"""Flask commands in processes of their own, so that no worker stands still for one."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Lock

import structlog

from config import Settings

log = structlog.get_logger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
_STOP_SECONDS = 3.0


class FlaskProcess:
    def __init__(self, settings: Settings) -> None:
        self._environment = os.environ | {"DATA_DIR": str(settings.data_dir.resolve())}
        # it serves no metrics, and would leave its files there
        self._environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = Lock()

    def begin(self, *words: str) -> subprocess.Popen[bytes] | None:
        """Begin a command; None while another is at work, and after `stop`. Raises OSError."""
        with self._lock:
            if self._stopped or self._process is not None:
                return None
            command = [*_FLASK, *words]
            # the stdout of a command that waits for it is for its own answer
            self._process = subprocess.Popen(
                command, cwd=_ROOT, env=self._environment, stdout=sys.stderr
            )
            return self._process

    def run(self, *words: str) -> int | None:
        """Run a command; return its exit status, None if it did not begin. Raises OSError."""
        process = self.begin(*words)
        if process is None:
            return None
        try:
            return process.wait()
        finally:
            self._process = None

    def take_status(self) -> int | None:
        """Return, once, the exit status of the command that was started and has ended."""
        with self._lock:
            status = None if self._process is None else self._process.poll()
            if status is not None:
                self._process = None
            return status

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class SnapshotProcess(FlaskProcess):
    """Keeps the promises of `SnapshotMaker`."""

    def make(self, *, missing: bool) -> bool:
        # one that nobody waits for gives way to everything else
        kind = "--if-missing" if missing else "--gently"
        try:
            # it gives up by itself, see `flask snapshot make`
            status = self.run("snapshot", "make", "--quiet", kind)
        except OSError as error:
            log.warning("no snapshot made", reason=str(error))
            return False
        if status:
            log.warning("no snapshot made", exit_status=status)
        return status == 0


class TrainingProcess(FlaskProcess):
    """Keeps the promises of `Trainer`; how a fit ended is logged once, when it is asked for."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._kind = ""

    @property
    def is_busy(self) -> bool:
        status = self.take_status()
        if status:
            log.error("model not fitted, the former stays", kind=self._kind, exit_status=status)
        return self._process is not None

    def start(self, kind: str) -> bool:
        try:
            process = self.begin("train", kind, "--gently", "--quiet")
        except OSError as error:
            log.error("model not fitted, the former stays", kind=kind, reason=str(error))
            return False
        if process is not None:
            self._kind = kind
        return process is not None
