"""Accounts: register, log in, log out everywhere, change the password."""

from typing import Annotated

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field, SecretStr

from app.api.schemas import Answer, Id, SessionId, Time
from app.domain.accounts import Role
from app.domain.changes import Written
from app.http.access import allow, limited_by_address, limited_by_user, public
from app.http.answers import stored
from app.http.caller import optional_role, services, subject
from app.http.parsing import Input
from app.services.accounts import MAX_PASSWORD, MIN_PASSWORD

NewPassword = Annotated[SecretStr, Field(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)]
AnyPassword = Annotated[SecretStr, Field(min_length=1, max_length=MAX_PASSWORD)]

MergedSession = Annotated[
    SessionId | None,
    Field(description="What was done in this anonymous session becomes the shopper's, once."),
]
Merged = Annotated[
    bool | None,
    Field(description="Whether the session is the shopper's now; null: none was named."),
]


class RegisterBody(Input):
    """Who wants an account."""

    user_id: Id
    password: NewPassword
    session_id: MergedSession = None


class LoginBody(Input):
    """Who wants a token."""

    user_id: Id
    password: AnyPassword
    session_id: MergedSession = None


class PasswordBody(Input):
    """The present password and the next."""

    password: AnyPassword
    new_password: NewPassword


class RegisterAnswer(Answer):
    """The account is open."""

    user_id: str
    created_at: Time
    session_merged: Merged


class LoginAnswer(Answer):
    """A bearer token; send it as `Authorization: Bearer <token>`."""

    token: str
    expires_in: int = Field(description="Seconds.")
    user: dict[str, str] = Field(description="`user_id` of the token's shopper.")
    session_merged: Merged


class LogoutAnswer(Answer):
    """Every token of the account has ended."""

    user_id: str


class PasswordAnswer(Answer):
    """The new password holds; so does this token, and no older one."""

    token: str
    expires_in: int = Field(description="Seconds.")


bp = APIBlueprint("accounts", __name__, tag="Accounts")


@bp.post("/register")
@public(400, 401, 403, 409, 413, 415, 422, 429, 503)
@limited_by_address
@bp.input(RegisterBody, location="json_or_form")
@bp.output(RegisterAnswer, status_code=201)
def register(json_or_form_data: RegisterBody) -> Response:
    """Open an account.

    An id that has ratings or events (imported, or written by the shop's server) is opened only with
    a storefront key, so that nobody takes over a shopper's history.
    """
    written = services().accounts.register(
        json_or_form_data.user_id,
        json_or_form_data.password.get_secret_value(),
        trusted=optional_role() in (Role.STOREFRONT, Role.ADMIN),
    )
    account = written.value
    merged = _merged(json_or_form_data.session_id, account.user_id)
    return stored(
        merged.position or written.position,
        201,
        user_id=account.user_id,
        created_at=account.created_at,
        session_merged=merged.value,
    )


@bp.post("/login")
@public(400, 401, 413, 415, 422, 429, 503)
@limited_by_address
@limited_by_user
@bp.input(LoginBody, location="json_or_form")
@bp.output(LoginAnswer)
def login(json_or_form_data: LoginBody) -> Response:
    """Get a bearer token. A wrong user id and a wrong password give the same answer."""
    account, token = services().accounts.login(
        json_or_form_data.user_id, json_or_form_data.password.get_secret_value()
    )
    merged = _merged(json_or_form_data.session_id, account.user_id)
    return stored(
        merged.position,
        token=token.text,
        expires_in=token.expires_in,
        user={"user_id": account.user_id},
        session_merged=merged.value,
    )


def _merged(session_id: str | None, user_id: str) -> Written[bool | None]:
    if session_id is None:
        return Written(None, None)
    merged = services().sessions.merge(session_id, user_id)
    return Written(merged.value, merged.position)


@bp.post("/logout")
@allow(Role.SHOPPER, errors=(404, 409))
@bp.output(LogoutAnswer)
def logout() -> Response:
    """End every token of the account, on every device."""
    written = services().accounts.logout(subject(None))
    return stored(written.position, user_id=written.value.user_id)


@bp.post("/password")
@allow(Role.SHOPPER, errors=(409, 413, 415, 429))
@limited_by_user
@bp.input(PasswordBody, location="json_or_form")
@bp.output(PasswordAnswer)
def password(json_or_form_data: PasswordBody) -> Response:
    """Change the password. Older tokens end; the answer holds a new one."""
    written = services().accounts.change_password(
        subject(None),
        json_or_form_data.password.get_secret_value(),
        json_or_form_data.new_password.get_secret_value(),
    )
    token = written.value
    return stored(written.position, token=token.text, expires_in=token.expires_in)
