"""What is taken over from a snapshot, and what is passed over."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain.changes import ChangeBatch, Position
from app.live.snapshots import Snapshots
from app.repositories.snapshots import SnapshotFiles

PLACE = ChangeBatch([], Position(100, 2), Position(101, 1), {"_data": "8200"})
LATER = ChangeBatch([], Position(100, 3), Position(100, 3), None)


class Numbers:
    """A projection of a few numbers."""

    collections = ()

    def __init__(self, name: str, *numbers: int, version: int = 1) -> None:
        self.name, self.version = name, version
        self.numbers = list(numbers)

    def dump(self) -> dict[str, Any]:
        return {"numbers": np.array(self.numbers)}

    def restore(self, arrays: Any) -> None:
        self.numbers = arrays["numbers"].tolist()


def snapshots(folder: Path, *projections: Any, database: str = "shop") -> Snapshots:
    return Snapshots(
        SnapshotFiles(folder), projections, installation=lambda: database, unix_time=lambda: 50.0
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    snapshots(tmp_path, Numbers("a", 1, 2), Numbers("b", 3)).write(PLACE)
    return tmp_path


def test_memory_comes_back_with_its_place(folder):
    a, b = Numbers("a"), Numbers("b")
    mine = snapshots(folder, a, b)
    place = mine.restore(now=lambda: LATER)
    assert (place.position, place.resume_token) == (PLACE.position, PLACE.resume_token)
    assert (a.numbers, b.numbers) == ([1, 2], [3])
    assert mine.header().taken_at == 50.0 and mine.age_seconds() == 0.0


@pytest.mark.parametrize(
    ("projections", "database", "now", "reason"),
    [
        ([Numbers("a", version=2), Numbers("b")], "shop", LATER, "another version"),
        ([Numbers("a")], "shop", LATER, "another version"),
        ([Numbers("a"), Numbers("b"), Numbers("c")], "shop", LATER, "another version"),
        (
            [Numbers("a"), Numbers("b")],
            "shop",
            ChangeBatch([], Position(100, 1), Position(100, 1), None),
            "later time",
        ),
    ],
)
def test_what_cannot_be_used_is_passed_over_with_words(
    folder, projections, database, now, reason, every_log
):
    mine = snapshots(folder, *projections, database=database)
    assert mine.restore(now=lambda: now) is None
    assert all(projection.numbers == [] for projection in projections)
    assert [reason in log["reason"] for log in every_log] == [True]
    assert mine.header() is None, "it is made anew"


def test_a_renamed_one_of_another_database_is_passed_over(folder, every_log):
    (folder / "shop.snapshot").rename(folder / "other.snapshot")
    mine = snapshots(folder, Numbers("a"), Numbers("b"), database="other")
    assert mine.header() is None
    assert mine.restore(now=lambda: LATER) is None
    assert "another database" in every_log[0]["reason"]


def test_there_is_none(tmp_path, every_log):
    assert snapshots(tmp_path, Numbers("a")).restore(now=lambda: LATER) is None
    assert every_log == []


def test_one_of_another_name_stands_beside(folder):
    mine = snapshots(folder, Numbers("a", 9), Numbers("b"))
    mine.write(PLACE, name="beside")
    other = Numbers("a")
    assert snapshots(folder, other, Numbers("b")).restore(now=lambda: LATER, name="beside")
    assert other.numbers == [9]
    mine.discard("beside")
    assert snapshots(folder, other, Numbers("b")).restore(now=lambda: LATER)
    assert other.numbers == [1, 2]
