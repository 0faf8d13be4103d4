"""The API page, with its scripts and icons served from here: it works without internet."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint, APIFlask
from flask import Response, redirect, render_template, send_from_directory
from werkzeug.wrappers import Response as BaseResponse

from app.api.schemas import Failure
from app.http.access import OPTIONAL_BODY

_DIST = Path(str(files("flask_swagger_ui"))) / "dist"
_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'"
)
_ABOUT = """\
What this shopper should see next: exact, live, explainable.

Every success is `{"status": "success", ...}`, every failure
`{"status": "failure", "code": ..., "message": ..., "detail": {...}}`.
A write answers with the header `X-Freshness`; send it along (or let the cookie do it) and the next
read counts that write, whichever worker answers. Ids in addresses are percent-encoded.
"""

OPENAPI: dict[str, Any] = {
    "DESCRIPTION": _ABOUT,
    "OPENAPI_VERSION": "3.1.0",
    "AUTO_SERVERS": False,
    "AUTO_OPERATION_ID": True,
    "AUTO_404_RESPONSE": False,
    "AUTO_VALIDATION_ERROR_RESPONSE": False,
    "AUTO_AUTH_ERROR_RESPONSE": False,
    "HTTP_ERROR_SCHEMA": Failure.model_json_schema(),
    "SECURITY_SCHEMES": {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A shopper's token from POST /login.",
        },
        "key": {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "A key of the shop: flask keys create --role ...",
        },
        "ticket": {
            "type": "apiKey",
            "in": "query",
            "name": "ticket",
            "description": "From POST /recommend/stream-ticket; holds for a minute.",
        },
    },
}

bp = APIBlueprint("docs", __name__, enable_openapi=False, template_folder="templates")


def install(app: APIFlask) -> None:
    """Finish the OpenAPI document."""
    app.spec_processor(_finish)


@bp.get("/")
def home() -> BaseResponse:
    """Lead to the API page."""
    return redirect("/docs")


@bp.get("/docs")
def page() -> Response:
    """Show the API page."""
    response = Response(render_template("docs.html"), mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@bp.get("/docs/<name>")
def asset(name: str) -> Response:
    """Serve a script, a style or an icon of the API page."""
    folder = Path(__file__).parent / "static" if name == "start.js" else _DIST
    return send_from_directory(folder, name, max_age=86400)


@bp.get("/favicon.ico")
def icon() -> Response:
    """Serve the icon that browsers ask for by themselves."""
    return send_from_directory(_DIST, "favicon-32x32.png", max_age=86400)


def _finish(spec: Any) -> Any:
    for path in spec["paths"].values():
        for operation in path.values():
            optional = operation.pop(OPTIONAL_BODY, False)
            if "requestBody" in operation:
                operation["requestBody"]["required"] = not optional
    return spec
