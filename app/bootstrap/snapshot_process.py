"""Makes snapshots in a process of its own, so that no worker stands still for one."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Lock

import structlog

from config import Settings

log = structlog.get_logger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_STOP_SECONDS = 3.0
_COMMAND = [sys.executable, "-m", "flask", "--app", "wsgi", "snapshot", "make", "--quiet"]


class SnapshotProcess:
    """Keeps the promises of `SnapshotMaker`."""

    def __init__(self, settings: Settings) -> None:
        self._environment = os.environ | {"DATA_DIR": str(settings.data_dir.resolve())}
        # it serves no metrics, and would leave its files there
        self._environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = Lock()

    def make(self, *, missing: bool) -> bool:
        """Make one, or only where it is missing; return whether there is one now."""
        # one that nobody waits for gives way to everything else
        kind = "--if-missing" if missing else "--gently"
        try:
            with self._lock:
                if self._stopped:
                    return False
                process = subprocess.Popen([*_COMMAND, kind], cwd=_ROOT, env=self._environment)
                self._process = process
        except OSError as error:
            log.warning("no snapshot made", reason=str(error))
            return False
        status = process.wait()  # it gives up by itself, see `flask snapshot make`
        if status != 0:
            log.warning("no snapshot made", exit_status=status)
        return status == 0

    def stop(self) -> None:
        """End the process, if one is at work, and let none begin."""
        with self._lock:
            self._stopped = True
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
