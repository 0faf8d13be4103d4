"""Imports beside a running service: every worker answers from the new data, and answers right."""

import csv
import gzip
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain.accounts import Role
from tests.integration.client import Client
from tests.integration.processes import eventually
from tests.integration.service import FLASK, ROOT, Service

DATA = ROOT.parent / "shared" / "data" / "ml-100k"
SHOPPERS = ["1", "13", "276", "405", "450", "655", "721", "866", "888", "943"]
K, W_USER, W_ITEM, TOP = 50, 0.6, 0.4, 5.0
Scores = dict[str, float]


@pytest.fixture(scope="module")
def shop(mongo_uri: str, make_gunicorn: Callable[..., Service]) -> Service:
    return make_gunicorn(mongo_uri).start()


def import_and_kill(shop: Service, path: Path) -> None:
    """Import ratings, but kill the command once the first are stored."""
    process = subprocess.Popen(
        (*FLASK, "import", "ratings", str(path)),
        cwd=ROOT,
        env=shop.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with process:
        before = shop.stored()
        assert eventually(lambda: shop.stored() > before or process.poll() is not None, 120)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def test_both_workers_answer_from_an_import_and_its_repetition(shop, tmp_path):
    wanted = {(f"u{n}", f"i{n * 7 % 400 + m}"): 1.0 + m % 5 for n in range(2000) for m in range(30)}
    items, ratings = tmp_path / "items.csv", tmp_path / "ratings.csv"
    names = sorted({item for _, item in wanted})
    items.write_text("item_id,title\n" + "".join(f"{name},about {name}\n" for name in names))
    rows = "".join(f"{user},{item},{value}\n" for (user, item), value in wanted.items())
    ratings.write_text("user_id,item_id,rating\n" + rows)

    done = shop.flask("import", "items", str(items))
    assert done.returncode == 0, done.stderr
    import_and_kill(shop, ratings)
    assert 0 < shop.stored() < len(wanted)
    done = shop.flask("import", "ratings", str(ratings))
    assert done.returncode == 0, done.stderr
    assert f"tored {len(wanted):,} ratings" in done.stdout
    assert shop.ratings() == wanted
    shop.settle()
    assert shown(shop) == [len(names)] * 2
    with shop.pinned(Role.STOREFRONT) as workers:
        for worker in workers.values():
            page = worker.recommend("u3", strategy="user", n=5).done()
            assert page.body["strategy"] == "user"
            assert page.body["recommendation"][0]["title"].startswith("about i")
    clear(shop)


def clear(shop: Service) -> None:
    """Empty the shop as an operator would, behind the back of the service."""
    with shop.database() as database:
        database["ratings"].delete_many({})
        database["items"].delete_many({})
    shop.settle()
    assert eventually(lambda: shown(shop) == [0, 0])


def shown(shop: Service) -> list[float]:
    """Return how many items each worker may show."""
    with shop.pinned() as workers:
        return [worker.metric("shelfwise_items") for worker in workers.values()]


class Definitions:
    """The scores by their definitions, over dense matrices; ids in the order of their strings."""

    def __init__(self, ratings: dict[tuple[str, str], float], items: list[dict[str, Any]]) -> None:
        self.users = sorted({user for user, _ in ratings})
        self.items = sorted(item["_id"] for item in items)
        user_row = {user: row for row, user in enumerate(self.users)}
        item_row = {item: row for row, item in enumerate(self.items)}
        self.values = np.zeros((len(self.users), len(self.items)))
        for (user, item), value in ratings.items():
            self.values[user_row[user], item_row[item]] = value
        dimensions, by_item = 0, []
        for item in items:
            dims = np.frombuffer(item["encoding"]["dims"], "<i4")
            weights = np.frombuffer(item["encoding"]["weights"], "<f4").astype(np.float64)
            by_item.append((item_row[item["_id"]], dims, weights))
            dimensions = max(dimensions, int(dims.max(initial=0)) + 1)
        features = np.zeros((len(self.items), dimensions))
        for row, dims, weights in by_item:
            features[row, dims] = weights
        norms = np.linalg.norm(features, axis=1, keepdims=True)
        unit = np.divide(features, norms, out=np.zeros_like(features), where=norms > 0)
        self.similarity = np.abs(unit @ unit.T)
        self.norms = np.linalg.norm(self.values, axis=1)

    def user(self, user_id: str) -> np.ndarray:
        """Score by the K most similar shoppers; ties go to the smaller id."""
        me = self.users.index(user_id)
        similar = self.values @ self.values[me] / (self.norms * self.norms[me])
        similar[me] = 0.0
        near = sorted(
            np.flatnonzero(similar.round(12) > 0),
            key=lambda row: (-similar[row].round(12), self.users[row]),
        )[:K]
        return similar[near] @ self.values[near] / similar[near].sum()

    def item(self, user_id: str) -> np.ndarray:
        """Score by the similarity of features to what the shopper rated."""
        mine = self.values[self.users.index(user_id)]
        return self.similarity @ mine / mine.sum()

    def hybrid(self, user_id: str) -> np.ndarray:
        """Score by both, each in [0, 1]."""
        user, item = (np.clip(s, 0, 1) for s in (self.user(user_id) / TOP, self.item(user_id)))
        return W_USER * user + W_ITEM * item

    def best(self, strategy: str, user_id: str, n: int) -> list[tuple[str, float]]:
        """Return the n best items the shopper has not rated, with scores above 0."""
        scores = getattr(self, strategy)(user_id).round(9)
        mine = self.values[self.users.index(user_id)]
        rows = [row for row in np.flatnonzero(scores > 0) if mine[row] == 0]
        rows.sort(key=lambda row: (-scores[row], self.items[row]))
        return [(self.items[row], float(scores[row])) for row in rows[:n]]


@pytest.fixture(scope="module")
def movies(shop: Service) -> Iterator[Definitions]:
    """Import MovieLens through the command line; give its definitions."""
    if not DATA.is_dir():
        pytest.skip(f"the data set ml-100k is not in {DATA.parent}")
    for what, name in (("items", "items.csv.gz"), ("ratings", "interactions.csv.gz")):
        done = shop.flask("import", what, str(DATA / name))
        assert done.returncode == 0, done.stderr
        assert "rejected" not in done.stdout
    shop.settle()
    with shop.database() as database:
        items = list(database["items"].find())
    yield Definitions(rows_of(DATA / "interactions.csv.gz"), items)
    clear(shop)


def rows_of(path: Path) -> dict[tuple[str, str], float]:
    with gzip.open(path, "rt", newline="") as file:
        return {(r["user_id"], r["item_id"]): float(r["value"]) for r in csv.DictReader(file)}


@pytest.mark.realdata
@pytest.mark.parametrize("strategy", ["user", "item", "hybrid"])
def test_movielens_answers_are_those_of_the_definitions(shop, movies, strategy):
    assert shop.ratings() == rows_of(DATA / "interactions.csv.gz")
    with shop.pinned(Role.STOREFRONT) as workers:
        for user_id in SHOPPERS:
            wanted = movies.best(strategy, user_id, 100)
            for worker in workers.values():
                found = page_of(worker, user_id, strategy)
                assert [item for item, _ in found] == [item for item, _ in wanted]
                assert [s for _, s in found] == pytest.approx([s for _, s in wanted], abs=1e-9)


def page_of(client: Client, user_id: str, strategy: str) -> list[tuple[str, float]]:
    query: dict[str, Any] = {"strategy": strategy, "n": 100, "k": K}
    if strategy == "hybrid":
        query |= {"w_user": W_USER, "w_item": W_ITEM}
    answer = client.recommend(user_id, **query).done()
    assert answer.body["strategy"] == strategy
    return [(place["item_id"], place["score"]) for place in answer.body["recommendation"]]
