"""gunicorn's settings for the bare route: the service's own, without what loads a shop."""

import runpy
from pathlib import Path

_SERVICE = Path(__file__).resolve().parent.parent / "gunicorn.conf.py"
_HOOKS = {"on_starting", "post_worker_init", "worker_exit", "child_exit"}

globals().update(
    {
        name: value
        for name, value in runpy.run_path(str(_SERVICE)).items()
        if name not in _HOOKS and not name.startswith("_")
    }
)
