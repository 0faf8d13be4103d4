"""The request in hand: the shop it goes to, who is calling, for whom."""

from collections.abc import Collection
from typing import cast
from urllib.parse import urlsplit

from flask import current_app, g, request

from app.domain import subjects
from app.domain.accounts import Caller, Role
from app.domain.errors import InvalidInput, NotAllowed, NotAuthenticated
from app.domain.ids import check_id
from app.usecases import Runtime, UseCases


def services() -> UseCases:
    return cast(UseCases, current_app.extensions["shelfwise"].services)


def runtime() -> Runtime:
    """Return what runs beneath the use cases: for measuring it, not for a view's work."""
    return cast(Runtime, current_app.extensions["shelfwise"].runtime)


def caller() -> Caller:
    """Return who is calling; only inside a view that asked for a role."""
    return cast(Caller, g.caller)


def require(roles: Collection[Role], *, key_in_query: bool = False) -> None:
    """Find out who is calling; raise NotAuthenticated or NotAllowed unless of one of the roles.

    key_in_query : a browser key may stand in the address; no other may, since addresses are logged.
    """
    given = request.args.get("api_key") if key_in_query else None
    g.caller = found = _authenticate() if given is None else _by_key(given)
    if given is not None and found.role is not Role.BROWSER:
        raise NotAllowed("Only a browser key may stand in an address.")
    if found.role not in roles:
        wanted = ", ".join(sorted(roles))
        raise NotAllowed(f"This needs one of these roles: {wanted}. You are {found.role}.")


def subject(user_id: str | None) -> str:
    """Return the shopper this request is about.

    A shopper speaks for itself alone; a storefront must say for whom.
    """
    who = caller()
    if who.role is Role.SHOPPER:
        if user_id not in (None, "me", who.user_id):
            raise NotAllowed("A bearer token speaks for its own shopper only.")
        return cast(str, who.user_id)
    if who.role is Role.BROWSER:  # everybody can read it in a page: it must tell of nobody
        raise NotAllowed("A browser key speaks for no shopper.")
    if user_id is None:
        raise InvalidInput("user_id", "say which shopper this is for")
    return check_id(user_id, "user_id")


def who(user_id: str | None, session_id: str | None) -> str:
    """Return the subject this request is about; somebody must be named."""
    named = who_if_named(user_id, session_id)
    if named is None and caller().role is Role.BROWSER:
        raise InvalidInput("session_id", "say which session this is for")
    if named is None:
        raise InvalidInput("user_id", "say which shopper, or which session_id, this is for")
    return named


def who_if_named(user_id: str | None, session_id: str | None) -> str | None:
    """Return the subject this request is about; None: nobody's.

    A token speaks for its own shopper alone, a browser key for sessions alone.
    """
    role = caller().role
    if session_id is None:
        return None if user_id is None and role is not Role.SHOPPER else subject(user_id)
    if role is Role.SHOPPER:
        raise NotAllowed("A bearer token speaks for its own shopper, not for a session.")
    if user_id is not None:
        raise InvalidInput("session_id", "give user_id or session_id, not both")
    return subjects.of_session(subjects.check_session_id(session_id))


def _authenticate() -> Caller:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials:
        return services().accounts.authenticate(credentials.strip())
    key = request.headers.get("X-API-Key")
    if key:
        return _by_key(key)
    raise NotAuthenticated


def _by_key(secret: str) -> Caller:
    headers, keys = request.headers, services().keys
    origin = headers.get("Origin")
    if origin is not None:
        return keys.authenticate(secret, origin=origin)
    # browsers leave Origin out where a page reads from its own origin
    own_page = headers.get("Sec-Fetch-Site") == "same-origin"
    return keys.authenticate(secret, origin=_origin_of(headers.get("Referer")), own_page=own_page)


def _origin_of(address: str | None) -> str | None:
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def known_caller() -> Caller | None:
    """Return who is calling if a view has asked already."""
    return cast(Caller | None, g.get("caller"))


def optional_role() -> Role | None:
    """Return the caller's role where a key is optional; a wrong key is still refused."""
    key = request.headers.get("X-API-Key")
    if key is None:
        return None
    return _by_key(key).role
