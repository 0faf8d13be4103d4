"""Who may call a route, said once: checked before the view, and shown on the API page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from apiflask.scaffold import APIScaffold
from flask import request

from app.domain.accounts import Role
from app.http import caller
from app.http.parsing import query_of, refuse_names

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
