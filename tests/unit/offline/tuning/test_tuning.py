"""Tuning of small shops through the shelves that serve."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import orjson
import pytest

from app.domain.errors import Conflict, InvalidInput
from app.domain.settings import ShopSettings, Similarity, Strategy
from app.offline.evaluation.interactions import gathered
from app.offline.evaluation.options import Mode, SplitKind
from app.offline.evaluation.sources import ShopData
from app.offline.tuning.applying import SettingsChanged, apply, evidence_of, undo
from app.offline.tuning.preparing import TuningOptions, held_out
from app.offline.tuning.tuning import OfflineValues, parsed_metric, tune
from app.services.settings import Settings
from tests.unit.offline.tuning.shops import (
    SCALE,
    make_shop,
    of_purchases,
    only_features_tell,
    only_others_tell,
)

pytest.importorskip("optuna", reason="needs requirements-evaluation.txt")
pytest.importorskip("pytrec_eval", reason="needs requirements-evaluation.txt")

OPTIONS = TuningOptions(trials=14, seconds=1e9)
BY_USERS = ShopSettings(strategy=Strategy.USER)
BY_FEATURES = ShopSettings(w_user=0.0, w_item=1.0)
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def tuned(data, present, options=OPTIONS):
    return tune(data, options, present=present, scale=SCALE, make_shop=make_shop)


@pytest.fixture(scope="module")
def of_features():
    return tuned(only_features_tell(), BY_USERS)


@pytest.fixture(scope="module")
def of_others():
    return tuned(only_others_tell(), BY_FEATURES)


def test_where_only_features_tell_they_are_found(of_features):
    assert of_features.verdict.is_better
    assert of_features.found.w_item > 0
    assert of_features.changed["strategy"] == ["user", "auto"]
    assert of_features.verdict.unseen.difference > 0.1


def test_where_only_other_shoppers_tell_features_are_switched_off(of_others):
    assert of_others.verdict.is_better
    assert of_others.found.w_item == 0.0
    assert of_others.found.w_user + of_others.found.w_co_rated == pytest.approx(1.0)
    assert of_others.verdict.unseen.difference > 0.1


def test_a_shop_that_is_at_its_best_is_left_alone(of_others):
    again = tuned(only_others_tell(), of_others.found, replace(OPTIONS, trials=3))
    if not again.verdict.is_better:
        assert again.verdict.every.after <= again.verdict.every.before or (
            again.verdict.unseen.difference < 0
        )
    assert again.verdict.every.before == pytest.approx(of_others.verdict.every.after)


def test_the_evidence_is_what_another_look_finds(of_others):
    data = only_others_tell()
    evaluation = held_out(data, OPTIONS, present=BY_FEATURES, scale=SCALE, make_shop=make_shop)
    part = evaluation.parts[0]
    for settings, told in (
        (of_others.found, of_others.verdict.every.after),
        (BY_FEATURES, of_others.verdict.every.before),
    ):
        shop = make_shop(part.train, data.items, settings, part.now)
        values = OfflineValues(evaluation, shop, "ndcg@10", Mode.NEW)
        assert values(settings, np.arange(len(values))).mean() == pytest.approx(told)


def test_values_are_those_of_the_shoppers_that_are_asked_for(of_others):
    data = only_others_tell()
    evaluation = held_out(data, OPTIONS, present=BY_FEATURES, scale=SCALE, make_shop=make_shop)
    part = evaluation.parts[0]
    values = OfflineValues(
        evaluation, make_shop(part.train, data.items, BY_FEATURES, part.now), "recall@5", Mode.NEW
    )
    every = values(of_others.found, np.arange(len(values)))
    some = np.array([7, 3, 30])
    assert values(of_others.found, some).tolist() == every[some].tolist()
    assert every.max() > 0


def test_settings_give_the_same_whatever_was_tried_before():
    data, present = of_purchases(), ShopSettings()
    options = replace(OPTIONS, shown=Mode.ALL)
    evaluation = held_out(data, options, present=present, scale=SCALE, make_shop=make_shop)
    part = evaluation.parts[0]
    others = [
        replace(present, weights={**present.weights, "view": 4.0}, repeat_strength=2.0),
        replace(present, half_life_days=2.0, saturation=50.0, session_strength=2.0),
        replace(present, strategy=Strategy.POPULAR),
        present,
    ]

    def fresh():
        shop = make_shop(part.train, data.items, present, part.now)
        return OfflineValues(evaluation, shop, "ndcg@5", Mode.ALL)

    used, every = fresh(), np.arange(len(fresh()))
    told = [used(settings, every).tolist() for settings in (*others, *reversed(others))]
    assert told[:4] == told[:3:-1]
    assert told[:4] == [fresh()(settings, every).tolist() for settings in others]
    assert told[0] != told[1] != told[2]


def test_where_there_are_purchases_what_they_say_is_tuned_too():
    outcome = tuned(of_purchases(), ShopSettings(), replace(OPTIONS, event_weights=True, trials=20))
    names = {each.name.rstrip(" 0123456789") for each in outcome.tried}
    assert {"present", "popular", "equal events", "behaviour", "parts"} <= names
    assert outcome.verdict.is_better == (
        outcome.verdict.every.difference > 0 and outcome.verdict.unseen.difference >= 0
    )


def test_the_same_seed_gives_the_same(of_others):
    again = tuned(only_others_tell(), BY_FEATURES)
    assert again.found == of_others.found
    assert again.verdict == of_others.verdict
    assert [t.settings for t in again.tried] == [t.settings for t in of_others.tried]


def test_the_split_is_told(of_others):
    assert of_others.split["split"] in {SplitKind.TIME, SplitKind.LAST}
    assert of_others.split["validation_rows"] > 0
    assert of_others.split["validation_from"].startswith("2024-01")


def test_too_little_is_refused_in_words():
    with pytest.raises(InvalidInput, match="too few"):
        tuned(only_others_tell(shoppers=12), BY_FEATURES)
    with pytest.raises(InvalidInput, match="no ratings and no events"):
        tuned(ShopData(gathered(), (), "nothing"), BY_FEATURES)


@pytest.mark.parametrize("text", ["ndcg", "ndcg@", "ndcg@0", "auc@10", "ndcg@-1", "ndcg@ten"])
def test_what_is_no_metric_is_refused(text):
    with pytest.raises(InvalidInput, match="ndcg@10"):
        parsed_metric(text)
    assert parsed_metric("map@7") == ("map", 7)


class FakeRepository:
    """Keeps `SettingsRepository`."""

    def __init__(self, settings):
        self.settings = settings

    def get(self):
        return self.settings

    def replace(self, settings):
        assert settings.version == self.settings.version + 1
        self.settings = settings


class FakeFeed:
    def wait(self, position):
        pass


def applied(outcome, repository, trained):
    service = Settings(repository, feed=FakeFeed())

    def train(kind):
        trained.append((kind, repository.settings))
        return 7

    return service, apply(outcome, service, train=train, now=lambda: NOW)


def test_what_was_found_is_in_force_with_its_evidence(of_others):
    repository = FakeRepository(BY_FEATURES)
    _, stored = applied(of_others, repository, [])
    assert stored.strategy is Strategy.AUTO
    assert stored.auto_strategy is Strategy.HYBRID
    assert replace(stored, version=0, tuned={}) == of_others.found
    tuned = stored.tuned
    assert tuned["at"] == "2025-01-01T00:00:00+00:00"
    assert tuned["metric"] == "ndcg@10"
    assert tuned["after"] > tuned["before"]
    assert tuned["low"] <= tuned["difference"] <= tuned["high"]
    assert tuned["half_b"]["users"] < tuned["users"]
    assert tuned["changed"]["w_item"] == [1.0, 0.0]
    assert tuned["seed"] == 1


def test_undo_brings_back_what_was_before(of_others):
    odd = replace(BY_FEATURES, similarity=Similarity.JACCARD, vector_weights={"text": 2.0})
    outcome = replace(
        of_others,
        present=odd,
        changed={
            **of_others.changed,
            "similarity": ["jaccard", "pearson"],
            "vector_weights": [{"text": 2.0}, {"text": 3.0, "picture": 1.0}],
            "weights": [odd.weights, {**odd.weights, "view": 0.5}],
        },
    )
    repository = FakeRepository(odd)
    service, stored = applied(outcome, repository, [])
    assert (stored.similarity, stored.weights["view"]) == (Similarity.PEARSON, 0.5)
    assert stored.vector_weights == {"text": 3.0, "picture": 1.0}
    undone = undo(service)
    assert undone.back["similarity"] == "jaccard"
    assert undone.left == undone.off == ()
    assert replace(repository.settings, version=0) == odd
    with pytest.raises(InvalidInput, match="no tuning to undo"):
        undo(service)


def with_ease(outcome):
    found = replace(outcome.found, w_ease=0.5)
    return replace(outcome, found=found, changed={**outcome.changed, "w_ease": [0.0, 0.5]})


def test_models_come_into_force_with_the_settings_that_name_them(of_others):
    repository, trained = FakeRepository(BY_FEATURES), []
    service, stored = applied(with_ease(of_others), repository, trained)
    assert trained == [("ease", BY_FEATURES)]
    assert stored.version == BY_FEATURES.version + 1
    assert (stored.models, stored.w_ease) == ({"ease": 7}, 0.5)
    assert stored.tuned["new_models"] == {"ease": 7}
    assert undo(service).off == ("ease",)
    assert repository.settings.models == {}
    assert repository.settings.w_ease == 0.0


def test_undo_leaves_what_somebody_changed_since(of_others):
    repository = FakeRepository(BY_FEATURES)
    service, _ = applied(with_ease(of_others), repository, [])
    service.change({"w_ease": 0.3, "k": 9, "min_support": 4})
    undone = undo(service)
    assert "w_ease" in undone.left
    assert "w_item" in undone.back
    settings = repository.settings
    assert (settings.w_item, settings.w_ease, settings.k) == (1.0, 0.3, 9)
    assert (settings.models, settings.min_support) == ({"ease": 7}, 4)  # it has a weight still
    assert settings.tuned == {}


@pytest.mark.parametrize("change", [{"models": {"ease": 8}}, {"strategy": Strategy.EASE}])
def test_undo_leaves_a_model_that_is_not_its_own_or_that_is_asked(of_others, change):
    repository = FakeRepository(BY_FEATURES)
    service, _ = applied(with_ease(of_others), repository, [])
    service.change(change)
    assert undo(service).off == ()
    assert repository.settings.w_ease == 0.0
    assert repository.settings.models == change.get("models", {"ease": 7})


def test_a_fit_that_fails_leaves_everything_as_it_was(of_others):
    found = replace(of_others.found, w_ease=0.5, w_als=0.5)
    repository = FakeRepository(BY_FEATURES)

    def train(kind):
        if kind == "als":
            raise InvalidInput("als", "there is no room")
        return 1

    service = Settings(repository, feed=FakeFeed())
    with pytest.raises(InvalidInput, match="no room"):
        apply(replace(of_others, found=found), service, train=train, now=lambda: NOW)
    assert repository.settings == BY_FEATURES


def test_settings_changed_during_a_fit_are_not_overwritten(of_others):
    repository = FakeRepository(BY_FEATURES)
    service = Settings(repository, feed=FakeFeed())

    def train(kind):
        service.change({"k": 7, "models": {"als": 3}})
        return 1

    with pytest.raises(SettingsChanged, match="changed k while"):
        apply(with_ease(of_others), service, train=train, now=lambda: NOW)
    assert (repository.settings.models, repository.settings.tuned) == ({"als": 3}, {})


class Interrupted(FakeRepository):
    """Somebody else switches a model on while changes are made, once."""

    def __init__(self, settings):
        super().__init__(settings)
        self.reads = 0

    def get(self):
        self.reads += 1
        if self.reads == 3:  # between the look at the settings and the change
            models = {"als": 3}
            self.settings = replace(self.settings, models=models, version=self.settings.version + 1)
        return self.settings


def test_what_others_change_at_the_very_moment_is_kept(of_others):
    repository = Interrupted(BY_FEATURES)
    _, stored = applied(with_ease(of_others), repository, [])
    assert stored.models == {"als": 3, "ease": 7}
    assert stored.version == BY_FEATURES.version + 2


def test_changes_for_a_version_that_is_not_stored_any_more_are_refused():
    repository = FakeRepository(replace(BY_FEATURES, version=4))
    service = Settings(repository, feed=FakeFeed())
    with pytest.raises(Conflict):
        service.change({"k": 9}, expected=3)
    assert service.change({"k": 9}, expected=4).value.version == 5


def test_settings_that_somebody_changed_meanwhile_are_not_overwritten(of_others):
    repository = FakeRepository(replace(BY_FEATURES, k=7, version=4))
    with pytest.raises(SettingsChanged, match="changed k while"):
        applied(of_others, repository, [])
    assert repository.settings.version == 4


def test_settings_that_no_tuning_changes_may_change_meanwhile(of_others):
    repository = FakeRepository(
        replace(BY_FEATURES, retrain_after_hours=2.0, models={"als": 3}, version=4)
    )
    _, stored = applied(of_others, repository, [])
    assert (stored.version, stored.retrain_after_hours, stored.models) == (5, 2.0, {"als": 3})


def test_evidence_is_plain(of_others):
    evidence = evidence_of(of_others, NOW, new_models={"ease": 7})
    assert orjson.loads(orjson.dumps(evidence)) == evidence
