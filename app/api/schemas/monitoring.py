"""Health over HTTP."""

from pydantic import Field

from app.api.schemas.common import Answer


class LiveAnswer(Answer):
    """The process runs."""


class ReadyAnswer(Answer):
    """What the process needs for its work."""

    ready: bool
    database: bool = Field(description="Whether MongoDB answers.")
    loaded: bool = Field(description="Whether memory has been filled.")
    behind_seconds: float | None = Field(description="How far memory is behind the database.")
    reloading: bool = Field(
        description="Whether everything is loaded anew while the former state answers."
    )
