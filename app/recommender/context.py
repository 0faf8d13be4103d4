"""The context of one question: who asks, when, and the settings it is answered by."""

from dataclasses import dataclass, replace
from typing import Any

from app.domain.errors import InvalidInput
from app.domain.explanations import Named
from app.domain.ratings import RatingScale
from app.domain.recommendations import Query
from app.domain.settings import WEIGHTS_OF, ShopSettings, Strategy
from app.engine.tables.event_record import EventRows
from app.engine.tables.profile import Profile
from app.learning.learned import LearnedModels
from app.live.memory import Shopper, Tables
from app.live.patterns import Contexts, LearnedHabits
from app.live.projections.catalogue import CatalogueProjection
from app.live.projections.settings import SettingsProjection


@dataclass(frozen=True, slots=True)
class ShopMemory:
    """What the stages of a shelf may use."""

    tables: Tables
    catalogue: CatalogueProjection
    contexts: Contexts
    habits: LearnedHabits
    learned: LearnedModels
    settings: SettingsProjection
    scale: RatingScale

    def named(self, row: int) -> Named:
        """Return id and title of an item, for reasons; no title if it has left the catalogue."""
        item_id = self.tables.items.id(row)
        known = self.catalogue.has(item_id)
        return Named(item_id, self.catalogue.product(row).title if known else None)


@dataclass(frozen=True, slots=True)
class RankingContext:
    """What every stage of one list sees.

    Rows in it are good only under the memory's lock: it is made with the lock held, and let go
    before that.
    """

    query: Query
    """What the caller said."""
    settings: ShopSettings
    """One version of the shop's, the query's own parameters applied; `strategy` is never `auto`."""
    shopper: Shopper

    @property
    def profile(self) -> Profile | None:
        return self.shopper.profile

    @property
    def events(self) -> EventRows:
        """What the shopper did, newest first."""
        return self.shopper.events

    @property
    def now(self) -> int:
        """Ms since 1970."""
        return self.shopper.now

    @property
    def explicit_scale(self) -> float:
        """`g` in the formulas."""
        return self.shopper.explicit_scale


def make_context(tables: Tables, query: Query, settings: ShopSettings) -> RankingContext:
    """Call with the lock held. settings : as `settings_for` has them."""
    return RankingContext(query, settings, Shopper(tables, query.subject, query.own))


def settings_for(query: Query, shop: ShopSettings) -> ShopSettings:
    """Return the shop's settings with the query's own parameters, or raise InvalidInput."""
    strategy = query.strategy or shop.strategy
    said = {
        "strategy": shop.auto_strategy if strategy is Strategy.AUTO else strategy,
        "k": query.k or None,
        "similarity": query.similarity,
        "min_similarity": query.min_similarity,
        "session_strength": query.session_strength,
        "max_per_brand": query.max_per_brand,
        "max_per_category": query.max_per_category,
        "limit_places": query.limit_places,
        "diversity": query.diversity,
        **_weights(query),
    }
    changes = {
        name: value
        for name, value in said.items()
        if value is not None and value != getattr(shop, name)
    }
    return replace(shop, **changes) if changes else shop


def _weights(query: Query) -> dict[str, Any]:
    """Return the weights of the hybrid's parts, or nothing if the query names none.

    What a query that names some leaves out is 0; but of w_user and w_item alone, one leaves to the
    other what is missing to 1.
    """
    named = {name: w for name in WEIGHTS_OF if (w := getattr(query, name)) is not None}
    if not named:
        return {}
    for one, other in (("w_user", "w_item"), ("w_item", "w_user")):
        if named.keys() == {one}:
            named[other] = max(0.0, 1.0 - named[one])
    if not any(named.values()):
        raise InvalidInput(next(iter(named)), "the weights may not all be 0")
    return dict.fromkeys(WEIGHTS_OF, 0.0) | named
