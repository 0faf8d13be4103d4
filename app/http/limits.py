"""Rate limits on what guesses passwords: by client address and by user id, apart."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import current_app, request

from app.http.caller import known_caller, services
from app.http.parsing import Input, limit_body

View = Callable[..., Any]


def limited_by_address(view: View) -> View:
    """Limit the view by the client's address; /register and /login share one count."""
    return _limited(view, "ADDRESS_LIMIT", "address", lambda: request.remote_addr or "")


def limited_by_user(view: View) -> View:
    """Limit the view by the user id it is about, wherever the calls come from."""
    return _limited(view, "LOGIN_LIMIT", "user", _user_id)


def _limited(view: View, setting: str, kind: str, key: Callable[[], str]) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        services().rate_limits.hit(current_app.config[setting], kind, key())
        return view(*args, **kwargs)

    return guarded


def _user_id() -> str:
    who = known_caller()
    if who is not None and who.user_id is not None:
        return who.user_id
    limit_body(request, Input.max_bytes)  # nobody makes us read more to count one try
    request.get_data()  # kept, so that the view can read it too
    body = request.get_json(silent=True) if request.is_json else request.form
    named = body.get("user_id") if isinstance(body, Mapping) else None
    return str(named)[:128]
