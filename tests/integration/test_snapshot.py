"""Workers that start from a snapshot: a good one, an old one, a bad one, none."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.accounts import Role
from tests.integration.processes import eventually
from tests.integration.recovering import (
    USERS,
    assert_verified,
    filled,
    lost_token,
    made,
    name_in,
    replace_worker,
    said,
)
from tests.integration.service import Service

TAKEN_OVER = "snapshot taken over"
PASSED_OVER = "snapshot passed over"


@pytest.fixture(scope="module")
def shop(linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service that the tests of this file break, and mend again."""
    with filled(tmp_path_factory.mktemp("snapshot")) as service:
        yield service


def test_a_successor_starts_from_the_snapshot_and_knows_what_came_after(shop: Service) -> None:
    made(shop)
    shop.storefront.rate("user 1", "item 3", 5).done()
    before = said(shop, TAKEN_OVER)
    replace_worker(shop)
    assert said(shop, TAKEN_OVER) == before + 1
    assert_verified(shop)


def test_a_feed_that_repeats_changes_nothing(shop: Service) -> None:
    """The contents are newer than the place: everything in between comes a second time."""
    files = made(shop)
    old = files.header(name_in(files))
    for number in range(20):
        shop.storefront.rate("user 2", f"item {number}", 1 + number % 5).done()
        shop.storefront.unrate("user 2", f"item {number // 2}")
    made(shop)
    newer = files.read(name_in(files))
    files.write(name_in(files), replace(newer.header, resume_token=old.resume_token), newer.parts)
    replace_worker(shop)
    assert_verified(shop)


def test_a_place_that_history_has_forgotten_means_loading_everything(shop: Service) -> None:
    files = made(shop)
    snapshot = files.read(name_in(files))
    with shop.database() as database:
        token = lost_token(database, lambda: shop.storefront.rate("user 3", "item 1", 2).done())
    header = replace(snapshot.header, resume_token=token)
    files.write(name_in(files), header, snapshot.parts)
    before = said(shop, "lost its place")
    replace_worker(shop)
    assert said(shop, "lost its place") == before + 1
    assert_verified(shop)


@pytest.mark.parametrize("damage", ["a byte", "the end", "another version", "nothing left"])
def test_a_bad_one_is_passed_over(shop: Service, damage: str) -> None:
    files = made(shop)
    path = files.path(name_in(files))
    if damage == "a byte":
        data = bytearray(path.read_bytes())
        data[data.index(b"user 7")] ^= 1
        path.write_bytes(data)
    elif damage == "the end":
        os.truncate(path, path.stat().st_size // 2)
    elif damage == "another version":
        path.write_bytes(b"SHELFWISE SNAPSHOT 0\n" + path.read_bytes()[21:])
    else:
        path.write_bytes(b"")
    before = said(shop, PASSED_OVER)
    replace_worker(shop)
    assert said(shop, PASSED_OVER) == before + 1
    assert files.header(name_in(files)) is not None, "made anew"
    assert_verified(shop)


def test_a_deleted_shopper_leaves_it_within_a_minute(
    linux_with_mongod: None, tmp_path: Path
) -> None:
    with filled(tmp_path) as shop:
        files = made(shop)
        path = files.path(name_in(files))
        assert b"user 13" in path.read_bytes()
        shop.storefront.call("DELETE", "/users/user%2013").done()
        assert eventually(lambda: b"user 13" not in path.read_bytes(), 60), shop.output
        assert b"user 14" in path.read_bytes()
        assert len(list(path.parent.iterdir())) == 2, "the snapshot and its lock"
        replace_worker(shop)
        with shop.pinned(Role.STOREFRONT) as workers:
            for worker in workers.values():
                assert worker.recommend("user 13").done().body["strategy"] == "popular"
        assert_verified(shop)


def test_it_is_made_again_and_again_by_one_worker_alone(
    linux_with_mongod: None, tmp_path: Path
) -> None:
    with filled(tmp_path, snapshot_minutes=0.05) as shop:
        path = tmp_path / "data" / "snapshot"

        def newest() -> float:
            return max((p.stat().st_mtime for p in path.glob("[!.]*.snapshot")), default=0.0)

        assert eventually(newest, 60), shop.output
        first = newest()
        shop.storefront.rate(USERS[0], "item 1", 4).done()
        assert eventually(lambda: newest() > first, 60), shop.output
        assert len(list(path.iterdir())) == 2, "the snapshot and its lock"
        replace_worker(shop)


def test_a_disk_that_is_full_stops_nobody(linux_with_mongod: None, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "snapshot"
    folder.mkdir(parents=True)
    if os.system(f"mount -t tmpfs -o size=16k none {folder} 2>/dev/null") != 0:
        pytest.skip("a full disk needs the right to mount a small one")
    try:
        with filled(tmp_path, snapshot_minutes=0.05) as shop:
            assert eventually(lambda: said(shop, "no snapshot made"), 60), shop.output
            assert said(shop, "No space left on device")
            shop.storefront.rate(USERS[0], "item 2", 4).done()
            replace_worker(shop)
            assert not list(folder.glob("*.snapshot")), "nothing half made"
            assert folder.is_mount()
    finally:
        os.system(f"umount {folder}")
