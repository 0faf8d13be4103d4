"""An evaluation of the shop's own database."""

import csv
from pathlib import Path
from uuid import uuid4

import orjson
import pytest

from app.factory import create_app
from config import Settings
from tests.unit.offline.evaluation.evaluating import items_of, two_tastes

pytest.importorskip("pytrec_eval", reason="an optional package, see requirements-evaluation.txt")


@pytest.fixture
def flask(mongo_uri: str, tmp_path: Path):
    """Give a way to run a command on a database of its own."""
    name = f"evaluate_{uuid4().hex}"

    def run(*words):
        settings = Settings(
            environment="development",
            mongo_uri=mongo_uri,
            mongo_db=name,
            data_dir=tmp_path / "data",
            log_level="error",
        )
        return create_app(settings).test_cli_runner().invoke(args=list(map(str, words)))

    return run


def write(path: Path, header, rows) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def figures(path: Path):
    """Return what must not depend on where the data come from, or on the time."""
    plain = orjson.loads(path.read_bytes())
    for variant in plain["variants"]:
        del variant["seconds"]
    del plain["made_at"], plain["command"], plain["title"], plain["data"]["source"]
    return plain


def test_a_file_and_the_database_it_was_imported_into_give_the_same_figures(flask, tmp_path):
    items = write(
        tmp_path / "items.csv",
        ["item_id", "title", "category"],
        [[i.item_id, i.title, i.category] for i in items_of(40)],
    )
    rows = []
    for number, event in enumerate(two_tastes(users=30)):
        who = [event.key.subject, event.item_id]
        rows.append([*who, "purchase", event.at.isoformat(), 1])
        if number % 2:
            rows.append([*who, "rating", event.at.isoformat(), 5 - number % 3])
    header = ["user_id", "item_id", "event", "timestamp", "value"]
    events = write(tmp_path / "log.csv", header, rows)
    for words in (["items", items], ["ratings", events], ["events", events]):
        result = flask("import", *words)
        assert result.exit_code == 0, result.output
    html = ("--html", tmp_path / "page.html")
    told = [tmp_path / "of-file.json", tmp_path / "of-database.json"]
    of_file = flask("evaluate", "--file", events, "--catalogue", items, "--json", told[0], *html)
    of_database = flask("evaluate", "--json", told[1], *html)
    assert of_file.exit_code == 0, of_file.output
    assert of_database.exit_code == 0, of_database.output
    assert figures(told[0]) == figures(told[1])
    assert "the shop's database" in of_database.output


def test_an_empty_database_is_said_to_be_one(flask):
    result = flask("evaluate")
    assert result.exit_code == 1
    assert "no ratings and no events" in result.output
