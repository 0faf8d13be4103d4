"""How far a long command is: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import click

_SECONDS = 5.0  # between two lines where there is no terminal


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that is told how much is done, and of how much.

    It all goes to standard error: standard output is for results.
    """
    if not sys.stderr.isatty():
        yield _lines(label)
        return
    with ExitStack() as stack:
        yield _bar(label, stack)


def _bar(label: str, stack: ExitStack) -> Callable[[int, int], None]:
    bar = None

    def show(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = stack.enter_context(
                click.progressbar(length=total, label=label, file=sys.stderr, show_pos=False)
            )
        bar.update(done - bar.pos)

    return show


def _lines(label: str) -> Callable[[int, int], None]:
    last = started = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if total and time.monotonic() - last >= _SECONDS:
            last = time.monotonic()
            left = f", about {(last - started) * (total - done) / done:.0f} s left" if done else ""
            click.echo(f"{label}: {done / total:.0%}{left}", err=True)

    return show
