"""Health and metrics."""

import os
from dataclasses import asdict
from hmac import compare_digest
from typing import Literal

from apiflask import APIBlueprint
from flask import Response, current_app, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Gauge,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import Field

from app.api.schemas import Answer
from app.domain.errors import NotAllowed
from app.domain.settings import MODEL_KINDS
from app.http.access import public
from app.http.answers import success
from app.http.caller import runtime, services
from app.http.errors import failure
from app.live.footprint import process_memory
from app.usecases import Runtime


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


_Mode = Literal["livemostrecent", "livemax", "liveall"]

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
    measure(runtime())
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


# What is measured rather than counted: the state of memory.
def _gauge(name: str, about: str, *labels: str, mode: _Mode = "livemostrecent") -> Gauge:
    return Gauge(f"shelfwise_{name}", about, labels, multiprocess_mode=mode)


_BEHIND = _gauge("feed_behind_seconds", "How far memory is behind")
_APPLIED = _gauge(
    "feed_changes",
    "Changes applied since the start of the worker that runs longest",
    mode="livemax",
)
_AWAY = _gauge("database_away", "1: MongoDB is held to be away")
_RELOADING = _gauge("feed_reloading", "1: all is loaded anew")
_RATINGS = _gauge("ratings", "Preferences in memory, rated or implied by events")
_EVENTS = _gauge("events", "Events in memory")
_ITEMS = _gauge("items", "Items that may be shown")
_BYTES = _gauge("engine_bytes", "Size of the live tables")
_SNAPSHOT = _gauge("snapshot_age_seconds", "Age of the snapshot workers start from; -1: none")
_MODEL = _gauge("model_version", "Version of each learned model in memory; 0: none", "kind")
_MODEL_AGE = _gauge(
    "model_age_seconds",
    "Since the preferences were read that each learned model was fitted to",
    "kind",
)
_MEMORY = _gauge(
    "memory_bytes",
    "Memory of each worker; of these kinds only proportional adds up over workers",
    "kind",
    mode="liveall",
)


def measure(shop: Runtime) -> None:
    """Set what every worker knows of the shop: whoever is asked sets it for all."""
    _BEHIND.set(shop.feed.behind_seconds())
    _APPLIED.set(shop.feed.applied)
    _AWAY.set(shop.gate.is_away)
    _RELOADING.set(shop.feed.reloading)
    _RATINGS.set(len(shop.tables.preferences))
    _EVENTS.set(len(shop.tables.history))
    _ITEMS.set(shop.use_cases.recommendations.shown_items)
    _BYTES.set(shop.tables.nbytes)
    age = shop.snapshots.age_seconds()
    _SNAPSHOT.set(-1 if age is None else age)
    for kind in MODEL_KINDS:
        model = shop.learning.learned.fitted(kind)
        _MODEL.labels(kind).set(0 if model is None else model.version)
        if model is not None:
            _MODEL_AGE.labels(kind).set(shop.tables.clock() - model.fitted_at.timestamp())


def measure_memory() -> None:
    """Set what only this process can say of itself, for whichever worker is asked next."""
    memory = process_memory(os.getpid())
    if memory is None:
        return
    _MEMORY.labels("resident").set(memory.resident)
    _MEMORY.labels("proportional").set(memory.proportional)
    _MEMORY.labels("private").set(memory.private)
