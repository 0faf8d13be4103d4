"""The history: the newest events of every subject, whichever way they came."""

import threading
from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import strategies as st

from app.engine.tables import history as module
from app.engine.tables.event_record import EventBatch, Fact
from app.engine.tables.history import History
from app.engine.tables.ids import IdIndex
from tests.unit.engine.builders import mapped

SUBJECTS, ITEMS, KINDS = "abc", "vwxyz", ("view", "purchase", "cart_add", "wave")


def make_history() -> History:
    return History(IdIndex(), IdIndex(), threading.RLock())


@st.composite
def stories(draw):
    """Additions and removals, of few enough ids that they meet."""
    steps = []
    for number in range(draw(st.integers(0, 40))):
        subject, event_id = draw(st.sampled_from(SUBJECTS)), str(draw(st.integers(0, 12)))
        if number and draw(st.booleans()) and draw(st.booleans()):
            steps.append((subject, event_id, None, None))
            continue
        order = draw(st.sampled_from([None, "o1", "o2"]))
        fact = Fact(event_id, draw(st.sampled_from(KINDS)), draw(st.integers(1, 9)), order_id=order)
        steps.append((subject, event_id, draw(st.sampled_from(ITEMS)), fact))
    return steps


def play(history: History, story) -> dict[tuple[str, str], tuple[str, Fact]]:
    """Do what the story says; return what is left, by a dictionary."""
    left: dict[tuple[str, str], tuple[str, Fact]] = {}
    for subject, event_id, item, fact in story:
        if fact is None:
            gone = history.remove(subject, event_id)
            assert (gone is None) == (left.pop((subject, event_id), None) is None)
        else:
            came = history.add(subject, item, fact)
            assert bool(came) == ((subject, event_id) not in left)
            left.setdefault((subject, event_id), (item, fact))
    return left


def told(history: History) -> Counter:
    """Return what a history says, in words."""
    found: Counter = Counter()
    for subject in SUBJECTS:
        times = []
        for event in history.of_subject(subject):
            item = history.items.id(int(event["item"]))
            kind = history.vocabulary.kinds.word(int(event["kind"]))
            found[subject, item, kind, int(event["at"]), int(event["order"]) != 0] += 1
            times.append(int(event["at"]))
        assert times == sorted(times, reverse=True)
    return found


def expected(left) -> Counter:
    return Counter(
        (subject, item, fact.kind, fact.at, fact.order_id is not None)
        for (subject, _), (item, fact) in left.items()
    )


def check(history: History, left) -> None:
    assert told(history) == expected(left)
    assert len(history) == len(left)
    orders = {
        (subject, fact.order_id or event_id)
        for (subject, event_id), (_, fact) in left.items()
        if fact.order_id or fact.kind == "purchase"
    }
    assert history.orders == len(orders)
    assert set(history.users.references()) == {subject for subject, _ in left}
    assert set(history.items.references()) == {item for item, _ in left.values()}
    bought = Counter(item for item, fact in left.values() if fact.kind == "purchase")
    for item in ITEMS:
        row = history.items.row(item)
        assert (0 if row is None else history.purchases[row]) == bought[item]


def items_lists(history: History) -> dict[str, Counter]:
    """Walk the two lists of every item."""
    found: dict[str, Counter] = defaultdict(Counter)
    for item in ITEMS:
        row = history.items.row(item)
        for which in () if row is None else (0, 1):
            at = int(history.of_item[row, which])
            while at:
                event = history.events[at]
                assert (int(event["kind"]) == 4) == (which == 0)
                found[item][history.users.id(int(event["subject"])), int(event["at"])] += 1
                at = int(event["older_of_item"])
    return found


@given(stories())
def test_it_holds_what_a_dictionary_holds(story):
    history = make_history()
    left = play(history, story)
    check(history, left)
    for item, found in items_lists(history).items():
        assert found == Counter((s, f.at) for (s, _), (i, f) in left.items() if i == item)


@given(stories(), stories())
def test_loading_is_the_same_as_following(story, former):
    followed, loaded = make_history(), make_history()
    left = play(followed, story)
    play(loaded, former)
    rows = [(s, item, fact) for (s, _), (item, fact) in left.items()]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    loaded.load([EventBatch(*columns)])
    check(loaded, left)
    assert told(loaded) == told(followed)


@given(stories(), stories())
def test_a_restored_one_goes_on(story, more):
    history, restored = make_history(), make_history()
    left = play(history, story)
    for name in ("users", "items"):
        getattr(restored, name).restore(mapped(getattr(history, name).dump()))
    restored.restore(mapped(history.dump()))
    check(restored, left)
    for subject, event_id, item, fact in more:
        if fact is None:
            restored.remove(subject, event_id)
            left.pop((subject, event_id), None)
        elif restored.add(subject, item, fact):
            left[subject, event_id] = item, fact
    check(restored, left)


def test_a_subject_that_is_forgotten_leaves_no_trace():
    history = make_history()
    for number in range(5):
        history.add("ann", f"item {number}", Fact(f"secret {number}", "view", 77_777 + number))
    history.add("bob", "item 1", Fact("1", "view", 5))
    assert history.remove_subject("ann") == 5
    assert len(history) == 1
    assert not (history.events["at"] >= 77_777).any()
    assert history.users.row("ann") is None
    assert history.items.row("item 0") is None


def test_the_newest_are_kept(monkeypatch):
    monkeypatch.setattr(module, "KEPT", 3)
    history = make_history()
    for at in (5, 1, 4, 2, 3):
        history.add("a", "x", Fact(str(at), "view", at))
    assert history.of_subject("a")["at"].tolist() == [5, 4, 3]
    assert history.add("a", "x", Fact("0", "view", 0)) == ()
    came, gone = history.add("a", "y", Fact("6", "view", 6))
    assert (history.items.id(came.item), history.items.id(gone.item)) == ("y", "x")
    assert history.remove("a", "6")
    history.add("a", "x", Fact("3", "view", 3))
    loaded = make_history()
    facts = [Fact(str(at), "view", at) for at in (5, 1, 4, 2, 3, 0)]
    loaded.load([EventBatch(["a"] * 6, ["x"] * 6, facts)])
    assert loaded.of_subject("a")["at"].tolist() == [5, 4, 3]
    assert len(loaded) == 3
