"""flask import and flask export: items, events and ratings from and to files."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from app.cli.context import explained, services
from app.cli.running import FILE, FILES, import_options, pairs, run_export, run_import
from app.data.importing.names import EVENT_FIELDS, ITEM_FIELDS, RATING_FIELDS, check_declared
from app.data.importing.runs import EventOptions, ImportOptions
from app.data.importing.values import to_time
from app.domain.errors import InvalidInput

_MOST = 1000.0  # a weight, up or down


def _renamed(context: click.Context, option: click.Parameter, text: str | None) -> dict[str, str]:
    return dict(pairs(context, option, text.split(",") if text else ()))


def _declared(
    context: click.Context, option: click.Parameter, texts: Sequence[str]
) -> dict[str, float]:
    try:
        given = {check_declared(kind): float(w) for kind, w in pairs(context, option, texts)}
    except (InvalidInput, ValueError) as error:
        raise click.BadParameter(str(error)) from error
    if not all(abs(weight) <= _MOST for weight in given.values()):
        raise click.BadParameter(f"a weight must be a number within +-{_MOST:.0f}")
    return given


def _time(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    try:
        time = to_time(text, "default-time")
    except InvalidInput as error:
        raise click.BadParameter(error.message) from error
    if time is not None and time > datetime.now(UTC):
        raise click.BadParameter("lies in the future")
    return time


@click.command("events")
@with_appcontext
@FILES
@click.option("--kind", metavar="KIND", help="Of rows that say none, or of a file without.")
@click.option(
    "--kind-map",
    metavar="WORD=KIND,...",
    callback=_renamed,
    help="What words of the file mean, beside the usual ones.",
)
@click.option(
    "--declare-kind",
    "declared",
    multiple=True,
    metavar="KIND=WEIGHT",
    callback=_declared,
    help="Give the shop a kind of its own first; may be repeated.",
)
@click.option(
    "--default-time",
    metavar="TIME",
    callback=_time,
    help="Of rows without one.  [default: now]",
)
@click.option(
    "--shift-to-now",
    is_flag=True,
    help="Move all times by whole weeks, the last one into the last week.",
)
@click.option("--create-items", is_flag=True, help="Create items that are not in the catalogue.")
@import_options(EVENT_FIELDS)
def import_events(files: tuple[Path, ...], declared: dict[str, float], **given: Any) -> None:
    """Import what shoppers did from CSV, TSV, JSON Lines (also .gz) or Parquet.

    \b
    Needed columns   user_id or session_id, item_id, event (view, search,
                     cart_add, cart_remove, purchase, favourite, like,
                     dislike, share, return, or a kind of the shop's own)
    Others           timestamp (ISO 8601 or Unix seconds), quantity, price
                     (of one unit), order_id, event_id, query, page,
                     device, placement, country, recommendation_id
    Their usual names are recognised in any case, and so are usual words
    for kinds (transaction, add_to_cart, wishlist). The `value` of a
    purchase is its quantity where no column is. Rows that are ratings
    are left to `flask import ratings`. An event is stored once: by its
    event_id, or by what its row says. An interrupted import can be
    repeated. Rows that cannot be used go to a file of rejects.

    \b
    Examples:
      flask import events log.csv.gz --create-items
      flask import events orders.parquet --kind purchase --shift-to-now
      flask import events clicks.jsonl --kind-map peek=view,hold=cart_add
      flask import events log.csv --declare-kind compare=0.5
    """
    if declared:
        with explained():
            services().shop_settings.change({"weights": declared})
    run_import(files, "events", lambda shop: shop.event_import.run, EventOptions, given)


@click.command("events")
@with_appcontext
@FILE
def export_events(file: Path) -> None:
    """Write every event to a .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet file.

    `flask import events` reads it back.  Example: flask export events events.parquet
    """
    run_export(file, "events", lambda exports: exports.export_events)


imports = AppGroup(
    "import", help="Read items, events or ratings from a file. See: flask import events --help"
)
exports = AppGroup("export", help="Write all items, events or ratings to a file.")
imports.add_command(import_events)
exports.add_command(export_events)
GROUPS = (imports, exports)


@imports.command("ratings")
@FILES
@import_options(RATING_FIELDS)
@click.option("--create-items", is_flag=True, help="Create items that are not in the catalogue.")
def import_ratings(files: tuple[Path, ...], **given: Any) -> None:
    """Import ratings from CSV, TSV, JSON Lines (also .gz) or Parquet.

    \b
    Needed columns   user_id, item_id, rating
    Others           timestamp (ISO 8601 or Unix seconds), event
    Their usual names are recognised in any case. Where there is an `event`
    column, only its `rating` rows are read. What is in the file replaces
    what is stored; of equal pairs the last row wins. An interrupted import
    can be repeated. Rows that cannot be used go to a file of rejects.

    \b
    Examples:
      flask import ratings ratings.csv
      flask import ratings export.jsonl.gz --user-column buyer --create-items
      flask import ratings all.parquet --where country=FR
    """
    run_import(files, "ratings", lambda shop: shop.rating_import.run, ImportOptions, given)


@imports.command("items")
@FILES
@import_options(ITEM_FIELDS)
def import_items(files: tuple[Path, ...], **given: Any) -> None:
    """Import items from CSV, TSV, JSON Lines (also .gz) or Parquet.

    \b
    Needed column    item_id
    Others           title, category (levels joined by |), brand, price,
                     tags (joined by | or ,), description, image_url,
                     in_stock, features (a JSON list of numbers),
                     vectors (a JSON object of such lists), vector_NAME
    Their usual names are recognised in any case, other columns are left
    out. An item that exists is replaced; an import can be repeated.

    \b
    Examples:
      flask import items products.csv
      flask import items products.jsonl --title-column label
      flask import items items.csv.gz --where is_product=1
    """
    run_import(files, "items", lambda shop: shop.item_import.run, ImportOptions, given)


@exports.command("ratings")
@FILE
def export_ratings(file: Path) -> None:
    """Write every rating to a .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet file.

    `flask import ratings` reads it back.  Example: flask export ratings ratings.csv.gz
    """
    run_export(file, "ratings", lambda exports: exports.export_ratings)


@exports.command("items")
@FILE
def export_items(file: Path) -> None:
    """Write every item to a .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet file.

    `flask import items` reads it back.  Example: flask export items items.parquet
    """
    run_export(file, "items", lambda exports: exports.export_items)
