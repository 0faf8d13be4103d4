"""flask import and flask export: ratings and items from and to files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from flask.cli import AppGroup

from app.cli.context import explained, services
from app.cli.progress import progress
from app.services.exporting import ExportReport
from app.services.importing.columns import ITEM_FIELDS, RATING_FIELDS, Field
from app.services.importing.rejects import rejects_path
from app.services.importing.runs import ImportOptions, ImportReport

Command = TypeVar("Command", bound=Callable[..., Any])
_REASONS = 5  # kinds of reject named in the summary
_FILE = click.argument("file", type=click.Path(path_type=Path))
_FILES = click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)

imports = AppGroup(
    "import", help="Read ratings or items from a file. See: flask import ratings --help"
)
exports = AppGroup("export", help="Write all ratings or items to a file.")
GROUPS = (imports, exports)


def _where(_: click.Context, __: click.Parameter, texts: Sequence[str]) -> list[tuple[str, str]]:
    for text in texts:
        if "=" not in text:
            raise click.BadParameter(f"{text!r} is not COLUMN=VALUE")
    pairs = [text.partition("=") for text in texts]
    return [(column, value) for column, _, value in pairs]


def _options(fields: Sequence[Field]) -> Callable[[Command], Command]:
    """Return a decorator that adds what both imports understand, and an option a field."""

    def decorate(command: Command) -> Command:
        for field in reversed(fields):
            usual = ", ".join((field.name, *field.aliases))
            command = click.option(
                field.option, f"column_{field.name}", metavar="NAME", help=f"Instead of: {usual}."
            )(command)
        for option in (_REJECTS, _ENCODING, _WHERE):
            command = option(command)
        return command

    return decorate


_WHERE = click.option(
    "--where",
    multiple=True,
    metavar="COLUMN=VALUE",
    callback=_where,
    help="Only rows with this value; may be repeated.",
)
_REJECTS = click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for refused rows.  [default: DATA_DIR/rejects/FILE.rejects.jsonl]",
)
_ENCODING = click.option("--encoding", default="utf-8", show_default=True, help="Of text files.")


@imports.command("ratings")
@_FILES
@_options(RATING_FIELDS)
@click.option("--create-items", is_flag=True, help="Create items that are not in the catalogue.")
def import_ratings(files: tuple[Path, ...], create_items: bool, **given: Any) -> None:
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
    _import(files, "ratings", {**given, "create_items": create_items})


@imports.command("items")
@_FILES
@_options(ITEM_FIELDS)
def import_items(files: tuple[Path, ...], **given: Any) -> None:
    """Import items from CSV, TSV, JSON Lines (also .gz) or Parquet.

    \b
    Needed column    item_id
    Others           title, category (levels joined by |), brand, price,
                     tags (joined by | or ,), description, image_url,
                     in_stock, features (a JSON list of numbers)
    Their usual names are recognised in any case, other columns are left
    out. An item that exists is replaced; an import can be repeated.

    \b
    Examples:
      flask import items products.csv
      flask import items products.jsonl --title-column label
      flask import items items.csv.gz --where is_product=1
    """
    _import(files, "items", given)


@exports.command("ratings")
@_FILE
def export_ratings(file: Path) -> None:
    """Write every rating to a .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet file.

    `flask import ratings` reads it back.  Example: flask export ratings ratings.csv.gz
    """
    with explained():
        report = services().exports.export_ratings(file)
    _tell_export(report, "ratings", file)


@exports.command("items")
@_FILE
def export_items(file: Path) -> None:
    """Write every item to a .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet file.

    `flask import items` reads it back.  Example: flask export items items.parquet
    """
    with explained():
        report = services().exports.export_items(file)
    _tell_export(report, "items", file)


def _import(files: Sequence[Path], what: str, given: dict[str, Any]) -> None:
    """Import one file after another; exit with 1 if one of them gave nothing."""
    if given["rejects"] is not None and len(files) > 1:
        raise click.UsageError("--rejects goes with one file; without it each gets its own.")
    empty = False
    with explained():
        shop = services()
        run = shop.rating_import.run if what == "ratings" else shop.item_import.run
        for file in files:
            options = _to_options(file, shop.settings.data_dir, given)
            with progress(f"Importing {file.name}") as show:
                report = run(file, options, show)
            _tell(file, report, what)
            empty |= not report.stored
    if empty:
        click.get_current_context().exit(1)


def _to_options(file: Path, data_dir: Path, given: dict[str, Any]) -> ImportOptions:
    columns = {
        name.removeprefix("column_"): column
        for name, column in given.items()
        if name.startswith("column_") and column is not None
    }
    return ImportOptions(
        columns=columns,
        where=given["where"],
        rejects=given["rejects"] or rejects_path(data_dir, file),
        create_items=given.get("create_items", False),
        encoding=given["encoding"],
    )


def _tell(file: Path, report: ImportReport, what: str) -> None:
    """Print what became of the file."""
    rate = f"{report.seconds:.1f} s ({report.rate:,.0f} a second)"
    parts = [f"{file.name}: stored {report.stored:,} {what} in {rate}"]
    if report.skipped:
        parts.append(f"{report.skipped:,} rows skipped")
    if report.rejected:
        parts.append(f"{report.rejected:,} rejected, see {report.rejects}")
    click.echo("; ".join(parts) + ".")
    for reason, count in list(report.reasons.items())[:_REASONS]:
        click.echo(f"  {count:,} x {reason}")
    if report.ignored:
        click.echo(f"Columns left out: {', '.join(report.ignored)}.")


def _tell_export(report: ExportReport, what: str, file: Path) -> None:
    click.echo(f"Wrote {report.rows:,} {what} to {file} in {report.seconds:.1f} s.")
