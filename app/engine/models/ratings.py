"""Predicted ratings as a model that is stored: only what items say, nothing of single shoppers.

A shopper is solved for from their own ratings at the moment of asking (`RatingPrediction`), so
that the vectors the fit had of shoppers are left behind.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from app.engine.jit import Float64s, Int32s
from app.engine.models.model import Arrays, Progress, unheard
from app.engine.models.rating_prediction import (
    RatingParameters,
    RatingPrediction,
    fit_rating_prediction,
)

if TYPE_CHECKING:  # a worker that serves what was fitted does without
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Ratings:
    """The model. It predicts; it ranks nothing."""

    kind: ClassVar[str] = "ratings"
    prediction: RatingPrediction
    """Its table of users is empty."""

    @property
    def n_items(self) -> int:
        """How many items it has learned about."""
        return len(self.prediction.items) - 1  # the last row is of the unknown

    def predict(self, items: Int32s, ratings: Float64s, wanted: Int32s) -> Float64s:
        """Predict ratings by somebody known by these ratings alone, given now; shape of `wanted`.

        items : rows, each once; ratings : equal shape, may be empty.
        """
        return self.prediction.predict_for(items, ratings, wanted)

    def arrays(self) -> Arrays:
        """Return what `restore` needs, as plain arrays."""
        return self.prediction.arrays()

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        """Return the model these arrays were taken from."""
        return cls(RatingPrediction.restore(arrays))


def fit_ratings(
    interactions: "csr_matrix",
    *,
    parameters: RatingParameters | None = None,
    progress: Progress = unheard,
) -> Ratings:
    """Fit to explicit ratings, shape (n_users, n_items); a stored 0 is a rating."""
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
    nobody = fit.users[:0].copy()  # a view would keep the whole table
    return Ratings(
        RatingPrediction(fit.mean, fit.low, fit.high, nobody, fit.items, fit.implied, fit.prior)
    )
