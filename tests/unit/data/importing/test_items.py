import json

import pytest

from app.data.importing.items import ItemImport
from app.data.importing.runs import ImportOptions
from app.domain.catalogue import Item
from app.domain.errors import InvalidInput
from tests.unit.data.shop_fakes import FakeItems


def load(folder, text, name="i.csv", items=None, **options):
    items = items or FakeItems()
    path = folder / name
    path.write_text(text)
    report = ItemImport(items).run(path, ImportOptions(**options))
    return report, items.items


def test_every_column_of_an_item(tmp_path):
    text = (
        "id,Name,genres,brand,price,tags,description,image_url,in_stock,group_id,features,colour\n"
        '007,Tea,Drinks|Tea,Leafy,2.95,green|loose,"Good, hot",https://x/1,no,0042,"[1, 2]",red\n'
        "8,,,,,,,,,,,\n"
    )
    report, items = load(tmp_path, text)
    assert items["007"] == Item(
        "007",
        title="Tea",
        category="Drinks|Tea",
        brand="Leafy",
        price=2.95,
        tags=("green", "loose"),
        description="Good, hot",
        image_url="https://x/1",
        in_stock=False,
        group_id="0042",
        features=(1.0, 2.0),
    )
    assert items["8"] == Item("8")
    assert report.ignored == ["colour"]
    assert report.stored == 2


def test_json_lines_with_lists(tmp_path):
    row = {"item_id": 7, "category": ["A", "B"], "tags": ["x,y"], "price": 3, "features": [0.5]}
    row["attributes"] = said = {"size": "XL", "hot": True, "ml": 500}
    _, items = load(tmp_path, json.dumps(row), name="i.jsonl")
    expected = Item("7", category="A|B", tags=("x,y",), price=3.0, features=(0.5,), attributes=said)
    assert items["7"] == expected


def test_bad_rows_are_refused(tmp_path):
    rejects = tmp_path / "rejects"
    text = "id,title,price,attributes\na,ok,1,{}\nb,x,-1,\nc,x,cheap,\n,x,1,\nd," + "x" * 501
    text += ',1,\ne,x,1,"{""sizes"": [1]}"\n'
    report, items = load(tmp_path, text, rejects=rejects)
    assert set(items) == {"a"}
    refused = {
        row["line"]: row["reason"] for row in map(json.loads, rejects.read_text().splitlines())
    }
    assert sorted(refused) == [3, 4, 5, 6, 7]
    assert refused[4] == "price: must be a number"
    assert refused[7].startswith("attributes: sizes must be text, true, false or a finite number")
    assert report.rejects == rejects


def test_where_leaves_postage_out(tmp_path):
    text = "item_id,title,is_product\n1,Lantern,1\nPOST,Postage,0\n"
    report, items = load(tmp_path, text, where=[("is_product", "1")])
    assert set(items) == {"1"}
    assert (report.stored, report.skipped, report.ignored) == (1, 1, [])


def test_the_last_of_equal_ids_wins(tmp_path):
    _, items = load(tmp_path, "id,title\n1,old\n1,new\n")
    assert items["1"].title == "new"


def test_what_the_catalogue_refuses_is_found_and_the_rest_stored(tmp_path):
    items = FakeItems()

    def refuse(batch):
        if any(item.item_id in {"3", "5"} for item in batch):
            raise InvalidInput("features", "has 2 numbers")

    items.on_put = refuse
    report, stored = load(tmp_path, "id\n" + "".join(f"{n}\n" for n in range(8)), items=items)
    assert set(stored) == {"0", "1", "2", "4", "6", "7"}
    assert report.reasons == {"features: has 2 numbers": 2}
    assert report.stored == 6


def test_a_column_chosen_outright(tmp_path):
    report, items = load(tmp_path, "id,label\n1,Tea\n", columns={"title": "label"})
    assert items["1"].title == "Tea"
    assert report.ignored == []


def test_no_id_no_import(tmp_path):
    with pytest.raises(InvalidInput, match="the file has: title"):
        load(tmp_path, "title\nTea\n")


def test_named_vectors_together_and_each_in_a_column(tmp_path):
    text = (
        "item_id,vectors,vector_image\n"
        '1,"{""text"": [1, 0.5], ""sound"": null}","[2]"\n'
        '2,,"[3]"\n'
        "3,,\n"
    )
    report, items = load(tmp_path, text)
    assert items["1"] == Item("1", vectors={"text": (1.0, 0.5), "image": (2.0,)})
    assert items["2"] == Item("2", vectors={"image": (3.0,)})
    assert items["3"] == Item("3")
    assert (report.stored, report.ignored) == (3, [])


def test_named_vectors_in_json_lines(tmp_path):
    row = {"item_id": "1", "vectors": {"text": [1, 2]}, "vector_image": [0.5]}
    _, items = load(tmp_path, json.dumps(row), name="i.jsonl")
    assert items["1"] == Item("1", vectors={"text": (1.0, 2.0), "image": (0.5,)})


def test_a_column_named_like_a_vector_that_holds_no_lists_is_unused(tmp_path):
    report, items = load(tmp_path, "item_id,vector_version\n1,\n2,v2\n")
    assert items == {"1": Item("1"), "2": Item("2")}
    assert (report.stored, report.ignored) == (2, ["vector_version"])


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("[1]", "vectors: must be a JSON object"),
        ('{""features"": [1]}', "beginning with a letter, and not 'features'"),
        ('{""1"": [1]}', "beginning with a letter"),
        ('{""text"": []}', "vectors.text: must have 1 to 4096 numbers"),
        ('{""text"": 5}', "vectors.text: must be a JSON list"),
        ('{""text"": [""x""]}', "vectors.text: must be a number"),
    ],
)
def test_vectors_that_cannot_be_are_rejected(tmp_path, cell, reason):
    report, items = load(tmp_path, f'item_id,vectors\n1,"{cell}"\n')
    assert items == {}
    assert reason in next(iter(report.reasons))
