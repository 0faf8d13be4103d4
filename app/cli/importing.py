"""flask import and flask export: items, events and ratings from and to files."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from flask.cli import AppGroup

from app.cli.context import explained, opened, services
from app.cli.output import progress
from app.data.importing.names import (
    EVENT_FIELDS,
    ITEM_FIELDS,
    RATING_FIELDS,
    Field,
    check_declared,
)
from app.data.importing.rejects import rejects_path
from app.data.importing.runs import EventOptions, ImportOptions, ImportReport, Progress
from app.data.importing.values import to_time
from app.domain.errors import InvalidInput

if TYPE_CHECKING:
    from app.bootstrap import Shop
    from app.data.exporting import ExportReport, Exports

Command = TypeVar("Command", bound=Callable[..., Any])
Run = Callable[[Path, Any, Progress], ImportReport]
"""The `run` of an import; it takes options of its own kind."""


def pairs(_: click.Context, parameter: click.Parameter, texts: Sequence[str]) -> Any:
    """Return COLUMN=VALUE texts as pairs; the callback of an option."""
    for text in texts:
        if "=" not in text:
            raise click.BadParameter(f"{text!r} is not {parameter.make_metavar(_)}")
    split = [text.partition("=") for text in texts]
    return [(name, value) for name, _, value in split]


def renamed(context: click.Context, option: click.Parameter, text: str | None) -> dict[str, str]:
    """Return what words stand for; the callback of an option."""
    return dict(pairs(context, option, text.split(",") if text else ()))


def declared_kinds(
    context: click.Context, option: click.Parameter, texts: Sequence[str]
) -> dict[str, float]:
    """Return the weights of kinds; the callback of an option."""
    try:
        given = {check_declared(kind): float(w) for kind, w in pairs(context, option, texts)}
    except (InvalidInput, ValueError) as error:
        raise click.BadParameter(str(error)) from error
    if not all(abs(weight) <= _MOST for weight in given.values()):
        raise click.BadParameter(f"a weight must be a number within +-{_MOST:.0f}")
    return given


def moment(_: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    """Return the time that a text says; the callback of an option."""
    try:
        return to_time(text, str(option.name))
    except InvalidInput as error:
        raise click.BadParameter(error.message) from error


def _past(context: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    time = moment(context, option, text)
    if time is not None and time > datetime.now(UTC):
        raise click.BadParameter("lies in the future")
    return time


_REASONS = 5  # kinds of reject named in the summary
_MOST = 1000.0  # a weight, up or down
_FILE = click.argument("file", type=click.Path(path_type=Path))
_FILES = click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
_WHERE = click.option(
    "--where",
    multiple=True,
    metavar="COLUMN=VALUE",
    callback=pairs,
    help="Only rows with this value; may be repeated.",
)
_REJECTS = click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for refused rows.  [default: DATA_DIR/rejects/FILE.rejects.jsonl]",
)
_ENCODING = click.option("--encoding", default="utf-8", show_default=True, help="Of text files.")

imports = AppGroup(
    "import", help="Read items, events or ratings from a file. See: flask import events --help"
)
exports = AppGroup("export", help="Write all items, events or ratings to a file.")


def _import_options(fields: Sequence[Field]) -> Callable[[Command], Command]:
    """Return a decorator that adds what all imports understand, and an option a field."""

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


@imports.command("events")
@_FILES
@click.option("--kind", metavar="KIND", help="Of rows that say none, or of a file without.")
@click.option(
    "--kind-map",
    metavar="WORD=KIND,...",
    callback=renamed,
    help="What words of the file mean, beside the usual ones.",
)
@click.option(
    "--declare-kind",
    "declared",
    multiple=True,
    metavar="KIND=WEIGHT",
    callback=declared_kinds,
    help="Give the shop a kind of its own first; may be repeated.",
)
@click.option(
    "--default-time",
    metavar="TIME",
    callback=_past,
    help="Of rows without one.  [default: now]",
)
@click.option(
    "--shift-to-now",
    is_flag=True,
    help="Move all times by whole weeks, the last one into the last week.",
)
@click.option("--create-items", is_flag=True, help="Create items that are not in the catalogue.")
@_import_options(EVENT_FIELDS)
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
    from app.data.importing.events import EventImport

    if declared:
        with explained():
            services().settings.change({"weights": declared})

    def run_of(shop: "Shop") -> Run:
        found = shop.services
        return EventImport(
            found.events, shop.repositories.items, found.settings.get, found.catalogue
        ).run

    _run_import(files, "events", run_of, EventOptions, given)


@imports.command("ratings")
@_FILES
@_import_options(RATING_FIELDS)
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
    from app.data.importing.ratings import RatingImport

    def run_of(shop: "Shop") -> Run:
        stored, catalogue = shop.repositories, shop.services.catalogue
        return RatingImport(stored.ratings, stored.items, shop.runtime.scale, catalogue).run

    _run_import(files, "ratings", run_of, ImportOptions, given)


@imports.command("items")
@_FILES
@_import_options(ITEM_FIELDS)
def import_items(files: tuple[Path, ...], **given: Any) -> None:
    """Import items from CSV, TSV, JSON Lines (also .gz) or Parquet.

    \b
    Needed column    item_id
    Others           title, category (levels joined by |), brand, price,
                     tags (joined by | or ,), description, image_url,
                     in_stock, group_id (of variants), features (a JSON list of numbers),
                     vectors (a JSON object of such lists), vector_NAME
    Their usual names are recognised in any case, other columns are left
    out. An item that exists is replaced; an import can be repeated.

    \b
    Examples:
      flask import items products.csv
      flask import items products.jsonl --title-column label
      flask import items items.csv.gz --where is_product=1
    """
    from app.data.importing.items import ItemImport

    _run_import(
        files, "items", lambda shop: ItemImport(shop.services.catalogue).run, ImportOptions, given
    )


@exports.command("events")
@_FILE
def export_events(file: Path) -> None:
    """Write every event to a .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet file.

    `flask import events` reads it back.  Example: flask export events events.parquet
    """
    _run_export(file, "events", lambda exports: exports.export_events)


@exports.command("ratings")
@_FILE
def export_ratings(file: Path) -> None:
    """Write every rating to a .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet file.

    `flask import ratings` reads it back.  Example: flask export ratings ratings.csv.gz
    """
    _run_export(file, "ratings", lambda exports: exports.export_ratings)


@exports.command("items")
@_FILE
def export_items(file: Path) -> None:
    """Write every item to a .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet file.

    `flask import items` reads it back.  Example: flask export items items.parquet
    """
    _run_export(file, "items", lambda exports: exports.export_items)


def _run_import(
    files: Sequence[Path],
    what: str,
    run_of: "Callable[[Shop], Run]",
    kind: type[ImportOptions],
    given: dict[str, Any],
) -> None:
    """Import one file after another; exit with 1 if one of them gave nothing.

    kind : the class of the options; `given` holds what the user said, by their names.
    """
    if given["rejects"] is not None and len(files) > 1:
        raise click.UsageError("--rejects goes with one file; without it each gets its own.")
    empty = False
    with explained():
        shop = opened()
        run = run_of(shop)
        for file in files:
            options = _to_options(file, shop.settings.data_dir, kind, given)
            with progress(f"Importing {file.name}") as show:
                report = run(file, options, show)
            _tell(file, report, what)
            empty |= not (report.stored or report.repeated)
    if empty:
        click.get_current_context().exit(1)


def _to_options(
    file: Path, data_dir: Path, kind: type[ImportOptions], given: dict[str, Any]
) -> ImportOptions:
    columns = {
        name.removeprefix("column_"): column
        for name, column in given.items()
        if name.startswith("column_") and column is not None
    }
    others = {name: value for name, value in given.items() if not name.startswith("column_")}
    others["rejects"] = given["rejects"] or rejects_path(data_dir, file)
    return kind(columns=columns, **others)


def _tell(file: Path, report: ImportReport, what: str) -> None:
    rate = f"{report.seconds:.1f} s ({report.rate:,.0f} a second)"
    parts = [f"{file.name}: stored {report.stored:,} {what} in {rate}"]
    if report.repeated:
        parts.append(f"{report.repeated:,} were there already")
    if report.skipped:
        parts.append(f"{report.skipped:,} rows skipped")
    if report.rejected:
        parts.append(f"{report.rejected:,} rejected, see {report.rejects}")
    click.echo("; ".join(parts) + ".")
    for reason, count in list(report.reasons.items())[:_REASONS]:
        click.echo(f"  {count:,} x {reason}")
    for note in report.notes:
        click.echo(f"{note}.")
    if report.ignored:
        click.echo(f"Columns left out: {', '.join(report.ignored)}.")


def _run_export(
    file: Path, what: str, export: "Callable[[Exports], Callable[[Path], ExportReport]]"
) -> None:
    from app.data.exporting import Exports

    with explained():
        stored = opened().repositories
        report = export(Exports(stored.items, stored.ratings, stored.events))(file)
    click.echo(f"Wrote {report.rows:,} {what} to {file} in {report.seconds:.1f} s.")
