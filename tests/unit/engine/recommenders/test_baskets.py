"""What is bought together, against counts by hand and by brute force."""

from collections import defaultdict
from math import sqrt

import numpy as np
import pytest
from hypothesis import given

from app.engine.recommenders import baskets as module
from app.engine.recommenders.baskets import Baskets
from app.engine.tables.behaviour_kernels import Tally
from app.engine.tables.event_record import Fact
from app.engine.tables.history import History
from tests.unit.engine.events_builders import buy, make_history, named, stories


def reader(history: History) -> Baskets:
    return Baskets(history, Tally(history.items))


def beside(history: History, item: str, **more):
    apart = np.zeros(history.items.capacity, np.int32)
    return reader(history).beside(history.items.row(item), apart, **more)


def scores(history: History, *items: str, least: int = 1, together: str = "") -> dict[str, float]:
    """Return the scores above 0; items `together` are of one category, the others of none."""
    categories = np.zeros(history.items.capacity, np.int32)
    for item in together:
        categories[history.items.row(item)] = 7
    rows = [history.items.row(item) for item in items]
    found = reader(history).of(rows, categories, least=least).scores
    some = np.flatnonzero(found)
    return named(history, some, found[some])


def test_orders_that_hold_both_are_counted_and_those_that_were_looked_at():
    history = make_history()
    for subject, order, items in (("a", "1", "xyz"), ("a", "2", "xy"), ("b", "1", "xz"),
                                  ("b", "3", "yz"), ("b", None, "x")):  # fmt: skip
        buy(history, subject, order, items, at=len(history) + 1)
    found = beside(history, "x")
    assert named(history, found.rows, found.together) == {"y": 2, "z": 2}
    assert found.orders == 4  # a purchase without an order is one of its own
    assert history.orders == 5


def test_an_item_twice_in_an_order_counts_once():
    history = make_history()
    buy(history, "a", "1", "xyyx")
    found = beside(history, "x")
    assert named(history, found.rows, found.together) == {"y": 1}
    assert found.orders == 1


def test_two_orders_at_one_time_are_two():
    history = make_history()
    for order, items in (("1", "xyzw"), ("2", "xstu"), ("3", "xyv")):
        buy(history, "a", order, items, at=5)  # a day's date is all that an import may know
    found = beside(history, "x")
    assert named(history, found.rows, found.together) == {i: 1 for i in "zwstuv"} | {"y": 2}


def test_lines_that_came_one_after_the_other_are_one_order():
    history = make_history()
    for at, item in enumerate("xyz"):
        history.add("a", item, Fact(item, "purchase", 10 + at, order_id="1"))
    assert named(history, *beside(history, "y")[1:3]) == {"x": 1, "z": 1}


def test_what_was_given_back_was_not_bought_with_it():
    history = make_history()
    buy(history, "a", "1", "xy")
    history.add("a", "z", Fact("r", "return", 1, order_id="1"))
    assert named(history, *beside(history, "x")[1:3]) == {"y": 1}


def test_the_last_orders_are_looked_at():
    history = make_history()
    for number, items in enumerate(("xs", "xt", "xu")):
        buy(history, "a", str(number), items, at=number)
    found = beside(history, "x", most=2)
    assert (named(history, found.rows, found.together), found.orders) == ({"t": 1, "u": 1}, 2)


def make_shop() -> History:
    """100 orders: bread stands in all, tea (t) in 20, sugar (s) in 20, 16 of them with tea."""
    history = make_history()
    for number in range(100):
        tea, sugar = number < 20, 4 <= number < 24
        buy(history, f"u{number}", "1", "b" + "t" * tea + "s" * sugar)
    return history


def test_strength_and_lift_by_hand():
    found = beside(make_shop(), "t")
    lifts, strengths = (dict(zip(found.rows.tolist(), values.tolist(), strict=True))
                        for values in (found.lifts, found.strengths))  # fmt: skip
    history = make_shop()
    sugar, bread = history.items.row("s"), history.items.row("b")
    assert lifts[sugar] == pytest.approx((16 + 5) / (20 * 0.2 + 5))
    assert strengths[sugar] == pytest.approx(16 / 25 * (1 - 9 / 21))
    assert lifts[bread] == pytest.approx(1.0)  # in every order with tea, as in every other
    assert strengths[bread] == 0.0


