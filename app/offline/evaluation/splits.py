"""What is held out: the parts that a shop may know, and those that it is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from app.domain.errors import InvalidInput
from app.engine.jit import Int32s, Int64s
from app.offline.evaluation.interactions import Interactions, Mask
from app.offline.evaluation.options import MAX_DAYS, SplitKind, SplitOptions

_DAY_MS = 86_400_000
_END = datetime(2000, 1, 1, tzinfo=UTC).timestamp()  # the clock where the data have no time


def cut_before_last(at: Int64s, *, share: float) -> int:
    """Return the time before the last `share` of the whole span; `at` in ms, not empty."""
    first, last = int(at.min()), int(at.max())
    return last - max(1, round((last - first) * share))


def last_items(
    users: Int32s, items: Int32s, *, counts: Mask, orders: Int64s | None = None, n: int = 1
) -> Mask:
    """Return the rows of each user's last `n` items, and all of that user's after them.

    users, items : shape (rows,), oldest first. counts : the rows that make an item one of the last;
    others are held out only where they come after. orders : rows of one order (not 0) of one user
    are parted from each other by no cut. A user with no row that counts keeps all.
    """
    held = np.zeros(users.size, bool)
    by_user = np.argsort(users, kind="stable")
    ends = np.flatnonzero(np.diff(users[by_user], append=-1)) + 1
    start = 0
    for end in ends.tolist():
        rows = by_user[start:end]
        kept = _kept(items[rows].tolist(), counts[rows].tolist(), n)
        if orders is not None and 0 < kept < rows.size and orders[rows[kept]]:
            same = orders[rows[:kept]] == orders[rows[kept]]
            kept = int(np.argmax(same)) if same.any() else kept
        held[rows[kept:]] = True
        start = end
    return held


def _kept(items: Sequence[int], counts: Sequence[bool], n: int) -> int:
    """Return how many rows of one user come before the run of the last n items."""
    found: set[int] = set()
    kept = len(items)
    for place in range(len(items) - 1, -1, -1):
        known = items[place] in found
        if not known and len(found) == n:
            break
        if known or counts[place]:  # a look right before a purchase would tell of it
            found.add(items[place])
            kept = place
    return kept


def folds(users: Int32s, items: Int32s, *, k: int, seed: int) -> Int64s:
    """Return the fold of each row, 0 to k - 1, drawn at random.

    All rows of one pair of user and item are in one fold: what a purchase is to be found by would
    else include the look at it.
    """
    pairs = users.astype(np.int64) << 32 | items
    _, pair = np.unique(pairs, return_inverse=True)
    n_pairs = int(pair.max(initial=-1)) + 1
    fold_of: Int64s = np.random.default_rng(seed).permutation(n_pairs) % k
    return fold_of[pair]


def some_items(candidates: Int32s, *, share: float, seed: int) -> Int32s:
    """Return a random share of the items, at least one, in the order of their numbers."""
    count = max(1, round(candidates.size * share))
    drawn = np.random.default_rng(seed).choice(candidates, min(count, candidates.size), False)
    return np.sort(drawn)


@dataclass(frozen=True)
class Part:
    """One pair of what the shop knows and what it is asked about."""

    name: str
    train: Interactions
    test: Interactions
    now: float
    """Where the shop's clock stands, Unix seconds."""
    cut: float | None = None
    """The global cut, Unix seconds; None where there is none."""
    at_own_moment: bool = True
    """Whether the clock stands at each shopper's first moment in the test part; else at `now`."""
    held_items: Int32s | None = None
    """The items that nobody has done anything with yet: only these are offered."""


def split(data: Interactions, options: SplitOptions, positive: Mask) -> tuple[Part, ...]:
    """Return the parts; `positive`: the rows that are a reason to recommend, shape (n,).

    Raises InvalidInput, in words, where the data do not allow the split.
    """
    if not len(data):
        raise InvalidInput("data", "there are no ratings and no events to evaluate on")
    kind = options.kind
    if kind in {SplitKind.TIME, SplitKind.LAST} and not data.has_times:
        raise InvalidInput(
            "split",
            f"{kind} needs a time on every row, and some have none. Take --split folds, which "
            "holds out at random",
        )
    if kind is SplitKind.TIME:
        return (_by_time(data, options),)
    if kind is SplitKind.LAST:
        return (_by_last(data, options, positive),)
    if kind is SplitKind.ITEMS:
        return (_by_items(data, options, positive),)
    return _by_folds(data, options)


