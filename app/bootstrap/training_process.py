"""Fits models in a process of its own, so that no worker stands still for one."""

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
_COMMAND = [sys.executable, "-m", "flask", "--app", "wsgi", "train"]


class TrainingProcess:
    """Keeps the promises of `Trainer`."""

    def __init__(self, settings: Settings) -> None:
        self._environment = os.environ | {"DATA_DIR": str(settings.data_dir.resolve())}
        # it serves no metrics, and would leave its files there
        self._environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
        self._process: subprocess.Popen[bytes] | None = None
        self._kind = ""
        self._stopped = False
        self._lock = Lock()

    @property
    def is_busy(self) -> bool:
        """Return whether one is being fitted; how the last one ended is logged once."""
        with self._lock:
            process = self._process
            if process is None:
                return False
            status = process.poll()
            if status is None:
                return True
            self._process = None
        if status != 0:
            log.error("model not fitted, the former stays", kind=self._kind, exit_status=status)
        return False

    def start(self, kind: str) -> bool:
        """Begin to fit a kind and return at once; False if that cannot be."""
        command = [*_COMMAND, kind, "--gently", "--quiet"]
        try:
            with self._lock:
                if self._stopped or self._process is not None:
                    return False
                self._kind = kind
                self._process = subprocess.Popen(command, cwd=_ROOT, env=self._environment)
        except OSError as error:
            log.error("model not fitted, the former stays", kind=kind, reason=str(error))
            return False
        return True

    def stop(self) -> None:
        """End the process, if one is at work, and let none begin."""
        with self._lock:
            self._stopped = True
            process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
