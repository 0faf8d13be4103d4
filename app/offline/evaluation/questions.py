"""What a shop is asked about a held-out part, and what would be right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.domain.ratings import RatingScale
from app.domain.settings import ShopSettings
from app.engine.jit import Float64s, Int32s, Int64s
from app.offline.evaluation.interactions import Interactions, Mask
from app.offline.evaluation.splits import Part

_LIKED = 0.75  # of the way from the lowest to the highest rating


@dataclass(frozen=True)
class Questions:
    """One question a shopper of a part, in the order of shopper ids; lists are equally long.

    Items are places in the catalogue; those that are not in it can be neither shown nor asked for.
    """

    users: Int32s
    at: Float64s
    """When the shopper is there, Unix seconds."""
    seen: Sequence[Int32s]
    """What each did anything with before, newest first."""
    taken: Sequence[Int32s]
    """What each took then."""
    new: Sequence[Int32s]
    """The same without what was seen."""
    history: Int64s
    """Rows of each in the training part."""
    rated: Sequence[tuple[Int32s, Float64s]]
    """The items each rated then, and the ratings."""

    def __len__(self) -> int:
        return int(self.users.size)

    def of(self, users: Iterable[int]) -> "Questions":
        kept = np.flatnonzero(np.isin(self.users, np.fromiter(users, np.int32)))

        def some(lists: Sequence[Int32s]) -> list[Int32s]:
            return [lists[place] for place in kept.tolist()]

        return replace(
            self,
            users=self.users[kept],
            at=self.at[kept],
            seen=some(self.seen),
            taken=some(self.taken),
            new=some(self.new),
            history=self.history[kept],
            rated=[self.rated[place] for place in kept.tolist()],
        )


def positive_rows(
    data: Interactions,
    settings: ShopSettings,
    scale: RatingScale,
    *,
    liked: float | None = None,
    kinds: Sequence[str] = (),
) -> Mask:
    """Return which rows are a reason to recommend, shape (n,).

    Ratings of at least `liked`, by default three quarters of the way up the scale; events whose
    kind has a weight above 0, or of the given kinds only.
    """
    least = scale.lowest + _LIKED * (scale.top - scale.lowest) if liked is None else liked
    weights = {kind: w for kind, w in settings.weights.items() if not kinds or kind in kinds}
    said: Mask = np.where(data.is_rating, data.ratings >= least, data.weights(weights) > 0.0)
    return said


def questions_of(part: Part, positive: Mask, place_of: Int32s) -> Questions:
    """Return a question for each shopper who took anything on offer in the test part.

    positive : of the rows of `part.test`. place_of : the place in the catalogue of each item of the
    interactions, shape (items,); -1 for those that are not on offer.
    """
    train, test, n_users = part.train, part.test, len(part.test.users)
    known, wanted = place_of[train.item], place_of[test.item]
    asked, rates = positive & (wanted >= 0), test.is_rating & (wanted >= 0)
    users = np.unique(test.user[asked])
    seen = _by_user(train.user[known >= 0], known[known >= 0], n_users)
    taken = _by_user(test.user[asked], wanted[asked], n_users)
    rated = _by_user(test.user[rates], np.flatnonzero(rates).astype(np.int32), n_users)
    first = _first_times(test, asked, n_users)[users] * part.at_own_moment
    own_seen = [_once(seen[user][::-1]) for user in users]
    own_taken = [_once(taken[user]) for user in users]
    return Questions(
        users=users.astype(np.int32),
        at=np.where(first > 0, first / 1000.0, part.now),
        seen=own_seen,
        taken=own_taken,
        new=[t[~np.isin(t, s)] for t, s in zip(own_taken, own_seen, strict=True)],
        history=np.bincount(train.user, minlength=n_users)[users],
        rated=[(wanted[rows], test.ratings[rows]) for rows in (rated[user] for user in users)],
    )


def drawn(all_questions: Sequence[Questions], count: int | None, *, seed: int) -> list[Questions]:
    """Return the questions of a random sample of the shoppers; None: of all."""
    users = np.unique(np.concatenate([questions.users for questions in all_questions]))
    if count is None or count >= users.size:
        return list(all_questions)
    kept = np.random.default_rng(seed).choice(users, count, replace=False).tolist()
    return [questions.of(kept) for questions in all_questions]


def _by_user(users: Int32s, values: Int32s, n_users: int) -> list[Int32s]:
    """Return the values of each user, in the order of the rows."""
    order = np.argsort(users, kind="stable")
    ends = np.cumsum(np.bincount(users, minlength=n_users))[:-1]
    return np.split(values[order], ends)


def _once(items: Int32s) -> Int32s:
    _, first = np.unique(items, return_index=True)
    return items[np.sort(first)]


def _first_times(test: Interactions, asked: Mask, n_users: int) -> Int64s:
    first = np.zeros(n_users, np.int64)
    rows = np.flatnonzero(asked)[::-1]  # oldest last: it stays
    first[test.user[rows]] = test.at[rows]
    return first
