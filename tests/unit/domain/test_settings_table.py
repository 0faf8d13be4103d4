"""The table of settings: every row is whole, and holds values to its limits."""

from dataclasses import asdict, dataclass, fields

import pytest

from app.domain.errors import InvalidInput
from app.domain.events import WEIGHTS
from app.domain.setting import Stale, checked, rows_of, setting
from app.domain.settings import (
    SETTINGS,
    ShopSettings,
    Similarity,
    Strategy,
    from_plain,
    stale_parts,
)
from tests.settings_values import NO_NUMBERS, PUBLIC, bad, bad_texts, cases, good, named


def test_every_field_but_the_version_is_a_row():
    assert [field.name for field in fields(ShopSettings)] == ["version", *SETTINGS]


@pytest.mark.parametrize("row", SETTINGS.values(), ids=named)
def test_every_row_has_a_help_sentence_and_a_default_within_its_range(row):
    assert row.help.endswith(".")
    assert row.internal or row.choices or (row.low is not None and row.high is not None)
    assert row.checked(row.default) == row.default
    assert getattr(ShopSettings(), row.name) == row.default


@pytest.mark.parametrize("row", [row for row in PUBLIC if row.search], ids=named)
def test_what_tuning_draws_is_within_the_range(row):
    if row.choices:
        return
    assert row.checked(row.type(row.search.low)) < row.checked(row.type(row.search.high))
    if row.search.may_be_off:
        assert row.checked(row.type(0)) == 0


@pytest.mark.parametrize(("row", "value"), cases(good), ids=named)
def test_what_a_setting_may_be_is_taken_as_it_is(row, value):
    assert row.checked(value) == value


@pytest.mark.parametrize(
    ("row", "value"),
    [(row, value) for row in SETTINGS.values() for value in bad(row)],
    ids=named,
)
def test_what_a_setting_may_not_be_is_refused_by_its_name(row, value):
    with pytest.raises(InvalidInput) as refusal:
        row.checked(value)
    assert list(refusal.value.detail) == [row.name]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number_is_refused_everywhere(value):
    for row in PUBLIC:
        with pytest.raises(InvalidInput):
            row.checked({"a_name": value} if row.is_mapping else value)


def test_values_come_in_the_types_of_the_table():
    found = checked({"strategy": "ease", "similarity": "jaccard", "k": 7, "w_user": 1}, SETTINGS)
    assert found == {"strategy": Strategy.EASE, "similarity": "jaccard", "k": 7, "w_user": 1.0}
    assert isinstance(found["strategy"], Strategy)
    assert isinstance(found["similarity"], Similarity)
    assert isinstance(found["w_user"], float)


@pytest.mark.parametrize("name", ["colour", "version", ""])
def test_a_name_that_is_no_setting_is_refused(name):
    with pytest.raises(InvalidInput, match="known are: strategy, w_user"):
        checked({name: 1}, SETTINGS)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("k", "10", 10),
        ("w_user", "0.5", 0.5),
        ("strategy", "ease", Strategy.EASE),
        ("timezone", "Europe/Berlin", "Europe/Berlin"),
        ("weights", "view=0.5, wish=", {"view": 0.5, "wish": None}),
    ],
)
def test_texts_are_values(name, text, value):
    assert SETTINGS[name].parsed(text) == value


@pytest.mark.parametrize(("row", "text"), cases(bad_texts), ids=named)
def test_texts_that_are_no_values(row, text):
    with pytest.raises(InvalidInput, match=row.name):
        row.parsed(text)


def test_limits_in_words():
    words = {name: SETTINGS[name].allowed for name in ("k", "w_user", "exponent", "timezone")}
    assert words == {
        "k": "a whole number from 1 to 1000",
        "w_user": "a number from 0 to 1000000",
        "exponent": "a number above 0 and up to 20",
        "timezone": "a text of 1 to 64 characters",
    }
    assert SETTINGS["similarity"].allowed == "one of cosine, pearson, jaccard"
    assert "auto" not in SETTINGS["auto_strategy"].allowed


def test_stored_values_come_back_whatever_limits_were_theirs():
    stored = asdict(ShopSettings(version=3, k=5000, strategy=Strategy.ALS)) | {"of_tomorrow": 1}
    found = from_plain(stored | {"strategy": "als"})
    assert found == ShopSettings(version=3, k=5000, strategy=Strategy.ALS)
    assert isinstance(found.strategy, Strategy)


def test_an_old_name_stands_for_the_present_one():
    assert from_plain({"train_hours": 5.0}) == ShopSettings(retrain_after_hours=5.0)
    both = {"train_hours": 5.0, "retrain_after_hours": 6.0}
    assert from_plain(both) == ShopSettings(retrain_after_hours=6.0)
    assert checked({"train_hours": 5}, SETTINGS) == {"retrain_after_hours": 5.0}
    with pytest.raises(InvalidInput, match="train_hours is its old name"):
        checked(both, SETTINGS)


@pytest.mark.parametrize(
    ("changes", "stale"),
    [
        ({}, set()),
        ({"k": 10, "strategy": Strategy.EASE, "version": 9}, set()),
        ({"half_life_days": 3.0}, {Stale.PREFERENCES}),
        ({"timezone": "Europe/Berlin"}, {Stale.CONTEXTS}),
        ({"weights": {**WEIGHTS, "view": 9.0}}, set(Stale)),
    ],
)
def test_what_memory_computes_again(changes, stale):
    assert stale_parts(ShopSettings(), ShopSettings(**changes)) == stale


@dataclass(frozen=True, slots=True)
class Louder(ShopSettings):
    loudness: float = setting(0.5, 0, 11, help="How loud it is.")


def test_another_row_is_another_setting():
    rows = rows_of(Louder)
    assert list(rows) == [*SETTINGS, "loudness"]
    assert checked({"loudness": 11}, rows) == {"loudness": 11.0}
    with pytest.raises(InvalidInput, match="loudness: must be a number from 0 to 11"):
        checked({"loudness": 12}, rows)
