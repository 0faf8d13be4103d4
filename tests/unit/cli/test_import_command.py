from datetime import UTC, datetime

import click
import pytest

from app.cli.importing import import_events


def parsed(*words):
    return import_events.make_context("events", ["log.csv", *words]).params


def test_kinds_and_times_are_understood():
    params = parsed(
        "--kind-map", "peek=view,hold=cart_add", "--declare-kind", "compare=0.5",
        "--declare-kind", "scan=-1", "--default-time", "2018-01-01",
    )  # fmt: skip
    assert params["kind_map"] == {"peek": "view", "hold": "cart_add"}
    assert params["declared"] == {"compare": 0.5, "scan": -1.0}
    assert params["default_time"] == datetime(2018, 1, 1, tzinfo=UTC)
    assert not params["shift_to_now"]


def test_every_column_can_be_named_apart():
    params = parsed("--event-column", "what", "--event-id-column", "id", "--user-column", "who")
    named = {name: value for name, value in params.items() if name.startswith("column_") and value}
    assert named == {"column_event": "what", "column_event_id": "id", "column_user_id": "who"}


@pytest.mark.parametrize(
    "words",
    [
        ["--kind-map", "peek"],
        ["--declare-kind", "compare"],
        ["--declare-kind", "Compare=1"],
        ["--declare-kind", "compare=much"],
        ["--declare-kind", "compare=nan"],
        ["--declare-kind", "compare=1001"],
        ["--default-time", "soon"],
        ["--default-time", "2999-01-01"],
    ],
)
def test_what_cannot_be_meant_is_refused(words):
    with pytest.raises(click.BadParameter):
        parsed(*words)
