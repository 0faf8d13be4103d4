"""flask snapshot: what workers start from."""

import os
import signal
import sys
import time
from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from app.cli.context import explained, opened

snapshot = AppGroup("snapshot", help="Memory as a file, from which workers start.")

_GENTLE = 10
_PATIENCE_SECONDS = 900


@snapshot.command()
@click.option("--if-missing", is_flag=True, help="Only where there is none that can be used.")
@click.option("--gently", is_flag=True, help="Give way to other processes.")
@click.option("--quiet", is_flag=True, help="Say nothing unless it fails.")
def make(if_missing: bool, gently: bool, quiet: bool) -> None:
    """Write a snapshot to DATA_DIR/snapshot now.

    A running service does so by itself: see SNAPSHOT_MINUTES and SNAPSHOT_FROM.
    """
    from app.live.snapshots import SnapshotMaking

    if gently:
        os.nice(_GENTLE)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was begun is removed
    signal.alarm(_PATIENCE_SECONDS)  # others wait for the turn, also when nobody waits for this one
    started = time.perf_counter()
    with explained():
        shop = opened()
        found, changes = shop.runtime, shop.repositories.changes
        making = SnapshotMaking(found.snapshots, changes, found.feed, unix_time=found.tables.clock)
        try:
            size = making.make(missing=if_missing)
        except OSError as error:
            reason = f"The snapshot cannot be written: {error.strerror or error}."
            raise click.ClickException(f"{reason} Is there room in DATA_DIR?") from error
    if not quiet and size is None:
        click.echo("There is one already.")
    elif not quiet and size is not None:
        click.echo(f"{size / 1e6:,.1f} MB written in {time.perf_counter() - started:.1f} s.")


@snapshot.command()
def show() -> None:
    """Say what the present snapshot is of."""
    with explained():
        header = opened().runtime.snapshots.header()
    if header is None:
        raise click.ClickException("There is none that can be used.")
    taken_at = datetime.fromtimestamp(header.taken_at, UTC)
    click.echo(f"taken at  {taken_at:%Y-%m-%dT%H:%M:%SZ}")
    click.echo(f"database  {header.installation}")
    click.echo(f"position  {header.position.seconds}-{header.position.increment}")
