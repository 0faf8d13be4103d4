"""Accounts over HTTP."""

from typing import Annotated

from pydantic import Field, SecretStr

from app.api.schemas.common import Answer, Id, SessionId, Time
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


class User(Answer):
    """An account."""

    user_id: str
    created_at: Time


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


class DeleteUserAnswer(Answer):
    """What was removed."""

    user_id: str
    ratings_removed: int
    events_removed: int
    sessions_removed: int = Field(description="That had become the shopper's.")
    account_removed: bool = Field(description="false: there was none.")


class DeleteSessionAnswer(Answer):
    """What was removed."""

    session_id: str
    events_removed: int
