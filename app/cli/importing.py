"""flask import and flask export: items, events and ratings from and to files."""

from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.events import export_events, import_events
from app.cli.running import FILE, FILES, import_options, run_export, run_import
from app.data.importing.columns import ITEM_FIELDS, RATING_FIELDS
from app.data.importing.runs import ImportOptions

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
