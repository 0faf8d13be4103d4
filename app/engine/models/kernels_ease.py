"""The numba loops around the one big inversion of EASE."""

import numpy as np

from app.engine.jit import Float32s, Float64s, Int32s, kernel


@kernel
def add_gram_rows(
    by_item: tuple[Int32s, Int32s, Float64s],
    by_user: tuple[Int32s, Int32s, Float64s],
    weights: Float64s,
    first: int,
    gram: Float64s,
) -> None:
    """Add the items' inner products over users, weighted by user, to rows `first` and after.

    by_item, by_user : starts, index, value of the same matrix, compressed each way.
    gram : shape (rows, n_items), these rows alone.
    """
    starts, users, values = by_item
    user_starts, items, user_values = by_user
    for row in range(gram.shape[0]):
        sums = gram[row]
        for at in range(starts[first + row], starts[first + row + 1]):
            user = users[at]
            factor = values[at] * weights[user]
            for place in range(user_starts[user], user_starts[user + 1]):
                sums[items[place]] += factor * user_values[place]


@kernel
def weights_of(inverse: Float64s, weights: Float32s) -> None:
    """Write B = -P / diag(P), with 0 on the diagonal.

    inverse : P, of which the lower triangle is filled. weights : B, of equal shape.
    """
    n = inverse.shape[0]
    for i in range(n):
        for j in range(i):
            weights[i, j] = np.float32(-inverse[i, j] / inverse[j, j])
            weights[j, i] = np.float32(-inverse[i, j] / inverse[i, i])
        weights[i, i] = np.float32(0.0)
