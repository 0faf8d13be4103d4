"""What is being deleted: `deletions` {_id: {kind, id}, at, digest, complete}.

A mark that is stored whole has memory forget whoever it is of; what is added to it later has not.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from app.domain.changes import Collection, Position, Written
from app.domain.deletions import Deletion, Doomed, Swept
from app.repositories.foreign import understood
from app.repositories.mongo import Document, MongoStore, position_of, translated
from app.repositories.sweeping import Sweep


class MongoDeletions:
    """Keeps the promises of `DeletionRepository`."""

    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._marks = store.collection(Collection.DELETIONS)
        self._sweep = Sweep(store)

    def mark_item(self, item_id: str, at: datetime) -> None:
        """Remember that the item is being deleted."""
        self._mark({"_id": _key(Doomed.ITEM, item_id), "at": at})

    def mark_subject(self, subject: str, at: datetime, digest: str) -> Position | None:
        """Remember that the shopper or session is being deleted; every memory forgets it."""
        key = _key(Doomed.SUBJECT, subject)
        return self._mark({"_id": key, "at": at, "digest": digest, "complete": False})

    def _mark(self, document: Document) -> Position | None:
        with self._store.session() as session:
            where = {"_id": document["_id"]}
            self._marks.replace_one(where, document, upsert=True, session=session)
            return position_of(session)

    def completed(self, subject: str, at: datetime) -> None:
        """Remember that all is gone that was there before the mark of that time."""
        where = {"_id": _key(Doomed.SUBJECT, subject), "at": at}
        with translated():
            self._marks.update_one(where, {"$set": {"complete": True}})

    def subjects_marked(self, subjects: Iterable[str]) -> set[str]:
        """Return those of the subjects who are being deleted just now."""
        keys = [_key(Doomed.SUBJECT, subject) for subject in subjects]
        with translated():
            return {row["_id"]["id"] for row in self._marks.find({"_id": {"$in": keys}})}

    def marked(self, before: datetime) -> list[Deletion]:
        """Return the marks that were made before."""
        with translated():
            rows = list(self._marks.find({"at": {"$lt": before}}))
        return list(understood(Collection.DELETIONS, rows, to_deletion))

    def unmark(self, deletion: Deletion) -> None:
        """Drop the mark, unless it was made anew."""
        where = {"_id": _key(deletion.kind, deletion.id), "at": deletion.at}
        with translated():
            self._marks.delete_one(where)

    def sweep_item(self, item_id: str) -> Written[int]:
        """Remove the ratings of an item that is not in the catalogue; return how many."""
        return self._sweep.item(item_id)

    def sweep_subject(self, subject: str, *, until: datetime | None) -> Written[Swept]:
        """Remove what a subject without an account has; of one with an account, what it had then.

        until : None: of one with an account, nothing.
        """
        return self._sweep.subject(subject, until=until, newer_without_account=True)

    def erase(self, subject: str, *, until: datetime) -> Written[Swept]:
        """Remove what the subject had then, and what has no time."""
        return self._sweep.subject(subject, until=until, newer_without_account=False)


def to_deletion(row: Document) -> Deletion:
    """Return the domain object of a stored document, or raise KeyError, TypeError or ValueError."""
    key: Any = row["_id"]
    complete = bool(row.get("complete", False))
    return Deletion(Doomed(key["kind"]), key["id"], row["at"], row.get("digest"), complete)


def _key(kind: Doomed, id_: str) -> Document:
    return {"kind": kind.value, "id": id_}
