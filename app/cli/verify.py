"""flask verify: whether the memory of running workers is what the database says."""

from collections.abc import Mapping

import click
from flask.cli import with_appcontext

from app.bootstrap import build_services
from app.bootstrap.verification import Verification
from app.cli.context import explained, services, shop
from app.serve.control import ask_all

_PATIENCE_SECONDS = 300.0


@click.command()
@click.option("--limit", default=100, show_default=True, help="Differences printed per worker.")
@with_appcontext
def verify(limit: int) -> None:
    """Compare the memory of every running worker with a rebuild from MongoDB.

    Prints nothing and ends with 0 where they are the same; else the differences, and ends with 1.
    The service goes on; each worker's feed pauses while its memory is written to DATA_DIR/snapshot
    (about a third of a second for ten million ratings).
    """
    with explained():
        services()
        repositories, settings = shop().repositories, shop().settings
        run = Verification(
            lambda: build_services(settings, repositories), _dump, repositories.changes
        ).run
        found = run()
    for pid, lines in found.items():
        for line in lines[:limit]:
            click.echo(f"worker {pid}: {line}")
        if len(lines) > limit:
            click.echo(f"worker {pid}: {len(lines) - limit:,} more")
    if any(found.values()):
        raise SystemExit(1)


def _dump(prefix: str) -> Mapping[int, str]:
    folder = shop().settings.run_dir
    answers = ask_all(folder, "dump", seconds=_PATIENCE_SECONDS, name=prefix)
    if not answers:
        raise click.ClickException(
            f"No worker listens in {folder}. Give PORT and DATA_DIR as the service has them."
        )
    for pid, answer in answers.items():
        if "error" in answer:
            raise click.ClickException(f"Worker {pid}: {answer['error']}")
    return {pid: answer["name"] for pid, answer in answers.items()}
