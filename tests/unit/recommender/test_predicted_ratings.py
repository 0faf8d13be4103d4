"""What the model of ratings is fitted to, and what it says of a shopper now."""

import numpy as np
import pytest

from app.domain.models import ModelRejected
from app.domain.settings import ShopSettings
from app.engine.models.model import unheard
from app.learning.fitted import FittedModel
from app.learning.kinds import kind_of
from app.learning.learned import LearnedModels
from app.learning.preferred import rated
from app.live.memory import Shopper
from app.recommender.predicted_ratings import by_neighbours
from tests.unit.learning.builders import record, tables_of

RATINGS = [(f"u{u}", f"i{i}", 5.0 if u % 2 == i % 2 else 1.0) for u in range(8) for i in range(6)]


def fitted(tables) -> FittedModel:
    data, kind = rated(tables), kind_of("ratings")
    model = kind.fitted(data.matrix, {"dimensions": 2, "draws": 5}, unheard)
    return FittedModel.of(record("ratings"), model, data.items)


def test_given_ratings_alone_are_learned_from_and_a_0_is_one():
    tables = tables_of(("zoe", "tea", 5.0), ("ann", "milk", 0.0), ("ann", "tea", 2.0))
    tables.preferences.put("ann", "almonds", 3.5, implied=True)
    tables.preferences.put("bob", "tea", 3.5, implied=True)
    data = rated(tables)
    assert (data.users, data.items) == (["ann", "zoe"], ["milk", "tea"])
    assert data.matrix.toarray().tolist() == [[0.0, 2.0], [0.0, 5.0]]
    assert data.matrix.nnz == 3


def test_what_is_implied_says_nothing_to_it_nor_does_it_of_what_it_has_not_seen():
    tables = tables_of(*RATINGS)
    learned = LearnedModels(tables)
    model = fitted(tables)
    tables.preferences.put("ann", "i0", 1.0)
    tables.preferences.put("ann", "later", 1.0)
    profile = tables.preferences.profile("ann")
    rows = np.array([tables.items.row(item) for item in ("i1", "later", "i2")], np.int32)
    assert np.isnan(learned.predict(profile, rows)).all(), "there is no model"
    learned.put(model)
    said = learned.predict(profile, rows)
    own = np.zeros(1, np.int32)
    assert model.items.ids[0] == "i0"
    expected = model.model.predict(own, np.ones(1), np.array([1, 2], np.int32))
    assert np.isnan(said[1])
    assert said[[0, 2]] == pytest.approx(expected)
    tables.preferences.put("ann", "i3", 5.0, implied=True)
    assert learned.predict(tables.preferences.profile("ann"), rows)[0] == pytest.approx(said[0])
    tables.preferences.put("bob", "i3", 5.0, implied=True)
    assert np.isnan(learned.predict(tables.preferences.profile("bob"), rows)).all()


def test_it_ranks_nothing():
    tables = tables_of(*RATINGS)
    learned = LearnedModels(tables)
    learned.put(fitted(tables))
    somebody = Shopper(tables, "u0")
    assert learned.scores("ratings", somebody) is None
    assert learned.shares("ratings", somebody, 0).size == 0


def test_it_comes_back_from_its_arrays_and_is_refused_where_they_do_not_fit():
    whole = fitted(tables_of(*RATINGS))
    again = FittedModel.restored(whole.record, whole.parts)
    own = np.array([0, 1], np.int32), np.array([5.0, 1.0]), np.array([2], np.int32)
    assert again.model.predict(*own) == pytest.approx(whole.model.predict(*own))
    arrays = whole.parts["model"]
    for name, wrong in (("items", arrays["items"][:-1]), ("implied", arrays["implied"] * np.nan)):
        parts = {**whole.parts, "model": {**arrays, name: wrong}}
        with pytest.raises(ModelRejected):
            FittedModel.restored(whole.record, parts)


@pytest.mark.parametrize("damping", [0.0, 1.0])
def test_damping_makes_neighbours_count_less_who_share_what_everybody_has(damping):
    tables = tables_of(
        *(("ann", "bread", 4.0), ("ann", "saffron", 4.0)),
        *(("bob", "bread", 4.0), ("bob", "tea", 5.0)),
        *(("cid", "bread", 3.0), ("dan", "bread", 2.0)),
        *(("eve", "saffron", 4.0), ("eve", "tea", 1.0)),
    )
    row = np.array([tables.items.row("tea")], np.int32)
    said = by_neighbours(tables, ShopSettings(damping=damping), Shopper(tables, "ann"), row)
    # of bread there are 4 raters, of saffron, the rarest, 2; the own norm of ann cancels out
    bob, eve = 4 * 4 * (2 / 4) ** damping / np.sqrt(16 + 25), 4 * 4 / np.sqrt(16 + 1)
    assert said[0] == pytest.approx((5 * bob + 1 * eve) / (bob + eve))
