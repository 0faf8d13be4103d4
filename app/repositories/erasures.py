"""Who was erased: a file of JSON lines {"erased": digest, "at": time}, `erased` in MongoDB.

The first line is {"salt": ...}. A digest is HMAC-SHA256 of the subject's name under that salt: who
has the file alone can test a name, and read none. Every process of a machine appends to one file.
`erased` {_id: digest, at, swept_at} is what this database knows: a backup of it knows less.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import orjson
import pymongo
import structlog
from bson import MaxKey
from pymongo import UpdateOne

from app.domain.changes import Collection
from app.domain.deletions import Erasure, Listed
from app.domain.errors import ErasuresUnusable
from app.domain.ports import ErasedRepository, ErasureList, SubjectRepository
from app.repositories.array_files import private, sync_folder
from app.repositories.mongo import Document, MongoStore, translated

log = structlog.get_logger(__name__)

_SALT_BYTES = 32
_AT_ONCE = 100  # keys: many subjects have few, and some have very many


class ErasureFile(ErasureList):
    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def place(self) -> str:
        return str(self._path)

    def digest(self, subject: str) -> str:
        with self._opened() as file:
            file.seek(0)
            return _hmac(self._salt(file.readline()), subject)

    def append(self, erasure: Erasure) -> None:
        line = orjson.dumps({"erased": erasure.digest, "at": erasure.at}, option=orjson.OPT_UTC_Z)
        with self._opened() as file:
            if not _ends_with_a_line(file):  # written by one that was killed, or on a full disk
                line = b"\n" + line
            _write(file, line + b"\n")

    def read(self) -> Listed | None:
        found: dict[str, datetime] = {}
        if not self._path.exists():
            return None
        with self._opened() as file:
            file.seek(0)
            salt = self._salt(file.readline())
            for line in file:
                erasure = _erasure(line)
                if erasure is None:
                    log.warning("erasure not understood", path=self.place)
                    continue
                found[erasure.digest] = max(erasure.at, found.get(erasure.digest, erasure.at))
        return Listed(found, partial(_hmac, salt))

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._explained():
            lock = private(str(self._path.with_suffix(".lock")), os.O_WRONLY | os.O_CREAT)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the kernel, however this process ends
            yield
        finally:
            os.close(lock)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        """Open the file, with its salt, while no other process writes."""
        with self._explained(), open(self._path, "a+b", opener=private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not file.seek(0, os.SEEK_END):
                _write(file, orjson.dumps({"salt": secrets.token_hex(_SALT_BYTES)}) + b"\n")
                sync_folder(self._path.parent)
            yield file

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            reason = error.strerror or error
            raise ErasuresUnusable(f"{self._path} cannot be used: {reason}.") from error

    def _salt(self, line: bytes) -> bytes:
        try:
            return bytes.fromhex(orjson.loads(line)["salt"])
        except (ValueError, KeyError, TypeError) as error:
            raise ErasuresUnusable(f"{self._path} does not begin with its salt.") from error


def _hmac(salt: bytes, subject: str) -> str:
    return hmac.new(salt, subject.encode(), hashlib.sha256).hexdigest()


def _erasure(line: bytes) -> Erasure | None:
    try:
        row: Any = orjson.loads(line)
        return Erasure(str(row["erased"]), datetime.fromisoformat(row["at"]))
    except (ValueError, KeyError, TypeError):
        return None


def _ends_with_a_line(file: IO[bytes]) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _write(file: IO[bytes], data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


class MongoErased(ErasedRepository):
    def __init__(self, store: MongoStore) -> None:
        self._erased = store.collection("erased")

    def known(self, digests: Sequence[str]) -> dict[str, datetime]:
        with translated():
            rows = self._erased.find({"_id": {"$in": list(digests)}}, {"at": 1})
            return {row["_id"]: row["at"] for row in rows if "at" in row}

    def add(self, erasures: Sequence[Erasure]) -> None:
        updates = [UpdateOne({"_id": e.digest}, {"$max": {"at": e.at}}, True) for e in erasures]
        if updates:
            with translated():
                self._erased.bulk_write(updates, ordered=False)

    def swept(self, digest: str, at: datetime) -> None:
        with translated():
            self._erased.update_one({"_id": digest}, {"$max": {"swept_at": at}}, upsert=True)

    def last_swept(self) -> datetime | None:
        with translated():
            row = self._erased.find_one(
                {"swept_at": {"$exists": True}}, sort=[("swept_at", pymongo.DESCENDING)]
            )
        return None if row is None else row["swept_at"]


class MongoSubjects(SubjectRepository):
    def __init__(self, store: MongoStore) -> None:
        self._store = store

    def known(self) -> Iterator[str]:
        yield from self._plain(Collection.USERS, "_id")
        yield from self._plain("sessions", "user_id")
        yield from self._first_of_pairs(Collection.RATINGS, "user_id", "item_id")
        yield from self._first_of_pairs(Collection.EVENTS, "subject", "event_id")

    def _plain(self, name: str, field: str) -> Iterator[str]:
        with translated():
            for row in self._store.collection(name).find({}, {field: 1}):
                if isinstance(row.get(field), str):
                    yield row[field]

    def _first_of_pairs(self, name: str, first: str, second: str) -> Iterator[str]:
        """Read a few keys and leap over the rest of the last one's subject, by the index alone."""
        collection = self._store.collection(name)
        after: object = {}  # documents alone are greater: an `_id` of another type is foreign
        while True:
            with translated():
                rows = collection.find({"_id": {"$gt": after}}, {"_id": 1}).sort("_id", 1)
                keys: list[Document] = [row["_id"] for row in rows.limit(_AT_ONCE)]
            yield from {key[first]: None for key in keys if isinstance(key.get(first), str)}
            if not keys:
                return
            last = keys[-1]
            known = isinstance(last.get(first), str)
            after = {first: last[first], second: MaxKey()} if known else last
