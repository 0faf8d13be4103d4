"""flask settings: what a merchandiser may change while the service runs."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.context import explained, services
from app.domain.errors import InvalidInput
from app.domain.setting import Setting
from app.domain.settings import SETTINGS

settings = AppGroup("settings", help="Show and change the shop's settings, live.")


class _Value(click.ParamType[Any]):
    """A value of a setting, by the very check of the service."""

    def __init__(self, row: Setting) -> None:
        self.name = "name=number,..." if row.is_mapping else row.type.__name__
        self._row = row

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        return f"[{'|'.join(self._row.choices)}]" if self._row.choices else None

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._row.parsed(value)
        except InvalidInput as error:
            self.fail(error.detail[self._row.name][0], param, ctx)


def options_of(
    rows: Iterable[Setting],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a command an option for each setting."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for row in reversed([row for row in rows if not row.internal]):
            told = row.help if row.choices else f"{row.help}  [{row.allowed}]"
            names = [f"--{n.replace('_', '-')}" for n in (row.name, row.formerly) if n]
            command = click.option(*names, row.name, type=_Value(row), help=told)(command)
        return command

    return decorate


@settings.command()
def show() -> None:
    """Print the settings in force."""
    with explained():
        found = services().settings.get()
    for name, value in asdict(found).items():
        click.echo(f"{name} = {value}")


@settings.command("set")
@options_of(SETTINGS.values())
def set_(**options: Any) -> None:
    """Change settings; every worker follows within milliseconds.

    Where preferences depend on what changed, every worker computes them again
    in the background; flask preferences rebuild waits for it.

    Example: flask settings set --w-user 0.7 --w-item 0.3
    """
    changes = {name: value for name, value in options.items() if value is not None}
    if not changes:
        raise click.UsageError("Say what to change; see --help.")
    with explained():
        changed = services().settings.change(changes).value
    click.echo(f"Version {changed.version} is in force.")
