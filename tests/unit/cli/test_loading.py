"""What `flask` loads before a command runs, and which app it finds."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("numba", "numpy", "scipy", "pymongo", "polars", "structlog", "app.api")
FLASK = """
import sys
from flask.cli import main

try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def loaded(*words: str) -> tuple[str, set[str]]:
    """Return what a command says, and the modules that its process holds at the end."""
    command = [sys.executable, "-c", FLASK, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout, set(done.stderr.split())


@pytest.mark.parametrize(
    "words", ["--help", "evaluate --help", "import events --help", "train --help", "tune --help"]
)
def test_help_loads_no_kernel_no_database_and_no_view(words):
    said, modules = loaded(*words.split())
    assert "Usage:" in said
    assert "app.cli" in modules
    assert modules.isdisjoint(HEAVY)


def test_help_names_every_group():
    said, _ = loaded("--help")
    for name in ("demo", "evaluate", "import", "keys", "memory", "snapshot", "train", "verify"):
        assert f"\n  {name} " in said


def test_a_command_runs_without_the_service(tmp_path):
    command = [sys.executable, "-m", "flask", "evaluate", "--file", str(tmp_path / "gone.csv")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "gone.csv" in done.stderr


def test_the_service_has_the_same_commands_and_its_routes():
    said, _ = loaded("--app", "wsgi", "routes")
    assert "/recommend" in said
    said, _ = loaded("--app", "wsgi", "keys", "--help")
    assert "revoke" in said
