"""The refit of models in force that have become old."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from app.domain.settings import ShopSettings
from app.learning.library import ModelLibrary
from app.live.projections.settings import SettingsProjection

log = structlog.get_logger(__name__)

_AGAIN = timedelta(hours=1)


class Trainer(Protocol):
    """Fits models in a process of its own, one at a time."""

    @property
    def is_busy(self) -> bool:
        """Return whether one is being fitted."""

    def start(self, kind: str) -> bool:
        """Begin to fit a kind and return at once; False if that cannot be."""

    def stop(self) -> None:
        """End the fit that is under way, if any, and let none begin."""


class ModelRefitting:
    """One process of all calls this now and then. A fit that fails leaves the former in force."""

    def __init__(
        self,
        library: ModelLibrary,
        trainer: Trainer,
        *,
        settings: SettingsProjection,
        now: Callable[[], datetime],
        again: timedelta = _AGAIN,
    ) -> None:
        self._library = library
        self._trainer = trainer
        self._settings = settings
        self._now = now
        self._again = again
        self._tried: dict[str, datetime] = {}

    def refit(self) -> str | None:
        """Begin to fit the first kind whose model in force is too old; return which."""
        shop = self._settings.current
        if not shop.retrain_after_hours or not shop.models or self._trainer.is_busy:
            return None
        for kind in shop.models:
            if self._is_due(kind, shop):
                self._tried[kind] = self._now()
                log.info("model is fitted again", kind=kind)
                return kind if self._trainer.start(kind) else None
        return None

    def stop(self) -> None:
        self._trainer.stop()

    def _is_due(self, kind: str, shop: ShopSettings) -> bool:
        tried_at = self._tried.get(kind)
        if tried_at is not None and self._now() - tried_at < self._again:
            return False
        stored, version = self._library.records(kind), shop.models[kind]
        here = [each for each in stored if each.version == version]
        if here and any(each.version > version for each in stored):
            return False  # somebody went back to it: a fit to the same data would undo that
        oldest = self._now() - timedelta(hours=shop.retrain_after_hours)
        return all(each.fitted_at <= oldest for each in here)  # one that is lost is made anew too
