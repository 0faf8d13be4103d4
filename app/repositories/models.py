"""Learned models: `models` {_id: "ease/7", kind, version, file, ...}, GridFS, copies as files.

The document is written last and removed first: contents without one are what was begun and never
finished, or a version that is being removed.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import IO, Any

import pymongo
import structlog
from gridfs import GridFSBucket
from gridfs.errors import CorruptGridFile, NoFile
from pymongo import ReturnDocument

from app.domain.models import ModelFile, ModelRecord, ModelRejected
from app.domain.ports import Contents, ModelCopies, ModelRepository
from app.repositories.array_files import BadFile, Layout, locked, private
from app.repositories.mongo import Document, MongoStore, translated, understood

log = structlog.get_logger(__name__)

_BUCKET = "models"
_CHUNK_BYTES = 4 * 1024 * 1024
_FIELDS = {field.name for field in fields(ModelRecord)}
_LAYOUT = Layout(b"SHELFWISE MODEL 1\n")
_ABANDONED_SECONDS = 6 * 3600.0
"""After so long what was begun belongs to a process that was killed."""


class MongoModels(ModelRepository):
    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._models = store.collection("models")
        self._meta = store.collection("meta")
        self._files = store.collection(f"{_BUCKET}.files")
        self._chunks = store.collection(f"{_BUCKET}.chunks")

    def add(self, record: ModelRecord, contents: IO[bytes]) -> ModelRecord:
        file = self._upload(record, contents)
        with translated():
            counter = self._meta.find_one_and_update(
                {"_id": f"models:{record.kind}"},
                {"$inc": {"last": 1}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
            assert counter is not None  # it is made where it is missing
            numbered = replace(record, version=counter["last"])
            row = {"_id": numbered.name, **asdict(numbered), "file": file}
            self._models.insert_one(row)
        return numbered

    def fetch(self, record: ModelRecord, into: IO[bytes]) -> None:
        with translated():
            row = self._models.find_one({"_id": record.name}, {"file": 1})
            if row is None:
                raise ModelRejected(f"There is no {record.name} any more.")
            try:
                self._bucket().download_to_stream(row["file"], into)
            except (NoFile, CorruptGridFile) as error:
                raise ModelRejected(f"The stored {record.name} is damaged: {error}.") from error

    def find(self, kind: str, version: int) -> ModelRecord | None:
        with translated():
            rows = self._models.find({"_id": f"{kind}/{version}"})
            return next(understood("models", rows, to_record), None)

    def records(self, kind: str | None = None) -> list[ModelRecord]:
        order = [("kind", pymongo.ASCENDING), ("version", pymongo.DESCENDING)]
        with translated():
            rows = self._models.find({} if kind is None else {"kind": kind}).sort(order)
            return list(understood("models", rows, to_record))

    def remove(self, kind: str, version: int) -> bool:
        with translated():
            row = self._models.find_one_and_delete({"_id": f"{kind}/{version}"})
        if row is not None:
            self._drop(row["file"])
        return row is not None

    def remove_personal(self) -> list[str]:
        with translated():
            # former releases noted when a network was last rid of those who had left
            rows = list(self._models.find({"cleared_at": {"$ne": None}}, {"kind": 1, "version": 1}))
        return [row["_id"] for row in rows if self.remove(row["kind"], row["version"])]

    def sweep(self, kind: str) -> int:
        start = f"{kind}/"
        with translated():
            finished = {row["file"] for row in self._models.find({"kind": kind}, {"file": 1})}
            begun = {*self._files.distinct("_id"), *self._chunks.distinct("files_id")}
        lost = [f for f in begun - finished if isinstance(f, str) and f.startswith(start)]
        for file in lost:
            self._drop(file)
        return len(lost)

    def _upload(self, record: ModelRecord, contents: IO[bytes]) -> str:
        file = f"{record.kind}/{secrets.token_hex(8)}"
        with translated():
            self._bucket().upload_from_stream_with_id(file, record.kind, contents)
        return file

    def _drop(self, file: str) -> None:
        with translated():
            self._files.delete_one({"_id": file})
            self._chunks.delete_many({"files_id": file})

    def _bucket(self) -> GridFSBucket:
        return GridFSBucket(
            self._store.database, bucket_name=_BUCKET, chunk_size_bytes=_CHUNK_BYTES
        )


def to_record(row: Document) -> ModelRecord:
    """Return the domain object of a stored document; fields of other releases are passed over."""
    known: Mapping[str, Any] = {name: row[name] for name in _FIELDS & row.keys()}
    return ModelRecord(**known)


class ModelFiles(ModelCopies):
    """Copies in one folder that only its owner may read, mapped copy-on-write.

    Several databases may share the folder: `installation` gives the name of this one.
    """

    def __init__(self, folder: Path, *, installation: Callable[[], str]) -> None:
        self._folder = folder
        self._installation = installation

    def path(self, record: ModelRecord) -> Path:
        name = f"{self._installation()}-{record.kind}-{record.version}-{record.checksum}.model"
        return self._folder / name

    @contextmanager
    def written(self, kind: str, contents: Contents) -> Iterator[ModelFile]:
        with self._begun() as path:
            with open(path, "wb", opener=private) as file:
                checksum = _LAYOUT.write(file, {"kind": kind}, contents)
            yield ModelFile(path, path.stat().st_size, checksum)

    def adopt(self, file: ModelFile, record: ModelRecord) -> None:
        file.path.replace(self.path(record))

    def read(self, record: ModelRecord, fetch: Callable[[IO[bytes]], None]) -> Contents:
        path = self.path(record)
        with locked(self._folder / ".lock"):  # of the processes that look for it one fetches it
            if (found := self._usable(path, record)) is not None:
                return found
            with self._begun() as begun:
                with open(begun, "wb", opener=private) as file:
                    fetch(file)
                try:
                    found = _mapped(begun, record)
                except BadFile as error:
                    raise ModelRejected(f"The stored {record.name} is bad: {error}.") from error
                begun.replace(path)
        return found

    def keep(self, records: Iterable[ModelRecord]) -> None:
        kept = {self.path(record) for record in records}
        for path in self._folder.glob(f"{self._installation()}-*.model"):
            if path not in kept:
                path.unlink(missing_ok=True)
        for path in self._folder.glob(".begun-*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                    path.unlink()

    def _usable(self, path: Path, record: ModelRecord) -> Contents | None:
        try:
            return _mapped(path, record)
        except FileNotFoundError:
            return None
        except BadFile as error:
            log.warning("copy of a model fetched again", model=record.name, reason=str(error))
            return None

    @contextmanager
    def _begun(self) -> Iterator[Path]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f".begun-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


def _mapped(path: Path, record: ModelRecord) -> Contents:
    with path.open("rb") as file:
        contents = _LAYOUT.read_header(file)
        if contents.checksum != record.checksum:
            raise BadFile("it is another model")
        return contents.mapped(file)
