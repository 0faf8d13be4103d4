"""`flask evaluate` on files: what it says, what it writes, how it refuses."""

import csv
from pathlib import Path

import orjson
import pytest

from app.factory import create_app
from config import Settings
from tests.unit.offline.evaluation.evaluating import items_of, two_tastes

METRICS = "pytrec_eval"


@pytest.fixture
def evaluate(tmp_path: Path):
    """Give a way to run the command in a folder of its own, without a database."""
    settings = Settings(environment="development", data_dir=tmp_path / "data", log_level="error")
    app = create_app(settings)

    def run(*words: str):
        html = ("--html", str(tmp_path / "report.html"))
        return app.test_cli_runner().invoke(args=["evaluate", *html, *map(str, words)])

    return run


@pytest.fixture
def purchases(tmp_path: Path) -> Path:
    """Give a file of purchases by two tastes."""
    path = tmp_path / "purchases.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "sku", "action", "time"])
        for event in two_tastes(users=20):
            user, item, at = event.key.subject, event.item_id, event.at.isoformat()
            writer.writerow([user, item, "buy", at])
    return path


@pytest.fixture
def items(tmp_path: Path) -> Path:
    """Give a file of their items."""
    path = tmp_path / "items.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item_id", "title", "category"])
        writer.writerows([i.item_id, i.title, i.category] for i in items_of(40))
    return path


def test_a_table_a_page_and_figures_are_written(evaluate, purchases, items, tmp_path):
    pytest.importorskip(METRICS)
    told = tmp_path / "figures.json"
    words = ("--split", "last", "--compare", "user", "--compare", "user,k=3", "--json", told)
    result = evaluate("--file", purchases, "--catalogue", items, *words)
    assert result.exit_code == 0, result.output
    assert "NDCG@10" in result.stdout
    assert str(tmp_path / "report.html") in result.stdout
    assert "user,k=3" in (tmp_path / "report.html").read_text()
    figures = orjson.loads(told.read_bytes())
    names = [variant["name"] for variant in figures["variants"]]
    assert names == ["popular", "recent", "random", "user", "user,k=3"]
    user = figures["variants"][3]["figures"]["new items"]["ndcg@10"]
    random = figures["variants"][2]["figures"]["new items"]["ndcg@10"]
    assert user["low"] > random["high"]
    assert user["p"] is not None
    assert figures["data"]["purchase"] == 240


def test_what_follows_what_is_compared(evaluate, purchases, tmp_path):
    pytest.importorskip(METRICS)
    told = tmp_path / "figures.json"
    mixed = "hybrid,w_ease=1,w_sequence=4,recency=1"
    words = ("--split", "last", "--compare", "sequence", "--compare", mixed, "--json", told)
    result = evaluate("--file", purchases, *words)
    assert result.exit_code == 0, result.output
    found = {v["name"]: v["figures"] for v in orjson.loads(told.read_bytes())["variants"]}
    for name in ("sequence", mixed):
        assert found[name]["new items"]["ndcg@10"]["low"] > 0.0


def test_ratings_alone_say_no_order(evaluate, tmp_path):
    pytest.importorskip(METRICS)
    path = tmp_path / "ratings.csv"
    rows = [f"u{n % 12},i{n % 7},{1 + n % 5},{1000 + n}" for n in range(84)]
    path.write_text("\n".join(["user_id,item_id,rating,timestamp", *rows]) + "\n")
    result = evaluate("--file", path, "--split", "last", "--compare", "sequence")
    assert result.exit_code != 0
    assert "ratings do not" in " ".join(result.output.split())


def test_held_out_items_are_held_against_chance(evaluate, purchases, items, tmp_path):
    pytest.importorskip(METRICS)
    told = tmp_path / "figures.json"
    words = ("--split", "items", "--compare", "item", "--json", told)
    result = evaluate("--file", purchases, "--catalogue", items, *words)
    assert result.exit_code == 0, result.output
    figures = orjson.loads(told.read_bytes())
    assert figures["baseline"] == "random"
    assert [group["name"] for group in figures["groups"]] == ["held-out items"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--compare", "psychic"], "is none of: hybrid"),
        (["--compare", "user,colour=red"], "no setting 'colour'; known are: strategy"),
        (["--compare", "user,k"], "is not NAME=VALUE"),
        (["--compare", "user,k=0"], "k: must be a whole number from 1 to 1000"),
        (["--compare", "random,k=3"], "takes no settings"),
        (["--compare", "popular,window=year"], "window is one of"),
        (["--baseline", "ease"], "is not compared; there are: popular"),
        (["--at", "ten"], "is not a list such as 5,10,20"),
        (["--cut", "2031-01-01"], "take an earlier one"),
        (["--target", "view"], "nothing to judge"),
        (["--split", "items", "--items", "new"], "leave out --items"),
    ],
)
def test_what_cannot_be_is_refused_in_words(evaluate, purchases, words, said):
    pytest.importorskip(METRICS)
    result = evaluate("--file", purchases, *words)
    assert result.exit_code != 0
    assert said in " ".join(result.output.split())


