"""Running workers: asked over their sockets, and followed until they answer with a model."""

import time
from typing import Any

import click

from app.cli.context import deployment

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 120.0

Answers = dict[int, dict[str, Any]]
"""By process id."""
LIKE_THE_SERVICE = "Is it running, and are DATA_DIR and PORT those of the service?"


def ask_all_workers(command: str, *, hint: str = "", **arguments: Any) -> Answers:
    """Return what every worker answers; one that fails answers {"error": words}.

    hint : what to do where no worker listens, which is then a failure; without one it is not.
    """
    from app.serve.control import ask_all

    folder = deployment().run_dir
    try:
        answers = ask_all(folder, command, **arguments)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be read: {error.strerror}.") from error
    if hint and not answers:
        raise click.ClickException(
            f"No worker of this service runs: nobody listens in {folder}. {hint}"
        )
    return answers


def without_error(answers: Answers) -> Answers:
    """Return the answers, or fail with the words of a worker that could not do it."""
    for pid, answer in answers.items():
        if "error" in answer:
            raise click.ClickException(f"Worker {pid}: {answer['error']}")
    return answers


def follow(kind: str, version: int | None) -> None:
    """Wait until every worker here has the version (None: no model) of a kind, and say so."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    workers = ask_all_workers("models")
    while behind := _behind(workers, kind, version):
        for pid, answer in behind.items():
            if (reason := answer.get("error") or answer["failed"].get(kind)) is not None:
                raise click.ClickException(
                    f"Worker {pid} goes on with what it had, and tries again: {reason}"
                )
        if time.monotonic() > deadline:
            raise click.ClickException(f"Workers {', '.join(map(str, behind))} have not followed.")
        time.sleep(_LOOK_SECONDS)
        workers = ask_all_workers("models")
    if workers:
        done = "answer with it" if version else "have let it go"
        click.echo(f"All workers {done} ({len(workers)}).")
    else:
        click.echo("No worker runs here; those that start begin with it.")


def _behind(workers: Answers, kind: str, version: int | None) -> Answers:
    return {
        pid: answer
        for pid, answer in workers.items()
        if "error" in answer or answer["versions"].get(kind) != version
    }
