"""The leave of a shopper or an anonymous session: every trace goes, at once and for good.

The mark travels on the feed, and has every worker's memory forget the subject in one step. The
documents go after it, and what writers that were under way left goes with a second sweep.
"""

import secrets
from collections.abc import Callable
from datetime import datetime

import structlog

from app.domain import subjects
from app.domain.changes import Position, Written
from app.domain.deletions import Deletion, Doomed, Erasure, Removed, Swept
from app.domain.errors import ErasuresUnusable, UnknownSession, UnknownUser
from app.domain.ports import DeletionRepository, ErasedRepository, ErasureList
from app.live.feed import Feed
from app.services.records import Records

log = structlog.get_logger(__name__)


class Deletions:
    def __init__(
        self,
        records: Records,
        deletions: DeletionRepository,
        erased: ErasedRepository,
        listed: ErasureList,
        *,
        feed: Feed,
        now: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._accounts = records.accounts
        self._deletions = deletions
        self._erased = erased
        self._listed = listed
        self._feed = feed
        self._now = now

    def delete_user(self, user_id: str) -> Written[Removed]:
        """Remove a shopper, with an account or without; raise UnknownUser where there is none."""
        if not self._records.any_of(user_id):
            raise UnknownUser(user_id)
        return self._delete(user_id)

    def delete_session(self, session_id: str) -> Written[Removed]:
        """Remove what was done in an anonymous session, or raise UnknownSession.

        What was done in one that became a shopper's is the shopper's.
        """
        subject = subjects.of_session(session_id)
        is_merged = bool(self._records.sessions.owners([session_id]))
        if is_merged or not self._records.events.has_subject(subject):
            raise UnknownSession(session_id)
        return self._delete(subject)

    def finish(self, before: datetime) -> int:
        """Sweep once more what was marked before, and drop the marks; return how much went.

        A deletion that was cut short is completed.
        """
        return sum(self._finish(deletion) for deletion in self._deletions.marked(before))

    def _delete(self, subject: str) -> Written[Removed]:
        erasure = Erasure(self._digest(subject), self._now())
        marked = self._deletions.mark_subject(subject, erasure.at, erasure.digest)
        self._remember(erasure)
        account = self._accounts.remove(subject)
        # whatever came before the mark was written by now, whoever has registered meanwhile
        swept = self._deletions.sweep_subject(subject, until=self._now())
        self._erased.swept(erasure.digest, self._now())
        self._deletions.completed(subject, erasure.at)
        position = _last(marked, account.position, swept.position)
        self._feed.wait(position)
        return Written(Removed(swept.value, account.value), position)

    def _finish(self, deletion: Deletion) -> int:
        if deletion.kind is Doomed.ITEM:
            removed = self._deletions.sweep_item(deletion.id).value
        else:
            removed = sum(self._finish_subject(deletion))
        self._deletions.unmark(deletion)
        return removed

    def _finish_subject(self, deletion: Deletion) -> Swept:
        cut_short = not deletion.complete
        if cut_short:
            self._accounts.remove(deletion.id, until=deletion.at)
        until = deletion.at if cut_short else None
        swept = self._deletions.sweep_subject(deletion.id, until=until).value
        if deletion.digest is not None and (cut_short or any(swept)):
            self._erased.add([Erasure(deletion.digest, deletion.at)])
            self._erased.swept(deletion.digest, self._now())
        return swept

    def _digest(self, subject: str) -> str:
        try:
            return self._listed.digest(subject)
        except ErasuresUnusable as error:  # nobody is kept because a disk is full
            log.error("erasure not listed", reason=error.message)
            return secrets.token_hex(32)

    def _remember(self, erasure: Erasure) -> None:
        try:
            self._listed.append(erasure)
        except ErasuresUnusable as error:
            log.error("erasure not listed", reason=error.message)
        self._erased.add([erasure])


def _last(*positions: Position | None) -> Position | None:
    return max((each for each in positions if each is not None), default=None)
