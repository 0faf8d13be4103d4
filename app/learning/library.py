"""Every stored version of every model: in the database, with copies on this machine."""

from dataclasses import replace

import structlog

from app.domain.models import KEPT, ModelRecord, ModelUnknown
from app.domain.ports import ModelCopies, ModelRepository
from app.learning.fitted import FittedModel

log = structlog.get_logger(__name__)


class ModelLibrary:
    """Stores models and gives them out. Methods may raise StoreUnavailable and OSError."""

    def __init__(self, models: ModelRepository, copies: ModelCopies) -> None:
        self._models = models
        self._copies = copies

    def records(self, kind: str | None = None) -> list[ModelRecord]:
        """Return every version, or those of one kind, newest first."""
        return self._models.records(kind)

    def get(self, kind: str, version: int) -> ModelRecord:
        """Return one version, or raise ModelUnknown."""
        record = self._models.find(kind, version)
        if record is None:
            raise ModelUnknown(f"There is no {kind}/{version}. See: flask models list")
        return record

    def add(self, fitted: FittedModel) -> ModelRecord:
        """Store a model under the next version of its kind."""
        record = fitted.record
        self._models.sweep(record.kind)
        with self._copies.written(record.kind, fitted.parts) as file:
            described = replace(record, bytes=file.bytes, checksum=file.checksum)
            with file.path.open("rb") as contents:
                stored = self._models.add(described, contents)
            self._copies.adopt(file, stored)
        return stored

    def read(self, record: ModelRecord) -> FittedModel:
        """Return a version over the copy of this machine, or raise ModelRejected."""
        parts = self._copies.read(record, lambda file: self._models.fetch(record, file))
        return FittedModel.restored(record, parts)

    def remove(self, kind: str, version: int) -> None:
        """Remove a version, or raise ModelUnknown."""
        if not self._models.remove(kind, version):
            raise ModelUnknown(f"There is no {kind}/{version}. See: flask models list")
        self.tidy()

    def prune(self, kind: str, *, in_force: int | None) -> None:
        """Remove all but the newest versions of a kind and the one in force."""
        for record in self._models.records(kind)[KEPT:]:
            if record.version != in_force:
                self._models.remove(kind, record.version)
                log.info("old model removed", model=record.name)
        self.tidy()

    def tidy(self) -> None:
        """Remove what holds single shoppers, and the copies here of what is stored no more."""
        for name in self._models.remove_personal():
            kind = name.partition("/")[0]
            log.warning("model removed: it held shoppers", model=name, again=f"flask train {kind}")
        self._copies.keep(self._models.records())
