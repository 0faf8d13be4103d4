"""A service that keeps snapshots, with ratings in it; and what must hold after every fault."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymongo.database import Database

from app.domain.accounts import Role
from app.repositories.snapshots import SnapshotFiles
from tests.integration.client import Client
from tests.integration.processes import eventually, kill
from tests.integration.service import Service

USERS = [f"user {number}" for number in range(30)]
ITEMS = [f"item {number}" for number in range(20)]
NEVER = 100_000  # minutes


@contextmanager
def filled(folder: Path, **settings: Any) -> Iterator[Service]:
    """Give a running service that makes a snapshot only when told to, and some ratings."""
    service = Service(
        folder / "data",
        **{"snapshot_from": 1, "snapshot_minutes": NEVER, "log_level": "info", **settings},
    )
    try:
        service.start()
        service.admin.put_items(*ITEMS)
        for user in range(len(USERS)):
            for item in range(user % 7, len(ITEMS), 3):
                service.storefront.rate(USERS[user], ITEMS[item], 1 + (user + item) % 5).done()
        yield service
    finally:
        service.end()


def made(service: Service) -> SnapshotFiles:
    """Make a snapshot now; return where it lies. `name_in` gives its name."""
    outcome = service.flask("snapshot", "make")
    assert outcome.returncode == 0, outcome
    return SnapshotFiles(service.data_dir / "snapshot")


def name_in(files: SnapshotFiles) -> str:
    """Return the name of the one snapshot there is."""
    (path,) = files.path("any").parent.glob("[!.]*.snapshot")
    return path.stem


def lost_token(database: Database[Any], change: Callable[[], object]) -> dict[str, str]:
    """Return the resume token of a change that the history does not hold (any more)."""
    with database.watch() as stream:
        change()
        token = stream.next()["_id"]["_data"]
    place = token.index("5A1004") + len("5A1004")  # behind it stands which collection it was
    other = f"{int(token[place], 16) ^ 1:X}"
    return {"_data": token[:place] + other + token[place + 1 :]}


def answer_of(client: Client) -> list[object]:
    """Return what a worker recommends to every shopper, and why; nothing that only fills up."""
    asked = {"strategy": "user", "min_score": 0.001, "explain": 1}
    return [client.recommend(user, **asked).done().body["recommendation"] for user in USERS]


def replace_worker(service: Service) -> float:
    """Kill one worker; hold its successor's first answers against the other's; return seconds."""
    victim, kept = sorted(service.workers())
    killed = time.monotonic()
    kill(victim)
    assert eventually(lambda: victim not in service.workers() and _is_up(service), 240), (
        service.output
    )
    seconds = time.monotonic() - killed
    with service.pinned(Role.STOREFRONT) as workers:
        (successor,) = workers.keys() - {kept}
        assert answer_of(workers[successor]) == answer_of(workers[kept])
    return seconds


def _is_up(service: Service) -> bool:
    try:
        return service.is_up()
    except AssertionError:  # one of them is still catching up, and accepts nobody
        return False


def assert_verified(service: Service) -> None:
    """Fail unless the memory of every worker is what the database says."""
    assert eventually(service.is_up, 120), service.output
    outcome = service.flask("verify")
    assert (outcome.returncode, outcome.stdout) == (0, ""), outcome


def said(service: Service, words: str) -> int:
    """Return how many lines of the log hold these words."""
    return sum(words in line for line in service.output.splitlines())
