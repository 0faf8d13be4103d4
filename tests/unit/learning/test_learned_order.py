"""Models that are asked with the shopper's items in order, or by how recent they are."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from app.bootstrap.offline import OfflineShop, fitting
from app.domain.settings import ShopSettings, Strategy
from app.engine.models.profile import recency
from app.engine.models.sequence import SequenceParameters, fit_sequence
from app.learning.preferred import taken_up
from app.live.memory import Shopper
from app.offline.evaluation.interactions import gathered
from tests.unit.offline.evaluation.evaluating import START, event, rating

END = START.timestamp() + 86_400
ORDERS = {
    "ann": ["tea", "cup", "pot"],
    "bob": ["pot", "tea", "cup", "jar"],
    "cleo": ["jar", "cup", "tea", "pot"],
}
EVENTS = [
    event(user, item, 10 * place + 1, "view")
    for user, order in ORDERS.items()
    for place, item in enumerate(order)
]
PLAIN = {"session_strength": 0.0, "context_strength": 0.0}


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch):
    """Let shops that can be reckoned by hand have models."""
    monkeypatch.setattr("app.learning.training._FEWEST", 2)


def shop_of(events, *kinds, ratings=(), **settings):
    found = ShopSettings(**PLAIN | settings)
    learn = [fitting({kind: {} for kind in kinds})]
    return OfflineShop(gathered([events], ratings), None, found, now=END, learn=learn)


def by_hand(order):
    """Return the scores of a model fitted to the orders themselves, by item."""
    items = sorted({item for one in ORDERS.values() for item in one})
    times = np.zeros((len(ORDERS), len(items)))
    for user, one in enumerate(ORDERS.values()):
        times[user, [items.index(item) for item in one]] = np.arange(1, len(one) + 1)
    model = fit_sequence(csr_matrix(times), parameters=SequenceParameters())
    rows = np.array([items.index(item) for item in order], np.int32)
    return dict(zip(items, model.scores(rows, np.ones(rows.size)).tolist(), strict=True))


@pytest.mark.parametrize("user", ORDERS)
def test_what_follows_is_scored_in_the_order_of_the_events(user):
    shop = shop_of(EVENTS, "sequence", strategy=Strategy.SEQUENCE)
    expected = by_hand(ORDERS[user])
    scores = shop.score(user, list(expected))
    best = max(expected.values())
    assert scores == pytest.approx([score / best for score in expected.values()])


def test_an_item_is_where_it_was_last_taken_up_and_not_where_it_was_disliked():
    more = [event("ann", "tea", 60, "view"), event("ann", "cup", 70, "dislike")]
    data = taken_up(shop_of([*EVENTS, *more], "sequence").live.tables)
    row = data.matrix[data.users.index("ann")].toarray()[0]
    order = [data.items[at] for at in np.argsort(row) if row[at]]
    assert order[-2:] == ["pot", "tea"]


def test_ratings_say_no_order_and_leave_it_to_the_hybrid():
    shop = shop_of(EVENTS, "sequence", ratings=[rating("dan", "tea", 5)])
    assert "dan" not in taken_up(shop.live.tables).users
    assert shop.rank("dan", 3, strategy=Strategy.SEQUENCE).strategy == "hybrid"
    assert shop.rank("ann", 3, strategy=Strategy.SEQUENCE).strategy == "sequence"


@pytest.mark.parametrize("kind", ["ease", "als"])
@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0])
def test_recency_weighs_what_the_model_is_asked_with(kind, amount):
    shop = shop_of(EVENTS, kind, strategy=Strategy(kind), recency=amount)
    order = ORDERS["bob"]
    model = shop.live.learned._held[kind].fitted
    rows = np.array([model.items.find(item) for item in order], np.int32)
    weights = 1.0 - amount + amount * recency(np.arange(4.0))
    expected = model.model.scores(rows, np.ones(4), weights=weights)
    known = [model.items.ids[row] for row in range(len(model.items))]
    assert shop.score("bob", known) == pytest.approx(expected / expected.max(), rel=1e-5)


@pytest.mark.parametrize("kind", ["ease", "als", "sequence"])
def test_shares_sum_to_the_score(kind):
    shop = shop_of(EVENTS, kind, recency=1.0)
    tables, learned = shop.live.tables, shop.live.learned
    with tables.lock:
        cleo = Shopper(tables, "cleo")
        scores = learned.scores(kind, cleo, recency=1.0)
        for row in cleo.profile.items.tolist():
            shares = learned.shares(kind, cleo, row, recency=1.0)
            assert shares.sum() == pytest.approx(scores[row], abs=1e-6)
