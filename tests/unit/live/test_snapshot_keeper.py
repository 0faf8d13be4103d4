"""When a snapshot is made, and when there had better be none."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.changes import ChangeBatch, Position
from app.domain.snapshots import SnapshotHeader
from app.live.snapshot_keeper import SnapshotKeeper, SnapshotPolicy

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PLACE = ChangeBatch([], Position(5, 1), Position(5, 1), "token")


def header(age: float) -> SnapshotHeader:
    taken_at = NOON.timestamp() - age
    return SnapshotHeader("shop", taken_at, PLACE.position, PLACE.resume_token, {})


@dataclass
class World:
    """Everything the keeper looks at, and what it did."""

    kept: SnapshotHeader | None = None
    stored: int = 1000
    applied: int = 0
    swept_at: datetime | None = None
    makes: bool = True
    deeds: list[str] = field(default_factory=list)

    def header(self) -> SnapshotHeader | None:
        return self.kept

    def discard(self) -> None:
        self.deeds.append("discard")
        self.kept = None

    def restore(self, *, now: Any) -> ChangeBatch | None:
        return self.kept and self.kept.place

    def make(self, *, missing: bool) -> bool:
        self.deeds.append("make missing" if missing else "make")
        if self.makes:
            self.kept = header(0)
        return self.makes

    def sweep(self, prefix: str) -> None:
        pass

    def stop(self) -> None:
        self.deeds.append("stop")

    def size(self) -> int:
        return self.stored

    def now(self) -> ChangeBatch:
        return PLACE

    def last_swept(self) -> datetime | None:
        return self.swept_at


def keeper(world: Any, *, minutes: float = 5, least: int = 1000) -> SnapshotKeeper:
    policy = SnapshotPolicy(timedelta(minutes=minutes), least)
    return SnapshotKeeper(
        world, world, policy, store=world, changes=world, erased=world, feed=world,
        now=lambda: NOON,
    )  # fmt: skip


def test_a_worker_starts_from_what_there_is():
    world = World(kept=header(9999))
    assert keeper(world).begin() == header(9999).place and world.deeds == []


def test_a_worker_has_a_missing_one_made_first():
    world = World()
    assert keeper(world).begin() == PLACE and world.deeds == ["make missing"]


def test_a_worker_loads_where_none_can_be_made():
    world = World(makes=False)
    assert keeper(world).begin() is None and world.deeds == ["make missing"]


@pytest.mark.parametrize(("minutes", "stored"), [(0, 10**9), (5, 999)])
def test_where_it_is_not_worth_it_there_is_none(minutes, stored):
    world = World(kept=header(0), stored=stored, applied=10**9)
    keeper(world, minutes=minutes).keep()
    assert world.deeds == ["discard"]
    assert keeper(world, minutes=minutes).begin() is None and world.deeds == ["discard"]


@pytest.mark.parametrize(
    ("age", "changes", "due"),
    [
        (None, 0, True),
        (299, 1, False),
        (300, 1, True),
        (300, 0, False),
        (3599, 0, False),
        (3600, 0, True),
        (1, 199_999, False),
        (1, 200_000, True),
    ],
)
def test_it_is_made_when_due(age, changes, due):
    world = World(kept=None if age is None else header(age), applied=changes)
    keeper(world).keep()
    assert world.deeds == (["make"] if due else [])


def test_only_changes_since_the_last_one_count():
    world = World(kept=header(400), applied=10)
    guard = keeper(world)
    guard.keep()
    world.kept = header(400)
    guard.keep()
    assert world.deeds == ["make"]
    world.applied += 1
    guard.keep()
    assert world.deeds == ["make", "make"]


@pytest.mark.parametrize(
    ("swept", "taken", "due"),
    [
        (5, 100, True),
        (40, 30, False),  # it was taken after all was gone
        (40, 40, True),
        (40, 39.5, True),  # its memory may have been a moment behind
        (3000, 2990, False),
        (100_000, 100_100, True),  # however long ago
    ],
)
def test_a_deleted_shopper_leaves_it(swept, taken, due):
    """Both in seconds before now."""
    world = World(kept=header(taken), swept_at=NOON - timedelta(seconds=swept))
    keeper(world).keep()
    assert world.deeds == (["make"] if due else [])


def test_rather_none_than_one_with_a_deleted_shopper():
    world = World(kept=header(100), swept_at=NOON - timedelta(seconds=20), makes=False)
    keeper(world).keep()
    assert world.deeds == ["make", "discard"]


def test_a_failure_is_tried_again():
    world = World(kept=header(400), applied=1, makes=False)
    guard = keeper(world)
    guard.keep()
    guard.keep()
    assert world.deeds == ["make", "make"]
