import gzip
import json

import polars as pl
import pytest

from app.data.importing.readers import open_table
from app.domain.errors import InvalidInput

CSV = "user_id,item_id,rating\n007,i1,4\nu2,i2,5\n"


def read(path, **options):
    """Return rows, line numbers and broken lines of all batches."""
    options.setdefault("rows", 100)
    batches = list(open_table(path, **options).batches())
    rows = [batch.row(index) for batch in batches for index in range(len(batch.numbers))]
    numbers = [number for batch in batches for number in batch.numbers]
    broken = [(broken.line, broken.reason) for batch in batches for broken in batch.broken]
    return rows, numbers, broken


def written(path, text, encoding="utf-8"):
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["r.csv", "r.csv.gz", "R.CSV"])
def test_csv_cells_are_text(tmp_path, name):
    rows, numbers, broken = read(written(tmp_path / name, CSV))
    assert rows[0] == {"user_id": "007", "item_id": "i1", "rating": "4"}
    assert numbers == [2, 3]
    assert broken == []


def test_gzip_is_told_by_content_not_by_name(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(gzip.compress(CSV.encode()))
    assert len(read(path)[0]) == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_the_habits_of_spreadsheets(tmp_path, delimiter, ending, bom):
    text = bom + CSV.replace(",", delimiter).replace("\n", ending)
    rows, numbers, _ = read(written(tmp_path / "r.csv", text))
    assert [row["user_id"] for row in rows] == ["007", "u2"]
    assert rows[1]["rating"] == "5"
    assert numbers == [2, 3]


def test_a_row_may_hold_line_ends_and_delimiters_in_quotes(tmp_path):
    text = 'id,title\n1,"Tea, green\r\n""best"""\n2,Pot\n'
    rows, numbers, broken = read(written(tmp_path / "i.csv", text))
    assert rows == [{"id": "1", "title": 'Tea, green\r\n"best"'}, {"id": "2", "title": "Pot"}]
    assert numbers == [2, 4]
    assert broken == []


def test_a_quote_inside_a_cell_is_a_quote(tmp_path):
    rows, _, broken = read(written(tmp_path / "i.csv", 'id,title\n1,nail 5"\n2,x\n'))
    assert rows[0]["title"] == 'nail 5"'
    assert broken == []


def test_a_stray_quote_costs_one_line(tmp_path):
    lines = ["id,title", *(f"{n},t{n}" for n in range(2, 500))]
    lines[99] = '100,"open'
    lines[299] = '300,"a, b"'
    rows, numbers, broken = read(written(tmp_path / "i.csv", "\n".join(lines)), rows=50)
    assert [line for line, _ in broken] == [100]
    assert len(rows) == 497
    assert numbers == [*range(2, 100), *range(101, 500)]
    assert rows[numbers.index(300)]["title"] == "a, b"


def test_lines_of_the_wrong_width_are_broken_and_blank_ones_passed_over(tmp_path):
    text = "a,b\n1,2\n\n1\n1,2,3\n3,4"
    rows, numbers, broken = read(written(tmp_path / "i.csv", text))
    assert [row["a"] for row in rows] == ["1", "3"]
    assert numbers == [2, 6]
    assert broken == [
        (4, "broken line: 1 cells where the header has 2"),
        (5, "broken line: 3 cells where the header has 2"),
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_batches_hold_at_most_so_many_rows_and_lose_none(tmp_path, size):
    path = written(tmp_path / "i.csv", "a,b\n" + "".join(f'{n},"x"\n{n},y\n' for n in range(5)))
    batches = list(open_table(path, rows=size).batches())
    assert all(len(batch.numbers) <= size for batch in batches)
    assert [n for batch in batches for n in batch.numbers] == list(range(2, 12))
    assert batches[-1].done == path.stat().st_size


def test_json_lines(tmp_path):
    text = '{"id": 7, "tags": ["a"]}\nnot json\n\n[1]\n{"id": "007", "brand": "B"}\n'
    rows, numbers, broken = read(written(tmp_path / "i.jsonl.gz", text))
    assert rows[0] == {"id": 7, "tags": ["a"], "brand": None}
    assert rows[1]["id"] == "007"
    assert numbers == [1, 5]
    assert [line for line, _ in broken] == [2, 4]


def test_a_later_batch_knows_the_columns_of_all_before(tmp_path):
    path = written(tmp_path / "i.jsonl", "".join(json.dumps({f"c{n}": n}) + "\n" for n in range(2)))
    first, second = open_table(path, rows=1).batches()
    assert list(first.columns) == ["c0"]
    assert second.row(0) == {"c0": None, "c1": 1}


def test_parquet(tmp_path):
    path = tmp_path / "i.parquet"
    pl.DataFrame({"id": [1, 2, 3], "tags": [["a"], [], None]}).write_parquet(path)
    rows, numbers, _ = read(path, rows=2)
    assert rows == [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": []}, {"id": 3, "tags": None}]
    assert numbers == [1, 2, 3]
    assert open_table(path, rows=2).total == 3


def test_another_encoding(tmp_path):
    path = written(tmp_path / "i.csv", "id,title\n1,Café\n", "latin-1")
    assert read(path, encoding="latin-1")[0][0]["title"] == "Café"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("i.xlsx", b"", "must end in"),
        ("i.csv", b"", "no header line"),
        ("i.csv", b"a,a\n1,2\n", "more than once"),
        ("i.csv.gz", gzip.compress(b"a,b\n" + bytes(range(256)) * 400)[:300], "cannot be read"),
        ("i.parquet", b"PAR1 not really", "cannot be read"),
    ],
)
def test_files_that_cannot_be_read_say_so(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        read(path)


@pytest.mark.parametrize("name", ["none.csv", "none.jsonl", "none.parquet"])
def test_a_missing_file_says_so(tmp_path, name):
    with pytest.raises(InvalidInput, match="is not a file"):
        read(tmp_path / name)


def test_an_unknown_encoding_says_so(tmp_path):
    with pytest.raises(InvalidInput, match="unknown encoding"):
        read(written(tmp_path / "i.csv", "a\n"), encoding="utf-99")


def test_a_line_without_end_does_not_fill_the_memory(tmp_path):
    path = written(tmp_path / "i.csv", "a,b\n1," + "x" * 9_000_000 + "\n3,4\n")
    rows, numbers, broken = read(path)
    assert rows == [{"a": "3", "b": "4"}]
    assert numbers == [3]
    assert [line for line, _ in broken] == [2]
