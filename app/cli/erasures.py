"""flask erasures: who was erased, and after a restore erased again."""

from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.context import explained, opened

erasures = AppGroup("erasures", help="The list of shoppers who were erased (no names in it).")


@erasures.command()
def show() -> None:
    """Say how many this machine's list holds, and what the database does not know."""
    with explained():
        state = opened().runtime.erasures.show()
    latest = "never" if state.latest is None else f"{state.latest:%Y-%m-%dT%H:%M:%SZ}"
    click.echo(f"list     {state.place}")
    click.echo(f"erased   {state.erased:,}, last {latest}")
    click.echo(f"unknown  {state.unknown:,} to this database")


@erasures.command()
@click.option(
    "--list",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another machine's list.  [default: that of DATA_DIR]",
)
def replay(path: Path | None) -> None:
    """Erase again everybody on the list, after a backup was put back.

    What is newer than the erasure stays. A service does so by itself at its start, for what the
    database does not know.
    """
    from app.bootstrap import erasure_list

    with explained():
        done = opened().runtime.erasures.replay(None if path is None else erasure_list(path))
    click.echo(
        f"{done.erasures:,} erasures: {done.subjects:,} shoppers or sessions had come back, "
        f"{done.removed:,} documents removed."
    )
