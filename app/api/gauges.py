"""What is measured rather than counted: the state of memory."""

import os

from prometheus_client import Gauge

from app.domain.settings import MODEL_KINDS
from app.live.footprint import process_memory
from app.usecases import Services

_BEHIND = Gauge(
    "shelfwise_feed_behind_seconds", "How far memory is behind", multiprocess_mode="livemostrecent"
)
_APPLIED = Gauge(
    "shelfwise_feed_changes",
    "Changes applied since the start of the worker that runs longest",
    multiprocess_mode="livemax",
)
_AWAY = Gauge(
    "shelfwise_database_away", "1: MongoDB is held to be away", multiprocess_mode="livemostrecent"
)
_RELOADING = Gauge(
    "shelfwise_feed_reloading", "1: all is loaded anew", multiprocess_mode="livemostrecent"
)
_RATINGS = Gauge(
    "shelfwise_ratings",
    "Preferences in memory, rated or implied by events",
    multiprocess_mode="livemostrecent",
)
_EVENTS = Gauge("shelfwise_events", "Events in memory", multiprocess_mode="livemostrecent")
_ITEMS = Gauge("shelfwise_items", "Items that may be shown", multiprocess_mode="livemostrecent")
_BYTES = Gauge(
    "shelfwise_engine_bytes", "Size of the live tables", multiprocess_mode="livemostrecent"
)
_SNAPSHOT = Gauge(
    "shelfwise_snapshot_age_seconds",
    "Age of the snapshot workers start from; -1: none",
    multiprocess_mode="livemostrecent",
)
_MODEL = Gauge(
    "shelfwise_model_version",
    "Version of each learned model in memory; 0: none",
    ["kind"],
    multiprocess_mode="livemostrecent",
)
_MODEL_AGE = Gauge(
    "shelfwise_model_age_seconds",
    "Since the preferences were read that each learned model was fitted to",
    ["kind"],
    multiprocess_mode="livemostrecent",
)
_MEMORY = Gauge(
    "shelfwise_memory_bytes",
    "Memory of each worker; of these kinds only proportional adds up over workers",
    ["kind"],
    multiprocess_mode="liveall",
)


def measure(shop: Services) -> None:
    """Set what every worker knows of the shop: whoever is asked sets it for all."""
    _BEHIND.set(shop.feed.behind_seconds())
    _APPLIED.set(shop.feed.applied)
    _AWAY.set(shop.gate.is_away)
    _RELOADING.set(shop.feed.reloading)
    _RATINGS.set(len(shop.tables.preferences))
    _EVENTS.set(len(shop.tables.history))
    _ITEMS.set(shop.recommendations.shown_items)
    _BYTES.set(shop.tables.nbytes)
    age = shop.snapshots.age_seconds()
    _SNAPSHOT.set(-1 if age is None else age)
    for kind in MODEL_KINDS:
        model = shop.learned.fitted(kind)
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