def test_a_file_that_is_not_there_is_named(evaluate, tmp_path):
    pytest.importorskip(METRICS)
    result = evaluate("--file", tmp_path / "gone.csv")
    assert result.exit_code == 1
    assert "gone.csv" in result.output


@pytest.mark.parametrize("missing", [METRICS, "matplotlib"])
def test_a_missing_package_is_named_with_the_way_out(evaluate, purchases, monkeypatch, missing):
    monkeypatch.setattr("app.cli.evaluate.find_spec", lambda name: name != missing or None)
    result = evaluate("--file", purchases)
    assert result.exit_code == 1
    assert f"{missing}, which " in result.output
    assert "pip install -r requirements-evaluation.txt" in result.output


def test_ratings_and_events_may_stand_in_one_file(evaluate, tmp_path):
    pytest.importorskip(METRICS)
    path, told = tmp_path / "mixed.csv", tmp_path / "figures.json"
    rows = ["user_id,item_id,event,value,timestamp"]
    for user in range(12):
        rows += [f"u{user},i{item},view,,{1000 + 60 * item + user}" for item in range(8)]
        rows += [f"u{user},i{item},rating,{5 - item % 2},{2000 + 60 * item}" for item in range(8)]
    path.write_text("\n".join(rows) + "\n")
    result = evaluate("--file", path, "--compare", "user", "--json", told)
    assert result.exit_code == 0, result.output
    data = orjson.loads(told.read_bytes())["data"]
    assert (data["view"], data["ratings"]) == (96, 96)


@pytest.mark.parametrize(("users", "asked"), [(60, ""), (60, "--no-fit-ratings"), (20, "")])
def test_ratings_are_predicted_by_neighbours_and_by_a_fitted_model(
    evaluate, tmp_path, users, asked
):
    pytest.importorskip(METRICS)
    path, told = tmp_path / "ratings.csv", tmp_path / "figures.json"
    rows = ["user_id,item_id,rating,timestamp"]
    for user in range(users):
        for item in range(30):
            rating = 5 if user % 2 == item % 2 else 1
            rows.append(f"u{user},i{item},{rating},{1000 + (user * 13 + item * 7) % 997}")
    path.write_text("\n".join(rows) + "\n")
    words = ("--compare", "user", "--json", told, *asked.split())
    result = evaluate("--file", path, "--split", "last", *words)
    assert result.exit_code == 0, result.output
    found = {v["name"]: v for v in orjson.loads(told.read_bytes())["variants"]}
    assert found["user"]["beyond"]["rmse"] > 0.0
    if asked or users < 60:
        assert "ratings" not in found
        return
    fitted = found["ratings"]
    lists = [each for group, each in fitted["figures"].items() if group != "predicted ratings"]
    assert all(figure["mean"] is None for figures in lists for figure in figures.values())
    assert fitted["beyond"].keys() == {"mae", "rmse", "prediction_coverage"}
    assert fitted["beyond"]["rmse"] < 0.5 < found["user"]["beyond"]["rmse"]
    interval = fitted["figures"]["predicted ratings"]["mae"]
    assert interval["low"] <= interval["mean"] <= interval["high"]
    assert "ratings" in result.output
    assert "in all others neighbours predict" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("days", ["0", "-1", "36501", "1e12", "nan"])
def test_days_that_cannot_be_held_out_are_refused_in_words(evaluate, purchases, days):
    pytest.importorskip(METRICS)
    outcome = evaluate("--file", purchases, "--test-days", days)
    assert outcome.exit_code in {1, 2}
    assert "days" in outcome.stderr
    assert isinstance(outcome.exception, SystemExit)