def test_what_everybody_buys_is_no_complement():
    assert list(scores(make_shop(), "t")) == ["s"]


def test_a_substitute_stands_behind_a_complement():
    history = make_history()
    for number in range(60):
        pair = ("tc", "gc", "tg")[number % 3]  # two teas and cups, each as often with each
        buy(history, f"u{number}", "1", pair)
        buy(history, f"v{number}", "1", "b")
    apart, alike = scores(history, "t"), scores(history, "t", together="tg")
    assert apart["g"] == pytest.approx(apart["c"])
    assert alike["c"] == apart["c"]
    lift = (20 + 5) / (40 * 40 / 120 + 5)
    assert alike["g"] == pytest.approx(apart["g"] * (1 - 1 / lift))
    assert alike["g"] < 0.5 * alike["c"]


def test_instead_of_each_other_is_not_together():
    history = make_history()
    for number in range(60):
        buy(history, f"u{number}", "1", "tc" if number % 2 else "gc")
    buy(history, "z", "1", "tg")
    assert "g" not in scores(history, "t")


def test_support_is_needed():
    assert scores(make_shop(), "t", least=16).keys() == {"s"}
    assert scores(make_shop(), "t", least=17) == {}


def test_a_cart_is_the_quadratic_mean_of_its_items():
    history = make_shop()
    for number in range(50):
        buy(history, f"v{number}", "1", "ms" if number % 2 else "mn")
    tea, milk, both = (scores(history, *items)["s"] for items in ("t", "m", "tm"))
    assert both == pytest.approx(sqrt((tea**2 + milk**2) / 2))


def test_the_parts_of_a_cart_sum_to_the_score():
    history = make_shop()
    for number in range(50):
        buy(history, f"v{number}", "1", "ms" if number % 2 else "mn")
    rows = [history.items.row(item) for item in "tmb"]
    basket = reader(history).of(rows, np.zeros(history.items.capacity, np.int32), least=1)
    sugar = history.items.row("s")
    ties = basket.ties(sugar)
    assert sum(tie.part for tie in ties) == pytest.approx(basket.scores[sugar])
    assert ties[0].part > ties[1].part
    told = {history.items.id(tie.item): (tie.together, tie.orders) for tie in ties}
    assert told == {"t": (16, 20), "m": (25, 50)}
    assert basket.ties(history.items.row("m")) == []


def test_a_large_cart_looks_at_fewer_orders_of_each(monkeypatch):
    monkeypatch.setattr(module, "ORDERS_OF_CART", 4)
    history = make_shop()
    rows = [history.items.row(item) for item in "ts"]
    basket = reader(history).of(rows, np.zeros(history.items.capacity, np.int32), least=1)
    assert {tie.orders for tie in basket.ties(history.items.row("b"))} <= {2}
    assert [found.orders for found in basket.beside] == [2, 2]


@given(stories())
def test_counts_equal_brute_force(story):
    history, left = story
    orders: dict = defaultdict(list)
    for (subject, event_id), (item, fact) in left.items():
        if fact.kind == "purchase":
            orders[subject, fact.order_id or event_id].append(item)
    assert history.orders == len(orders)
    tables = reader(history)
    for row in range(history.items.capacity):
        if not history.items.alive[row]:
            continue
        item = history.items.id(row)
        with_it = [set(items) for items in orders.values() if item in items]
        expected = {j: n for j in "stuvwxyz" if j != item
                    and (n := sum(j in items for items in with_it))}  # fmt: skip
        found = tables.beside(row, np.zeros(history.items.capacity, np.int32))
        assert named(history, found.rows, found.together) == expected
        assert found.orders == len(with_it)
        for other in range(history.items.capacity):
            if other != row and history.items.alive[other]:
                both = {item, history.items.id(other)}
                buyers = [who for (who, _), items in orders.items() if both <= set(items)]
                told = map(history.users.id, tables.buyers(row, other).tolist())
                assert sorted(told) == sorted(buyers)


def test_a_subject_that_is_forgotten_leaves_no_trace():
    history = make_shop()
    before = scores(history, "t")
    buy(history, "zoe", "1", "tq")
    buy(history, "zoe", "2", "ts", at=2)
    assert "q" in scores(history, "t")
    history.remove_subject("zoe")
    assert scores(history, "t") == before
