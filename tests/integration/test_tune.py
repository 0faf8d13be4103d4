"""flask tune beside a service of two workers: found, in force everywhere, and taken back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.accounts import Role
from app.offline.evaluation.sources import ShopData
from tests.integration.service import Service
from tests.unit.offline.tuning.shops import only_features_tell, only_others_tell, written

pytest.importorskip("optuna", reason="needs requirements-evaluation.txt")
pytest.importorskip("pytrec_eval", reason="needs requirements-evaluation.txt")

SHOPPER = "shopper 000"
CATEGORY = "tea"


def done(service: Service, *words: str) -> str:
    outcome = service.flask(*words)
    assert outcome.returncode == 0, outcome
    return outcome.stdout


@contextmanager
def serving(folder: Path, data: ShopData, strategy: str) -> Iterator[Service]:
    """Give a service of a shop's items and ratings."""
    service = Service(folder / "data")
    try:
        service.start()
        ratings, items = written(folder, data)
        done(service, "import", "items", str(items))
        done(service, "import", "ratings", str(ratings))
        done(service, "settings", "set", "--strategy", strategy)
        service.settle()
        yield service
    finally:
        service.end()


@pytest.fixture(scope="module")
def shop(linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service whose settings look at neighbours, though only features tell anything."""
    folder = tmp_path_factory.mktemp("tune")
    with serving(folder, only_features_tell(shoppers=48), "user") as service:
        yield service


def test_a_trial_changes_nothing(shop: Service) -> None:
    before = shop.admin.get("/settings").body
    said = done(shop, "tune", "--dry-run", "--trials", "8")
    assert "Nothing was changed: this was a trial." in said
    assert shop.admin.get("/settings").body == before


def test_every_worker_answers_by_what_was_found_and_undo_takes_it_back(shop: Service) -> None:
    workers = shop.workers()
    said = done(shop, "tune", "--trials", "10")
    assert "is in force. To take it back: flask tune undo" in said
    settings = shop.admin.get("/settings").done().body["settings"]
    assert (settings["strategy"], settings["auto_strategy"]) == ("auto", "hybrid")
    assert settings["tuned"]["changed"]["strategy"] == ["user", "auto"]
    assert settings["tuned"]["half_b"]["difference"] > 0
    with shop.pinned(Role.STOREFRONT) as clients:
        assert clients.keys() == workers  # nobody was restarted
        pages = [
            client.recommend(SHOPPER, strategy="auto", n=5).done() for client in clients.values()
        ]
    categories = {place["category"] for page in pages for place in page.body["recommendation"]}
    assert {page.body["strategy"] for page in pages} == {"hybrid"}
    assert categories == {CATEGORY}  # by features: all are of the shopper's category
    done(shop, "settings", "set", "--k", "77")
    said = done(shop, "tune", "undo")
    assert "strategy = user" in said
    settings = shop.admin.get("/settings").done().body["settings"]
    assert (settings["strategy"], settings["tuned"], settings["k"]) == ("user", {}, 77)
    again = shop.flask("tune", "undo")
    assert again.returncode == 1
    assert "no tuning to undo" in again.stderr


def test_a_model_comes_into_force_with_the_settings_and_goes_with_them(
    linux_with_mongod: None, tmp_path: Path
) -> None:
    others = [word for part in ("user", "item", "co_rated") for word in ("--without", part)]
    with serving(tmp_path, only_others_tell(shoppers=48), "item") as shop:
        before = shop.admin.get("/settings").done().body["settings"]
        said = done(shop, "tune", "--with", "ease", *others, "--trials", "4")
        assert "All workers answer with it" in said
        settings = shop.admin.get("/settings").done().body["settings"]
        assert settings["version"] == before["version"] + 1
        assert (settings["w_ease"], settings["models"]) == (1.0, {"ease": 1})
        assert settings["tuned"]["new_models"] == {"ease": 1}
        assert "The model ease is not in force any more." in done(shop, "tune", "undo")
        settings = shop.admin.get("/settings").done().body["settings"]
        assert (settings["w_ease"], settings["models"]) == (0.0, {})
        assert "ease/1" in done(shop, "models", "list")
