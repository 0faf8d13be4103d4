"""The category of each item row."""

from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables.categories import Categories
from tests.unit.engine.builders import mapped

PATHS = [None, "", "Tea", "Tea|Green", "Tea|Green|Uji", "Teapots", "Tea|Black"]
steps = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([*PATHS, "gone"])), max_size=30)


def play(categories, story, held):
    for row, path in story:
        if path == "gone":
            categories.remove(row)
            held.pop(row, None)
        else:
            categories.put(row, path)
            held[row] = path or ""
    return held


def check(categories, held):
    read = [categories.paths[code] for code in categories.codes(12).tolist()]
    assert read == [held.get(row, "") for row in range(12)]
    for wanted in ("Tea", "Tea|Green", "Teapots", "Te", "Tea|"):
        inside = {
            row for row, code in enumerate(categories.codes(12)) if code in categories.below(wanted)
        }
        assert inside == {
            row for row, path in held.items() if path == wanted or path.startswith(f"{wanted}|")
        }


@given(steps, steps)
def test_it_holds_what_a_dictionary_holds_restored_or_not(story, more):
    categories, restored = Categories(), Categories()
    held = play(categories, story, {})
    check(categories, held)
    restored.restore(mapped(categories.dump()))
    check(restored, held)
    check(restored, play(restored, more, held))


def test_asking_for_what_is_not_there_leaves_nothing_behind():
    categories = Categories()
    categories.put(0, "Tea")
    assert categories.below("Cups").tolist() == []
    categories.put(1, "Cups|Small")
    assert categories.below("Cups").tolist() == [2]
