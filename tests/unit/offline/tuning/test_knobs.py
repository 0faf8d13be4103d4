"""What may be turned, and what becomes of it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.settings import WEIGHTS_OF, ShopSettings, Strategy
from app.offline.tuning.knobs import MADE_OF, Facts, Knob, drawn, made_of, position, says, turned

EVERYTHING = Facts(
    has_events=True,
    has_times=True,
    has_features=True,
    again=True,
    heeds_recency=True,
    models=("als", "ease", "neural", "sequence"),
    kinds=("purchase", "return", "view"),
    vectors=("picture", "text"),
)


class RandomDraw:
    """Draws anything within the bounds."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def suggest_float(self, name, low, high, *, log=False):
        if log:
            return float(np.exp(self._random.uniform(np.log(low), np.log(high))))
        return float(self._random.uniform(low, high))

    def suggest_categorical(self, name, choices):
        return choices[self._random.integers(len(choices))]


def names(knobs) -> set[str]:
    return {knob.name for knob in knobs}


@given(st.integers(0, 2**32 - 1))
def test_whatever_is_drawn_is_a_hybrid_whose_weights_sum_to_1(seed):
    found = drawn(RandomDraw(seed), made_of(EVERYTHING), ShopSettings())
    weights = [getattr(found, name) for name in WEIGHTS_OF]
    assert min(weights) >= 0
    assert sum(weights) == pytest.approx(1.0, abs=0.01)  # of rounded ones
    assert (found.strategy, found.auto_strategy) == (Strategy.AUTO, Strategy.HYBRID)


@given(st.integers(0, 2**32 - 1))
def test_kinds_of_events_keep_their_sign_and_the_strongest_what_it_says(seed):
    present = ShopSettings()
    found = drawn(RandomDraw(seed), says(EVERYTHING, event_weights=True), present)
    drawn_ones = {kind: found.weights[kind] for kind in EVERYTHING.kinds}
    assert max(map(abs, drawn_ones.values())) == 8.0  # a return says most
    assert drawn_ones["return"] < 0 < drawn_ones["view"]
    assert {k: w for k, w in found.weights.items() if k not in drawn_ones} == {
        k: w for k, w in present.weights.items() if k not in drawn_ones
    }


def test_a_quarter_of_the_draws_of_what_may_be_off_is_off():
    knob, draw = Knob("w_user", may_be_off=True), RandomDraw(1)
    off = [knob.draw(draw) == 0.0 for _ in range(4000)]
    assert np.mean(off) == pytest.approx(0.25, abs=0.03)


@given(st.integers(0, 2**32 - 1))
def test_what_is_told_of_known_settings_lies_within_the_ranges(seed):
    knobs = (*made_of(EVERYTHING), *says(EVERYTHING, event_weights=True))
    told = position(knobs, drawn(RandomDraw(seed), knobs, ShopSettings()))
    for knob in knobs:
        value = told[knob.name]
        assert value in knob.choices if knob.choices else knob.lowest <= value <= knob.high


def test_settings_far_outside_are_told_at_the_end_of_the_range():
    told = position(MADE_OF, replace(ShopSettings(), k=1000, exponent=0.01, w_user=0.0))
    assert (told["k"], told["exponent"]) == (400, 0.3)
    assert told["w_user"] < 0


def test_nothing_is_turned_in_vain():
    bare = names(made_of(Facts()))
    assert bare >= {"w_user", "w_co_rated", "k"}
    assert not bare & {"w_item", "w_ease", "session_strength", "repeat_strength"}
    assert says(Facts(), event_weights=True) == ()
    assert "w_ease" in names(made_of(Facts(models=("ease",))))
    assert "w_user" not in names(made_of(Facts(without=("user",))))
    one_kind = Facts(has_events=True, kinds=("view",))
    assert names(says(one_kind, event_weights=True)) == {"saturation"}
    assert not any("." in name for name in names(says(EVERYTHING, event_weights=False)))


def test_parts_that_are_all_off_are_all_on():
    found = turned(ShopSettings(), {"w_user": 0.0, "w_co_rated": 0.0})
    assert (found.w_user, found.w_item, found.w_co_rated) == (0.5, 0.0, 0.5)


def test_vectors_of_items_are_weighed_by_name():
    found = turned(ShopSettings(vector_weights={"text": 2.0}), {"vector_weights.picture": 3.0})
    assert found.vector_weights == {"text": 2.0, "picture": 3.0}
