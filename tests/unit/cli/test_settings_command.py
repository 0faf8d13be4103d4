"""flask settings: options are the table's, and so are refusals."""

import click
import pytest
from flask import Flask

from app.cli.settings import options_of
from app.cli.settings import settings as group
from app.domain.errors import InvalidInput
from app.domain.setting import rows_of
from tests.settings_values import PUBLIC, bad_texts, named
from tests.unit.domain.test_settings_table import Louder


@pytest.fixture
def run():
    app = Flask(__name__)
    app.cli.add_command(group)
    return lambda *words: app.test_cli_runner().invoke(args=["settings", "set", *words])


def option(row) -> str:
    return f"--{row.name.replace('_', '-')}"


@pytest.mark.parametrize("row", PUBLIC, ids=named)
def test_what_a_setting_may_not_be_is_refused_in_the_words_of_the_service(run, row):
    for text in bad_texts(row):
        with pytest.raises(InvalidInput) as refusal:
            row.parsed(text)
        outcome = run(option(row), text)
        assert outcome.exit_code == 2
        assert refusal.value.detail[row.name][0] in outcome.output


def test_nothing_to_change(run):
    outcome = run()
    assert outcome.exit_code == 2
    assert "Say what to change" in outcome.output


def test_every_setting_is_told_with_what_it_may_be(run):
    text = " ".join(run("--help").output.split())
    for row in PUBLIC:
        assert option(row) in text
    assert "--k INT Neighbours of a shopper" in text
    assert "[a whole number from 1 to 1000]" in text
    assert "--retrain-after-hours, --train-hours FLOAT" in text
    assert "--similarity [cosine|pearson|jaccard]" in text


def test_another_row_is_another_option():
    @click.command()
    @options_of(rows_of(Louder).values())
    def command(**given):
        click.echo(str(given["loudness"]))

    runner = click.testing.CliRunner()
    assert runner.invoke(command, ["--loudness", "11"]).output == "11.0\n"
    refused = runner.invoke(command, ["--loudness", "12"])
    assert "Invalid value for '--loudness': must be a number from 0 to 11" in refused.output
