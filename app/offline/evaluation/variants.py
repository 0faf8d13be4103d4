"""Ways of recommending that are held side by side."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.errors import InvalidInput
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
COMPARE = "--compare"
_KIND = "weights."  # weights.purchase=8
Check = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes settings as texts, returns their values, or raises InvalidInput."""


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
        """What makes the lists, in a word."""
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


def baseline(name: str, settings: ShopSettings) -> Variant:
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
        Variant(strategy.value, replace(settings, strategy=strategy))
        for strategy in (*personal, Strategy.HYBRID)
    ]


def parsed(text: str, settings: ShopSettings, check: Check) -> Variant:
    """Return the variant that a text such as "user,k=100" names, or raise InvalidInput."""
    first, *rest = (part.strip() for part in text.split(","))
    named = first if "=" not in first else None
    given = dict(_pair(part, text) for part in (rest if named else (first, *rest)))
    if named in BASELINES:
        return _plain(text, named, given, settings)
    if named is not None and named not in set(Strategy):
        known = ", ".join(dict.fromkeys((*Strategy, *BASELINES)))
        raise InvalidInput(COMPARE, f"{named!r} in {text!r} is none of: {known}")
    return _changed(text, ({"strategy": named} if named else {}) | given, settings, check)


def _plain(text: str, name: str, given: dict[str, str], settings: ShopSettings) -> Variant:
    window = given.pop("window", None)
    if given or (window and name != POPULAR):
        raise InvalidInput(
            COMPARE, f"{text!r}: {name} takes no settings, but popular may name a window"
        )
    made = baseline(name, settings)
    if window is None:
        return replace(made, name=text)
    if window not in set(Window):
        raise InvalidInput(COMPARE, f"{text!r}: window is one of {', '.join(Window)}")
    query, told = {"window": Window(window)}, {"window": window}
    return replace(made, name=text, shelf="popular", query=query, parameters=told)


def _changed(text: str, given: dict[str, str], settings: ShopSettings, check: Check) -> Variant:
    changes: dict[str, Any] = {k: v for k, v in given.items() if not k.startswith(_KIND)}
    if weights := {k.removeprefix(_KIND): v for k, v in given.items() if k.startswith(_KIND)}:
        changes["weights"] = weights
    try:
        checked = check(changes)
    except InvalidInput as error:
        raise InvalidInput(COMPARE, f"{text!r}: {error.message}") from error
    if weights:
        checked["weights"] = {**settings.weights, **checked["weights"]}
    # named weights of the hybrid's parts are a query's: those that are not named are 0 there
    query = {name: checked.pop(name) for name in tuple(checked) if name in WEIGHTS_OF}
    told = {name: value for name, value in given.items() if name != "strategy"}
    return Variant(text, replace(settings, **checked), query=query, parameters=told)


def _pair(part: str, text: str) -> tuple[str, str]:
    name, sign, value = part.partition("=")
    if not sign:
        raise InvalidInput(COMPARE, f"{part!r} in {text!r} is not NAME=VALUE, such as k=100")
    return name.strip(), value.strip()


def models_of(variants: Iterable[Variant]) -> set[str]:
    return {kind.value for variant in variants for kind in LEARNED if _rests_on(variant, kind)}


def _rests_on(variant: Variant, kind: Strategy) -> bool:
    if variant.settings is None:
        return False
    if variant.strategy == Strategy.HYBRID:
        if variant.query.keys() & WEIGHTS_OF.keys():
            return bool(variant.query.get(f"w_{kind}"))
        return bool(getattr(variant.settings, f"w_{kind}"))
    return variant.strategy == kind
