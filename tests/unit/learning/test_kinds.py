"""Parameters as they are written and remembered, and what a fit needs."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from app.domain.models import NotFitted
from app.learning.kinds import KINDS, kind_of
from app.learning.preferred import preferred
from app.learning.training import available_bytes
from tests.unit.learning.builders import tables_of


def test_parameters_are_those_given_else_the_former_else_the_defaults():
    complete = kind_of("ease").complete({"l2": 5.0, "of another release": 1}, {"damping": "0.5"})
    assert complete == {"l2": 5.0, "power": 0.0, "damping": 0.5, "most": 20_000}
    assert kind_of("als").complete({}, {"epochs": "3"})["epochs"] == 3


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("ease", {"lambda": "1"}, "It has l2"),
        ("ease", {"l2": "much"}, "must be a number"),
        ("als", {"epochs": "1.5"}, "must be a whole number"),
        ("oracle", {}, "There are ease"),
    ],
)
def test_what_there_is_not_is_refused_in_words(kind: str, given: dict[str, str], words: str):
    with pytest.raises(NotFitted, match=words):
        kind_of(kind).complete({}, given)


def test_ease_needs_memory_for_no_more_items_than_it_learns_about():
    needed = kind_of("ease").bytes_needed
    assert needed(1_000, {"most": 20_000}) == needed(50_000, {"most": 1_000}) == 12 * 1_000**2


def test_a_fit_that_fails_says_why():
    matrix = csr_matrix(np.ones((3, 3), np.float32))
    with pytest.raises(NotFitted, match="ease cannot be fitted: l2"):
        kind_of("ease").fitted(matrix, {"l2": -1.0}, lambda done, total: None)


def test_every_kind_has_defaults_that_can_be_written_and_read():
    for kind in KINDS.values():
        defaults = kind.complete({}, {})
        written = {name: str(value) for name, value in defaults.items()}
        assert kind.complete({}, written) == defaults


def test_preferences_stand_in_the_order_of_ids_whatever_their_rows():
    tables = tables_of(("zoe", "tea", 5.0), ("ann", "milk", 1.0), ("ann", "tea", 2.0))
    tables.preferences.put("ann", "almonds", 3.5, implied=True)
    data = preferred(tables)
    assert (data.users, data.items) == (["ann", "zoe"], ["almonds", "milk", "tea"])
    assert data.matrix.toarray().tolist() == [[3.5, 1.0, 2.0], [0.0, 0.0, 5.0]]
    assert data.matrix.dtype == np.float32


def test_what_memory_there_is(tmp_path):
    told = tmp_path / "meminfo"
    told.write_text("MemTotal: 9 kB\nMemAvailable:    7 kB\n")
    nowhere = tmp_path / "nowhere"
    assert available_bytes(told, nowhere) == 7 * 1024
    told.write_text("MemTotal: 9 kB\n")
    assert available_bytes(told, nowhere) is None
    assert available_bytes(nowhere, nowhere) is None


@pytest.mark.parametrize(
    ("limit", "used", "available"),
    [("9000", 4000, 5000), ("9000000", 1, 7 * 1024), ("max", 4000, 7 * 1024), ("900", 901, 0)],
)
def test_a_container_may_take_less_than_the_machine_has(tmp_path, limit, used, available):
    told = tmp_path / "meminfo"
    told.write_text("MemAvailable:    7 kB\n")
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    (tmp_path / "memory.current").write_text(f"{used}\n")
    assert available_bytes(told, tmp_path) == available
