"""flask models: which versions of learned models there are, and which is in force."""

import click
from flask.cli import AppGroup

from app.cli.context import explained, opened
from app.cli.output import aligned
from app.cli.workers import follow
from app.domain.errors import Conflict
from app.domain.models import ModelRecord
from app.domain.settings import MODEL_KINDS

models = AppGroup("models", help="Learned models: list, put in force, roll back, remove.")

_KIND = click.Choice(MODEL_KINDS)


@models.command("list")
def list_() -> None:
    """Print every stored version; a star marks those in force."""
    with explained():
        learning = opened().runtime.learning
        records, in_force = learning.library.records(), learning.switch.in_force
    if not records:
        raise click.ClickException("There is none. Fit one with: flask train ease")
    head = ("", "model", "fitted", "shoppers", "items", "preferences", "MB", "s", "parameters")
    rows = [head, *(_row(r, starred=in_force.get(r.kind) == r.version) for r in records)]
    for line in aligned(rows, left=len(head)):
        click.echo(line)


@models.command()
@click.argument("kind", type=_KIND)
@click.argument("version", type=click.IntRange(1))
def use(kind: str, version: int) -> None:
    """Put a version in force; every worker follows without a pause.

    Example: flask models use ease 7
    """
    with explained():
        opened().runtime.learning.switch.use(kind, version)
    click.echo(f"{kind}/{version} is in force.")
    follow(kind, version)


@models.command()
@click.argument("kind", type=_KIND)
def rollback(kind: str) -> None:
    """Put the newest version in force that is older than the present one."""
    with explained():
        version = opened().runtime.learning.switch.roll_back(kind)
    click.echo(f"{kind}/{version} is in force.")
    follow(kind, version)


@models.command()
@click.argument("kind", type=_KIND)
def off(kind: str) -> None:
    """Have no model of a kind in force; what is stored stays."""
    with explained():
        opened().runtime.learning.switch.off(kind)
    click.echo(f"No {kind} is in force.")
    follow(kind, None)


@models.command()
@click.argument("kind", type=_KIND)
@click.argument("version", type=click.IntRange(1))
def remove(kind: str, version: int) -> None:
    """Remove a version that is not in force."""
    with explained():
        learning = opened().runtime.learning
        if learning.switch.in_force.get(kind) == version:
            raise Conflict(f"{kind}/{version} is in force. First: flask models off {kind}")
        learning.library.remove(kind, version)
    click.echo(f"{kind}/{version} is removed.")


def _row(record: ModelRecord, *, starred: bool) -> tuple[str, ...]:
    parameters = " ".join(f"{name}={value:g}" for name, value in record.parameters.items())
    return (
        "*" if starred else "",
        record.name,
        f"{record.fitted_at:%Y-%m-%d %H:%M}Z",
        f"{record.n_users:,}",
        f"{record.n_items:,}",
        f"{record.n_interactions:,}",
        f"{record.bytes / 1e6:,.1f}",
        f"{record.seconds:,.1f}",
        parameters,
    )
