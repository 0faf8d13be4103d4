"""The request in hand: the shop's services, who is calling, for which shopper."""

from collections.abc import Collection
from typing import cast

from flask import current_app, g, request

from app.domain.accounts import Caller, Role
from app.domain.errors import InvalidInput, NotAllowed, NotAuthenticated
from app.domain.ids import check_id
from app.services.services import Services


def services() -> Services:
    """Return the shop's services."""
    return cast(Services, current_app.extensions["shelfwise"].services)


def caller() -> Caller:
    """Return who is calling; only inside a view that asked for a role."""
    return cast(Caller, g.caller)


def require(roles: Collection[Role]) -> None:
    """Find out who is calling; raise NotAuthenticated or NotAllowed unless of one of the roles."""
    g.caller = found = _authenticate()
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


def _authenticate() -> Caller:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials:
        return services().accounts.authenticate(credentials.strip())
    key = request.headers.get("X-API-Key")
    if key:
        return services().keys.authenticate(key, origin=request.headers.get("Origin"))
    raise NotAuthenticated


def known_caller() -> Caller | None:
    """Return who is calling if a view has asked already."""
    return cast(Caller | None, g.get("caller"))


def optional_role() -> Role | None:
    """Return the caller's role where a key is optional; a wrong key is still refused."""
    key = request.headers.get("X-API-Key")
    if key is None:
        return None
    return services().keys.authenticate(key, origin=request.headers.get("Origin")).role
