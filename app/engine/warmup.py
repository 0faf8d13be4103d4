"""Compiles every numba loop before the first request; `python -m app.engine.warmup` for a build."""

import threading
import time

import numpy as np

from app.domain.catalogue import Item
from app.domain.filters import Filters
from app.engine.models.ratings import RatingParameters, fit_rating_prediction
from app.engine.recommenders import ranking
from app.engine.recommenders.baskets import Baskets
from app.engine.recommenders.co_rated import CoRated, CoRating, co_liked
from app.engine.recommenders.item_based import ItemBased
from app.engine.recommenders.transitions import Transitions
from app.engine.recommenders.user_based import Neighbourhood, UserBased
from app.engine.tables.activity import Activity
from app.engine.tables.behaviour_kernels import Tally
from app.engine.tables.categories import Categories
from app.engine.tables.context import ContextCounts, lifted
from app.engine.tables.event_record import EventBatch, Fact
from app.engine.tables.facets import Facets
from app.engine.tables.feature_table import Features
from app.engine.tables.habits import count_habits
from app.engine.tables.history import History
from app.engine.tables.history_kernels import oldest
from app.engine.tables.ids import IdIndex
from app.engine.tables.implied import Formula, Implied, Landmark
from app.engine.tables.preferences import Preferences


def compile_kernels() -> None:
    """Run every kernel once, on the types of real use; seconds without a cache, then a fraction."""
    preferences = _exercise_preferences()
    neighbours = UserBased(preferences)
    _exercise_user_based(preferences, neighbours)
    _exercise_features(preferences)
    _exercise_facets()
    _exercise_activity()
    _exercise_history()
    co_liked(preferences, 0)
    _exercise_co_rated(preferences)
    _exercise_rating_prediction()


def _exercise_facets() -> None:
    facets = Facets(Categories())
    mask = np.ones(1, np.uint8)
    for brand in ("a", "b"):
        facets.put(0, Item("x", brand=brand, price=1.0))
        facets.narrow(Filters(brands=(brand,), price_from=1.0), mask)
    facets.restore({name: array.copy() for name, array in facets.dump().items()})


def _exercise_preferences() -> Preferences:
    preferences = Preferences(IdIndex(), IdIndex(), threading.RLock())
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0], dtype=np.float32)
    preferences.load([(list("aabbb"), list("xyxyy"), values)])
    preferences.put("a", "x", 2.0)
    preferences.put("c", "x", 2.5, implied=True)
    preferences.put("d", "z", 1)
    preferences.remove("b", "y")
    preferences.remove_user("c")
    for part in (preferences.users, preferences.items, preferences):
        part.restore({name: array.copy() for name, array in part.dump().items()})
    preferences.put("another beginning", "x", 1.0)
    return preferences


def _exercise_user_based(preferences: Preferences, user_based: UserBased) -> None:
    crowd = [f"u{number}" for number in range(100)]
    full = np.ones(100, dtype=np.float32)
    for user_ids, item_ids in ((list("aabb"), list("xyxz")), (crowd, crowd)):  # dense; listed
        preferences.load([(user_ids, item_ids, full[: len(user_ids)])])
        profile = preferences.profile(user_ids[0])
        if profile is None:
            continue
        for similarity in ("cosine", "pearson", "jaccard"):
            for g in (1.0, 0.5):
                user_based.neighbours(profile, Neighbourhood(3, similarity, shrinkage=1.0), g=g)
                found = user_based.neighbours(profile, Neighbourhood(3, similarity), g=g)
        scores = user_based.scores(profile, found)
        user_based.predict(profile, found)
        user_based.explain(profile, found, 0)
        allowed = np.ones(preferences.items.capacity, np.uint8)
        ranking.top_n(scores, preferences.items, n=2, allowed=allowed, min_score=0.1)


def _exercise_co_rated(preferences: Preferences) -> None:
    profile = preferences.session_profile({"u0": 1.0, "u1": 2.0})
    for knobs in (CoRating(), CoRating(k=1)):
        CoRated(preferences).scores(profile, knobs)
    CoRated(preferences).explain(profile, 0)


def _exercise_rating_prediction() -> None:
    rows, ratings = np.arange(2, dtype=np.int32), np.array([1.0, 2.0])
    quick = RatingParameters(dimensions=1, warm_up=0, draws=1)
    fit = fit_rating_prediction(rows, rows, ratings, n_users=2, n_items=2, parameters=quick)
    fit.predict(rows, ratings, rows)


def _exercise_features(preferences: Preferences) -> None:
    features = Features(preferences.items, preferences.lock)
    item_based = ItemBased(features)
    profile = preferences.session_profile({"u0": 1.0, "u1": 2.0})
    features.put_encoded("u0", np.array([1], dtype=np.int32), np.ones(1, dtype=np.float32))
    features.put_own("u1", [1.0, 2.0])
    item_based.scores(profile)
    features.put_own("u2", [-1.0, 2.0])
    item_based.scores(profile)
    item_based.explain(profile, 0)
    features.among(np.array([0, 1], np.int32))(0)
    features.remove("u1")
    features.restore({name: array.copy() for name, array in features.dump().items()})


def _exercise_activity() -> None:
    history = History(IdIndex(), IdIndex(), threading.RLock())
    activity = Activity(history)
    history.add("a", "x", Fact("1", "view", 0))
    activity.rebuild({"view": 1.0}, 0)
    activity.since(0, 0)
    counts = ContextCounts(history, ["", "Tea"], activity.weights)
    counts.add(history.subjects(), np.ones(1, np.int32), 0, np.zeros(1, np.int64))
    lifted(np.ones(1), np.ones(1, np.int32), np.ones(2))
    history.remove("a", "1")


def _exercise_history() -> None:
    history = History(IdIndex(), IdIndex(), threading.RLock())
    facts = [Fact("1", "purchase", 1, order_id="o"), Fact("2", "view", 2)]
    history.load([EventBatch(["a", "a"], ["x", "y"], facts)])
    history.add("a", "y", Fact("3", "purchase", 1, order_id="o"))
    oldest(history.events, history.newest, 0)
    implied = Implied(history, Formula({"view": 1.0}, 1.0, 1.0, 5.0), Landmark(0.0, 1.0))
    implied.of_pair(0, 0)
    implied.of_subjects(history.subjects())
    tally = Tally(history.items)
    basket = Baskets(history, tally).of([0], np.zeros(2, np.int32), least=1)
    basket.ties(1)
    basket.buyers(0, 1)
    transitions = Transitions(history, tally)
    transitions.after([0], implied.weights, patience=1)
    transitions.subjects(0, 1, implied.weights, patience=1)
    count_habits(history)
    history.remove_subject("a")


if __name__ == "__main__":
    started = time.perf_counter()
    compile_kernels()
    print(f"kernels ready in {time.perf_counter() - started:.1f} s")