def validation(part: Part, options: SplitOptions, positive: Mask) -> tuple[Part, ...]:
    """Split the training part once more, in the same way, for choices that must not see the test.

    positive : of the rows of `part.train`.
    """
    again = replace(options, seed=options.seed + 1)
    if options.kind is SplitKind.TIME and part.cut is not None:
        end = int(part.test.at.max())
        days = max(1, end - round(part.cut * 1000)) / _DAY_MS
        again = replace(again, cut=None, days=days)
    return split(part.train, again, positive)


def _by_time(data: Interactions, options: SplitOptions) -> Part:
    last = int(data.at.max())
    if options.cut is not None:
        cut = round(options.cut.timestamp() * 1000)
    elif options.days is not None:
        if not 0 < options.days <= MAX_DAYS:  # nor NaN
            raise InvalidInput("days", f"must be more than 0 and at most {MAX_DAYS:,}")
        cut = last - round(options.days * _DAY_MS)
    else:
        cut = cut_before_last(data.at, share=options.share)
    after = data.at > cut
    when = datetime.fromtimestamp(cut / 1000, UTC).isoformat(timespec="minutes")
    if not after.any():
        raise InvalidInput("split", f"nothing happened after the cut, {when}; take an earlier one")
    if after.all():
        raise InvalidInput("split", f"nothing happened before the cut, {when}; take a later one")
    return Part("time", data.where(~after), data.where(after), cut / 1000, cut / 1000)


def _by_last(data: Interactions, options: SplitOptions, positive: Mask) -> Part:
    orders = data.rows["order"].astype(np.int64)
    held = last_items(data.user, data.item, counts=positive, orders=orders, n=options.last)
    if not held.any() or held.all():
        raise InvalidInput("split", "no shopper has an item to hold out and one to learn from")
    train = data.where(~held)
    return Part("last", train, data.where(held), int(train.at.max()) / 1000)


def _by_items(data: Interactions, options: SplitOptions, positive: Mask) -> Part:
    taken = np.unique(data.item[positive]).astype(np.int32)
    if taken.size < 2:
        raise InvalidInput("split", "fewer than two items were taken by anybody")
    held = some_items(taken, share=options.share, seed=options.seed)
    is_held = np.isin(data.item, held)
    return Part(
        "items",
        data.where(~is_held),
        data.where(is_held),
        _end_of(data),
        at_own_moment=False,  # what is known reaches to the end
        held_items=held,
    )


def _by_folds(data: Interactions, options: SplitOptions) -> tuple[Part, ...]:
    if not 2 <= options.folds <= len(data):
        raise InvalidInput("folds", "must be at least 2, and not more than there are rows")
    fold_of = folds(data.user, data.item, k=options.folds, seed=options.seed)
    now = _end_of(data)
    return tuple(
        Part(
            f"fold {fold + 1}",
            data.where(fold_of != fold),
            data.where(fold_of == fold),
            now,
            at_own_moment=False,
        )
        for fold in range(options.folds)
    )


def _end_of(data: Interactions) -> float:
    last = int(data.at.max())
    return last / 1000 if last else _END


def facts(parts: tuple[Part, ...], options: SplitOptions) -> dict[str, Any]:
    first = parts[0]
    told: dict[str, Any] = {"split": options.kind.value}
    if first.cut is not None:
        told["cut"] = datetime.fromtimestamp(first.cut, UTC).isoformat(timespec="seconds")
        told["test_days"] = round((int(first.test.at.max()) / 1000 - first.cut) / 86_400, 2)
    if options.kind is SplitKind.LAST:
        told["held_out_of_each_shopper"] = options.last
    if options.kind is SplitKind.FOLDS:
        told["folds"] = options.folds
    if first.held_items is not None:
        told["held_out_items"] = int(first.held_items.size)
    told["training_rows"] = len(first.train)
    told["test_rows"] = sum(len(part.test) for part in parts)
    return told
