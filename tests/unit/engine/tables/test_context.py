"""Lifts of categories: what was observed over what was to be expected, shrunk."""

import threading

import numpy as np
import pytest

from app.engine.tables.activity import DAY_MS
from app.engine.tables.categories import Categories
from app.engine.tables.context import ContextCounts, Moment, moment, together
from app.engine.tables.event_record import Fact
from app.engine.tables.history import History
from app.engine.tables.ids import IdIndex

HOUR = DAY_MS // 24
FIRST_DAY = 20_003  # a Monday
MONDAY = FIRST_DAY * DAY_MS
WEIGHTS = {"view": 1.0, "purchase": 5.0, "return": -8.0}
PATHS = {"tea": "Drinks|Tea", "cola": "Drinks|Soda", "cup": "Kitchen", "odd": None}


class Visits:
    """A history told by item, hour and how often."""

    def __init__(self) -> None:
        self.history = History(IdIndex(), IdIndex(), threading.RLock())
        self.categories = Categories()
        self._numbers = iter(range(1_000_000))

    def tell(self, item, times, hours, *, kind="view", device="", country=""):
        for _ in range(times):
            number = next(self._numbers)
            fact = Fact(str(number), kind, MONDAY + hours * HOUR, device=device, country=country)
            self.history.add(f"user {number // 500}", item, fact)
        self.categories.put(self.history.items.row(item), PATHS[item])

    def learn(self, *, offset_hours=0, days=14):
        history = self.history
        weights = np.zeros(256)
        for code, kind in enumerate(history.vocabulary.kinds.words):
            weights[code] = WEIGHTS.get(kind, 0.0)
        counts = ContextCounts(history, self.categories.paths, weights)
        codes = self.categories.codes(history.items.capacity)
        offsets = np.full(days, offset_hours * HOUR, np.int64)
        for subject in history.subjects():
            counts.add(np.array([subject], np.int32), codes, FIRST_DAY, offsets)
        return counts.learn()

    def lifts(self, now, **more):
        found = self.learn(**more).of(now)
        paths = {item: self.categories.paths.index(path or "") for item, path in PATHS.items()
                 if (path or "") in self.categories.paths}  # fmt: skip
        return {name: {item: float(of[code]) for item, code in paths.items()}
                for name, of in found.items()}  # fmt: skip


EVENING, MORNING = 17, 9


def test_worked_lifts_of_an_evening():
    visits = Visits()
    visits.tell("tea", 400, EVENING)
    visits.tell("tea", 200, MORNING)
    visits.tell("cup", 300, EVENING)
    visits.tell("cup", 600, MORNING)
    # 700 of 1500 events in the evening
    evening = visits.lifts(moment(18, 0, device=None, country=None))["hour"]
    assert evening["tea"] == pytest.approx((400 + 100) / (600 * 700 / 1500 + 100))
    assert evening["tea"] > 1.2 > 1 > evening["cup"]
    morning = visits.lifts(moment(9, 0, device=None, country=None))["hour"]
    assert morning["tea"] < 1 < morning["cup"]


def test_three_observations_say_next_to_nothing():
    visits = Visits()
    visits.tell("tea", 3, EVENING, kind="purchase")
    visits.tell("cup", 1000, MORNING)
    lifts = visits.lifts(Moment(hour="evening"))["hour"]
    assert 1 < lifts["tea"] < 1.05


def test_purchases_count_by_their_weight_and_returns_not_at_all():
    one, other = Visits(), Visits()
    for visits, many in ((one, 500), (other, 100)):
        visits.tell("tea", 500, MORNING)
        visits.tell("cup", 500, EVENING)
        visits.tell("cup", 500, MORNING)
        visits.tell("tea", many, EVENING, kind="view" if visits is one else "purchase")
    other.tell("tea", 50, EVENING, kind="return")
    assert one.learn().table.any()
    of_one = one.lifts(Moment(hour="evening"))["hour"]["tea"]
    of_other = other.lifts(Moment(hour="evening"))["hour"]["tea"]
    # both say that half of tea's weight falls into the evening, as everything's does
    assert of_one == pytest.approx(1)
    assert of_other == pytest.approx(1)


def test_a_category_with_few_events_leans_on_its_top_level():
    visits = Visits()
    visits.tell("cola", 1000, EVENING)
    visits.tell("cup", 998, MORNING)
    visits.tell("tea", 2, MORNING)
    lifts = visits.lifts(Moment(hour="evening"))["hour"]
    of_cola = (1000 + 100) / (1000 * 1000 / 2000 + 100)
    assert lifts["tea"] == pytest.approx((0 + 100 * of_cola) / (2 * 1000 / 2000 + 100))
    assert lifts["cup"] == pytest.approx(100 / (998 * 1000 / 2000 + 100))


@pytest.mark.parametrize(("day", "name"), [(0, "working days"), (4, "working days"),
                                           (5, "weekend"), (6, "weekend")])  # fmt: skip
def test_weekends_are_told_apart(day, name):
    visits = Visits()
    visits.tell("tea", 500, 24 * day + 12)
    visits.tell("cup", 500, 24 * (9 if day >= 5 else 12) + 12)
    lifts = visits.lifts(Moment(weekday=name))["weekday"]
    assert lifts["tea"] > 1.2 > 1 > lifts["cup"]
    assert moment(12, day, device=None, country=None).weekday == name


@pytest.mark.parametrize(("offset", "name"), [(0, "evening"), (4, "late evening"), (-17, "night"),
                                              (12, "early morning"), (-8, "morning"),
                                              (-4, "afternoon")])  # fmt: skip
def test_hours_are_local(offset, name):
    visits = Visits()
    visits.tell("tea", 500, 24 + EVENING)
    visits.tell("cup", 500, 24 + EVENING + 5)
    lifts = visits.lifts(Moment(hour=name), offset_hours=offset)["hour"]
    assert lifts["tea"] > 1.2
    assert moment((EVENING + offset) % 24, 0, device=None, country=None).hour == name


def test_devices_and_countries_count_where_they_are_known():
    visits = Visits()
    visits.tell("tea", 300, MORNING, device="phone", country="DE")
    visits.tell("tea", 100, MORNING, device="desk")
    visits.tell("cup", 300, MORNING, device="desk", country="FR")
    visits.tell("cup", 5000, MORNING)
    lifts = visits.lifts(Moment(device="phone", country="FR"))
    assert lifts["device"]["tea"] == pytest.approx((300 + 100) / (400 * 300 / 700 + 100))
    assert lifts["country"]["tea"] < 1 < lifts["country"]["cup"]
    assert visits.lifts(Moment(device="fridge")) == {}


def test_items_without_a_category_are_never_lifted():
    visits = Visits()
    visits.tell("odd", 500, EVENING)
    visits.tell("cup", 500, MORNING)
    assert visits.lifts(Moment(hour="evening"))["hour"]["odd"] == 1


def test_events_of_other_days_are_left_out():
    visits = Visits()
    visits.tell("tea", 500, EVENING - 48)
    visits.tell("cup", 500, EVENING + 24 * 20)
    assert visits.learn() is None


def test_all_together_stay_within_bounds():
    lifts = {"hour": np.array([1.5, 3.0, 0.1]), "weekday": np.array([1.2, 2.0, 0.5])}
    assert together(lifts, 0.5) == pytest.approx([1.8**0.5, 2.0, 0.5])
    assert together(lifts, 1.0)[0] == pytest.approx(1.8)
