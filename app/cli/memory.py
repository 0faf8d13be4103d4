"""flask memory: what each worker holds in memory."""

from collections.abc import Sequence
from typing import Any

import click
import orjson
from flask.cli import with_appcontext

from app.cli.output import aligned
from app.cli.workers import LIKE_THE_SERVICE, ask_all_workers

_BYTES = ("resident", "proportional", "private", "tables")
_COUNTS = ("ratings", "users", "items")
_MIB = 1024 * 1024


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, in bytes.")
@with_appcontext
def memory(as_json: bool) -> None:
    """Show the memory of every running worker, in MiB.

    \b
    resident      what is in RAM, counting in full what it shares with others
    proportional  the same with shared memory split among its sharers: only
                  this adds up, to what all workers take together
    private       what would be freed if this worker alone ended
    tables        the live tables, slack included, shared or not
    ratings, users, items   how many the tables hold; preferences
                            that events imply count as ratings

    A worker that is still loading is not there yet. Where the system has no
    /proc the first three are unknown. The workers are those of the service
    with the same DATA_DIR and PORT; PORT=9000 flask memory asks another one.
    """
    workers = ask_all_workers("memory", hint=LIKE_THE_SERVICE)
    found = [answer for answer in workers.values() if "error" not in answer]
    click.echo(_json(found) if as_json else _table(found))
    for pid, answer in workers.items():
        if "error" in answer:
            click.echo(f"Worker {pid}: {answer['error']}", err=True)
    if len(found) < len(workers):
        click.get_current_context().exit(1)


def _total(workers: Sequence[dict[str, Any]]) -> int | None:
    shares = [worker["proportional"] for worker in workers]
    return None if None in shares else sum(shares)


def _json(workers: Sequence[dict[str, Any]]) -> str:
    found = {"workers": workers, "total_proportional": _total(workers)}
    return orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()


def _table(workers: Sequence[dict[str, Any]]) -> str:
    head = ("pid", *_BYTES, *_COUNTS)
    total = {"pid": "total", "proportional": _mib(_total(workers))}
    rows = [head, *map(_row, workers), tuple(total.get(name, "") for name in head)]
    return "\n".join(aligned(rows))


def _row(worker: dict[str, Any]) -> tuple[str, ...]:
    sizes = (_mib(worker[name]) for name in _BYTES)
    counts = (f"{worker[name]:,}" for name in _COUNTS)
    return (str(worker["pid"]), *sizes, *counts)


def _mib(size: int | None) -> str:
    return "unknown" if size is None else f"{size / _MIB:,.1f}"
