"""The live two-way adjacency."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.brute_force import float32
from tests.unit.engine.builders import contents, empty, filled, from_ratings, reborn

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "put", "imply", "remove", "drop user", "reborn"]),
        st.integers(0, 5),
        st.integers(0, 7),
        st.floats(-5, 5, width=32).map(lambda value: round(value, 3)),
    ),
    max_size=120,
)


def apply(preferences, table, change):
    kind, u, i, value = change
    user, item = f"u{u}", f"i{i}"
    if kind in ("put", "imply"):
        preferences.put(user, item, value, implied=kind == "imply")
        table.setdefault(user, {})[item] = (float32(value), kind == "imply")
    elif kind == "remove":
        assert preferences.remove(user, item) == (item in table.get(user, {}))
        table.get(user, {}).pop(item, None)
    else:
        assert preferences.remove_user(user) == len(table.pop(user, {}))


def check(preferences, table):
    table = {user: entries for user, entries in table.items() if entries}
    assert contents(preferences) == table
    assert len(preferences) == sum(map(len, table.values()))
    assert preferences.shoppers == len(table)
    users, items = preferences.users, preferences.items
    assert len(users) == len(table)
    assert len(items) == len({item for entries in table.values() for item in entries})
    for user, entries in table.items():
        for implied in (False, True):
            square = sum(v * v for v, mark in entries.values() if mark == implied)
            total = preferences.by_user.totals[users.row(user), int(implied)]
            assert total == pytest.approx(square, rel=1e-12, abs=0)
    for row in range(items.capacity):
        entries, values = preferences.by_item.row(row)
        owners = [(users.id(e if e >= 0 else ~e), e < 0) for e in entries.tolist()]
        kept = {owner: (v, mark) for (owner, mark), v in zip(owners, values.tolist(), strict=True)}
        item = items.id(row) if items.alive[row] else ""
        assert kept == {user: e[item] for user, e in table.items() if item in e}


@given(CHANGES)
def test_any_sequence_of_changes_keeps_both_sides_in_step(changes):
    preferences, table = empty(), {}
    for change in changes:
        if change[0] == "reborn":
            preferences = reborn(preferences)
        else:
            apply(preferences, table, change)
    check(preferences, table)
    other = reborn(preferences)
    check(other, table)


@pytest.mark.parametrize("seed", range(3))
def test_compaction_and_growth_keep_every_entry(seed):
    rng = random.Random(seed)
    preferences, table = empty(), {}
    for step in range(40_000):
        phase = step // 8000 % 2  # grow, then shrink, and again
        kind = "put" if rng.random() < (0.85 if phase == 0 else 0.35) else "remove"
        user = int(rng.paretovariate(0.7)) % 150
        apply(preferences, table, (kind, user, rng.randrange(200), rng.randrange(1, 41) / 8))
    check(preferences, table)
    for user in range(150):
        apply(preferences, table, ("drop user", user, 0, 0.0))
    check(preferences, table)
    assert preferences.nbytes < 200_000


def test_put_replaces_and_can_turn_a_rating_into_an_implied_one():
    preferences = filled([("ann", "tea", 4.0), ("ann", "tea", 2.5)])
    assert preferences.of_user("ann") == [("tea", 2.5, False)]
    preferences.put("ann", "tea", 0.5, implied=True)
    assert preferences.of_user("ann") == [("tea", 0.5, True)] and len(preferences) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e39])
def test_refuses_what_float32_cannot_hold(value):
    preferences = empty()
    with pytest.raises(ValueError, match="finite"):
        preferences.put("ann", "tea", value)
    with pytest.raises(ValueError, match="finite"), np.errstate(over="ignore"):
        preferences.load([(["ann"], ["tea"], np.array([value]))])
    assert len(preferences) == 0 and len(preferences.users) == 0


def test_load_replaces_everything_and_the_last_of_a_pair_wins():
    preferences = filled([("old", "gone", 1.0), ("ann", "tea", 1.0)])
    first = (["ann", "bob", "ann"], ["tea", "tea", "oil"], np.array([1.0, 2.0, 3.0]))
    second = (["ann", "cat"], ["tea", "jam"], np.array([4.0, 5.0], dtype=np.float32))
    implied = (["ann", "cat"], ["tea", "tea"], np.array([9.0, 0.25]))
    preferences.load([first, second], implied=[implied])
    check(
        preferences,
        {
            "ann": {"tea": (4.0, False), "oil": (3.0, False)},
            "bob": {"tea": (2.0, False)},
            "cat": {"jam": (5.0, False), "tea": (0.25, True)},
        },
    )


def test_changes_after_a_load_go_on_as_before():
    rng = random.Random(5)
    table = {
        f"u{u}": {f"i{i}": (rng.randrange(1, 11) / 2, rng.random() < 0.3) for i in range(u)}
        for u in range(30)
    }
    preferences = reborn(from_ratings(table))
    for _ in range(5000):
        kind = rng.choice(["put", "imply", "remove"])
        change = (kind, rng.randrange(40), rng.randrange(40), rng.randrange(1, 11) / 2)
        apply(preferences, table, change)
    check(preferences, table)


def test_an_empty_load_empties():
    preferences = filled([("ann", "tea", 4.0)])
    preferences.load([])
    check(preferences, {})


def test_sums_do_not_drift_when_a_large_value_leaves():
    preferences = filled([("ann", "tea", 1e18), ("ann", "oil", 0.1), ("bob", "tea", 0.1)])
    preferences.put("ann", "tea", 0.25)
    row = preferences.users.row("ann")
    assert preferences.by_user.totals[row, 0] == float32(0.1) ** 2 + 0.0625
    assert preferences.by_item.totals[preferences.items.row("tea"), 0] == float32(0.1) + 0.25
    preferences.remove("ann", "tea")
    preferences.remove("ann", "oil")
    assert preferences.by_user.totals[row].tolist() == [0.0, 0.0]


def test_memory_stays_below_28_bytes_a_rating():
    rng = np.random.default_rng(1)
    n_users, n_items, n = 2000, 1000, 100_000
    users = [f"u{u}" for u in rng.integers(0, n_users, n)]
    items = [f"i{i}" for i in (n_items * rng.random(n) ** 2).astype(int)]
    preferences = empty()
    preferences.load([(users, items, rng.integers(1, 6, n).astype(np.float32))])
    assert preferences.nbytes < 28 * len(preferences)
    for at in rng.integers(0, n, 100_000).tolist():
        preferences.put(users[at], items[-at], 3.0)
        if at % 3 == 0:
            preferences.remove(users[-at], items[-at])
    assert preferences.nbytes < 28 * len(preferences)


def test_profile_is_read_with_g():
    preferences = filled([("ann", "tea", 4.0)])
    preferences.put("ann", "oil", 0.5, implied=True)
    profile = preferences.profile("ann", g=2.0)
    read = dict(zip(map(preferences.items.id, profile.items), profile.values, strict=True))
    assert read == {"tea": 8.0, "oil": 0.5}
    assert profile.user_row == preferences.users.row("ann")
    assert preferences.profile("nobody") is None


def test_a_session_has_a_profile_without_a_row():
    preferences = filled([("ann", "tea", 4.0)])
    profile = preferences.session_profile({"tea": 2.0, "unheard of": 1.0})
    assert profile.user_row == -1 and profile.items.tolist() == [0]
    assert preferences.of_user("nobody") == [] and not preferences.remove("ann", "oil")


def test_a_load_that_breaks_off_changes_nothing():
    preferences = filled([("ann", "tea", 4.0)])

    def broken():
        yield ["bob", "ann"], ["oil", "oil"], np.array([1.0, 2.0])
        raise OSError("the source is gone")

    with pytest.raises(OSError, match="gone"):
        preferences.load(broken())
    check(preferences, {"ann": {"tea": (4.0, False)}})
    assert preferences.remove("ann", "tea")
    check(preferences, {})
