"""The service's own home page, asked through the shelves that serve, over a shop in memory."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from app.bootstrap.offline import OfflineShop
from app.domain.catalogue import Item
from app.domain.models import ModelRecord
from app.domain.settings import ShopSettings, Strategy
from app.engine.event_record import EVENT, Vocabulary
from app.services.evaluation.interactions import RATING, Interactions
from app.services.learning.fitted import FittedModel
from app.services.learning.kinds import KINDS
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
        self._shop: tuple[Question, OfflineShop] | None = None

    def rank(
        self, question: Question, modes: tuple[str, ...], given: Parameters
    ) -> dict[str, Rows]:
        """Ask for everybody's home page at their moment."""
        shop = self._filled(question)
        shop.now = _latest(question)  # what fades is kept as of the last moment
        shop.set(ShopSettings(**self._settings | settings_of(given)))
        self._learn(shop, {kind: given[kind] for kind in KINDS if kind in given})
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

    def _learn(self, shop: OfflineShop, wanted: Mapping[str, Any]) -> None:
        """Fit the models to what the shop's memory holds, and put them in force."""
        if not wanted:
            return
        for kind, parameters in wanted.items():
            data = KINDS[kind].data(shop.live.tables)
            model = KINDS[kind].fitted(data.matrix, dict(parameters), lambda done, total: None)
            record = ModelRecord(
                kind,
                version=1,
                fitted_at=datetime.fromtimestamp(shop.now, UTC),
                parameters=parameters,
                n_users=len(data.users),
                n_items=len(data.items),
                n_interactions=data.matrix.nnz,
                seconds=0.0,
            )
            shop.live.learned.put(FittedModel.of(record, model, data.items, data.users))

    def _filled(self, question: Question) -> OfflineShop:
        if self._shop is None or self._shop[0] is not question:
            described = {item.item_id: item for item in self._catalogue()}
            offered = [described.get(id_, Item(id_)) for id_ in question.item_ids.tolist()]
            shop = OfflineShop(
                interactions_of(question, self._kinds),
                offered,
                ShopSettings(**self._settings),
                now=_latest(question),
            )
            self._shop = question, shop
        return self._shop[1]


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


def interactions_of(question: Question, kinds: Sequence[str]) -> Interactions:
    """Return what is known as the offline shop takes it, without an object for each."""
    words = Vocabulary()
    codes = np.array([words.kinds.code(kind) for kind in kinds], np.uint8)
    n = question.users.size
    rows = np.zeros(n, EVENT)
    rows["subject"], rows["item"] = question.users, question.items
    rows["kind"] = codes[question.kinds]
    rows["at"] = np.nan_to_num(question.times * _DAY_MS)
    rows["order"] = np.where(question.orders > 0, question.orders, 0)
    rows["quantity"] = 1
    rows["price"] = np.nan
    rows["hash"] = np.arange(n) + 1
    order = np.lexsort((rows["hash"], rows["kind"], rows["item"], rows["subject"], rows["at"]))
    said = np.array([kind == RATING for kind in kinds])[question.kinds]
    ratings = np.where(said, question.values, np.nan)
    ids = tuple(question.user_ids.tolist()), tuple(question.item_ids.tolist())
    return Interactions(*ids, words, rows[order], ratings[order])


def ours(shop: Ours, grids: Mapping[str, Grid], shared: Grid) -> list[Method]:
    """Return a method for each named grid of settings, which the shared ones are added to."""
    return [
        Method(f"Shelfwise {name}", shop.rank, {**shared, **grid}) for name, grid in grids.items()
    ]


def weighing(**weights: float) -> tuple[tuple[str, float], ...]:
    """Return the weights of the hybrid's parts, or a model's parameters, as one value to try."""
    return tuple(weights.items())
