"""Health over HTTP."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.common import Answer


class LiveAnswer(Answer):
    """The process runs."""


class ReadyAnswer(BaseModel):
    """What the process needs for its work."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["success", "failure"]
    ready: bool
    database: bool = Field(description="Whether MongoDB answers.")
    loaded: bool = Field(description="Whether memory has been filled.")
    behind_seconds: float | None = Field(description="How far memory is behind the database.")
