"""The shop's settings: read, change."""

from apiflask import APIBlueprint
from flask import Response

from app.api.schemas.settings import SettingsAnswer, SettingsBody
from app.domain.accounts import Role
from app.http.access import allow
from app.http.answers import stored, success
from app.http.caller import services

bp = APIBlueprint("settings", __name__, tag="Settings")


@bp.get("/settings")
@allow(Role.ADMIN)
@bp.output(SettingsAnswer)
def get() -> Response:
    """Read the settings in force."""
    return success(settings=services().settings.get())


@bp.patch("/settings")
@allow(Role.ADMIN, errors=(409, 413, 415))
@bp.input(SettingsBody, location="json")
@bp.output(SettingsAnswer)
def patch(json_data: SettingsBody) -> Response:
    """Change some settings and leave the rest. Every worker follows within milliseconds."""
    written = services().settings.change(json_data.changes())
    return stored(written.position, settings=written.value)
