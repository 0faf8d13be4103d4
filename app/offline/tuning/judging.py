"""What settings give each shopper of the validation part, by the shelves that serve."""

import time
from collections.abc import Sequence

import numpy as np

from app.domain.errors import InvalidInput
from app.domain.settings import ShopSettings
from app.engine.jit import Float64s, Int32s
from app.offline.evaluation.asking import Mode
from app.offline.evaluation.evaluation import Evaluation
from app.offline.evaluation.ports import AskedShop
from app.offline.evaluation.questions import Questions
from app.offline.metrics.metrics import judge
from app.offline.tuning.search import Places

METRICS = ("ndcg", "map", "mrr", "recall", "precision", "hit")
_TIMED = 100
"""Requests of each kind whose time is taken."""
_TURNS = 4


def parsed_metric(text: str) -> tuple[str, int]:
    """Return the name and the length of lists of a metric such as ndcg@10."""
    name, _, length = text.partition("@")
    if name not in METRICS or not length.isascii() or not length.isdecimal() or int(length) < 1:
        known = ", ".join(METRICS)
        raise InvalidInput(
            "metric", f"{text!r} is none; take one of {known} with a length: ndcg@10"
        )
    return name, int(length)


class OfflineValues:
    """Asks a shop about the known shoppers of the first part of an evaluation who took anything.

    Keeps the promise of `search.Values`; a place is a shopper.
    """

    def __init__(self, evaluation: Evaluation, shop: AskedShop, metric: str, mode: Mode) -> None:
        self.metric = metric
        self._shop = shop
        _, self._length = parsed_metric(metric)
        self._questions, self._wanted = _with_wanted(evaluation.questions[0], mode)
        self._mode = mode
        self._users = evaluation.parts[0].test.users
        self._items = evaluation.items
        self._place_of = {id_: place for place, id_ in enumerate(evaluation.items)}

    def __len__(self) -> int:
        return len(self._questions)

    def __call__(self, settings: ShopSettings, places: Places) -> Float64s:
        """Return the metric of each of some shoppers, equal shape."""
        self._shop.set(settings)
        ranked = np.full((places.size, self._length), -1, np.int32)
        for row, place in enumerate(places.tolist()):
            shown = self._rank(place)
            ranked[row, : len(shown)] = [self._place_of[id_] for id_ in shown]
        wanted = [self._wanted[place] for place in places.tolist()]
        return judge(ranked, wanted, (self._length,))[self.metric]

    def milliseconds(
        self, former: ShopSettings, found: ShopSettings, *, seed: int
    ) -> tuple[float, float]:
        """Return the median time of a request by each settings, the two taken in turns."""
        size = len(self)
        drawn = np.random.default_rng(seed).permutation(size)[:_TIMED]
        took: tuple[list[float], list[float]] = ([], [])
        for places in np.array_split(drawn, min(_TURNS, drawn.size)):
            for settings, spent in zip((former, found), took, strict=True):
                self._shop.set(settings)
                self._seconds(int(places[0]))  # to warm up
                spent += [self._seconds(int(place)) for place in places]
        before, after = (round(float(np.median(spent)) * 1000, 3) for spent in took)
        return before, after

    def _seconds(self, place: int) -> float:
        started = time.perf_counter()
        self._rank(place)
        return time.perf_counter() - started

    def _rank(self, place: int) -> list[str]:
        asked = self._questions
        seen = asked.seen[place] if self._mode is Mode.NEW else ()
        return self._shop.rank(
            self._users[asked.users[place]],
            self._length,
            at=float(asked.at[place]),
            without=[self._items[item] for item in seen],
        ).items


def _with_wanted(questions: Questions, mode: Mode) -> tuple[Questions, Sequence[Int32s]]:
    """Return the questions of those who took what can be shown, and what they took.

    Those of whom nothing is known are left out: any settings show them what is popular.
    """
    wanted = questions.new if mode is Mode.NEW else questions.taken
    kept = [place for place, items in enumerate(wanted) if items.size and questions.history[place]]
    return questions.of(questions.users[kept].tolist()), [wanted[place] for place in kept]
