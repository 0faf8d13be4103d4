"""The service's own home page, asked through the shelves that serve, over a shop in memory."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.bootstrap.offline import OfflineShop, fitting
from app.domain.catalogue import Item
from app.domain.settings import ShopSettings, Strategy
from app.engine.tables.event_record import EVENT, Vocabulary
from app.learning.kinds import KINDS
from app.offline.evaluation.interactions import RATING, Interactions
from benchmarks.accuracy_common import N_RANKED, Question, Rows
from benchmarks.accuracy_tuning import Method, Parameters

_DAY_MS = 86_400_000
_DAY_SECONDS = 86_400.0
_NO_TIME = "long ago"
_PART = "w_"
Catalogue = Callable[[], Sequence[Item]]
Grid = Mapping[str, tuple[Any, ...]]


class Ours:
    """Shops in memory, one a question, whose settings are changed from trial to trial."""

    def __init__(
        self,
        kinds: Sequence[str],
        catalogue: Catalogue,
        **settings: Any,
    ) -> None:
        """Take the names of the codes of kinds, in the service's words.

        catalogue : describes items; those that it does not name are bare.
        settings : what is not the usual one in all trials.
        """
        self._kinds = kinds
        self._catalogue = catalogue
        self._settings = settings
        self._shop: tuple[Question, OfflineShop, Interactions] | None = None

    def rank(
        self, question: Question, modes: tuple[str, ...], given: Parameters
    ) -> dict[str, Rows]:
        """Ask for everybody's home page at their moment."""
        shop, known = self._filled(question)
        shop.now = _latest(question)  # what fades is kept as of the last moment
        shop.set(ShopSettings(**self._settings | settings_of(given)))
        fitting({kind: dict(given[kind]) for kind in KINDS if kind in given})(shop.live, known)
        users, items = question.user_ids.tolist(), question.item_ids.tolist()
        row_of = {item: row for row, item in enumerate(items)}
        seen = question.seen()
        found = {mode: np.full((question.asked.size, N_RANKED), -1, np.int32) for mode in modes}
        for at, user in enumerate(question.asked.tolist()):
            moment = question.moments[at]
            for mode in modes:
                own = seen.indices[seen.indptr[user] : seen.indptr[user + 1]]
                without = [items[row] for row in own.tolist()] if mode == "new" else []
                when = None if np.isnan(moment) else moment * _DAY_SECONDS
                shown = shop.rank(users[user], N_RANKED, at=when, without=without).items
                found[mode][at, : len(shown)] = [row_of[item] for item in shown]
        return found

    def _filled(self, question: Question) -> tuple[OfflineShop, Interactions]:
        if self._shop is None or self._shop[0] is not question:
            described = {item.item_id: item for item in self._catalogue()}
            offered = [described.get(id_, Item(id_)) for id_ in question.item_ids.tolist()]
            known = _interactions_of(question, self._kinds)
            settings = ShopSettings(**self._settings)
            shop = OfflineShop(known, offered, settings, now=_latest(question))
            self._shop = question, shop, known
        return self._shop[1:]


def _latest(question: Question) -> float:
    """Return the last moment at which anybody is asked, Unix seconds."""
    return float(np.nanmax(np.append(question.moments, 1.0))) * _DAY_SECONDS


def settings_of(given: Parameters) -> dict[str, Any]:
    """Return the settings in a trial's parameters; `parts` are the weights of the hybrid."""
    changes = {name: value for name, value in given.items() if name not in KINDS}
    if "strategy" in changes:
        changes["strategy"] = Strategy(changes["strategy"])
    if "weights" in changes:
        changes["weights"] = dict(changes["weights"])
    if (parts := changes.pop("parts", None)) is not None:
        every = dict.fromkeys(("user", "item"), 0.0) | dict(parts)
        changes |= {f"{_PART}{part}": weight for part, weight in every.items()}
    return changes


def _interactions_of(question: Question, kinds: Sequence[str]) -> Interactions:
    return interactions(
        (question.user_ids.tolist(), question.item_ids.tolist(), kinds),
        users=question.users,
        items=question.items,
        kinds=question.kinds,
        values=question.values,
        ms=question.times * _DAY_MS,
        orders=question.orders,
    )


def interactions(
    names: tuple[Sequence[str], Sequence[str], Sequence[str]],
    *,
    users: npt.NDArray[Any],
    items: npt.NDArray[Any],
    kinds: npt.NDArray[Any],
    values: npt.NDArray[np.float64],
    ms: npt.NDArray[np.float64],
    orders: npt.NDArray[Any] | None = None,
) -> Interactions:
    """Return columns as the offline shop takes them, without an object for each row.

    names : ids of users, ids of items, kinds, of which the columns name the places. Columns have
    shape (n,); ms : since 1970, not a number where unknown; values count where the kind is RATING.
    """
    words = Vocabulary()
    codes = np.array([words.kinds.code(kind) for kind in names[2]], np.uint8)
    rows = np.zeros(users.size, EVENT)
    rows["subject"], rows["item"] = users, items
    rows["kind"] = codes[kinds]
    rows["at"] = np.nan_to_num(ms)
    rows["order"] = 0 if orders is None else np.maximum(orders, 0)
    rows["quantity"] = 1
    rows["price"] = np.nan
    rows["hash"] = np.arange(users.size) + 1
    order = np.lexsort((rows["hash"], rows["kind"], rows["item"], rows["subject"], rows["at"]))
    said = np.array([kind == RATING for kind in names[2]])[kinds]
    ratings = np.where(said, values, np.nan)
    return Interactions(tuple(names[0]), tuple(names[1]), words, rows[order], ratings[order])


def ours(shop: Ours, grids: Mapping[str, Grid], shared: Grid) -> list[Method]:
    """Return a method for each named grid of settings, which the shared ones are added to."""
    return [
        Method(f"Shelfwise {name}", shop.rank, {**shared, **grid}) for name, grid in grids.items()
    ]


def weighing(**weights: float) -> tuple[tuple[str, float], ...]:
    """Return the weights of the hybrid's parts, or a model's parameters, as one value to try."""
    return tuple(weights.items())
