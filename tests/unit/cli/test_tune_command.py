"""flask tune: what it is told, and what it says; on files, which it does not change."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import click
import numpy as np
import orjson
import pytest
from click.testing import Result

from app.cli.tune import Told, tune
from app.factory import create_app
from app.offline.tuning.preparing import TuningOptions
from config import Settings
from tests.unit.offline.tuning.shops import only_features_tell, written

pytest.importorskip("optuna", reason="needs requirements-evaluation.txt")
pytest.importorskip("pytrec_eval", reason="needs requirements-evaluation.txt")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a file of ratings and one of items."""
    return written(tmp_path_factory.mktemp("files"), only_features_tell(shoppers=48))


def run(tmp_path: Path, *words: str) -> Result:
    app = create_app(Settings(data_dir=tmp_path, port=8123, log_level="error"))
    return app.test_cli_runner().invoke(args=["tune", *words])


def test_a_file_is_tuned_and_nothing_is_changed(files, tmp_path):
    ratings, items = files
    found = tmp_path / "found.json"
    outcome = run(
        tmp_path, "--file", str(ratings), "--catalogue", str(items), "--trials", "10",
        "--json", str(found),
    )  # fmt: skip
    assert outcome.exit_code == 0, outcome.output
    assert "never seen by the search" in outcome.stdout
    assert "Nothing was changed" in outcome.stdout
    assert "of 10 trials: ndcg@10" in outcome.stderr
    evidence = orjson.loads(found.read_bytes())
    assert evidence["trials"] >= 10
    assert evidence["log"][0]["name"] == "present"
    assert evidence["found"]["auto_strategy"] == "hybrid"
    assert evidence["difference"] == pytest.approx(evidence["after"] - evidence["before"], abs=2e-6)


def test_nothing_later_is_looked_at(files, tmp_path):
    ratings, items = files
    found = tmp_path / "found.json"
    outcome = run(
        tmp_path, "--file", str(ratings), "--catalogue", str(items), "--trials", "2",
        "--until", "2024-01-07", "--json", str(found),
    )  # fmt: skip
    assert outcome.exit_code == 0, outcome.output
    assert orjson.loads(found.read_bytes())["split"]["validation_to"] <= "2024-01-07T00:00:00+00:00"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--metric", "auc@10"], "ndcg@10"),
        (["--until", "2024-01-01T12:00"], "too few"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(files, tmp_path, words, said):
    outcome = run(tmp_path, "--file", str(files[0]), *words)
    assert outcome.exit_code == 1
    assert said in outcome.stderr
    assert "Traceback" not in outcome.output


def test_a_catalogue_goes_with_a_file(files, tmp_path):
    outcome = run(tmp_path, "--catalogue", str(files[1]))
    assert outcome.exit_code == 2
    assert "--file" in outcome.stderr


def test_what_is_missing_is_said_with_the_remedy(files, tmp_path, monkeypatch):
    monkeypatch.setattr("app.cli.evaluate.find_spec", lambda name: None)
    outcome = run(tmp_path, "--file", str(files[0]))
    assert outcome.exit_code == 1
    assert "pip install -r requirements-evaluation.txt" in outcome.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--trials", "1"],
        ["--minutes", "0"],
        ["--with", "magic"],
        ["--until", "soon"],
        ["--split", "items"],
        ["--items-shown", "both"],
    ],
)
def test_what_cannot_be_meant_is_refused(words):
    with pytest.raises(click.BadParameter):
        tune.make_context("tune", [*words])


def test_progress_says_the_best_so_far_and_what_is_left(capsys):
    now = [0.0]
    told = Told(TuningOptions(trials=11, seconds=1e9), clock=lambda: now[0])
    first = SimpleNamespace(name="present", mean=0.2, values=np.ones(3))
    best = SimpleNamespace(name="parts 4", mean=0.25, values=np.ones(3))
    now[0] = timedelta(minutes=1).total_seconds()  # the shop was filled
    told(1, first, first)
    now[0] += 10
    told(6, best, first)
    told(7, best, first)  # too soon after
    now[0] += 50
    told(12, best, first)
    assert capsys.readouterr().err.splitlines() == [
        "1 of 11 trials: ndcg@10 0.2000 (+0.0%), present",
        "6 of 11 trials: ndcg@10 0.2500 (+25.0%), parts 4; about 10 s left",
        "simplifying: ndcg@10 0.2500 (+25.0%), parts 4",
    ]
