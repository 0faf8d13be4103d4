"""Settings of one deployment, read once from the environment."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from limits import parse
from pydantic import (
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What belongs to a deployment; what a merchandiser may change lives in `ShopSettings`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    environment: Literal["development", "production"] = "production"
    """`development` (what `make run` sets) makes a signing secret by itself."""

    mongo_uri: SecretStr | None = None
    """None: the embedded MongoDB of `data_dir`."""
    mongo_db: str = "shelfwise"
    data_dir: Path = Path(".data")
    """Embedded MongoDB, snapshot, development secret, reject files, metrics, command sockets."""

    secret_key: SecretStr | None = None
    """Signs tokens. None: only in development, made once and kept in `data_dir`."""
    token_hours: PositiveFloat = 24.0

    snapshot_minutes: float = Field(default=5.0, ge=0)
    """How old the snapshot in `data_dir` may be that workers start from; 0: none is made."""
    snapshot_from: int = Field(default=100_000, ge=0)
    """How many ratings, items and accounts make a snapshot worth it."""

    host: str = "127.0.0.1"
    """Where to listen; a container needs 0.0.0.0."""
    port: int = Field(default=8000, ge=1, le=65535)
    workers: PositiveInt = 2
    threads: PositiveInt = 4
    """In each worker, for requests; each open stream has one of its own besides."""
    streams: int = Field(default=250, ge=0, le=900)
    """Open streams that each worker takes at most."""
    demo: bool = True
    """Load the demo shop once into an empty database; in development only."""

    cors_origins: str = ""
    """Comma-separated origins that may call from a browser; `*` for all; empty for none."""
    login_limit: str = "10 per minute"
    """Per user id; the same figure guards /password."""
    address_limit: str = "60 per minute"
    """Per client address, on /login and /register together."""
    trusted_proxies: int = Field(default=0, ge=0)
    """How many proxies in front set X-Forwarded-For."""
    max_body_bytes: PositiveInt = 16 * 1024 * 1024

    events_days: float = Field(default=0.0, ge=0)
    """Events are removed so many days after they happened; 0: they stay for good."""
    session_days: PositiveFloat = 30.0
    """What an anonymous session did is removed so many days after it came in."""

    rating_min: float = 1.0
    rating_max: float = Field(default=5.0, gt=0)

    request_timeout_seconds: PositiveInt = 30
    keepalive_seconds: PositiveInt = 5
    """How long a connection without a request stays open."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] | None = None
    """None: text in development, JSON in production."""
    metrics_token: SecretStr | None = None
    """Bearer token that opens /metrics from elsewhere; without it: this machine only."""

    @field_validator("login_limit", "address_limit")
    @classmethod
    def _limit_is_understood(cls, limit: str) -> str:
        parse(limit)  # here, and not at the first login
        return limit

    @model_validator(mode="after")
    def _scale_is_ordered(self) -> "Settings":
        if self.rating_min >= self.rating_max:
            raise ValueError("RATING_MIN must be below RATING_MAX")
        return self

    @property
    def run_dir(self) -> Path:
        """The folder of the workers' command sockets; services may share a data directory."""
        return self.data_dir.resolve() / "run" / str(self.port)

    @property
    def shows_demo(self) -> bool:
        # its password and keys are for anybody
        return self.demo and self.environment == "development"

    @property
    def logs_as_json(self) -> bool:
        if self.log_format is None:
            return self.environment == "production"
        return self.log_format == "json"

    @cached_property
    def allowed_origins(self) -> tuple[str, ...]:
        return tuple(o.strip().rstrip("/") for o in self.cors_origins.split(",") if o.strip())
