"""Ways of recommending that are held side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from app.domain.recommendations import Window
from app.domain.settings import LEARNED, WEIGHTS_OF, ShopSettings, Strategy
from app.offline.evaluation.results import Scalar

RANDOM = "random"
LAST_BOUGHT = "last_bought"
POPULAR = "popular"
RATINGS = "ratings"
"""No list: the ratings that the fitted model predicts. Of all others the neighbours predict."""
FEWEST_RATINGS = 1_000
"""In a training part; from fewer no model of ratings is fitted."""
RECENT = "recent"
BASELINES = (POPULAR, RECENT, LAST_BOUGHT, RANDOM)
"""What is compared always, unless it cannot be told."""


@dataclass(frozen=True)
class Variant:
    """One way of recommending: a shelf by some settings, or a plain list."""

    name: str
    settings: ShopSettings | None = None
    """None: a plain list that asks no shelf (`random`, `last_bought`)."""
    shelf: str = "for_you"
    query: Mapping[str, Any] = field(default_factory=dict)
    """What each query says beside the settings."""
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    """What differs from the shop's own settings, for people."""

    @property
    def strategy(self) -> str:
        """Return what makes the lists, in a word."""
        if self.settings is None:
            return self.name
        strategy: Strategy = self.query.get("strategy", self.settings.strategy)
        if strategy is Strategy.AUTO:
            return self.settings.auto_strategy.value
        return strategy.value

    @property
    def is_personal(self) -> bool:
        """Whether lists are made for each shopper."""
        return self.strategy not in BASELINES


def of_settings(name: str, settings: ShopSettings, **parameters: Scalar) -> Variant:
    """Return the home page's shelf by these settings."""
    return Variant(name, settings, parameters=parameters)


def baseline(name: str, settings: ShopSettings) -> Variant:
    """Return one of BASELINES."""
    if name == POPULAR:
        return Variant(name, replace(settings, strategy=Strategy.POPULAR))
    if name == RECENT:
        popular = replace(settings, strategy=Strategy.POPULAR)
        asked = {"window": Window.MONTH}
        return Variant(name, popular, "popular", asked, {"window": Window.MONTH.value})
    return Variant(name)


def usual(settings: ShopSettings) -> list[Variant]:
    """Return what is compared where nothing else is said: every strategy that can work now."""
    personal = [Strategy.ITEM, Strategy.USER, Strategy.CO_RATED]
    personal += [kind for kind in LEARNED if kind.value in settings.models]
    return [
        of_settings(strategy.value, replace(settings, strategy=strategy))
        for strategy in (*personal, Strategy.HYBRID)
    ]


def models_of(variants: Iterable[Variant]) -> set[str]:
    """Return the kinds of learned models that the variants rest on."""
    return {kind.value for variant in variants for kind in LEARNED if _rests_on(variant, kind)}


def _rests_on(variant: Variant, kind: Strategy) -> bool:
    if variant.settings is None:
        return False
    if variant.strategy == Strategy.HYBRID:
        weights = {name for name in variant.query if name in WEIGHTS_OF}
        of = variant.query if weights else named(variant.settings)
        return bool(of.get(f"w_{kind}"))
    return variant.strategy == kind


def named(settings: ShopSettings) -> Mapping[str, Any]:
    """Return the settings by name."""
    return {field.name: getattr(settings, field.name) for field in fields(settings)}
