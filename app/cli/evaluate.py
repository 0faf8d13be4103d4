"""flask evaluate: how well the shop recommends, measured on its own past."""

from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.cli.evaluate_options import all_options


@click.command()
@with_appcontext
@all_options
def evaluate(html: Path, as_json: Path | None, **given: Any) -> None:
    """Measure recommendations on the shop's own past, or on that of a file.

    A part of what happened is held out; a shop in memory is filled with the
    rest, and asked by the very code that serves. What it shows is held
    against what the shoppers then took. Nothing is written to the database,
    and a service that runs does not notice.

    \b
    A strategy    hybrid, user, item, co_rated, ease, als, neural,
                  sequence, auto
    Plain lists   popular, recent (popular of a month), last_bought, random;
                  those that can be told are always there
    Settings      as `flask settings show` names them, and weights.KIND

    A report goes to evaluation.html, a table to the screen. What each split
    prevents, and what no split can: docs/evaluation.md.

    \b
    Examples:
      flask evaluate
      flask evaluate --test-days 28 --compare hybrid --compare user,k=100
      flask evaluate --file ratings.csv.gz --catalogue items.csv.gz
      flask evaluate --split last --users 1000
      flask evaluate --split items --compare item --json cold.json
    """
    from app.cli.evaluating import run  # what it needs, no worker needs

    run(html, as_json, given)
