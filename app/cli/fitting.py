"""How far a fit is, and whether running workers have taken over what is in force."""

import time
from collections.abc import Callable
from typing import Any

import click

from app.cli.context import shop
from app.serve.control import ask_all

_LINE_SECONDS = 5.0
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 120.0

Progress = Callable[[int, int], None]


def stages(*, quiet: bool) -> Callable[[str], Progress]:
    """Return what is told of each stage of a fit; it writes to standard error."""

    def begin(words: str) -> Progress:
        if quiet:
            return lambda done, total: None
        click.echo(f"{words} ...", err=True)
        return _lines(words)

    return begin


def _lines(words: str) -> Progress:
    started = last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if not (0 < done < total) or now - last < _LINE_SECONDS:
            return
        last = now
        left = (now - started) * (total - done) / done
        click.echo(f"{words}: {done / total:.0%}, about {_duration(left)} left", err=True)

    return show


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def follow(kind: str, version: int | None) -> None:
    """Wait until every worker here has the version (None: no model) of a kind, and say so."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    workers = _ask()
    while behind := _behind(workers, kind, version):
        for pid, answer in behind.items():
            if (reason := answer.get("error") or answer["failed"].get(kind)) is not None:
                raise click.ClickException(
                    f"Worker {pid} goes on with what it had, and tries again: {reason}"
                )
        if time.monotonic() > deadline:
            raise click.ClickException(f"Workers {', '.join(map(str, behind))} have not followed.")
        time.sleep(_LOOK_SECONDS)
        workers = _ask()
    if workers:
        done = "answer with it" if version else "have let it go"
        click.echo(f"All workers {done} ({len(workers)}).")
    else:
        click.echo("No worker runs here; those that start begin with it.")


def _behind(
    workers: dict[int, dict[str, Any]], kind: str, version: int | None
) -> dict[int, dict[str, Any]]:
    return {
        pid: answer
        for pid, answer in workers.items()
        if "error" in answer or answer["versions"].get(kind) != version
    }


def _ask() -> dict[int, dict[str, Any]]:
    folder = shop().settings.run_dir
    try:
        return ask_all(folder, "models")
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be read: {error.strerror}.") from error
