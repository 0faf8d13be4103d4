"""The HTTP status and code of every domain error, and the one shape of failures."""

import secrets
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from app.domain import errors
from app.domain.errors import AppError
from app.http.answers import answer
from app.http.parsing import Invalid, Unparsable, UnsupportedMediaType

log = structlog.get_logger(__name__)

STATUS_OF: dict[type[AppError], tuple[int, str]] = {
    Unparsable: (400, "unparsable"),
    Invalid: (422, "invalid_input"),
    UnsupportedMediaType: (415, "unsupported_media_type"),
    errors.InvalidInput: (422, "invalid_input"),
    errors.InvalidCursor: (422, "invalid_cursor"),
    errors.UnknownItem: (404, "unknown_item"),
    errors.UnknownUser: (404, "unknown_user"),
    errors.UnknownSession: (404, "unknown_session"),
    errors.UnknownRating: (404, "unknown_rating"),
    errors.UnknownKey: (404, "unknown_key"),
    errors.UserTaken: (409, "user_taken"),
    errors.UserHasData: (409, "user_has_data"),
    errors.UserLeaving: (409, "user_leaving"),
    errors.SessionLeaving: (409, "session_leaving"),
    errors.ItemTaken: (409, "item_taken"),
    errors.Conflict: (409, "conflict"),
    errors.BadCredentials: (401, "bad_credentials"),
    errors.NotAuthenticated: (401, "not_authenticated"),
    errors.NotAllowed: (403, "not_allowed"),
    errors.StoreUnavailable: (503, "store_unavailable"),
    errors.TooManyStreams: (503, "too_many_streams"),
    errors.TooManyTries: (429, "too_many_requests"),
}
_CODE_OF_STATUS = {
    400: ("bad_request", "The request cannot be understood."),
    404: ("not_found", "There is nothing at this address. GET /docs lists what there is."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The body is larger than this route takes."),
    415: ("unsupported_media_type", "Send JSON with Content-Type: application/json."),
}


def failure(
    status: int,
    code: str,
    message: str,
    detail: Any = None,
    headers: dict[str, str] | None = None,
) -> Response:
    body = {"status": "failure", "code": code, "message": message, "detail": detail or {}}
    response = answer(body)
    response.status_code = status
    response.headers.update(headers or {})
    return response


def install(app: Flask) -> None:
    app.register_error_handler(AppError, _app_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug)


def _app_error(error: AppError) -> Response:
    status, code = _status_of(error)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.TooManyTries):
        headers["Retry-After"] = str(error.retry_after)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "2"
    return failure(status, code, error.message, dict(error.detail), headers)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]  # a redirect
    fallback = (error.name.lower().replace(" ", "_"), error.description or error.name)
    code, message = _CODE_OF_STATUS.get(status, fallback)
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return failure(status, code, message, headers=kept)


def _bug(error: Exception) -> Response:
    incident = _logged(error)
    return failure(500, "internal_error", _excuse(incident), {"incident": incident})


def described(error: Exception) -> dict[str, str]:
    """Return a failure in the middle of a longer answer, after logging what nobody expected."""
    if isinstance(error, AppError):
        return {"status": "failure", "code": _status_of(error)[1], "message": error.message}
    message = _excuse(_logged(error))
    return {"status": "failure", "code": "internal_error", "message": message}


def _logged(error: Exception) -> str:
    incident = secrets.token_hex(4)
    log.error("unexpected error", incident=incident, exc_info=error)
    return incident


def _excuse(incident: str) -> str:
    return f"Something went wrong here. Tell the operator this number: {incident}"


def _status_of(error: AppError) -> tuple[int, str]:
    return STATUS_OF.get(type(error), (500, "error"))
