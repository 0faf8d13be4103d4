"""Ratings as documents, on mongomock as far as it can follow."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.ratings import Rating
from app.repositories.ratings import MongoRatings

NOW = datetime(2026, 5, 1, 12, 30, 15, 250000, UTC)


@pytest.fixture
def ratings(store):
    return MongoRatings(store)


def test_a_rating_is_taken_back_only_as_it_was(ratings):
    old, new = Rating("ann", "tea", 3.0, NOW), Rating("ann", "tea", 5.0, NOW)
    ratings.put(old)
    ratings.put(new)
    ratings.take_back(old)
    assert list(ratings.rows()) == [new]
    ratings.take_back(new)
    assert list(ratings.rows()) == []
    assert ratings.remove("ann", "tea").value is False


def test_ratings_of_some_shoppers_and_a_time_are_removed(ratings):
    kept = [("ann", "cup", 0), ("bob", "tea", 30), ("ann", "pot", 60)]
    for user_id, item_id, seconds in [*kept, ("ann", "tea", 30), ("ann", "jar", 59)]:
        ratings.put(Rating(user_id, item_id, 3.0, NOW + timedelta(seconds=seconds)))
    half_a_minute = {"since": NOW + timedelta(seconds=30), "before": NOW + timedelta(seconds=60)}
    assert ratings.remove_rated(["ann", "eve"], **half_a_minute) == 2
    found = {(rating.user_id, rating.item_id) for rating in ratings.rows()}
    assert found == {(user_id, item_id) for user_id, item_id, _ in kept}
