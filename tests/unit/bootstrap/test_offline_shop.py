"""A shop of the past: equal to one that loads a database, and asked by the same shelves."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from app.bootstrap.live import Live
from app.bootstrap.offline import OfflineShop, fitting
from app.domain.catalogue import Item
from app.domain.models import NotFitted
from app.domain.ratings import RatingBatch
from app.domain.settings import ShopSettings, Strategy
from app.offline.evaluation.interactions import gathered
from tests.unit.offline.evaluation.evaluating import START, event, items_of, rating, two_tastes

END = START.timestamp() + 86_400 * 14
EVENTS = two_tastes(users=20)
RATINGS = [rating(f"u{n:03}", f"i{(7 * n) % 40:03}", n, 1.0 + n % 5) for n in range(20)]


def offline(events=EVENTS, ratings=RATINGS, items=None, settings=None, **given):
    catalogue = items_of(40) if items is None else items
    return OfflineShop(gathered([events], ratings), catalogue, settings, now=END, **given)


def seen(user):
    """Return the items that somebody bought or rated."""
    bought = [e.item_id for e in EVENTS if e.key.subject == user]
    return list(dict.fromkeys([*bought, *(r.item_id for r in RATINGS if r.user_id == user)]))


def test_memory_is_what_loading_the_same_from_a_database_gives():
    columns = zip(*((r.user_id, r.item_id, r.rating) for r in RATINGS), strict=True)
    empty = SimpleNamespace(scan=lambda: iter(()))
    repositories = SimpleNamespace(
        items=SimpleNamespace(scan=lambda: iter(items_of(40))),
        ratings=SimpleNamespace(scan=lambda: iter([RatingBatch(*map(list, columns))])),
        events=SimpleNamespace(scan=lambda: iter([EVENTS])),
        settings=SimpleNamespace(get=ShopSettings),
        accounts=empty,
        keys=empty,
    )
    loaded = Live(repositories, clock=lambda: END)
    for projection in loaded.all:
        projection.load()
    pairs = zip(offline().live.all, loaded.all, strict=True)
    assert [line for mine, theirs in pairs for line in mine.differences(theirs)] == []


def test_what_may_not_be_shown_is_not():
    shop = offline()
    known = seen("u000")
    assert len(known) == 12
    shown = shop.rank("u000", 40, without=known)
    assert shown.strategy == "hybrid"
    assert len(shown.items) == 28
    assert not set(shown.items) & set(known)


@pytest.mark.parametrize("strategy", ["hybrid", "user", "item", "co_rated", "popular"])
def test_scores_stand_in_the_order_of_the_shelf(strategy):
    shop = offline(settings=ShopSettings(strategy=Strategy(strategy)))
    shown = shop.rank("u001", 40, without=seen("u001")).items
    scores = shop.score("u001", shown)
    assert (np.diff(scores) <= 1e-9).all()


def test_what_the_shop_does_not_know_stands_below_all():
    scores = offline().score("u001", ["i001", "nothing", "i002"])
    assert np.isneginf(scores[1])
    assert np.isfinite(scores[[0, 2]]).all()


@pytest.mark.parametrize(
    "changes", [{"half_life_days": 3.0}, {"saturation": 20.0}, {"weights": {"purchase": 1.0}}]
)
def test_other_settings_give_what_a_shop_made_with_them_gives(changes):
    fresh = offline(settings=replace(ShopSettings(), **changes))
    changed = offline()
    changed.change(**changes)
    for user in ("u000", "u001", "u007"):
        assert changed.rank(user, 20) == fresh.rank(user, 20)
        mine, theirs = (s.score(user, ["i001", "i002", "i030"]) for s in (changed, fresh))
        assert mine == pytest.approx(theirs, rel=1e-5)


def test_events_without_a_time_are_lately_and_in_no_present_visit():
    untimed = [e._replace(at=START.fromtimestamp(0, START.tzinfo)) for e in EVENTS]
    shop = offline(events=untimed, ratings=[], items=[Item(f"i{n:03}") for n in range(40)])
    assert shop.rank("u000", 5, strategy=Strategy.ITEM).strategy == "popular"
    assert shop.ask("popular", window=None, n=3).items


def test_nothing_is_predicted_for_a_stranger():
    shop = offline()
    assert np.isnan(shop.predict("stranger", ["i000", "i001"])).all()
    known = shop.predict("u000", ["i000", "i001", "i002", "nothing"])
    assert not np.isnan(known[:3]).all()
    assert np.isnan(known[3])


def test_kinds_of_the_shops_own_count_by_their_weight():
    settings = ShopSettings(weights={"compare": 2.0})
    shop = offline([event("a", "x", 1, "compare")], [], [Item("x"), Item("y")], settings)
    assert shop.score("a", ["x"], strategy=Strategy.POPULAR)[0] > 0.0


def test_a_shop_learns_models_from_what_it_knows():
    shop = offline(learn=[fitting({"ease": {}})])
    shop.change(strategy=Strategy.EASE)
    ranked = shop.rank("u000", 5, without=seen("u000"))
    assert ranked.strategy == "ease"
    assert {int(item[1:]) % 2 for item in ranked.items[:3]} == {0}


def test_a_shop_learns_no_model_where_data_or_memory_are_too_little(monkeypatch):
    with pytest.raises(NotFitted, match="too few"):
        offline(two_tastes(users=4), [], learn=[fitting({"ease": {}})])
    monkeypatch.setattr("app.learning.training.available_bytes", lambda: 1000)
    with pytest.raises(NotFitted, match="of memory"):
        offline(learn=[fitting({"ease": {}})])
