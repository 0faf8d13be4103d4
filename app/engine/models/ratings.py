"""What a shopper would rate an item: a frozen model of factors, drawn instead of tuned.

rating = mean + user's bias + item's bias + product of their factors + noise. Besides its own
vector, a user has one of what the mere choice of rated items says, whatever the ratings (SVD++,
Koren 2008), and an item one of who rated it. All vectors have normal priors whose means and
precisions are learned too: Gibbs sampling (Salakhutdinov and Mnih 2008) draws each in turn given
all others, and a prediction is the mean over draws. So hardly anything is left to overfit or tune.

What is stored holds nothing of single shoppers: one is solved for from their own ratings at the
moment of asking, so the vectors that the fit had of them are left behind.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from app.engine.jit import Float32s, Float64s, Int32s
from app.engine.models.model import Arrays, Interactions, Progress, unheard
from app.engine.models.rating_sampler import Prior, Side, dots, fold_in

UNKNOWN = -1
"""A row for a user or an item that nothing is known of."""


@dataclass(frozen=True)
class RatingParameters:
    dimensions: int = 6
    """Factors of a user and of an item, besides the biases."""
    warm_up: int = 20
    """Sweeps before the draws count."""
    draws: int = 40
    """Draws that are kept; memory and the time of a prediction grow with them."""
    every: int = 2
    """Sweeps from one kept draw to the next."""
    seed: int = 0


@dataclass(frozen=True)
class Ratings:
    """The model, over rows of its own; the last row of each table stands for the unknown.

    It predicts; it ranks nothing.
    """

    kind: ClassVar[str] = "ratings"
    mean: float
    low: float
    high: float
    """Predictions are kept between the lowest and the highest rating that was seen."""
    users: Float32s
    items: Float32s
    """All draws of a vector side by side, shapes (n_users + 1, draws * d), (n_items + 1, ...).

    What is stored has no users.
    """
    implied: Float32s
    """What having rated an item says of a user, shape (n_items + 1, draws * (d - 1))."""
    prior: Float64s
    """Of users: confidence, means and precisions, shape (draws, 1 + 2 (d - 1))."""

    @property
    def n_items(self) -> int:
        return len(self.items) - 1

    def predict_pairs(self, users: Int32s, items: Int32s) -> Float64s:
        """Predict ratings of pairs of rows of the fit, UNKNOWN allowed; shape (n,)."""
        return self._rating(self.users[users], self.items[items])

    def predict(self, items: Int32s, ratings: Float64s, wanted: Int32s) -> Float64s:
        """Predict ratings by somebody known by these ratings alone, given now; shape of `wanted`.

        items : rows, each once; ratings : equal shape, may be empty. Nobody has to be in the fit,
        and what was said a second ago counts: the shopper's vector is solved for.
        """
        draws = len(self.prior)
        size = self.items.shape[1] // draws
        theirs = self.items[items].reshape(-1, draws, size).astype(np.float64)
        implied = self.implied[items].reshape(-1, draws, size - 1).astype(np.float64)
        shopper = fold_in(theirs, implied, ratings - self.mean, self.prior)
        return self._rating(shopper.astype(np.float32).ravel(), self.items[wanted])

    def arrays(self) -> Arrays:
        scale = np.array([self.mean, self.low, self.high])
        tables = {"users": self.users, "items": self.items, "implied": self.implied}
        return {"scale": scale, "prior": self.prior, **tables}

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        mean, low, high = arrays["scale"].tolist()
        tables = (arrays[name] for name in ("users", "items", "implied", "prior"))
        return cls(mean, low, high, *tables)

    def _rating(self, users: Float32s, items: Float32s) -> Float64s:
        products = np.einsum("...d,...d->...", users, items).astype(np.float64)
        rating: Float64s = np.clip(self.mean + products / len(self.prior), self.low, self.high)
        return rating


def fit_rating_prediction(
    users: Int32s,
    items: Int32s,
    ratings: Float64s,
    *,
    n_users: int,
    n_items: int,
    parameters: RatingParameters | None = None,
    progress: Progress = unheard,
) -> Ratings:
    """Fit the model to ratings; no pair twice, one rating at least.

    users, items : rows, shape (n,); ratings : shape (n,). `progress` hears of every sweep.
    """
    chosen = parameters or RatingParameters()
    rng = np.random.default_rng(chosen.seed)
    mean = float(ratings.mean())
    left = Side(users, items, (n_users, n_items), chosen.dimensions, 0, rng)
    right = Side(items, users, (n_items, n_users), chosen.dimensions, 1, rng)
    sweeps = chosen.warm_up + chosen.draws * chosen.every
    kept = []
    for sweep in range(1, sweeps + 1):
        residuals = ratings - mean - dots(left.vectors, right.vectors, users, items)
        spread = 1.0 + residuals @ residuals / 2.0
        confidence = np.array([rng.gamma(1.0 + ratings.size / 2.0, 1.0 / spread)])
        prior = left.sweep(residuals, right, confidence, rng)
        residuals = ratings - mean - dots(left.vectors, right.vectors, users, items)
        other = right.sweep(residuals, left, confidence, rng)
        if sweep > chosen.warm_up and (sweep - chosen.warm_up) % chosen.every == 0:
            kept.append(_draw(left, right, (prior, other), confidence))
        progress(sweep, sweeps)
    by_user, by_item, implied, priors = zip(*kept, strict=True)
    return Ratings(
        mean=mean,
        low=float(ratings.min()),
        high=float(ratings.max()),
        users=np.concatenate(by_user, axis=1),
        items=np.concatenate(by_item, axis=1),
        implied=np.concatenate(implied, axis=1),
        prior=np.stack(priors),
    )


def _draw(
    users: Side, items: Side, priors: tuple[Prior, Prior], confidence: Float64s
) -> tuple[Float32s, Float32s, Float32s, Float64s]:
    """Copy what one draw says, with a row for the unknown behind the others."""
    prior, other = priors
    nothing = np.zeros((1, users.implied.shape[1]))
    return (
        np.vstack((users.vectors, users.placed(prior.means))).astype(np.float32),
        np.vstack((items.vectors, items.placed(other.means))).astype(np.float32),
        np.vstack((users.implied, nothing)).astype(np.float32),
        np.concatenate((confidence, prior.means, prior.precisions)),
    )


def fit_ratings(
    interactions: Interactions,
    *,
    parameters: RatingParameters | None = None,
    progress: Progress = unheard,
) -> Ratings:
    """Fit what is stored to explicit ratings, shape (n_users, n_items); a stored 0 is a rating."""
    pairs = interactions.tocoo()
    if not pairs.nnz:
        raise ValueError("nothing is rated")
    n_users, n_items = interactions.shape
    fit = fit_rating_prediction(
        pairs.row.astype(np.int32),
        pairs.col.astype(np.int32),
        pairs.data.astype(np.float64),
        n_users=n_users,
        n_items=n_items,
        parameters=parameters,
        progress=progress,
    )
    return replace(fit, users=fit.users[:0].copy())  # a view would keep the whole table
