"""Health and metrics."""

import os
from dataclasses import asdict
from functools import cache
from hmac import compare_digest

from apiflask import APIBlueprint
from flask import Request, Response, current_app, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from app.api.access import public
from app.api.answers import success
from app.api.errors import failure
from app.api.gauges import measure
from app.api.schemas.monitoring import LiveAnswer, ReadyAnswer
from app.current import services
from app.domain.errors import NotAllowed

bp = APIBlueprint("monitoring", __name__, tag="Operations")

_HERE = ("127.0.0.1", "::1")
_PROXIED = frozenset({"X-Forwarded-For", "X-Real-Ip", "Forwarded"})  # who calls is elsewhere

_SECONDS = Histogram(
    "shelfwise_request_seconds",
    "Time to answer, by route",
    ["method", "route"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
_ANSWERS = Counter("shelfwise_answers_total", "Answers by route and status", ["route", "status"])


def count(request: Request, status: int, seconds: float) -> None:
    """Count an answer and the time it took."""
    rule = request.url_rule
    # a caller may make up as many paths and methods as it likes: they are counted as one
    method, route = (request.method, rule.rule) if rule else ("none", "none")
    timer, counter = _meters(method, route, status)
    timer.observe(seconds)
    counter.inc()


@cache  # routes, methods and statuses are few; looking labels up costs more than counting
def _meters(method: str, route: str, status: int) -> tuple[Histogram, Counter]:
    return _SECONDS.labels(method, route), _ANSWERS.labels(route, status)


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
