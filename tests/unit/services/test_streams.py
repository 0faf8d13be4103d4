"""Streams, second by second, with a clock that tests turn."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from app.domain.errors import StoreUnavailable, TooManyStreams
from app.domain.streams import Beat, End, Grant, Listed, Reason
from app.services.streams import Streams

ANN, BOB = Grant("ann", epoch="epoch 1"), Grant("bob", key_id="key 1")


@dataclass
class Shop:
    """Memory, accounts, keys and time, in one; waiting turns the clock and plays the script."""

    applied: int = 0
    items: list[str] = field(default_factory=lambda: ["tea"])
    epochs: dict[str, str] = field(default_factory=lambda: {"ann": "epoch 1"})
    keys: set[str] = field(default_factory=lambda: {"key 1"})
    script: dict[int, Callable[[], object]] = field(default_factory=dict)
    """What happens in which second."""
    time: float = 1000.0
    looked: list[float] = field(default_factory=list)
    stopped: bool = False
    away: bool = False

    def clock(self):
        return self.time

    def set(self):
        self.stopped = True

    def wait(self, timeout):
        self.time += timeout
        self.script.get(round(self.time - 1000), lambda: None)()
        return self.stopped

    def has_epoch(self, user_id, epoch):
        if self.away:
            raise StoreUnavailable
        return self.epochs.get(user_id) == epoch

    def holds(self, key_id):
        return key_id in self.keys

    def look(self):
        self.looked.append(self.time)
        return {"strategy": "hybrid", "recommendation": list(self.items)}

    def change(self, *items):
        self.applied += 1
        self.items = list(items)

    def streams(self, capacity=10):
        return Streams(
            self, accounts=self, keys=self, capacity=capacity, ended=self, clock=self.clock
        )

    def follow(self, grant=ANN, *, seconds=5, seen=None, present=lambda: True):
        """Return what a stream says, with the second in which it does."""
        self.script.setdefault(seconds, self.set)
        events = self.streams().follow(grant, self.look, seen=seen, present=present)
        return [(round(self.time - 1000), event) for event in events]


@pytest.fixture
def shop():
    return Shop()


def lists(said):
    return [(at, event.content["recommendation"]) for at, event in said if type(event) is Listed]


def last(said):
    at, event = said[-1]
    return at, event.reason


def test_the_list_is_said_at_once_and_when_it_changes(shop):
    shop.script = {2: lambda: shop.change("cup"), 3: lambda: shop.change("pot")}
    assert lists(shop.follow()) == [(0, ["tea"]), (2, ["cup"]), (3, ["pot"])]


def test_without_a_change_nobody_looks(shop):
    said = shop.follow(seconds=200)
    assert lists(said) == [(0, ["tea"])]
    assert shop.looked == [1000]


def test_a_change_elsewhere_is_looked_at_and_not_said(shop):
    shop.script = {at: lambda: shop.change("tea") for at in range(1, 5)}
    assert lists(shop.follow()) == [(0, ["tea"])]
    assert shop.looked == [1000, 1001, 1002, 1003, 1004]


def test_many_changes_in_a_second_are_looked_at_once(shop):
    shop.script = {2: lambda: [shop.change(str(n)) for n in range(50)]}
    assert lists(shop.follow()) == [(0, ["tea"]), (2, ["49"])]
    assert shop.looked == [1000, 1002]


def test_a_change_while_looking_is_not_missed(shop):
    look = shop.look

    def look_slowly():
        seen = look()
        if len(shop.looked) == 1:
            shop.change("late")
        return seen

    shop.look = look_slowly
    assert lists(shop.follow()) == [(0, ["tea"]), (1, ["late"])]


def test_the_digest_is_the_lists(shop):
    (_, first), *_ = shop.follow(seconds=1)
    (_, again), *_ = Shop().follow(seconds=1)
    (_, other), *_ = Shop(items=["cup"]).follow(seconds=1)
    assert first.digest == again.digest != other.digest


def test_what_is_another_each_time_makes_no_other_list(shop):
    look, made = shop.look, iter(range(100))

    def look_anew():
        return look() | {"recommendation_id": next(made), "next_cursor": f"cursor {next(made)}"}

    shop.look = look_anew
    shop.script = {at: lambda: shop.change("tea") for at in range(1, 5)}
    assert lists(shop.follow()) == [(0, ["tea"])]


def test_a_list_the_client_has_is_not_said_again(shop):
    (_, first), *_ = Shop().follow(seconds=1)
    shop.script = {3: lambda: shop.change("cup"), 4: lambda: shop.change("tea")}
    said = shop.follow(seen=first.digest)
    assert lists(said) == [(3, ["cup"]), (4, ["tea"])]


def test_an_older_list_of_the_clients_is_replaced_at_once(shop):
    assert lists(shop.follow(seen="something else")) == [(0, ["tea"])]


def test_a_quiet_stream_beats_every_fifteen_seconds(shop):
    said = shop.follow(seconds=50)
    assert [at for at, event in said if type(event) is Beat] == [15, 30, 45]


def test_a_list_counts_as_a_beat(shop):
    shop.script = {10: lambda: shop.change("cup")}
    said = shop.follow(seconds=30)
    assert [at for at, event in said if type(event) is Beat] == [25]


def test_a_stop_ends_it_with_a_reason(shop):
    assert last(shop.follow(seconds=3)) == (3, Reason.STOPPING)


def test_an_account_that_is_gone_ends_it(shop):
    shop.script = {2: shop.epochs.clear}
    assert last(shop.follow()) == (2, Reason.REVOKED)


def test_a_new_password_ends_it(shop):
    shop.script = {2: lambda: shop.epochs.update(ann="epoch 2")}
    assert last(shop.follow()) == (2, Reason.REVOKED)


def test_a_revoked_key_ends_it(shop):
    shop.script = {2: shop.keys.clear}
    assert last(shop.follow(BOB)) == (2, Reason.REVOKED)


def test_a_revoked_key_ends_nobody_elses(shop):
    shop.script = {2: shop.keys.clear}
    assert last(shop.follow(ANN)) == (5, Reason.STOPPING)


def test_an_account_that_cannot_be_confirmed_ends_it(shop):
    shop.away = True
    assert last(shop.follow()) == (1, Reason.REVOKED)


def test_a_grant_that_rests_on_nothing_does_not_hold(shop):
    assert not shop.streams().holds(Grant("ann"))


def test_it_ends_after_an_hour(shop):
    assert last(shop.follow(seconds=4000)) == (3600, Reason.EXPIRED)


def test_a_client_that_has_gone_ends_it_without_a_word(shop):
    shop.script = {3: lambda: shop.change("nobody reads this")}
    said = shop.follow(present=lambda: shop.time < 1003)
    assert [(at, type(event)) for at, event in said] == [(0, Listed)]


def test_places_are_few_and_come_back():
    streams = Shop().streams(capacity=2)
    streams.enter()
    streams.enter()
    with pytest.raises(TooManyStreams):
        streams.enter()
    streams.leave()
    streams.enter()


def test_the_end_is_the_last_word(shop):
    said = shop.follow()
    assert [type(event) for _, event in said] == [Listed, End]
