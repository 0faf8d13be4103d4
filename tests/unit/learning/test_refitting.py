"""When models are fitted again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace

from app.domain.models import ModelRecord
from app.domain.settings import ShopSettings
from app.learning.refitting import ModelRefitting
from tests.unit.learning.builders import NOON, record

HOUR = timedelta(hours=1)


@dataclass
class World:
    """What is stored, the time, and a trainer who does as it is told."""

    stored: list[ModelRecord] = field(default_factory=list)
    shop: ShopSettings = field(default_factory=ShopSettings)
    now: datetime = NOON
    is_busy: bool = False
    begins: bool = True
    started: list[str] = field(default_factory=list)

    def records(self, kind: str) -> list[ModelRecord]:
        return [each for each in self.stored if each.kind == kind]

    def start(self, kind: str) -> bool:
        self.started.append(kind)
        return self.begins

    def stop(self) -> None:
        self.started.append("stop")

    def refitting(self) -> ModelRefitting:
        return ModelRefitting(
            self, self, settings=SimpleNamespace(current=self.shop), now=lambda: self.now
        )


def test_what_is_old_is_fitted_again():
    shop = ShopSettings(models={"ease": 1}, retrain_after_hours=24)
    world = World([record("ease", 1)], shop)
    refitting = world.refitting()
    world.now = NOON + 23.9 * HOUR
    assert refitting.refit() is None
    world.now = NOON + 24 * HOUR
    assert refitting.refit() == "ease"
    assert world.started == ["ease"]


def test_an_older_version_that_somebody_went_back_to_stays():
    shop = ShopSettings(models={"ease": 1}, retrain_after_hours=24)
    world = World([record("ease", 2, fitted_at=NOON + 24 * HOUR), record("ease", 1)], shop)
    world.now = NOON + 1000 * HOUR
    assert world.refitting().refit() is None
    world.shop = ShopSettings(models={"ease": 2}, retrain_after_hours=24)
    assert world.refitting().refit() == "ease"


def test_one_that_is_lost_is_fitted_anew():
    world = World([], ShopSettings(models={"als": 3}))
    assert world.refitting().refit() == "als"


def test_what_is_not_in_force_is_left_alone():
    world = World([record("ease", 1)], ShopSettings(), now=NOON + 1000 * HOUR)
    assert world.refitting().refit() is None


def test_zero_hours_mean_never():
    shop = ShopSettings(models={"ease": 1}, retrain_after_hours=0)
    world = World([record("ease", 1)], shop, now=NOON + 1000 * HOUR)
    assert world.refitting().refit() is None


def test_one_at_a_time():
    shop = ShopSettings(models={"ease": 1, "als": 1})
    world = World([record("ease", 1), record("als", 1)], shop, now=NOON + 48 * HOUR)
    refitting = world.refitting()
    assert refitting.refit() == "ease"
    world.is_busy = True
    assert refitting.refit() is None
    world.is_busy = False
    assert refitting.refit() == "als"
    assert refitting.refit() is None


def test_a_failure_is_tried_again_after_a_while():
    shop = ShopSettings(models={"ease": 1})
    world = World([record("ease", 1)], shop, now=NOON + 48 * HOUR, begins=False)
    refitting = world.refitting()
    assert [refitting.refit() for _ in range(3)] == [None] * 3
    assert world.started == ["ease"]
    world.now += HOUR
    refitting.refit()
    assert world.started == ["ease", "ease"]


def test_it_ends_what_it_began():
    world = World()
    world.refitting().stop()
    assert world.started == ["stop"]
