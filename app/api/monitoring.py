"""Health and metrics."""

import os
from dataclasses import asdict
from hmac import compare_digest

from apiflask import APIBlueprint
from flask import Response, current_app, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import Field

from app.api.gauges import measure
from app.api.schemas.common import Answer
from app.domain.errors import NotAllowed
from app.http.access import public
from app.http.answers import success
from app.http.caller import services
from app.http.errors import failure


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


bp = APIBlueprint("monitoring", __name__, tag="Operations")

_HERE = ("127.0.0.1", "::1")
_PROXIED = frozenset({"X-Forwarded-For", "X-Real-Ip", "Forwarded"})  # who calls is elsewhere


@bp.get("/health/live")
@public()
@bp.output(LiveAnswer)
def live() -> Response:
    """Say that this process runs."""
    return success()


@bp.get("/health/ready")
@public(503)
@bp.output(ReadyAnswer)
def ready() -> Response:
    """Say whether this process can do its work.

    Without a database reads are answered from memory, so that alone does not make it unready.
    """
    state = services().health.readiness()
    if not state.ready:
        return failure(503, "not_ready", "This process is not ready.", asdict(state))
    return success(**asdict(state))


@bp.get("/metrics")
@bp.doc(hide=True)
def metrics() -> Response:
    """Serve Prometheus: to this machine, or to whoever sends METRICS_TOKEN as a bearer token."""
    _require_insider()
    measure(services())
    registry: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _require_insider() -> None:
    token = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and compare_digest(given.encode(), token.encode()):
        return
    here = request.remote_addr in _HERE and not _PROXIED.intersection(request.headers.keys())
    if token or not here:
        raise NotAllowed("Metrics are not public. Set METRICS_TOKEN and send it as a bearer token.")
