import json
from datetime import UTC, datetime

import polars as pl
import pytest

from app.data.importing import ratings as importing_ratings
from app.data.importing.ratings import RatingImport
from app.data.importing.runs import ImportOptions
from app.domain.errors import InvalidInput, StoreUnavailable
from app.domain.ratings import Rating, RatingScale
from tests.unit.data.shop_fakes import FakeItems, FakeRatings

HEADER = "user_id,item_id,rating,timestamp\n"


class Shop:
    """An importer with what it works on."""

    def __init__(self, folder, *item_ids):
        self.folder = folder
        self.items = FakeItems(*item_ids)
        self.ratings = FakeRatings()
        self.importer = RatingImport(self.ratings, self.items, RatingScale(), self.items)
        self.rejects = folder / "out" / "rejects.jsonl"

    def load(self, text, name="r.csv", **options):
        path = self.folder / name
        path.write_text(text)
        return self.importer.run(path, ImportOptions(rejects=self.rejects, **options))

    def refused(self):
        return [json.loads(line) for line in self.rejects.read_text().splitlines()]

    @property
    def values(self):
        return {key: rating.rating for key, rating in self.ratings.stored.items()}


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path, "i1", "i2", "007")


def test_ratings_are_stored_as_they_stand(shop):
    report = shop.load(HEADER + "u1,i1,4,1514764800\nu1,007,4.5,\n")
    assert next(shop.ratings.rows()) == Rating("u1", "007", 4.5, None)
    assert shop.ratings.stored["u1", "i1"] == Rating(
        "u1", "i1", 4.0, datetime(2018, 1, 1, tzinfo=UTC)
    )
    assert (report.rows, report.stored, report.skipped, report.rejected) == (2, 2, 0, 0)
    assert report.rejects is None
    assert not shop.rejects.exists()


def test_each_bad_row_is_refused_with_line_and_reason(shop):
    rows = [
        "u1,i1,4,",
        "u1,i1,6,",
        "u1,i1,nan,",
        "u1,i1,,",
        ",i1,4,",
        "u1,i1,4,soon",
        "u1,i9,4,",
        "u1,i1",
        "u2,i2,1,",
    ]
    report = shop.load(HEADER + "\n".join(rows))
    refused = {row["line"]: row["reason"] for row in shop.refused()}
    assert sorted(refused) == [3, 4, 5, 6, 7, 8, 9]
    assert refused[3] == "rating: must be a number from 1 to 5"
    assert refused[8] == "unknown item"
    assert refused[9] == "broken line: 2 cells where the header has 4"
    assert (report.rows, report.stored, report.rejected) == (9, 2, 7)
    assert report.reasons["rating: must be a number from 1 to 5"] == 2
    assert shop.values == {("u1", "i1"): 4.0, ("u2", "i2"): 1.0}


def test_a_reject_holds_the_row_and_the_file(shop):
    shop.load(HEADER + "u1,i9,4,\n")
    row = {"user_id": "u1", "item_id": "i9", "rating": "4", "timestamp": ""}
    assert shop.refused() == [{"file": "r.csv", "line": 2, "reason": "unknown item", "row": row}]


def test_rejects_of_a_former_run_go(shop):
    shop.load(HEADER + "u1,i9,4,\n")
    shop.load(HEADER + "u1,i1,4,\n")
    assert not shop.rejects.exists()


def test_the_rejects_may_not_replace_the_file_itself(shop):
    shop.rejects = shop.folder / "r.csv"
    with pytest.raises(InvalidInput, match="imported file"):
        shop.load(HEADER)
    assert (shop.folder / "r.csv").read_text() == HEADER


def test_only_rating_events_are_read(shop):
    text = "user_id,item_id,event,value,timestamp\nu1,i1,view,1,\nu1,i2,rating,5,\nu2,i9,buy,1,\n"
    report = shop.load(text)
    assert (report.stored, report.skipped, report.rejected) == (1, 2, 0)
    assert shop.values == {("u1", "i2"): 5.0}


