"""What every import and export command does: options in, a run, words out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from app.cli.context import explained, services
from app.cli.progress import progress
from app.cli.workshop import Workshop
from app.data.exporting import ExportReport, Exports
from app.data.importing.names import Field
from app.data.importing.rejects import rejects_path
from app.data.importing.runs import ImportOptions, ImportReport, Progress

Command = TypeVar("Command", bound=Callable[..., Any])
Run = Callable[[Path, Any, Progress], ImportReport]
"""The `run` of an import; it takes options of its own kind."""
_REASONS = 5  # kinds of reject named in the summary
FILE = click.argument("file", type=click.Path(path_type=Path))
FILES = click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)


def pairs(_: click.Context, parameter: click.Parameter, texts: Sequence[str]) -> Any:
    """Return COLUMN=VALUE texts as pairs; the callback of an option."""
    for text in texts:
        if "=" not in text:
            raise click.BadParameter(f"{text!r} is not {parameter.make_metavar(_)}")
    split = [text.partition("=") for text in texts]
    return [(name, value) for name, _, value in split]


def import_options(fields: Sequence[Field]) -> Callable[[Command], Command]:
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


def run_import(
    files: Sequence[Path],
    what: str,
    run_of: Callable[[Workshop], Run],
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
        shop = services()
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
    """Print what became of the file."""
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


def run_export(
    file: Path, what: str, export: Callable[[Exports], Callable[[Path], ExportReport]]
) -> None:
    """Write a file and say how much."""
    with explained():
        report = export(services().exports)(file)
    click.echo(f"Wrote {report.rows:,} {what} to {file} in {report.seconds:.1f} s.")
