"""Settings and hooks of gunicorn: a worker loads, catches up with the feed, then accepts."""

import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

from config import Settings

_settings = Settings()

bind = (
    f"[{_settings.host}]:{_settings.port}"
    if ":" in _settings.host
    else (f"{_settings.host}:{_settings.port}")
)
worker_class = "app.serve.worker.Worker"
workers = _settings.workers
threads = _settings.threads
timeout = _settings.request_timeout_seconds
graceful_timeout = _settings.request_timeout_seconds
keepalive = _settings.keepalive_seconds
preload_app = (
    True  # create_app() opens no connection and starts no thread, so forks share its pages
)
accesslog = None  # the service logs its requests itself
control_socket_disable = True  # it would be made in the user's home
loglevel = "warning" if _settings.log_level == "info" else _settings.log_level
if Path("/dev/shm").is_dir():
    worker_tmp_dir = "/dev/shm"  # a worker's sign of life must not wait for a busy disk

BEAT_SECONDS = 0.5
LISTEN_SECONDS = 0.25

if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    # Emptied at start, kept on a reload (the variable is set by then). One folder for each port:
    # two services may share a data directory.
    _metrics = _settings.data_dir.resolve() / "metrics" / str(_settings.port)
    shutil.rmtree(_metrics, ignore_errors=True)
    _metrics.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)


def on_starting(server: Any) -> None:
    """Refuse, with words, what cannot work; import and compile once what every worker shares."""
    from app.bootstrap import check
    from app.domain.errors import Misconfigured
    from app.engine import warmup
    from app.engine.tables import features

    try:
        check(_settings)
    except Misconfigured as error:
        sys.exit(f"Shelfwise cannot start: {error.message}")
    warmup.compile_kernels()
    features.encode(features.ItemColumns(title="imports what encodes items"))


def post_worker_init(worker: Any) -> None:
    """Load the data and catch up with the feed before the worker accepts connections."""
    from app.bootstrap import start_worker

    loaded = threading.Event()
    beat = threading.Thread(target=_beat, args=(worker, loaded), daemon=True)
    beat.start()
    try:
        start_worker(worker.wsgi)
    finally:
        loaded.set()
        beat.join()
    threading.Thread(target=_at_stop, args=(worker,), daemon=True).start()


def _beat(worker: Any, loaded: threading.Event) -> None:
    """Show the master signs of life while the worker is loading."""
    while not loaded.wait(BEAT_SECONDS):
        worker.notify()
        if not worker.alive or os.getppid() != worker.ppid:
            os._exit(0)  # told to stop, or orphaned: nothing is in flight yet, so just go


def _at_stop(worker: Any) -> None:
    """End open streams, which would not end by themselves, once told to stop or orphaned."""
    while worker.alive and os.getppid() == worker.ppid:
        time.sleep(LISTEN_SECONDS)
    worker.wsgi.extensions["shelfwise"].services.streams.stop()


def worker_exit(server: Any, worker: Any) -> None:
    """Close what the worker opened; also after a quick stop, which ends here too."""
    flask_app = getattr(worker, "wsgi", None)
    if flask_app is not None and worker.pid == os.getpid():
        flask_app.extensions["shelfwise"].close()


def child_exit(server: Any, worker: Any) -> None:
    """Take a dead worker's live gauges out of the metrics."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
