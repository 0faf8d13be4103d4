"""Names, meanings and spelling of figures, for the page and the terminal."""

from dataclasses import dataclass

from app.offline.evaluation.results import Estimate

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Definition:
    """A metric's name for people, its meaning, and which way is better: "higher", "lower" or ""."""

    title: str
    words: str
    better: str = "higher"


_DEFINITIONS = {
    "precision": Definition("Precision", "Share of the first n places that are right."),
    "recall": Definition("Recall", "Share of what was to be found that stands in the first n."),
    "hit": Definition("Hit rate", "Share of users with anything right in the first n."),
    "map": Definition(
        "MAP",
        "Mean over what was to be found of the precision at its place, 0 beyond n; divided by all "
        "that was to be found, also where that is more than n.",
    ),
    "mrr": Definition("MRR", "1 over the place of the first that is right, 0 beyond n."),
    "ndcg": Definition(
        "NDCG",
        "Each that is right counts 1 / log2(place + 1); divided by what the best list would have.",
    ),
    "item_coverage": Definition("Item coverage", "Share of the catalogue that anybody is shown."),
    "user_coverage": Definition("User coverage", "Share of users who get a personal list."),
    "diversity": Definition(
        "Diversity", "1 less the mean similarity of all pairs of items in a list."
    ),
    "novelty": Definition(
        "Novelty",
        "Mean of -log2 of the items' shares of all interactions: each bit is half as popular.",
        "",
    ),
    "serendipity": Definition(
        "Serendipity",
        "Share of places that are right and not in the list of the most popular.",
    ),
    "popularity_percentile": Definition(
        "Popularity",
        "Mean place of the shown items by popularity: 1 the most popular, 0 the least.",
        "",
    ),
    "popularity_lift": Definition(
        "Popularity lift",
        "Mean popularity of the shown items over that of the shopper's own, less 1; "
        "0 is as mainstream as the shopper.",
        "",
    ),
    "gini": Definition(
        "Gini of exposure",
        "How unevenly places are spread over items: 0 evenly, 1 all to one.",
        "lower",
    ),
    "mae": Definition(
        "MAE",
        "Mean distance of predicted ratings from given ones, in stars. The variant ratings is a "
        "model fitted to the training part; in all others neighbours predict.",
        "lower",
    ),
    "rmse": Definition(
        "RMSE", "Root of the mean squared distance of predicted ratings from given ones.", "lower"
    ),
    "prediction_coverage": Definition(
        "Prediction coverage", "Share of the test ratings for which one was predicted."
    ),
}


def define(metric: str) -> Definition:
    """Return what "ndcg@10" means; a metric that is not known here is named as it is."""
    name, _, n = metric.partition("@")
    found = _DEFINITIONS.get(name, Definition(name.replace("_", " "), "", ""))
    return Definition(f"{found.title}@{n}", found.words, found.better) if n else found


def number_words(value: float | None) -> str:
    """Write a figure with the digits that say something."""
    if value is None:
        return "–"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


def in_words(estimate: Estimate) -> str:
    """Write an estimate with its interval and what it is the mean of."""
    span = f" ({number_words(estimate.low)} to {number_words(estimate.high)})"
    p = "" if estimate.p is None else f", p {estimate.p:.4f}"
    return f"{number_words(estimate.mean)}{span}, {estimate.n:,} users{p}"
