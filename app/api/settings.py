"""The shop's settings: read, change."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, get_args

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field, WrapValidator, create_model
from pydantic_core import PydanticCustomError

from app.api.schemas import Answer, View, within
from app.domain.accounts import Role
from app.domain.errors import InvalidInput
from app.domain.setting import Setting, former_names
from app.domain.settings import SETTINGS, ShopSettings
from app.http.access import allow
from app.http.answers import stored, success
from app.http.caller import services
from app.http.parsing import Input


class _Body(Input):
    """Settings to change; what is not named stays."""

    def changes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set}


def body_of(rows: Mapping[str, Setting]) -> type[_Body]:
    """Return what a change of settings may hold.

    The rows themselves check it; types and limits of the fields are for the API page.
    """
    public = [row for row in rows.values() if not row.internal]
    declared: dict[str, Any] = {
        row.name: (_checked_by(row), {} if row.is_mapping else row.default) for row in public
    }
    for row in public:
        if row.formerly:
            declared[row.formerly] = (Annotated[_checked_by(row), _former(row)], row.default)
    return create_model("SettingsBody", __base__=_Body, __doc__=_Body.__doc__, **declared)


def _checked_by(row: Setting) -> Any:
    def check(value: Any, _: Any) -> Any:
        try:
            return row.checked(value)
        except InvalidInput as error:
            words = {"words": error.detail[row.name][0]}
            raise PydanticCustomError("setting", "{words}", words) from error

    return Annotated[_limited(row), Field(description=row.help), WrapValidator(check)]


def _former(row: Setting) -> Any:
    told = f"The old name of `{row.name}`."
    return Field(description=told, json_schema_extra={"deprecated": True})


def _limited(row: Setting) -> Any:
    if row.choices:
        return row.type
    if row.type is str:
        return Annotated[str, Field(min_length=int(row.low or 0), max_length=int(row.high or 0))]
    kind: Any = int if row.type is int else float
    number: Any = Annotated[kind, within(row)]
    if not row.is_mapping:
        return number
    table: Any = dict
    return table[Annotated[str, Field(pattern=f"^{row.keys}$")], number | None]


def view_of(rows: Mapping[str, Setting]) -> type[View]:
    table: Any = dict
    declared: dict[str, Any] = {
        row.name: (
            table[get_args(row.type)] if row.is_mapping else row.type,
            Field(description=row.help),
        )
        for row in rows.values()
    }
    declared |= {row.formerly: (row.type, _former(row)) for row in rows.values() if row.formerly}
    words = "The settings in force."
    return create_model("SettingsView", __base__=View, __doc__=words, version=int, **declared)


SettingsBody = body_of(SETTINGS)
SettingsView = view_of(SETTINGS)


class SettingsAnswer(Answer):
    """The settings in force."""

    settings: SettingsView  # type: ignore[valid-type]


bp = APIBlueprint("settings", __name__, tag="Settings")


@bp.get("/settings")
@allow(Role.ADMIN)
@bp.output(SettingsAnswer)
def get() -> Response:
    """Read the settings in force."""
    return success(settings=_shown(services().settings.get()))


@bp.patch("/settings")
@allow(Role.ADMIN, errors=(409, 413, 415))
@bp.input(SettingsBody, location="json")
@bp.output(SettingsAnswer)
def patch(json_data: _Body) -> Response:
    """Change some settings and leave the rest. Every worker follows within milliseconds."""
    written = services().settings.change(json_data.changes())
    return stored(written.position, settings=_shown(written.value))


def _shown(settings: ShopSettings) -> dict[str, Any]:
    """Return the settings by their names, the old ones too: there are clients that read those."""
    found = asdict(settings)
    return found | {old: found[name] for old, name in former_names(SETTINGS).items()}
