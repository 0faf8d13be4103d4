"""Field types and answers that many routes share."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.domain.ids import ID_RULE, MAX_ID_LENGTH, is_id, is_text


def _id(text: str) -> str:
    if not is_id(text):
        raise ValueError(ID_RULE)
    return text


def _text(text: str) -> str:
    if not is_text(text):
        raise ValueError("must be Unicode text without NUL")
    return text


Id = Annotated[
    str,
    AfterValidator(_id),
    Field(
        min_length=1,
        max_length=MAX_ID_LENGTH,
        json_schema_extra={"format": "id"},
        description="Any printable characters, `/` included.",
    ),
]
Weight = Annotated[float, Field(ge=0, le=1e6)]
Text = Annotated[str, AfterValidator(_text), Field(json_schema_extra={"format": "text"})]


class Answer(BaseModel):
    """Base of every success."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["success"]


class Failure(BaseModel):
    """The one shape of every failure."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["failure"]
    code: str = Field(description="For programs: it does not change.", examples=["unknown_item"])
    message: str = Field(description="For people.")
    detail: dict[str, Any] = Field(description="What it is about; for 422 the fields, by name.")


Time = Annotated[datetime, Field(description="ISO 8601, UTC.")]
