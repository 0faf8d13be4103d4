"""flask verify: whether the memory of running workers is what the database says."""

from collections.abc import Mapping

import click
from flask.cli import with_appcontext

from app.cli.context import explained, opened
from app.cli.workers import LIKE_THE_SERVICE, ask_all_workers, without_error

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
    from app.bootstrap import build_runtime
    from app.bootstrap.verification import Verification

    with explained():
        shop = opened()
        repositories, settings = shop.repositories, shop.settings
        run = Verification(
            lambda: build_runtime(settings, repositories), _dump, repositories.changes
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
    answers = ask_all_workers("dump", hint=LIKE_THE_SERVICE, seconds=_PATIENCE_SECONDS, name=prefix)
    return {pid: answer["name"] for pid, answer in without_error(answers).items()}
