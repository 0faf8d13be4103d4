"""Learned models in a service of several workers: swapped under load, damaged, lost, made anew."""

import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest

from app.bootstrap.repositories import Repositories
from app.bootstrap.runtime import build_runtime
from app.domain.accounts import Role
from app.learning.switching import ModelSwitch
from app.serve.control import ask_all
from config import Settings
from tests.integration.client import Client
from tests.integration.processes import PROC, eventually, kill, marked
from tests.integration.recovering import said
from tests.integration.service import FLASK, ROOT, Service

USERS = [f"user {number}" for number in range(20)]
ITEMS = [f"item {number}" for number in range(12)]
WORKERS = 3
SWAPS = 20
LOADERS = 4


@pytest.fixture(scope="module")
def shop(linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service of several workers with two versions of a model, the second in force."""
    service = Service(
        tmp_path_factory.mktemp("models") / "data",
        workers=WORKERS,
        snapshot_from=1,
        log_level="info",
    )
    try:
        service.start()
        service.admin.put_items(*ITEMS)
        for number, user_id in enumerate(USERS):
            for item in range(number % 2, len(ITEMS), 2):
                if item // 2 != number // 2 % 6:  # of its half of the items each lacks one
                    service.storefront.rate(user_id, ITEMS[item], 5).done()
        for strength in ("1", "4"):
            done(service, "train", "ease", "--set", f"l2={strength}")
        yield service
    finally:
        service.end()


def done(service: Service, *words: str) -> str:
    outcome = service.flask(*words)
    assert outcome.returncode == 0, outcome
    return outcome.stdout


def versions(service: Service, kind: str = "ease") -> list[int | None]:
    """Return which version each worker answers with."""
    folder = Settings(data_dir=service.data_dir, port=service.port).run_dir
    return [answer["versions"].get(kind) for answer in ask_all(folder, "models").values()]


def all_have(service: Service, version: int, kind: str = "ease") -> bool:
    return eventually(lambda: versions(service, kind) == [version] * WORKERS, 60)


def folder_of(service: Service) -> Path:
    return service.data_dir / "models"


def stored(service: Service) -> dict[str, int]:
    with service.database() as database:
        names = ("models", "models.files", "models.chunks")
        return {name: database[name].count_documents({}) for name in names}


def test_every_worker_answers_with_it_from_one_file(shop: Service) -> None:
    assert all_have(shop, 2)
    with shop.pinned(Role.STOREFRONT) as workers:
        answers = [
            worker.recommend("user 0", strategy="ease").done() for worker in workers.values()
        ]
        assert [answer.body["strategy"] for answer in answers] == ["ease"] * WORKERS
        assert len({tuple(answer.ids) for answer in answers}) == 1
        for pid in workers:
            assert "-ease-2-" in (PROC / str(pid) / "maps").read_text()


def test_an_action_changes_the_answer_at_once(shop: Service) -> None:
    assert shop.storefront.recommend("user 6", strategy="ease", n=1).done().ids == ["item 6"]
    with shop.pinned(Role.STOREFRONT) as workers:
        for number, worker in enumerate(workers.values()):
            user_id = f"new {number}"
            for item in ("item 1", "item 3", "item 5", "item 7"):
                worker.rate(user_id, item, 5).done()
            found = worker.recommend(user_id, strategy="ease", n=2).done()
            assert found.body["strategy"] == "ease"
            assert set(found.ids) == {"item 9", "item 11"}


def test_models_are_swapped_and_rolled_back_under_load(shop: Service) -> None:
    """Nobody fails, and nobody is told what is merely popular."""
    stop = Event()
    headers = shop.key(Role.STOREFRONT)

    def load(number: int) -> int:
        asked = 0
        connection = Client(shop.port, {}).connect()
        client = Client(shop.port, headers, connection)
        while not stop.is_set():
            user_id = USERS[(asked + number) % len(USERS)]
            answer = client.recommend(user_id, strategy="ease").done()
            assert answer.body["strategy"] == "ease"
            asked += 1
        connection.close()
        return asked

    with ThreadPoolExecutor(LOADERS) as pool:
        loads = [pool.submit(load, number) for number in range(LOADERS)]
        try:
            assert "ease/1" in done(shop, "models", "rollback", "ease")
            assert versions(shop) == [1] * WORKERS, "the command ends when all have followed"
            with switch_of(shop) as switch:
                for _ in range(SWAPS // 2):
                    switch.use("ease", 2)
                    assert all_have(shop, 2)
                    assert switch.roll_back("ease") == 1
                    assert all_have(shop, 1)
                switch.use("ease", 2)
        finally:
            stop.set()
        asked = [each.result() for each in loads]
    assert min(asked) > SWAPS
    assert said(shop, "model not loaded") == 0
    assert all_have(shop, 2)


@contextmanager
def switch_of(service: Service) -> Iterator[ModelSwitch]:
    """Give what puts models in force, beside the service as a command is."""
    repositories = Repositories(service.uri, service.database_name)
    try:
        settings = Settings(environment="production", data_dir=service.data_dir)
        yield build_runtime(settings, repositories).learning.switch
    finally:
        repositories.store.close()


def trainer(service: Service, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        (*FLASK, "train", *words),
        cwd=ROOT,
        env=service.environment,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_a_fit_that_is_killed_leaves_nothing_and_hinders_nobody(
    shop: Service, sign: signal.Signals
) -> None:
    before = stored(shop)
    fit = trainer(shop, "als", "--set", "epochs=1000000", "--set", "dimensions=8")
    assert fit.stderr is not None
    try:
        while "Fitting" not in (line := fit.stderr.readline()):
            assert line, "it ended"
        time.sleep(0.5)
    finally:
        kill(fit.pid, sign)
        fit.wait(30)
        fit.stderr.close()
    assert fit.returncode != 0
    assert stored(shop) == before
    assert not list(folder_of(shop).glob(".begun-*"))
    begun = time.monotonic()
    done(shop, "train", "als", "--set", "epochs=2", "--set", "dimensions=4", "--no-use")
    assert time.monotonic() - begun < 90
    assert stored(shop)["models"] == before["models"] + 1


def test_a_service_that_starts_again_has_its_models(shop: Service) -> None:
    done(shop, "models", "use", "ease", "2")
    shop.stop()
    shop.start()
    assert versions(shop) == [2] * WORKERS, "before it accepts anybody"


@pytest.mark.parametrize("damage", ["a byte", "missing", "the end"])
def test_a_damaged_copy_is_fetched_again(shop: Service, damage: str) -> None:
    assert all_have(shop, 2)
    (copy,) = folder_of(shop).glob("*-ease-2-*")
    good = copy.read_bytes()
    copy.unlink()  # what workers have mapped stays as it is
    if damage == "a byte":
        spoilt = bytearray(good)
        spoilt[spoilt.index(b"item 7")] ^= 1
        copy.write_bytes(spoilt)
    elif damage == "the end":
        copy.write_bytes(good[: len(good) // 2])
    replace_workers(shop)
    assert all_have(shop, 2)
    assert copy.read_bytes() == good


def replace_workers(service: Service) -> None:
    """Kill every worker; return when their successors answer."""
    former = service.workers()
    for pid in former:
        kill(pid)
    assert eventually(lambda: not former & service.workers() and ready(service), 240)


def ready(service: Service) -> bool:
    with suppress(AssertionError):
        return service.is_up()
    return False


def fitting_processes(service: Service) -> set[int]:
    return {pid for pid in marked(service._mark) if "--gently" in command(pid)}


def command(pid: int) -> str:
    with suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_text().replace("\0", " ")
    return ""


def test_models_in_force_are_fitted_again_by_one_process(shop: Service) -> None:
    done(shop, "models", "use", "ease", "2")
    seen: set[int] = set()

    def fitted_again() -> bool:
        now = fitting_processes(shop) - {0}
        assert len(now) <= 1, "one of all workers has it done"
        seen.update(now)
        return any((version or 0) > 2 for version in versions(shop))

    change(shop, retrain_after_hours=0.0001)
    try:
        assert eventually(fitted_again, 90), shop.output
    finally:
        change(shop, retrain_after_hours=0)
    assert eventually(lambda: not fitting_processes(shop), 60)
    assert len(seen) == 1, "and not again at once"
    (newest, *_) = sorted((v or 0 for v in versions(shop)), reverse=True)
    assert all_have(shop, newest)
    with shop.database() as database:
        rows = {row["version"]: row for row in database["models"].find({"kind": "ease"})}
    assert rows[newest]["parameters"] == rows[2]["parameters"], "those of the version in force"


def change(service: Service, **settings: object) -> None:
    service.admin.call("PATCH", "/settings", settings).done()


def test_memory_with_models_is_verified(shop: Service) -> None:
    outcome = shop.flask("verify")
    assert (outcome.returncode, outcome.stdout) == (0, ""), outcome


def test_a_fit_that_fails_leaves_the_former_in_force(shop: Service) -> None:
    """The parameters in force have become impossible: whoever fits says so and gives up."""
    present = versions(shop)[0]
    with shop.database() as database:
        name = f"ease/{present}"
        former = database["models"].find_one({"_id": name})
        assert former is not None
        database["models"].update_one({"_id": name}, {"$set": {"parameters": {"l2": -1.0}}})
        before = database["models"].count_documents({})
        outcome = shop.flask("train", "ease", "--gently", "--quiet")
        database["models"].update_one({"_id": name}, {"$set": {"parameters": former["parameters"]}})
        assert database["models"].count_documents({}) == before
    assert outcome.returncode == 1
    assert "ease cannot be fitted: l2" in outcome.stderr
    assert all_have(shop, present or 0)
