"""Field types and answers that many routes share."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from app.domain.ids import ID_RULE, MAX_ID_LENGTH, is_id, is_text
from app.domain.setting import Setting
from app.domain.settings import SETTINGS
from app.domain.subjects import MIN_SESSION_ID_LENGTH, SESSION_RULE, is_session_id


def _must(hold: Callable[[str], bool], rule: str) -> AfterValidator:
    def check(text: str) -> str:
        if not hold(text):
            raise ValueError(rule)
        return text

    return AfterValidator(check)


def _flag(value: object) -> object:
    return bool(value) if type(value) is int and value in (0, 1) else value


Id = Annotated[
    str,
    _must(is_id, ID_RULE),
    Field(
        min_length=1,
        max_length=MAX_ID_LENGTH,
        json_schema_extra={"format": "id"},
        description="Any printable characters, `/` included.",
    ),
]
SessionId = Annotated[
    str,
    _must(is_session_id, SESSION_RULE),
    Field(
        min_length=MIN_SESSION_ID_LENGTH,
        max_length=MAX_ID_LENGTH,
        json_schema_extra={"format": "session_id"},
        description="Of an anonymous visitor. Make it random: whoever guesses it reads its lists.",
    ),
]


def within(row: Setting) -> Any:
    """Return the limits of a number, as a setting has them."""
    low: dict[str, Any] = {"gt" if row.above_low else "ge": row.low}
    return Field(le=row.high, **low)


Weight = Annotated[float, within(SETTINGS["w_user"])]
Text = Annotated[
    str,
    _must(is_text, "must be Unicode text without NUL"),
    Field(json_schema_extra={"format": "text"}),
]

Time = Annotated[datetime, Field(description="ISO 8601, UTC.")]

Flag = Annotated[
    bool,
    BeforeValidator(_flag),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": [0, 1]}]}),
]


def one_or_many(body: object) -> str:
    """Return the tag by which a body is read: a list, or one thing by itself."""
    return "many" if isinstance(body, list) else "one"


class View(BaseModel):
    """Base of what answers are made of."""

    model_config = ConfigDict(extra="forbid")


class Answer(View):
    """Base of every success."""

    status: Literal["success"]


class Failure(View):
    """The one shape of every failure."""

    status: Literal["failure"]
    code: str = Field(description="For programs: it does not change.", examples=["unknown_item"])
    message: str = Field(description="For people.")
    detail: dict[str, Any] = Field(description="What it is about; for 422 the fields, by name.")
