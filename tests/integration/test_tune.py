"""flask tune beside a service of two workers: found, in force everywhere, and taken back."""

from collections.abc import Iterator

import pytest

from app.domain.accounts import Role
from tests.integration.service import Service
from tests.unit.services.tuning_shops import only_features_tell, written

pytest.importorskip("optuna", reason="needs requirements-evaluation.txt")
pytest.importorskip("pytrec_eval", reason="needs requirements-evaluation.txt")
pytestmark = pytest.mark.slow

SHOPPER = "shopper 000"
CATEGORY = "tea"


def done(service: Service, *words: str) -> str:
    outcome = service.flask(*words)
    assert outcome.returncode == 0, outcome
    return outcome.stdout


@pytest.fixture(scope="module")
def shop(linux_with_mongod: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service whose settings look at neighbours, though only features tell anything."""
    folder = tmp_path_factory.mktemp("tune")
    service = Service(folder / "data")
    try:
        service.start()
        ratings, items = written(folder, only_features_tell(shoppers=48))
        done(service, "import", "items", str(items))
        done(service, "import", "ratings", str(ratings))
        done(service, "settings", "set", "--strategy", "user")
        service.settle()
        yield service
    finally:
        service.end()


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
    done(shop, "tune", "undo")
    settings = shop.admin.get("/settings").done().body["settings"]
    assert (settings["strategy"], settings["tuned"]) == ("user", {})
    again = shop.flask("tune", "undo")
    assert again.returncode == 1
    assert "no tuning to undo" in again.stderr
