"""One writer, several readers: nobody sees half an update."""

import threading

import numpy as np

from app.engine.recommenders.user_based import Neighbourhood, UserBased
from app.recommender.scorers import popular
from tests.unit.engine.builders import filled


def run_beside(writer, readers):
    """Run `writer` once and the readers until it is done; raise what any of them raised."""
    failures, done = [], threading.Event()

    def guarded(work):
        try:
            work()
        except Exception as error:
            failures.append(error)

    def repeat(read):
        while not done.is_set():
            read()

    threads = [
        threading.Thread(target=guarded, args=(lambda r=read: repeat(r),)) for read in readers
    ]
    for thread in threads:
        thread.start()
    guarded(writer)
    done.set()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_readers_never_see_half_a_linked_change():
    everybody = [(f"u{n}", item, 3.0) for n in range(60) for item in ("a", "b", f"own{n}")]
    preferences = filled(everybody)
    preferences.put("me", "a", 1.0)
    preferences.put("me", "b", 7.0)
    user_based = UserBased(preferences)

    def write():
        for step in range(3000):
            with preferences.lock:  # the two values always sum to 8
                preferences.put("me", "a", 1.0 + step % 7)
                preferences.put("me", "b", 7.0 - step % 7)
            preferences.put(f"new{step}", "c", 2.0)  # rows and arrays grow meanwhile
            preferences.remove_user(f"new{step - 50}")

    def read_profile():
        profile = preferences.profile("me")
        assert profile.values.sum() == 8.0

    def read_neighbours():
        with preferences.lock:
            profile = preferences.profile("me")
            found = user_based.neighbours(profile, Neighbourhood(k=60))
            scores = user_based.scores(profile, found)
        assert found.rows.size == 60
        length = np.sqrt(27.0) * np.linalg.norm(profile.values)
        assert np.abs(found.similarities - 24.0 / length).max() < 1e-12
        assert abs(scores[preferences.items.row("a")] - 3.0) < 1e-12

    def read_popularity():
        with preferences.lock:
            scores = popular.popularity_scores(preferences, top=5.0) * 5.0 * preferences.shoppers
            rows = [preferences.items.row(item) for item in ("a", "b")]
        assert abs(scores[rows].sum() - (2 * 180.0 + 8.0)) < 1e-9

    run_beside(write, [read_profile, read_neighbours, read_popularity])


def test_readers_see_the_old_or_the_new_table_during_a_load():
    preferences = filled([("me", "a", 1.0), ("me", "b", 1.0)])
    values = np.array([2.0, 2.0], dtype=np.float32)

    def write():
        for step in range(300):
            preferences.load([(["me", "me"], ["a", "b"], values * (step % 2 + 1))])

    def read():
        profile = preferences.profile("me")
        assert profile.items.size == 2 and profile.values[0] == profile.values[1]

    run_beside(write, [read, read])
