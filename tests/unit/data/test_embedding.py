"""Vectors of texts: whose are written, and what the model is asked."""

from dataclasses import replace

import numpy as np
import pytest

from app.data.embedding import Embedding, Which, load_text_model, text_of
from app.domain.catalogue import Item
from app.domain.errors import Conflict, InvalidInput, Misconfigured
from tests.unit.data.shop_fakes import FakeItems


def letters(texts):
    """A model: how often each letter stands in a text."""
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    return np.array([[text.count(c) for c in alphabet] for text in texts], np.float32)


@pytest.fixture
def items():
    found = FakeItems()
    found.replace_many([
        Item("tea", title="GREEN Tea", category="Drinks|Tea", description=" Fine. "),
        Item("cup", title="Cup", vectors={"image": (1.0, 2.0)}),
        Item("bare", price=1.0),
        Item("odd", title="123"),
    ])  # fmt: skip
    return found


def embedding(items, model=letters):
    return Embedding(items, items, lambda: model)


def test_the_text_of_an_item(items):
    assert text_of(items.items["tea"]) == "green tea. drinks, tea. fine."
    assert text_of(items.items["bare"]) == ""


def test_every_text_gets_a_vector_beside_those_that_are_there(items):
    told = []
    report = embedding(items).embed("text", progress=lambda done, total: told.append((done, total)))
    assert (report.items, report.stored, report.without_text) == (4, 2, 1)
    assert told == [(4, 4)]
    cup = items.items["cup"].vectors
    assert cup["image"] == (1.0, 2.0)
    assert np.flatnonzero(cup["text"]).tolist() == [2, 15, 20]
    assert np.linalg.norm(cup["text"]) == pytest.approx(1.0, abs=1e-4)
    assert items.items["bare"].vectors == items.items["odd"].vectors == {}


def test_a_second_run_writes_what_has_changed_or_come(items):
    embedding(items).embed("text")
    assert embedding(items).embed("text").stored == 0
    items.items["cup"] = replace(items.items["cup"], title="Mug")
    items.items["new"] = Item("new", title="Pot")
    items.items["tea"] = replace(items.items["tea"], title=None, category=None, description=None)
    assert embedding(items).embed("text", Which.MISSING).stored == 1
    assert embedding(items).embed("text").stored == 2
    assert np.flatnonzero(items.items["cup"].vectors["text"]).tolist() == [6, 12, 20]
    assert items.items["tea"].vectors == {}


def test_all_are_written_where_all_are_asked_for(items):
    embedding(items).embed("text")
    assert embedding(items).embed("text", Which.ALL).stored == 2


def test_digits_of_another_machine_are_no_change(items):
    embedding(items).embed("text")
    rounded = np.random.default_rng(1).uniform(0.99999, 1.00001, 26)
    assert embedding(items, lambda texts: letters(texts) * rounded).embed("text").stored == 0


def test_what_is_changed_meanwhile_is_embedded_as_it_is_then(items):
    def change_it(_):
        items.items["cup"] = replace(items.items["cup"], title="Mug")

    items.on_put = change_it
    assert embedding(items).embed("text").stored == 2
    assert np.flatnonzero(items.items["cup"].vectors["text"]).tolist() == [6, 12, 20]


def test_what_is_deleted_meanwhile_stays_away(items):
    items.on_put = lambda _: items.items.pop("cup", None)
    assert embedding(items).embed("text").stored == 1
    assert "cup" not in items.items


def test_changes_without_end_are_given_up(items):
    def change_it(changed):
        for item in changed:
            items.items[item.item_id] = replace(item, price=(item.price or 0) + 1)

    items.on_put = change_it
    with pytest.raises(Conflict, match="faster"):
        embedding(items).embed("text")


def test_vectors_are_taken_away_by_name(items):
    embedding(items).embed("text")
    assert embedding(items).remove("text") == 2
    assert items.items["cup"].vectors == {"image": (1.0, 2.0)}
    assert embedding(items).remove("text") == 0


@pytest.mark.parametrize("name", ["", "features", "a.b"])
def test_a_name_that_cannot_be_is_refused(items, name):
    with pytest.raises(InvalidInput, match="named by"):
        embedding(items).embed(name)


def test_without_the_package_the_way_to_it_is_said(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("app.data.embedding.import_module", missing)
    with pytest.raises(Misconfigured, match=r"pip install -r requirements-text\.txt"):
        load_text_model()


def test_the_model_knows_what_is_alike():
    pytest.importorskip("wordllama", reason="needs the package of requirements-text.txt")
    vectors = load_text_model()(["green tea", "black tea in bags", "garden hose", ""])
    assert vectors.shape[0] == 4 and not vectors[3].any()
    units = vectors[:3] / np.linalg.norm(vectors[:3], axis=1, keepdims=True)
    assert units[0] @ units[1] > 2 * units[0] @ units[2]
