"""The metrics of the accuracy benchmarks, which peers compute too, are those of the service."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.offline.metrics.accuracy import judge
from benchmarks import accuracy_common as accuracy

N_ITEMS = 150


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 6))
def test_they_equal_trec_eval_on_random_lists(seed, n_users):
    rng = np.random.default_rng(seed)
    ranked = np.full((n_users, accuracy.N_RANKED), -1, np.int32)
    for row in ranked:
        length = rng.integers(0, accuracy.N_RANKED + 1)
        row[:length] = rng.permutation(N_ITEMS)[:length]
    wanted = [
        rng.permutation(N_ITEMS)[: rng.integers(0, 40)].astype(np.int32) for _ in range(n_users)
    ]
    found = accuracy.judge(ranked, wanted)
    expected = judge(ranked, wanted, at=(*accuracy.AT, accuracy.N_RANKED))
    assert found.keys() == {"mrr@100"} | {
        f"{name}@{n}" for name in ("recall", "ndcg", "hit") for n in accuracy.AT
    }
    for name, values in found.items():
        assert values == pytest.approx(expected[name], nan_ok=True), name
