"""Tuning of small shops through the shelves that serve."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import orjson
import pytest

from app.domain.errors import InvalidInput
from app.domain.settings import ShopSettings, Similarity, Strategy
from app.services.evaluation.asking import Mode
from app.services.evaluation.interactions import gathered
from app.services.evaluation.sources import ShopData
from app.services.evaluation.splits import SplitKind
from app.services.settings import Settings
from app.services.tuning.applying import SettingsChanged, apply, evidence_of, undo
from app.services.tuning.judging import OfflineValues, parsed_metric
from app.services.tuning.preparing import TuningOptions, held_out
from app.services.tuning.tuning import tune
from tests.unit.services.tuning_shops import (
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


class FakeSwitch:
    """Keeps `Switch` over a repository."""

    def __init__(self, repository):
        self._repository = repository

    @property
    def in_force(self):
        return self._repository.settings.models

    def off(self, kind):
        kept = {k: v for k, v in self.in_force.items() if k != kind}
        self._repository.settings = replace(self._repository.settings, models=kept)


def applied(outcome, repository, trained):
    service = Settings(repository, feed=FakeFeed())

    def train(kind):
        trained.append((kind, repository.settings.tuned))
        models = {**repository.settings.models, kind: 1}
        service.change({"models": models})

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
    former = undo(service, FakeSwitch(repository))
    assert former["similarity"] == "jaccard"
    assert replace(repository.settings, version=0) == odd
    with pytest.raises(InvalidInput, match="no tuning to undo"):
        undo(service, FakeSwitch(repository))


def test_models_are_there_before_the_settings_name_them(of_others):
    found = replace(of_others.found, w_ease=0.5)
    outcome = replace(of_others, found=found, changed={**of_others.changed, "w_ease": [0.0, 0.5]})
    repository, trained = FakeRepository(BY_FEATURES), []
    service, stored = applied(outcome, repository, trained)
    assert trained == [("ease", {})]
    assert (stored.models, stored.w_ease) == ({"ease": 1}, 0.5)
    assert stored.tuned["new_models"] == ["ease"]
    undo(service, FakeSwitch(repository))
    assert repository.settings.models == {}
    assert repository.settings.w_ease == 0.0


def test_settings_that_somebody_changed_meanwhile_are_not_overwritten(of_others):
    repository = FakeRepository(replace(BY_FEATURES, k=7, version=4))
    with pytest.raises(SettingsChanged, match="changed k while"):
        applied(of_others, repository, [])
    assert repository.settings.version == 4


def test_settings_that_no_tuning_changes_may_change_meanwhile(of_others):
    repository = FakeRepository(replace(BY_FEATURES, train_hours=2.0, models={"als": 3}, version=4))
    _, stored = applied(of_others, repository, [])
    assert (stored.version, stored.train_hours, stored.models) == (5, 2.0, {"als": 3})


def test_evidence_is_plain(of_others):
    evidence = evidence_of(of_others, NOW, new_models=())
    assert orjson.loads(orjson.dumps(evidence)) == evidence
