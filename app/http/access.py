"""Who may call a route, from which origins, and how often."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast

from apiflask.scaffold import APIScaffold
from flask import Flask, current_app, request
from flask_cors import CORS

from app.domain.accounts import Role
from app.http import caller
from app.http.answers import FRESHNESS
from app.http.parsing import Input, limit_body, query_of, refuse_names
from app.http.requests import HEADER
from config import Settings

View = Callable[..., Any]
OPTIONAL_BODY = "x-optional-body"
"""Marks an operation whose body may be left out; taken out of the finished document."""
_SHOPPER_ROLES = {Role.SHOPPER}
_MEANING = {
    400: "The body or the address cannot be parsed",
    401: "Nobody said who is calling, or in words that do not hold any more",
    403: "The caller's role may not do this",
    404: "There is no such thing",
    409: "It collides with what is there",
    413: "The body is too large",
    415: "The body is of another content type",
    422: "A value is not allowed, or a name not known; `detail` names the fields",
    429: "Too many tries; wait and try again",
    503: "The database does not answer; a write may or may not be stored, try again",
}


def public(*errors: int) -> Callable[[View], View]:
    """Let anybody call the view; document these errors."""
    return APIScaffold().doc(responses=_documented(errors))


def allow(
    *roles: Role, errors: tuple[int, ...] = (), key_in_query: bool = False
) -> Callable[[View], View]:
    """Let callers of these roles call the view; document these errors besides the usual ones.

    key_in_query : a browser key may stand in the address, as `api_key`.
    """
    allowed = frozenset(roles)
    security: list[str | dict[str, list[Any]]] = [
        name
        for name, wanted in (("bearer", Role.SHOPPER in allowed), ("key", allowed - _SHOPPER_ROLES))
        if wanted
    ]
    responses = _documented((400, 401, 403, 422, 503, *errors))

    def decorate(view: View) -> View:
        spec = getattr(view, "_spec", {})
        takes_input = bool({"args", "body"} & spec.keys())
        optional = getattr(spec.get("body"), "may_be_left_out", False)
        documented = APIScaffold().doc(
            security=security, responses=responses, extensions={OPTIONAL_BODY: optional}
        )

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            caller.require(allowed, key_in_query=key_in_query)
            if not takes_input:
                refuse_names(name for name, _ in query_of(request))
            return view(*args, **kwargs)

        return cast(View, documented(guarded))

    return decorate


def by_ticket(view: View) -> View:
    """Document a view that is opened by the ticket in its address, and reads it itself."""
    responses = _documented((400, 401, 422)) | {503: "Every place for a stream is taken"}
    documented: View = APIScaffold().doc(security=["ticket"], responses=responses)(view)
    return documented


def _documented(errors: tuple[int, ...]) -> dict[int, str]:
    return {status: _MEANING[status] for status in sorted(set(errors))}


def allow_origins(app: Flask, settings: Settings) -> None:
    """Let pages of these origins call; without any, browsers keep other pages out."""
    origins = settings.allowed_origins
    if origins:
        CORS(
            app,
            origins="*" if "*" in origins else list(origins),
            expose_headers=[FRESHNESS, HEADER, "Retry-After"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", FRESHNESS, HEADER],
            max_age=600,
        )


def limited_by_address(view: View) -> View:
    """Limit the view by the client's address; /register and /login share one count."""
    return _limited(view, "ADDRESS_LIMIT", "address", lambda: request.remote_addr or "")


def limited_by_user(view: View) -> View:
    """Limit the view by the user id it is about, wherever the calls come from."""
    return _limited(view, "LOGIN_LIMIT", "user", _user_id)


def _limited(view: View, setting: str, kind: str, key: Callable[[], str]) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        caller.services().rate_limits.hit(current_app.config[setting], kind, key())
        return view(*args, **kwargs)

    return guarded


def _user_id() -> str:
    who = caller.known_caller()
    if who is not None and who.user_id is not None:
        return who.user_id
    limit_body(request, Input.max_bytes)  # nobody makes us read more to count one try
    request.get_data()  # kept, so that the view can read it too
    body = request.get_json(silent=True) if request.is_json else request.form
    named = body.get("user_id") if isinstance(body, Mapping) else None
    return str(named)[:128]
