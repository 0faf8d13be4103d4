"""Marks of what was done once, on mongomock."""

from app.repositories.coordination import MongoMarkers


def test_what_was_done_is_remembered(store):
    markers = MongoMarkers(store)
    assert not markers.has("demo")
    for _ in range(2):
        markers.set("demo")
    assert markers.has("demo")
    assert not markers.has("other")
