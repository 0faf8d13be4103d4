"""Those who were erased leave the stored models too."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.deletions import Listed
from app.domain.errors import ErasuresUnusable
from app.domain.models import ModelRecord
from app.learning.clearing import ModelClearing
from app.learning.departed import Departed
from app.learning.fitted import FittedModel
from tests.unit.learning.builders import NOON, ease, neural, tables_of

ITEMS = ["tea", "milk"]
MINUTE = timedelta(minutes=1)


@dataclass
class List:
    """A list of erasures, in which digests are the names backwards."""

    at: dict[str, datetime] = field(default_factory=dict)
    broken: bool = False

    place = "memory"

    def digest(self, subject: str) -> str:
        return subject[::-1]

    def append(self, erasure) -> None:
        self.at[erasure.digest] = erasure.at

    def read(self) -> Listed | None:
        if self.broken:
            raise ErasuresUnusable("torn")
        return Listed(self.at, self.digest)

    def alone(self):
        return nullcontext()


@dataclass
class Library:
    """Versions by name."""

    stored: dict[str, FittedModel]
    replaced: list[ModelRecord] = field(default_factory=list)
    is_there: bool = True

    def records(self) -> list[ModelRecord]:
        return [fitted.record for fitted in self.stored.values()]

    def read(self, record: ModelRecord) -> FittedModel:
        return self.stored[record.name]

    def replace(self, fitted: FittedModel) -> bool:
        self.stored[fitted.record.name] = fitted
        self.replaced.append(fitted.record)
        return self.is_there


@dataclass
class Erased:
    swept_at: datetime | None = None

    def last_swept(self) -> datetime | None:
        return self.swept_at


@dataclass
class OneLease:
    """Leases that a fit may hold."""

    taken: bool = False
    asked: list[str] = field(default_factory=list)

    def acquire(self, name: str, holder: str, *, seconds: float) -> bool:
        self.asked.append(name)
        return not self.taken


def users_of(fitted: FittedModel) -> set[str]:
    return set(fitted.user_ids(range(len(fitted.users))).values())


TABLES = tables_of(("ann", "tea", 5.0), ("bob", "tea", 5.0), ("dan", "tea", 5.0))


def test_whom_memory_does_not_know_leaves():
    fitted = neural(ITEMS, ["ann", "bob", "cleo"])
    assert Departed(TABLES, List()).leave(fitted) == 1
    assert users_of(fitted) == {"ann", "bob"}
    assert Departed(TABLES, List()).leave(fitted) == 0


def test_whoever_was_erased_since_and_came_back_leaves():
    fitted = neural(ITEMS, ["ann", "bob", "dan"])
    listed = List({"nna": NOON - MINUTE, "bob": NOON + MINUTE})
    assert Departed(TABLES, listed).leave(fitted) == 1
    assert users_of(fitted) == {"ann", "dan"}, "ann was back when the model was fitted"


def test_a_list_that_cannot_be_read_keeps_nobody_who_is_gone():
    fitted = neural(ITEMS, ["ann", "cleo"])
    assert Departed(TABLES, List(broken=True)).leave(fitted) == 1


def test_a_model_that_knows_nobody_is_left_alone():
    assert Departed(TABLES, List()).leave(ease(ITEMS, [[0, 1], [1, 0]])) == 0


def clearing(
    library: Library, swept_at: datetime | None, now: datetime, listed: List | None = None
) -> ModelClearing:
    departed = Departed(TABLES, listed or List())
    return ModelClearing(
        library, departed, Erased(swept_at), OneLease(), now=lambda: now, every=10 * MINUTE
    )


def library() -> Library:
    both = (neural(ITEMS, ["ann", "cleo"]), ease(ITEMS, [[0, 1], [1, 0]]))
    return Library({fitted.record.name: fitted for fitted in both})


def test_stored_versions_are_cleared_after_an_erasure():
    stored = library()
    now = NOON + 11 * MINUTE
    assert clearing(stored, NOON + MINUTE, now).clear() == 1
    assert users_of(stored.stored["neural/1"]) == {"ann"}
    assert [(r.name, r.cleared_at) for r in stored.replaced] == [("neural/1", now)]
    assert clearing(stored, NOON + MINUTE, now + 20 * MINUTE).clear() == 0


def test_nothing_is_stored_anew_without_an_erasure():
    stored = library()
    assert clearing(stored, None, NOON + 60 * MINUTE).clear() == 0
    assert clearing(stored, NOON - MINUTE, NOON + 60 * MINUTE).clear() == 0
    assert stored.replaced == []


def test_it_looks_only_so_often():
    stored, erased, clock = library(), Erased(NOON + MINUTE), [NOON + 2 * MINUTE]
    departed = Departed(TABLES, List())
    keeper = ModelClearing(
        stored, departed, erased, OneLease(), now=lambda: clock[0], every=10 * MINUTE
    )
    assert keeper.clear() == 1
    erased.swept_at = NOON + 3 * MINUTE
    clock[0] = NOON + 11 * MINUTE
    assert keeper.clear() == 0
    clock[0] = NOON + 12 * MINUTE
    assert keeper.clear() == 1


def test_the_list_of_this_machine_knows_more_than_a_backup():
    stored = library()
    listed = List({"nna": NOON + MINUTE})
    assert clearing(stored, None, NOON + 11 * MINUTE, listed).clear() == 1
    assert users_of(stored.stored["neural/1"]) == set(), "ann was erased, and is back"


def test_a_version_that_was_removed_meanwhile_is_no_failure():
    stored = library()
    stored.is_there = False
    assert clearing(stored, NOON + MINUTE, NOON + 11 * MINUTE).clear() == 0


def test_while_a_fit_goes_on_nothing_is_stored_anew():
    """It removes contents that no version has yet; the round after it clears at once."""
    stored, lease, now = library(), OneLease(taken=True), NOON + 11 * MINUTE
    departed, erased = Departed(TABLES, List()), Erased(NOON + MINUTE)
    keeper = ModelClearing(stored, departed, erased, lease, now=lambda: now, every=10 * MINUTE)
    assert keeper.clear() == 0
    assert stored.replaced == []
    lease.taken = False
    assert keeper.clear() == 1
    assert set(lease.asked) == {"fit neural"}
