"""What an evaluation found: the one shape that is written as JSON and drawn as a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Estimate:
    """A mean over users, with the interval that resampling users gives it.

    n : users it is the mean of. p : of a difference from the baseline, corrected for the number of
    variants that are compared; None for the baseline itself and where nothing was compared.
    A mean of nothing is None, as JSON knows no NaN.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int
    p: float | None = None


@dataclass(frozen=True)
class Tier:
    """One tier of popularity (head, middle, tail): its shares of three things, each in [0, 1]."""

    name: str
    items: float  # of the catalogue
    interactions: float  # of the training part
    exposure: float  # of all places in all lists


@dataclass(frozen=True)
class VariantResult:
    """What one way of recommending gave.

    figures : group name -> metric ("ndcg@10") -> estimate.
    beyond : what is one number for all lists ("item_coverage", "gini": see `report_definitions`).
    seconds : stage ("fit", "lists") -> seconds.
    """

    name: str
    strategy: str
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    figures: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    beyond: Mapping[str, float | None] = field(default_factory=dict)
    tiers: tuple[Tier, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Users (or test items) that are counted apart: what it is called, in words, and how many."""

    name: str
    words: str
    size: int


@dataclass(frozen=True)
class Results:
    """One evaluation.

    data, split : facts by name, in the order in which they are shown (users, items, ratings; cut,
    sizes of the parts, cold-start users and items, ...). groups : "all" first. baseline : the name
    of the variant that the others are tested against. at : the list lengths, ascending.
    versions : package -> version. seeds : what was drawn -> seed. notes : sentences for the reader.
    """

    title: str
    command: str
    made_at: str
    data: Mapping[str, Scalar]
    split: Mapping[str, Scalar]
    groups: tuple[Group, ...]
    variants: tuple[VariantResult, ...]
    baseline: str
    at: tuple[int, ...]
    seeds: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
