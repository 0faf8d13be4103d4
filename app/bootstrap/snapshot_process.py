"""Makes snapshots in a process of its own, so that no worker stands still for one."""

import os
import subprocess
import sys
from pathlib import Path

import structlog

from config import Settings

log = structlog.get_logger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 900
_COMMAND = [sys.executable, "-m", "flask", "--app", "wsgi", "snapshot", "make", "--quiet"]


class SnapshotProcess:
    """Keeps the promises of `SnapshotMaker`."""

    def __init__(self, settings: Settings) -> None:
        self._environment = os.environ | {"DATA_DIR": str(settings.data_dir.resolve())}
        # it serves no metrics, and would leave its files there
        self._environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
        self._process: subprocess.Popen[bytes] | None = None

    def make(self, *, missing: bool) -> bool:
        """Make one, or only where it is missing; return whether there is one now."""
        # one that nobody waits for gives way to everything else
        kind = "--if-missing" if missing else "--gently"
        process = subprocess.Popen([*_COMMAND, kind], cwd=_ROOT, env=self._environment)
        self._process = process
        try:
            made = process.wait(_PATIENCE_SECONDS) == 0
        except subprocess.TimeoutExpired:
            made = False
            self.stop()
        if not made:
            log.warning("no snapshot made", exit_status=process.returncode)
        return made

    def stop(self) -> None:
        """End the process, if one is at work."""
        if self._process is not None:
            self._process.kill()  # a snapshot appears whole or not at all
            self._process.wait()