def test_where_selects_rows(shop):
    text = "user_id,item_id,rating,country\nu1,i1,1,FR\nu2,i1,2,UK\n"
    report = shop.load(text, where=[("country", "UK")])
    assert (report.stored, report.skipped) == (1, 1)
    with pytest.raises(InvalidInput, match="no column 'land'; the file has: user_id"):
        shop.load(text, where=[("land", "UK")])


def test_the_last_row_of_a_pair_wins(shop, monkeypatch):
    monkeypatch.setattr(importing_ratings, "BATCH", 2)
    shop.load(HEADER + "u1,i1,1,\nu1,i1,2,\nu2,i1,5,\nu1,i1,3,\n")
    assert shop.values == {("u1", "i1"): 3.0, ("u2", "i1"): 5.0}


def test_unknown_items_are_created_if_wanted(shop):
    report = shop.load(HEADER + "u1,new,4,\nu1,i1,4,\n", create_items=True)
    assert report.stored == 2
    assert shop.items.find("new").title is None


def test_integer_ids_of_parquet_become_text(shop):
    path = shop.folder / "r.parquet"
    pl.DataFrame({"user": [1], "item": ["i1"], "score": [2], "ts": [1514764800]}).write_parquet(
        path
    )
    shop.importer.run(path)
    assert shop.ratings.stored["1", "i1"].rated_at == datetime(2018, 1, 1, tzinfo=UTC)


def test_json_true_is_no_rating(shop):
    report = shop.load('{"user":"u1","item":"i1","rating":true}\n', name="r.jsonl")
    assert (report.stored, report.rejected) == (0, 1)


def test_bytes_that_are_no_text_are_refused(shop):
    path = shop.folder / "r.csv"
    path.write_bytes(HEADER.encode() + b"caf\xe9,i1,4,\nu2,i1,4,\n")
    report = shop.importer.run(path, ImportOptions(rejects=shop.rejects))
    assert (report.stored, report.rejected) == (1, 1)
    assert shop.refused()[0]["reason"].startswith("user_id")


def test_an_item_deleted_meanwhile_leaves_no_rating(shop):
    shop.ratings.after_put = lambda: shop.items.remove("i1")
    report = shop.load(HEADER + "u1,i1,4,\nu1,i2,4,\nu1,i1,5,\n")
    assert shop.values == {("u1", "i2"): 4.0}
    assert report.reasons == {importing_ratings.DELETED_ITEM: 2}
    assert report.stored == 1


def test_an_interrupted_import_repeated_ends_the_same(shop, monkeypatch):
    monkeypatch.setattr(importing_ratings, "BATCH", 3)
    text = HEADER + "".join(f"u{n % 5},i{n % 2 + 1},{n % 5 + 1},{n}\n" for n in range(40))

    def away():
        raise StoreUnavailable

    whole = Shop(shop.folder, "i1", "i2")
    whole.load(text)
    shop.ratings.after_put = _calls(lambda: None, lambda: None, away)
    with pytest.raises(StoreUnavailable):
        shop.load(text)
    assert shop.ratings.stored != whole.ratings.stored
    shop.ratings.after_put = lambda: None
    shop.load(text)
    assert shop.ratings.stored == whole.ratings.stored


def test_progress_reaches_the_end(shop, monkeypatch):
    monkeypatch.setattr(importing_ratings, "BATCH", 1)
    path = shop.folder / "r.csv"
    path.write_text(HEADER + "u1,i1,4,\nu2,i1,4,\n")
    seen = []
    shop.importer.run(path, progress=lambda done, total: seen.append((done, total)))
    size = path.stat().st_size
    assert len(seen) == 2
    assert seen[-1] == (size, size)


def _calls(*steps):
    remaining = list(steps)
    return lambda: remaining.pop(0)()
