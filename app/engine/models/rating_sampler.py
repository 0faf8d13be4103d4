"""The Gibbs sampler of predicted ratings: every vector of one side drawn anew, given the other."""

from typing import NamedTuple

import numpy as np

from app.engine.jit import Float64s, Int32s, Int64s, kernel

ByRow = tuple[Int64s, Int32s, Int64s]
"""Ratings by row: row starts, the other side's rows, places in the residuals."""
_START = 0.1  # how far the first factors lie from 0


@kernel
def factorise(matrix: Float64s) -> None:
    """Put a positive definite matrix's lower Cholesky factor in its place; above stays what was."""
    for row in range(len(matrix)):
        for column in range(row + 1):
            total = matrix[row, column]
            for at in range(column):
                total -= matrix[row, at] * matrix[column, at]
            if row == column:
                matrix[row, row] = np.sqrt(total)
            else:
                matrix[row, column] = total / matrix[column, column]


@kernel
def draw(precision: Float64s, pull: Float64s, noise: Float64s) -> Float64s:
    """Draw from the normal with that precision and mean precision^-1 pull.

    precision : shape (d, d), overwritten; noise : d standard normals, or zeros for the mean.
    """
    factorise(precision)
    size = pull.size
    drawn = pull.copy()
    for row in range(size):
        for at in range(row):
            drawn[row] -= precision[row, at] * drawn[at]
        drawn[row] /= precision[row, row]
    drawn += noise
    for row in range(size - 1, -1, -1):
        for at in range(row + 1, size):
            drawn[row] -= precision[at, row] * drawn[at]
        drawn[row] /= precision[row, row]
    return drawn


@kernel
def sum_up(
    ratings: ByRow, residuals: Float64s, others: Float64s, grams: Float64s, pulls: Float64s
) -> None:
    """Sum up, for every row, c c' and residual * c over the vectors c of what it has ratings with.

    others : shape (n_others, d); grams : shape (n_rows, d, d), lower halves; pulls : (n_rows, d).
    """
    starts, columns, places = ratings
    size = others.shape[1]
    for row in range(starts.size - 1):
        gram, pull = grams[row], pulls[row]
        gram[:] = 0.0
        pull[:] = 0.0
        for at in range(starts[row], starts[row + 1]):
            other, residual = others[columns[at]], residuals[places[at]]
            for i in range(size):
                c = other[i]
                pull[i] += residual * c
                for j in range(i + 1):
                    gram[i, j] += c * other[j]
        for i in range(size):
            for j in range(i):
                gram[j, i] = gram[i, j]


@kernel
def draw_own(
    grams: Float64s,
    pulls: Float64s,
    own: Float64s,
    whole: Float64s,
    means: Float64s,
    precisions: Float64s,
    confidence: Float64s,
    noise: Float64s,
) -> None:
    """Draw every row's own vector anew, and change `whole` and `pulls` with it.

    own, whole, pulls, noise : shape (n_rows, d); means, precisions : the prior's, shape (d,);
    confidence : one over the variance of a rating, shape (1,).
    """
    size = means.size
    for row in range(len(own)):
        precision = confidence[0] * grams[row]
        pull = confidence[0] * (pulls[row] + grams[row] @ own[row]) + precisions * means
        for i in range(size):
            precision[i, i] += precisions[i]
        change = draw(precision, pull, noise[row]) - own[row]
        own[row] += change
        whole[row] += change
        pulls[row] -= grams[row] @ change


@kernel
def multiplied(matrix: Float64s, vector: Float64s, product: Float64s) -> None:
    """Write matrix * vector to `product`; for a few columns quicker than a library."""
    for i in range(vector.size):
        total = 0.0
        for j in range(vector.size):
            total += matrix[i, j] * vector[j]
        product[i] = total


@kernel
def add(total: Float64s, part: Float64s, scale: float) -> None:
    """Add part * scale to `total`, in place, without an array in between."""
    for i in range(total.size):
        total[i] += part[i] * scale


@kernel
def draw_implied(
    ratings: ByRow,
    shares: Float64s,
    grams: Float64s,
    pulls: Float64s,
    implied: Float64s,
    whole: Float64s,
    precisions: Float64s,
    confidence: Float64s,
    noise: Float64s,
) -> None:
    """Draw what having a rating with each of the others says of a row, whatever the rating.

    ratings : by the others: which rows each has; shares : 1 / root of a row's number of ratings,
    by which a row's sum of implied vectors is scaled; implied, noise : shape (n_others, d).
    """
    starts, rows, _ = ratings
    told = np.empty(precisions.size)
    for other in range(starts.size - 1):
        precision, pull = np.diag(precisions), np.zeros(precisions.size)
        for at in range(starts[other], starts[other + 1]):
            row = rows[at]
            share, gram = shares[row], grams[row]
            multiplied(gram, implied[other], told)
            add(precision.ravel(), gram.ravel(), share * share * confidence[0])
            add(pull, pulls[row], share * confidence[0])
            add(pull, told, share * share * confidence[0])
        change = draw(precision, pull, noise[other]) - implied[other]
        implied[other] += change
        for at in range(starts[other], starts[other + 1]):
            row = rows[at]
            multiplied(grams[row], change, told)
            add(pulls[row], told, -shares[row])
            add(whole[row], change, shares[row])


