"""The shop's settings on mongomock, with a feed that is behind until it is waited for."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.domain.changes import Written
from app.domain.errors import Conflict, InvalidInput
from app.domain.events import WEIGHTS
from app.domain.settings import SETTINGS, WEIGHTS_OF, ShopSettings, Similarity, Strategy
from app.live.projections.settings import SettingsProjection
from app.repositories.settings import MongoSettings
from app.services.settings import Settings
from tests.settings_values import bad, named
from tests.unit.services.mock_store import MockFeed, MockStore


class Office:
    """The settings of a shop that has changed none yet."""

    def __init__(self) -> None:
        self.store = MockStore()
        repository = MongoSettings(self.store)
        self.live = SettingsProjection(repository)
        self.feed = MockFeed(self.store, self.live)
        self.settings = Settings(repository, feed=self.feed)


@pytest.fixture
def office():
    return Office()


@pytest.fixture
def settings(office):
    return office.settings


def test_the_defaults_hold_until_changed(office, settings):
    assert settings.get() == ShopSettings()
    assert office.store.writes == []


def test_what_is_not_named_stays(settings):
    settings.change({"k": 10, "similarity": Similarity.JACCARD})
    assert settings.get() == ShopSettings(version=1, k=10, similarity=Similarity.JACCARD)
    settings.change({"strategy": Strategy.USER})
    assert settings.get() == ShopSettings(
        version=2, k=10, similarity=Similarity.JACCARD, strategy=Strategy.USER
    )


def test_a_change_is_in_memory_when_it_is_answered(office, settings):
    written = settings.change({"k": 10})
    assert written.value == settings.get() == office.live.current
    assert office.feed.waited == [written.position]


@pytest.mark.parametrize("expected", [None, 1])
def test_nothing_named_changes_nothing(office, settings, expected):
    stored = settings.change({"k": 10}).value
    assert settings.change({}, expected=expected) == Written(stored, None)
    assert len(office.store.writes) == 1


def test_the_same_value_again_is_a_version_too(settings):
    settings.change({"k": 10})
    assert settings.change({"k": 10}).value == ShopSettings(version=2, k=10)


@pytest.mark.parametrize("changes", [{"k": 20}, {}])
@pytest.mark.parametrize("expected", [0, 2])
def test_a_change_made_for_another_version_is_refused(settings, expected, changes):
    settings.change({"k": 10}, expected=0)
    with pytest.raises(Conflict):
        settings.change(changes, expected=expected)
    assert settings.get() == ShopSettings(version=1, k=10)
    settings.change({"k": 20}, expected=1)


@pytest.mark.parametrize("changed_before", [0, 1, 2])
def test_of_two_changes_at_once_the_first_to_be_stored_holds(office, settings, changed_before):
    for _ in range(changed_before):
        settings.change({"k": 30})
    office.store.before("replace_one", lambda: settings.change({"k": 10}))
    with pytest.raises(Conflict):
        settings.change({"w_user": 0.9})
    assert settings.get() == ShopSettings(version=changed_before + 1, k=10)


def test_an_update_is_made_again_for_what_others_stored_meanwhile(office, settings):
    office.store.before("replace_one", lambda: settings.change({"k": 10, "w_user": 0.9}))
    written = settings.update(lambda present: {"k": present.k + 1})
    assert written.value == settings.get() == ShopSettings(version=2, k=11, w_user=0.9)


def test_an_update_of_nothing_stores_nothing(office, settings):
    stored = settings.change({"k": 10}).value
    assert settings.update(lambda present: None) == Written(stored, None)
    assert len(office.store.writes) == 1


def test_an_update_gives_up_when_others_never_stop(office, settings):
    seen = []

    def busy(present):
        seen.append(present.version)
        office.store.before("replace_one", lambda: settings.change({"k": 20}))
        return {"k": 10}

    with pytest.raises(Conflict):
        settings.update(busy)
    assert seen == [0, 1, 2, 3, 4]
    assert settings.get() == ShopSettings(version=5, k=20)


@hypothesis_settings(max_examples=30)
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "k": st.integers(1, 500),
                "half_life_days": st.floats(0.1, 1000),
                "strategy": st.sampled_from(Strategy),
                "weights": st.dictionaries(st.sampled_from([*WEIGHTS, "wink"]), st.floats(-5, 5)),
            },
        ),
        max_size=5,
    )
)
def test_changes_add_up(changes):
    office, expected = Office(), asdict(ShopSettings())
    for change in changes:
        office.settings.change(change)
        weights = expected["weights"] | change.get("weights", {})
        expected |= change | {"weights": weights, "version": expected["version"] + bool(change)}
    assert asdict(office.settings.get()) == expected
    assert office.live.current == office.settings.get()


@pytest.fixture
def refused(settings):
    """Give a check that a change is refused for one of its fields and leaves all as it was."""

    def check(field: str, **changes: object) -> None:
        before = settings.get()
        with pytest.raises(InvalidInput) as refusal:
            settings.change(changes)
        assert list(refusal.value.detail) == [field]
        assert settings.get() == before

    return check


def test_a_name_that_is_no_setting(refused):
    refused("colour", colour="green", k=10)
    refused("version", version=7)


@pytest.mark.parametrize("row", SETTINGS.values(), ids=named)
def test_what_a_setting_may_not_be(refused, row):
    for value in bad(row):
        refused(row.name, **{row.name: value})


def test_the_hybrid_has_a_part(refused, settings):
    refused("w_user", w_user=0.0, w_item=0.0)
    settings.change({"w_user": 0.0})
    refused("w_item", w_item=0.0)
    settings.change({"w_item": 0.0, "w_ease": 0.1})
    refused("w_user", **dict.fromkeys(WEIGHTS_OF, 0.0))


def test_auto_stands_for_something_else(refused, settings):
    refused("auto_strategy", auto_strategy=Strategy.AUTO)
    settings.change({"strategy": Strategy.AUTO, "auto_strategy": Strategy.EASE})


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "/etc/localtime", "a\0b"])
def test_what_is_no_timezone(refused, name):
    refused("timezone", timezone=name)


def test_weights_of_kinds_are_changed_one_by_one(settings):
    settings.change({"weights": {"view": 0.5, "wink": 4.0}})
    assert settings.get().weights == {**WEIGHTS, "view": 0.5, "wink": 4.0}
    settings.change({"weights": {"like": 0.0}})
    assert settings.get().weights == {**WEIGHTS, "view": 0.5, "wink": 4.0, "like": 0.0}


def test_a_weight_taken_back_is_what_it_was_at_first(settings):
    settings.change({"weights": {"view": 0.5, "wink": 4.0}})
    settings.change({"weights": {"view": None, "wink": None, "nod": None}})
    assert settings.get().weights == WEIGHTS


def test_kinds_are_100_at_most(refused, settings):
    more = {f"kind_{number}": 1.0 for number in range(100 - len(WEIGHTS))}
    settings.change({"weights": more})
    assert len(settings.get().weights) == 100
    refused("weights", weights={"wink": 1.0})
    settings.change({"weights": {"wink": 1.0, "kind_0": None}})


def test_weights_of_vectors_are_changed_one_by_one(settings):
    settings.change({"vector_weights": {"text": 2.0, "image": 0.0}})
    settings.change({"vector_weights": {"text": None, "sound": 1.0}})
    assert settings.get().vector_weights == {"image": 0.0, "sound": 1.0}


def test_vectors_are_64_at_most(refused, settings):
    settings.change({"vector_weights": {f"vector-{number}": 1.0 for number in range(64)}})
    refused("vector_weights", vector_weights={"text": 1.0})
    settings.change({"vector_weights": {"text": 1.0, "vector-0": None}})


def test_what_the_service_itself_sets_is_stored_whole(settings):
    tuned = {"strategy": "ease", "evidence": {"ndcg": [0.1, 0.2]}}
    former = settings.change({"models": {"ease": 3}, "tuned": tuned}).value
    settings.change({"models": {"als": 1}})
    assert settings.get() == replace(former, version=2, models={"als": 1})
