"""How far a search is, and what it found, in words."""

import time
from collections.abc import Callable
from typing import Any

import click

from app.offline.tuning.comparing import Comparison
from app.offline.tuning.preparing import TuningOptions
from app.offline.tuning.search import Tried
from app.offline.tuning.tuning import Outcome

_SECONDS = 2.0  # between two lines
_DEAR, _FEW_MS = 3.0, 5.0


class Told:
    """Writes the best so far to standard error, and about how long it will take."""

    def __init__(self, options: TuningOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self._options = options
        self._clock = clock
        self._began = self._last = clock()

    def __call__(self, done: int, best: Tried, first: Tried) -> None:
        """Take in that a trial has ended."""
        now = self._clock()
        if done == 1:
            self._began = now  # the shop is filled by then
        elif now - self._last < _SECONDS:
            return
        self._last = now
        trials = self._options.trials
        of = f"{done} of {trials} trials" if done <= trials else "simplifying"
        gain = "" if not first.mean else f" ({best.mean / first.mean - 1:+.1%})"
        words = f"{of}: {self._options.metric} {best.mean:.4f}{gain}, {best.name}"
        click.echo(words + self._left(done, now), err=True)

    def _left(self, done: int, now: float) -> str:
        spent, trials = now - self._began, self._options.trials
        if not 1 < done < trials:
            return ""
        left = min(spent * (trials - done) / (done - 1), self._options.seconds - spent)
        return f"; about {max(0.0, left):.0f} s left"


def words_of(outcome: Outcome) -> str:
    """Return what was found and how sure it is."""
    verdict, (before, after) = outcome.verdict, outcome.milliseconds
    lines = [
        f"{len(outcome.tried)} settings tried on {outcome.searched:,} shoppers, "
        f"{outcome.seconds:.0f} s in all. {outcome.options.metric} of {outcome.shown}:",
        "",
        _line("all validation shoppers", verdict.every),
        _line("never seen by the search", verdict.unseen),
        "",
        f"A request took {before:.2f} ms with the former settings, {after:.2f} ms with these.",
    ]
    if after > _DEAR * before and after > _FEW_MS:
        lines.append("That is much. To search without a part: flask tune --without PART")
    if outcome.changed:
        lines += ["", "What differs:"]
        lines += [f"  {name:<18} {_told(*change)}" for name, change in outcome.changed.items()]
    return "\n".join(lines)


def _line(name: str, told: Comparison) -> str:
    gain = "" if told.relative is None else f" ({told.relative:+.1%})"
    return (
        f"  {name:<26} {told.before:.4f} -> {told.after:.4f}{gain}, difference "
        f"{told.difference:+.4f} [{told.low:+.4f}, {told.high:+.4f}], p {told.p:.4f}, "
        f"{told.users:,} shoppers"
    )


def _told(before: Any, after: Any) -> str:
    if not isinstance(before, dict):
        return f"{before} -> {after}"
    keys = sorted(before.keys() | after.keys())
    return ", ".join(
        f"{key} {before.get(key)} -> {after.get(key)}"
        for key in keys
        if before.get(key) != after.get(key)
    )