@kernel
def dots(left: Float64s, right: Float64s, rows: Int32s, columns: Int32s) -> Float64s:
    """The dot product of pairs of rows of two tables of vectors, shape (n,)."""
    found = np.empty(rows.size)
    for at in range(rows.size):
        a, b = left[rows[at]], right[columns[at]]
        total = 0.0
        for i in range(a.size):
            total += a[i] * b[i]
        found[at] = total
    return found


@kernel
def fold_in(items: Float64s, implied: Float64s, residuals: Float64s, prior: Float64s) -> Float64s:
    """Solve for the vector of somebody with these ratings, in every draw; shape (draws, d + 1).

    items : shape (n, draws, d + 1), implied : (n, draws, d), of the items rated; residuals : shape
    (n,), ratings less their mean; prior : shape (draws, 1 + 2 d): confidence, means, precisions.
    """
    n, draws, size = implied.shape
    found = np.ones((draws, size + 1))
    share = 1.0 / np.sqrt(max(n, 1))
    nothing = np.zeros(size)
    for number in range(draws):
        confidence = prior[number, 0]
        means, precisions = prior[number, 1 : size + 1], prior[number, size + 1 :]
        chosen = nothing.copy()
        for at in range(n):
            chosen += implied[at, number] * share
        precision = np.diag(precisions)
        pull = precisions * means
        for at in range(n):
            other = items[at, number, 1:]
            left = residuals[at] - items[at, number, 0]
            for i in range(size):
                left -= chosen[i] * other[i]
            for i in range(size):
                pull[i] += confidence * left * other[i]
                for j in range(size):
                    precision[i, j] += confidence * other[i] * other[j]
        found[number, 1:] = draw(precision, pull, nothing) + chosen
    return found


class Prior(NamedTuple):
    """Where the vectors of one side come from: independent normals, shapes (d,)."""

    means: Float64s
    precisions: Float64s


class Side:
    """The vectors of one side. Column `constant` is 1 in all: there the other side has its bias."""

    def __init__(
        self,
        rows: Int32s,
        columns: Int32s,
        shape: tuple[int, int],
        dimensions: int,
        constant: int,
        rng: np.random.Generator,
    ) -> None:
        n_rows, n_columns = shape
        self._ratings = _by_row(rows, columns, n_rows)
        self._theirs = _by_row(columns, rows, n_columns)
        self._shares = 1.0 / np.sqrt(np.maximum(np.diff(self._ratings[0]), 1))
        size = dimensions + 1
        self._free = np.delete(np.arange(size + 1), constant)
        self._own = np.zeros((n_rows, size))
        self._own[:, 1:] = _START * rng.standard_normal((n_rows, dimensions))
        self.implied = np.zeros((n_columns, size))
        self._grams = np.zeros((n_rows, size, size))
        self._pulls = np.zeros((n_rows, size))
        self.vectors = self.placed(self._own)

    def placed(self, free: Float64s) -> Float64s:
        """Return vectors with the constant column put in, shape (n, d + 1) from (n, d) or (d,)."""
        rows = np.atleast_2d(free)
        vectors = np.ones((len(rows), rows.shape[1] + 1))
        vectors[:, self._free] = rows
        return vectors

    def sweep(
        self, residuals: Float64s, other: "Side", confidence: Float64s, rng: np.random.Generator
    ) -> Prior:
        """Draw all vectors of this side anew, given the other; return the prior drawn for them."""
        theirs = np.ascontiguousarray(other.vectors[:, self._free])
        whole = np.ascontiguousarray(self.vectors[:, self._free])
        sum_up(self._ratings, residuals, theirs, self._grams, self._pulls)
        prior = drawn_prior(self._own, rng)
        noise = rng.standard_normal(self._own.shape)
        draw_own(self._grams, self._pulls, self._own, whole, *prior, confidence, noise)
        precisions = drawn_precisions(np.square(self.implied).sum(axis=0), len(self.implied), rng)
        noise = rng.standard_normal(self.implied.shape)
        draw_implied(
            self._theirs, self._shares, self._grams, self._pulls, self.implied, whole,
            precisions, confidence, noise,
        )  # fmt: skip
        self.vectors[:, self._free] = whole
        return prior


def drawn_prior(vectors: Float64s, rng: np.random.Generator) -> Prior:
    """Draw means and precisions given the vectors; before them, one imagined vector at 0."""
    n = len(vectors)
    means = vectors.sum(axis=0) / (n + 1)
    squares = np.square(vectors).sum(axis=0) - (n + 1) * np.square(means)
    precisions = drawn_precisions(squares, n, rng)
    noise = rng.standard_normal(means.size)
    return Prior(means + noise / np.sqrt((n + 1) * precisions), precisions)


def drawn_precisions(squares: Float64s, n: int, rng: np.random.Generator) -> Float64s:
    """Draw precisions given sums of n squares, from a gamma prior of shape and rate 1."""
    precisions: Float64s = rng.gamma(1.0 + n / 2.0, 1.0 / (1.0 + squares / 2.0))
    return precisions


def _by_row(rows: Int32s, columns: Int32s, n_rows: int) -> ByRow:
    order = np.argsort(rows, kind="stable")
    starts = np.searchsorted(rows[order], np.arange(n_rows + 1))
    return starts.astype(np.int64), columns[order].astype(np.int32), order.astype(np.int64)
