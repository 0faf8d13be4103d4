"""What commands print beside words: how far they are, and tables."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import click

_SECONDS = 5.0  # between two lines where there is no terminal

Show = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@contextmanager
def progress(label: str) -> Iterator[Show]:
    """Yield what shows how far a command is: a bar on a terminal, a line now and then elsewhere.

    It all goes to standard error: standard output is for results.
    """
    with ExitStack() as stack:
        yield _bar(label, stack) if sys.stderr.isatty() else _lines(label)


def stages(*, quiet: bool) -> Callable[[str], Show]:
    """Return what is told of each stage of a fit; it writes to standard error."""

    def begin(words: str) -> Show:
        if quiet:
            return lambda done, total: None
        click.echo(f"{words} ...", err=True)
        return _lines(words)

    return begin


def aligned(rows: Sequence[Sequence[str]], *, left: int = 0) -> list[str]:
    """Return rows of cells as lines; numbers end below each other, the first `left` columns begin.

    rows : equally long.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.ljust] * left + [str.rjust] * (len(widths) - left)
    return [
        "  ".join(
            side(cell, width) for side, cell, width in zip(sides, row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _bar(label: str, stack: ExitStack) -> Show:
    bar = None

    def show(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = stack.enter_context(
                click.progressbar(length=total, label=label, file=sys.stderr, show_pos=False)
            )
        bar.update(done - bar.pos)

    return show


def _lines(label: str) -> Show:
    started = last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if not total or now - last < _SECONDS:
            return
        last = now
        left = f", {_duration((now - started) * (total - done) / done)} left" if done else ""
        click.echo(f"{label}: {done / total:.0%}{left}", err=True)

    return show


def _duration(seconds: float) -> str:
    return f"about {seconds:.0f} s" if seconds < 90 else f"about {seconds / 60:.0f} min"
