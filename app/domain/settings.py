"""The table of settings: what a merchandiser may change while the service runs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from app.domain.catalogue import VECTOR_NAME
from app.domain.events import KIND_NAME, WEIGHTS
from app.domain.setting import Search, Setting, Stale, former_names, rows_of, setting


class Strategy(StrEnum):
    """How `for you` scores items."""

    HYBRID = "hybrid"
    """The weighted sum of all those in `PARTS`."""
    AUTO = "auto"
    """What tuning found best."""
    USER = "user"
    ITEM = "item"
    """By features."""
    CO_RATED = "co_rated"
    """By who prefers both items."""
    EASE = "ease"
    ALS = "als"
    NEURAL = "neural"
    SEQUENCE = "sequence"
    """By what was taken up soon after what."""
    POPULAR = "popular"


@dataclass(frozen=True, slots=True)
class Part:
    """A strategy that the hybrid can hold: what its score is, and the row of its weight."""

    score: str
    weight: float = 0.0
    """The default."""
    is_learned: bool = False
    """Whether it rests on a model, which is fitted now and then."""
    needs: str = ""
    """The fact of a shop without which tuning leaves it out."""


PARTS: Mapping[Strategy, Part] = {
    Strategy.USER: Part("the user-based score", 0.6),
    Strategy.ITEM: Part("the content-based score", 0.4, needs="has_features"),
    Strategy.CO_RATED: Part("the score by who prefers both items"),
    Strategy.EASE: Part("the learned model EASE", is_learned=True),
    Strategy.ALS: Part("the learned model ALS", is_learned=True),
    Strategy.NEURAL: Part("the learned neural model", is_learned=True),
    Strategy.SEQUENCE: Part("the learned model of what follows what", is_learned=True),
}
"""What the hybrid is made of; `recommender.strategies` says how each is built."""
LEARNED = tuple(strategy for strategy, part in PARTS.items() if part.is_learned)
MODEL_KINDS = (*(kind.value for kind in LEARNED), "ratings")
"""All kinds of models; `ratings` predicts ratings and ranks nothing."""
WEIGHTS_OF = {f"w_{part}": part for part in PARTS}
"""The setting that is the weight of each."""


class Similarity(StrEnum):
    """How alike two shoppers are."""

    COSINE = "cosine"
    PEARSON = "pearson"
    JACCARD = "jaccard"


_MOST_WEIGHT = 1e6


def _weight(strategy: Strategy) -> Any:
    part = PARTS[strategy]
    needs = strategy.value if part.is_learned else part.needs
    search = Search(may_be_off=True, needs=needs)
    told = f"Weight in `hybrid` of {part.score}."
    return setting(part.weight, 0, _MOST_WEIGHT, help=told, search=search)


def _of_neighbours(
    default: Any, low: float | None = None, high: float | None = None, *, search: Search, **row: Any
) -> Any:
    return setting(default, low, high, search=replace(search, only_for="w_user"), **row)


def _of_co_rated(default: float, low: float, high: float, *, search: Search, **row: Any) -> Any:
    return setting(default, low, high, search=replace(search, only_for="w_co_rated"), **row)


# fmt: off
@dataclass(frozen=True, slots=True)
class ShopSettings:
    """One versioned document, followed by every worker. A request's own parameters win over it.

    Each field is one row of `SETTINGS`. The HTTP body and view, the options of `flask settings
    set`, the ranges of tuning, the check of values and the table in the docs are built from it.
    """

    version: int = 0
    strategy: Strategy = setting(
        Strategy.HYBRID,
        help="How `for you` scores items. The weights of `hybrid` are normalised to sum to 1.",
    )
    w_user: float = _weight(Strategy.USER)
    w_item: float = _weight(Strategy.ITEM)
    w_co_rated: float = _weight(Strategy.CO_RATED)
    w_ease: float = _weight(Strategy.EASE)
    w_als: float = _weight(Strategy.ALS)
    w_neural: float = _weight(Strategy.NEURAL)
    w_sequence: float = _weight(Strategy.SEQUENCE)
    recency: float = setting(
        0.0, 0, 1, search=Search(may_be_off=True, needs="heeds_recency"),
        help="How much more the shopper's latest items count in `ease` and `als`. 0: no more.",
    )
    auto_strategy: Strategy = setting(
        Strategy.HYBRID, choices=tuple(s for s in Strategy if s is not Strategy.AUTO),
        help="What the strategy `auto` stands for.",
    )
    k: int = _of_neighbours(
        50, 1, 1000, search=Search(10, 400, log=True),
        help="Neighbours of a shopper. More is slower and hardly better.",
    )
    similarity: Similarity = _of_neighbours(
        Similarity.COSINE, search=Search(), help="How the similarity of two shoppers is measured."
    )
    min_similarity: float = setting(
        0.0, 0, 1, help="Shoppers who are less similar are not neighbours."
    )
    shrinkage: float = _of_neighbours(
        0.0, 0, 1e6, search=Search(0, 50, may_be_off=True),
        help="With n common items a similarity is multiplied by n / (n + shrinkage).",
    )
    exponent: float = _of_neighbours(
        1.0, 0, 20, search=Search(0.3, 4, log=True), above_low=True,
        help="Neighbours weigh by their similarity to this power.",
    )
    asymmetry: float = _of_neighbours(
        0.5, 0, 1, search=Search(0, 1),
        help="Power of the shopper's own norm in a cosine, of 1 for both norms. 0.5: the cosine.",
    )
    damping: float = _of_neighbours(
        0.0, 0, 4, search=Search(0, 1, may_be_off=True),
        help="An item's part in a similarity is divided by its number of raters to this power.",
    )
    co_rarity: float = _of_co_rated(
        0.5, 0, 4, search=Search(0, 1.5, may_be_off=True),
        help="In `co_rated` an item of the shopper's counts 1 / (its raters) to this power.",
    )
    co_damping: float = _of_co_rated(
        0.85, 0, 4, search=Search(0, 1.5, may_be_off=True),
        help="In `co_rated` a shopper counts 1 / (number of their items) to this power.",
    )
    co_exponent: float = _of_co_rated(
        1.5, 0, 20, above_low=True, search=Search(0.5, 6, log=True),
        help="In `co_rated` shoppers weigh by what they have in common, to this power.",
    )
    co_novelty: float = _of_co_rated(
        0.5, 0, 4, search=Search(0, 1.5, may_be_off=True),
        help="In `co_rated` a score is divided by the item's raters to this power: above 0, "
        "well-known items step back.",
    )
    weights: Mapping[str, float] = setting(
        WEIGHTS, -1000, 1000, keys=KIND_NAME,
        stale=(Stale.PREFERENCES, Stale.ACTIVITY, Stale.CONTEXTS),
        help="What one event of a kind says. Kinds not named stay as they are; a new "
        "name declares a kind of your own, null takes one back.",
    )
    half_life_days: float = setting(
        90.0, 0.01, 36_500, stale=(Stale.PREFERENCES,),
        search=Search(2, 3_650, log=True, needs="has_times"),
        help="After so many days an event counts half.",
    )
    saturation: float = setting(
        5.0, 0, 1e6, above_low=True, stale=(Stale.PREFERENCES,),
        search=Search(0.5, 100, log=True, needs="has_events"),
        help="The sum of weights at which a preference reaches half the top of the rating scale.",
    )
    session_strength: float = setting(
        0.3, 0, 100, search=Search(0, 2, may_be_off=True, needs="has_times"),
        help="How much the last few clicks weigh in `for you`. 0: no more than all the rest.",
    )
    session_minutes: float = setting(
        30.0, 0, 10_000, above_low=True,
        help="How long after a click the next one belongs to the same visit.",
    )
    repeat_strength: float = setting(
        0.0, 0, 100, search=Search(0, 8, may_be_off=True, needs="again"),
        help="How much what the shopper buys again and again weighs in `for you` and beside a "
        "cart. Where most of what is bought was bought before: about 4.",
    )
    context_strength: float = setting(
        0.3, 0, 10, search=Search(0, 1, may_be_off=True, needs="has_times"),
        help="How much the time of day and week, the device and the country count. 0: not at all.",
    )
    timezone: str = setting(
        "UTC", 1, 64, stale=(Stale.CONTEXTS,),
        help="The time zone of the shop's customers: an IANA name such as Europe/Berlin.",
    )
    hide_bought_days: float = setting(
        0.0, 0, 36_500,
        help="`for you` leaves out what was bought in so many days. 0: nothing.",
    )
    min_support: int = setting(
        3, 1, 1_000_000, help="Orders that must hold two items before one is shown with the other."
    )
    max_per_brand: int = setting(
        0, 0, 100, help="Items of one brand in the first `limit_places` places of a list. 0: any."
    )
    max_per_category: int = setting(
        0, 0, 100,
        help="Items of one category, by their own whole path, in the first `limit_places` places "
        "of a list. 0: any.",
    )
    limit_places: int = setting(
        20, 1, 1000, help="How many places `max_per_brand` and `max_per_category` are for."
    )
    diversity: float = setting(
        0.0, 0, 1,
        help="How much a list avoids items like those before them. 0: not at all.",
    )
    w_similar_features: float = setting(
        0.5, 0, 1,
        help="Weight of features among similar items; the rest goes to who likes both.",
    )
    vector_weights: Mapping[str, float] = setting(
        {}, 0, 1000, keys=VECTOR_NAME,
        help="Weight of each named vector, and of `features`, in the similarity of "
        "items; names not named stay as they are, null takes one back to 1.",
    )
    models: Mapping[str, int] = setting(
        {}, internal=True, help="The version in force of each kind of learned model."
    )
    retrain_after_hours: float = setting(
        24.0, 0, 100_000, formerly="train_hours",
        help="Models in force are fitted again at this age, in hours. 0: never.",
    )
    tuned: Mapping[str, Any] = setting(
        {}, internal=True, help="What the last tuning changed, and its evidence."
    )
# fmt: on


SETTINGS: Mapping[str, Setting] = rows_of(ShopSettings)
_FIELDS = {field.name for field in fields(ShopSettings)}


def from_plain(values: Mapping[str, Any]) -> ShopSettings:
    """Return settings from stored values; fields of other releases are passed over."""
    named = {new: values[old] for old, new in former_names(SETTINGS).items() if old in values}
    known = {name: value for name, value in {**named, **values}.items() if name in _FIELDS}
    rows = SETTINGS.keys() & known.keys()
    return ShopSettings(**known | {name: SETTINGS[name].restored(known[name]) for name in rows})


def stale_parts(former: ShopSettings, settings: ShopSettings) -> set[Stale]:
    """Return what memory must compute again when these settings take the place of the former."""
    return {
        part
        for name, row in SETTINGS.items()
        if getattr(former, name) != getattr(settings, name)
        for part in row.stale
    }
