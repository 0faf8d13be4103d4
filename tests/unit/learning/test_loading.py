"""How the models in force come into memory."""

from dataclasses import dataclass, field

import pytest

from app.domain.errors import StoreUnavailable
from app.domain.models import ModelRecord, ModelRejected, ModelUnknown
from app.learning.fitted import FittedModel
from app.learning.learned import LearnedModels
from app.learning.loading import ModelLoader
from app.live.memory import Tables
from tests.integration.processes import eventually
from tests.unit.learning.builders import ease, neural

ITEMS = ["tea", "milk"]
WEIGHTS = [[0, 1], [1, 0]]


@dataclass
class World:
    """What is stored and wanted, and what goes wrong."""

    stored: dict[tuple[str, int], FittedModel]
    wanted: dict[str, int] = field(default_factory=dict)
    failure: Exception | None = None
    tables: Tables = field(default_factory=Tables)
    read_: int = 0

    def __post_init__(self) -> None:
        self.learned = LearnedModels(self.tables)
        self.loader = ModelLoader(
            self.learned,
            self,
            wanted=lambda: self.wanted,
            again_seconds=0.01,
        )

    def get(self, kind: str, version: int) -> ModelRecord:
        if (kind, version) not in self.stored:
            raise ModelUnknown("gone")
        return self.stored[kind, version].record

    def read(self, record: ModelRecord) -> FittedModel:
        self.read_ += 1
        if self.failure is not None:
            raise self.failure
        return self.stored[record.kind, record.version]

    @property
    def versions(self) -> dict[str, int]:
        return {kind: record.version for kind, record in self.learned.records.items()}


@pytest.fixture
def world() -> World:
    return World(
        {
            ("ease", 1): ease(ITEMS, WEIGHTS),
            ("ease", 2): ease(ITEMS, WEIGHTS, version=2),
            ("neural", 1): neural(ITEMS),
        }
    )


def test_it_follows_what_is_wanted(world: World):
    world.wanted = {"ease": 1, "neural": 1}
    assert not world.loader.settled
    world.loader.follow()
    assert world.versions == {"ease": 1, "neural": 1}
    assert world.loader.settled
    world.wanted = {"ease": 2}
    world.loader.follow()
    assert world.versions == {"ease": 2}
    assert world.read_ == 3


@pytest.mark.parametrize(
    "failure", [ModelRejected("bad"), StoreUnavailable(), OSError("full"), RuntimeError("!")]
)
def test_one_that_cannot_be_had_leaves_the_former_in_place(world: World, failure: Exception):
    world.wanted = {"ease": 1}
    world.loader.follow()
    world.failure = failure
    world.wanted = {"ease": 2}
    world.loader.follow()
    assert world.versions == {"ease": 1}
    assert world.loader.failed.keys() == {"ease"}
    assert world.loader.settled
    world.failure = None
    world.loader.follow()
    assert world.versions == {"ease": 2}
    assert world.loader.failed == {}


def test_one_that_is_not_stored_hinders_no_other(world: World):
    world.wanted = {"ease": 7, "neural": 1}
    world.loader.follow()
    assert world.versions == {"neural": 1}
    assert world.loader.failed == {"ease": "gone"}


def test_its_thread_follows_when_it_is_woken_and_tries_again_by_itself(world: World):
    world.wanted = {"ease": 1}
    world.loader.start()
    try:
        assert world.versions == {"ease": 1}
        world.failure = StoreUnavailable()
        world.wanted = {"ease": 2}
        world.loader.wake()
        assert eventually(lambda: world.loader.failed)
        world.failure = None
        assert eventually(lambda: world.versions == {"ease": 2})
    finally:
        world.loader.stop()
