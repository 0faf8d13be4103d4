"""One item that was taken among sampled ones: the candidates of the sampled protocol."""

import numpy as np

from app.engine.jit import Int32s
from app.services.evaluation.options import EvaluationOptions
from app.services.evaluation.questions import Questions


def candidates(
    questions: Questions, held: Int32s | None, *, options: EvaluationOptions, n_items: int
) -> Int32s | None:
    """Return for each question one new item that was taken, and others, by row.

    Shape (questions, 1 + negatives), places in the catalogue, -1 where there are no more; None
    where no such protocol is wanted. The others are drawn among what the shopper has never taken;
    `held`: among these places only.
    """
    wanted = options.negatives
    if not wanted:
        return None
    every = np.arange(n_items, dtype=np.int32) if held is None else held[held >= 0]
    found = np.full((len(questions), 1 + wanted), -1, np.int32)
    for row, user in enumerate(questions.users.tolist()):
        if not questions.new[row].size:
            continue
        found[row, 0] = questions.new[row][0]
        known = np.concatenate((questions.seen[row], questions.taken[row]))
        others = np.random.default_rng([options.seed, user, 1]).permutation(every)
        others = others[~np.isin(others, known)][:wanted]
        found[row, 1 : 1 + others.size] = others
    return found
