"""Learned models of a running shop: fitted, put in force, rolled back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from app.domain.settings import ShopSettings
from app.factory import create_app
from app.learning.fitted import FittedModel
from app.learning.training import ModelTraining
from tests.builders import RunningShop, done, ids_of
from tests.integration.processes import eventually
from tests.unit.learning.builders import neural

pytestmark = pytest.mark.slow

USERS = [f"user {number}" for number in range(12)]
ITEMS = [f"item {number}" for number in range(10)]


@pytest.fixture
def shop(make_shop: Callable[..., RunningShop]) -> RunningShop:
    """Give a shop where everybody likes the even items, or the odd ones, all but one of them."""
    shop = make_shop()
    shop.put_items(*({"item_id": item_id} for item_id in ITEMS))
    for number, user_id in enumerate(USERS):
        for item in range(number % 2, len(ITEMS), 2):
            if item // 2 != number // 2 % 5:
                shop.rate(user_id, ITEMS[item], 5)
    return shop


def flask(shop: RunningShop, *words: str) -> Result:
    """Run a command as a process of its own would."""
    app = create_app(shop.app.extensions["shelfwise"].settings)
    return app.test_cli_runner().invoke(args=words)


def ran(shop: RunningShop, *words: str) -> str:
    result = flask(shop, *words)
    assert result.exit_code == 0, result.output
    return result.output


def in_memory(shop: RunningShop) -> dict[str, int]:
    return {kind: record.version for kind, record in shop.runtime.learning.learned.records.items()}


def follows(shop: RunningShop, **versions: int) -> bool:
    return eventually(lambda: in_memory(shop) == versions)


def stored(shop: RunningShop) -> dict[str, int]:
    """Return how many documents there are of models and their contents."""
    names = ("models", "models.files", "models.chunks")
    return {name: shop.database[name].count_documents({}) for name in names}


def test_a_trained_model_answers_and_follows_the_shopper(shop: RunningShop) -> None:
    assert shop.recommend("user 0", strategy="ease")["strategy"] == "hybrid", "there is none yet"
    output = ran(shop, "train", "ease", "--set", "l2=1")
    assert "ease/1: 48 preferences of 12 shoppers for 10 items" in output
    assert "All workers answer with it (1)." in output
    assert follows(shop, ease=1)
    answer = shop.recommend("user 0", strategy="ease", n=1)
    assert (answer["strategy"], ids_of(answer)) == ("ease", ["item 0"])
    shop.rate("user 0", "item 0", 5)
    for odd in ("item 1", "item 3", "item 5"):
        shop.rate("user 0", odd, 5)
    answer = shop.recommend("user 0", strategy="ease", n=2)
    assert ids_of(answer) == ["item 7", "item 9"], "its answer follows what is liked now"


def test_items_that_come_and_go(shop: RunningShop) -> None:
    ran(shop, "train", "ease", "--set", "l2=1")
    assert follows(shop, ease=1)
    shop.put_items({"item_id": "new"})
    done(shop.client.delete("/items/item%200", headers=shop.admin))
    shop.rate("user 2", "new", 5)
    answer = shop.recommend("user 2", strategy="ease", n=10)
    assert (answer["strategy"], ids_of(answer)[0]) == ("ease", "item 2")
    assert not {"item 0", "new"} & set(ids_of(answer))
    assert shop.recommend("nobody yet", strategy="ease")["strategy"] == "popular"
    shop.rate("nobody yet", "new", 5)
    assert shop.recommend("nobody yet", strategy="ease")["strategy"] != "ease"


@pytest.mark.parametrize(("kind", "given"), [("als", ["dimensions=4", "epochs=3"])])
def test_other_kinds_are_served_alike(shop: RunningShop, kind: str, given: list[str]) -> None:
    ran(shop, "train", kind, *(word for each in given for word in ("--set", each)))
    assert follows(shop, **{kind: 1})
    answer = shop.recommend("user 0", strategy=kind, n=1)
    assert (answer["strategy"], ids_of(answer)) == (kind, ["item 0"])


def test_versions_are_listed_used_rolled_back_and_removed(shop: RunningShop) -> None:
    assert "flask train ease" in flask(shop, "models", "list").output
    assert "No model ease is in force" in flask(shop, "models", "rollback", "ease").output
    for strength in ("1", "2", "3"):
        ran(shop, "train", "ease", "--set", f"l2={strength}")
    assert follows(shop, ease=3)
    lines = ran(shop, "models", "list").splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [
        ["*", "ease/3"],
        ["ease/2", lines[1].split()[1]],
        ["ease/1", lines[2].split()[1]],
    ]
    assert "l2=3" in lines[0]
    ran(shop, "models", "rollback", "ease")
    assert follows(shop, ease=2)
    ran(shop, "models", "rollback", "ease")
    assert follows(shop, ease=1)
    assert "older than 1" in flask(shop, "models", "rollback", "ease").output
    assert "There is no ease/9" in flask(shop, "models", "use", "ease", "9").output
    assert "First: flask models off" in flask(shop, "models", "remove", "ease", "1").output
    ran(shop, "models", "use", "ease", "3")
    assert follows(shop, ease=3)
    ran(shop, "models", "remove", "ease", "1")
    assert stored(shop) == {"models": 2, "models.files": 2, "models.chunks": 2}
    ran(shop, "models", "off", "ease")
    assert follows(shop)
    assert shop.recommend("user 0", strategy="ease")["strategy"] == "hybrid"


def test_parameters_are_those_of_the_version_in_force(shop: RunningShop) -> None:
    ran(shop, "train", "ease", "--set", "l2=3")
    ran(shop, "train", "ease", "--set", "l2=9", "--no-use")
    assert follows(shop, ease=1)
    ran(shop, "train", "ease", "--set", "damping=0.5")
    newest = shop.runtime.learning.library.records("ease")[0]
    assert (newest.version, newest.parameters["l2"], newest.parameters["damping"]) == (3, 3, 0.5)


def test_only_the_newest_versions_are_kept_and_the_one_in_force(shop: RunningShop) -> None:
    ran(shop, "train", "ease")
    for _ in range(6):
        ran(shop, "train", "ease", "--no-use", "--quiet")
    versions = [record.version for record in shop.runtime.learning.library.records("ease")]
    assert versions == [7, 6, 5, 4, 3, 1]
    assert stored(shop)["models.files"] == 6
    folder = shop.app.extensions["shelfwise"].settings.data_dir / "models"
    assert len(list(folder.glob("*.model"))) == 6


def test_what_was_begun_and_never_finished_goes_with_the_next(shop: RunningShop) -> None:
    shop.database["models.chunks"].insert_one({"files_id": "ease/lost", "n": 0, "data": b"half"})
    shop.database["models.files"].insert_one({"_id": "ease/whole", "length": 0})
    shop.database["models.chunks"].insert_one({"files_id": "als/under way", "n": 0, "data": b""})
    ran(shop, "train", "ease", "--quiet")
    assert stored(shop) == {"models": 1, "models.files": 1, "models.chunks": 2}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "oracle"], "is not one of"),
        (["train", "ease", "--set", "l2"], "is not NAME=VALUE"),
        (["train", "ease", "--set", "colour=1"], "It has l2, power, damping, most."),
        (["train", "ease", "--set", "l2=-1"], "ease cannot be fitted: l2"),
    ],
)
def test_what_cannot_be_is_said_in_words(shop: RunningShop, words: list[str], said: str) -> None:
    result = flask(shop, *words)
    assert result.exit_code != 0
    assert said in result.output
    assert stored(shop)["models"] == 0


def test_a_shop_without_preferences_is_too_small(make_shop: Callable[..., RunningShop]) -> None:
    result = flask(make_shop(), "train", "ease")
    assert result.exit_code == 1
    assert "too few to learn from" in result.output


def test_a_model_that_memory_cannot_hold_is_not_begun(
    shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.learning.training.available_bytes", lambda: 100)
    result = flask(shop, "train", "ease")
    assert result.exit_code == 1
    assert "flask train als" in result.output


def test_a_gentle_fit_gives_way_to_another(shop: RunningShop) -> None:
    assert shop.repositories.leases.acquire("fit ease", "another", seconds=60)
    assert "Another process is fitting ease" in ran(shop, "train", "ease", "--gently", "--quiet")
    assert stored(shop)["models"] == 0


@pytest.mark.parametrize(
    ("words", "in_force"), [(["--gently", "--quiet"], {"ease": 1}), ([], {"ease": 3})]
)
def test_what_was_chosen_during_a_scheduled_fit_stays(
    shop: RunningShop, monkeypatch: pytest.MonkeyPatch, words: list[str], in_force: dict[str, int]
) -> None:
    ran(shop, "train", "ease", "--quiet")
    ran(shop, "train", "ease", "--quiet")
    fit = ModelTraining.fit

    def fit_slowly(*given: Any) -> Any:
        record = fit(*given)
        assert shop.runtime.learning.switch.roll_back("ease") == 1
        return record

    monkeypatch.setattr(ModelTraining, "fit", fit_slowly)
    output = ran(shop, "train", "ease", *words)
    assert shop.services.settings.get().models == in_force
    said = "ease/3 is stored only" if words else "ease/3 is in force, in the place of ease/1."
    assert said in output
    assert stored(shop)["models"] == 3


def test_a_scheduled_fit_takes_the_place_of_the_version_it_began_with(shop: RunningShop) -> None:
    ran(shop, "train", "ease", "--quiet")
    assert ran(shop, "train", "ease", "--gently", "--quiet") == ""
    assert shop.services.settings.get().models == {"ease": 2}


def test_a_damaged_version_leaves_the_former_in_force(shop: RunningShop) -> None:
    ran(shop, "train", "ease")
    assert follows(shop, ease=1)
    ran(shop, "train", "ease", "--no-use")
    shop.database["models.chunks"].update_many(
        {"files_id": shop.database["models"].find_one({"_id": "ease/2"})["file"]},
        {"$set": {"data": b"SHELFWISE MODEL 1\n"}},
    )
    folder = shop.app.extensions["shelfwise"].settings.data_dir / "models"
    (copy,) = folder.glob("*-ease-2-*")
    copy.unlink()
    shop.runtime.learning.switch.use("ease", 2)
    assert eventually(lambda: "ease" in shop.runtime.learning.loader.failed)
    assert in_memory(shop) == {"ease": 1}
    assert shop.recommend("user 0", strategy="ease")["strategy"] == "ease"
    ran(shop, "models", "use", "ease", "1")
    assert eventually(lambda: not shop.runtime.learning.loader.failed)


def test_metrics_tell_version_and_age(shop: RunningShop) -> None:
    ran(shop, "train", "ease")
    assert follows(shop, ease=1)
    text = shop.client.get("/metrics").text
    assert 'shelfwise_model_version{kind="ease"} 1.0' in text
    assert 'shelfwise_model_age_seconds{kind="ease"}' in text


def test_settings_know_the_models_in_force(shop: RunningShop) -> None:
    ran(shop, "train", "ease")
    assert shop.services.settings.get() == replace(ShopSettings(), version=1, models={"ease": 1})


def test_a_version_that_holds_shoppers_answers_nobody_and_is_removed(shop: RunningShop) -> None:
    library, rows = shop.runtime.learning.library, shop.database["models"]
    good = neural(ITEMS)
    users = {"ids.data": np.frombuffer(b"user 1", np.uint8), "ids.ends": np.array([6])}
    arrays = {"user_factors": np.ones((1, 1), np.float32)}
    parts = {**good.parts, "model": arrays, "users": users}
    former = library.add(FittedModel(good.record, good.model, parts, good.items))
    rows.update_one({"_id": former.name}, {"$set": {"cleared_at": former.fitted_at}})
    present = library.add(good)
    shop.runtime.learning.switch.use("neural", former.version)
    assert eventually(lambda: "neural" in shop.runtime.learning.loader.failed)
    assert shop.recommend("user 1", strategy="neural")["strategy"] == "hybrid"
    library.tidy()
    assert library.records("neural") == [present]
    assert stored(shop) == {"models": 1, "models.files": 1, "models.chunks": 1}
    chunks = shop.database["models.chunks"].find()
    assert not any(b"user 1" in row["data"] for row in chunks)
    folder = shop.app.extensions["shelfwise"].settings.data_dir / "models"
    assert not any(b"user 1" in path.read_bytes() for path in folder.iterdir())
    shop.runtime.learning.switch.use("neural", present.version)
    assert follows(shop, neural=present.version)
    assert shop.recommend("user 1", strategy="neural")["strategy"] == "neural"


def test_memory_with_models_is_what_the_database_says(shop: RunningShop) -> None:
    ran(shop, "train", "ease")
    assert follows(shop, ease=1)
    assert shop.drift() == []


def test_what_follows_what_answers_an_event_at_once(make_shop: Callable[..., RunningShop]) -> None:
    shop = make_shop()
    shop.put_items(*({"item_id": item_id} for item_id in ITEMS))
    begun = datetime.now(UTC) - timedelta(hours=1)

    def view(user_id: str, item: int, minute: int) -> None:
        at = (begun + timedelta(minutes=minute)).isoformat()
        body = {"user_id": user_id, "item_id": ITEMS[item], "kind": "view", "at": at}
        done(shop.client.post("/events", json=body, headers=shop.storefront))

    for number in range(6):
        for minute, item in enumerate((0, 1, 2) if number % 2 else (5, 6, 7)):
            view(f"walker {number}", item, minute)
    view("new", 0, 10)
    ran(shop, "train", "sequence")
    assert follows(shop, sequence=1)
    answer = shop.recommend("new", strategy="sequence", n=1, session_strength=0)
    assert (answer["strategy"], ids_of(answer)) == ("sequence", ["item 1"])
    view("new", 5, 20)
    answer = shop.recommend("new", strategy="sequence", n=1, session_strength=0, explain=1)
    assert ids_of(answer) == ["item 6"]
