"""Accounts in MongoDB: `users` {_id: user_id, password_hash, epoch, created_at}."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from app.domain.accounts import Account, Credentials
from app.domain.changes import Collection, Written
from app.domain.errors import Conflict, UserTaken
from app.domain.ports import AccountRepository
from app.repositories.mongo import (
    Document,
    MongoStore,
    position_of,
    remove_one,
    translated,
    understood,
)


class MongoAccounts(AccountRepository):
    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self._users = store.collection(Collection.USERS)

    def add(self, credentials: Credentials) -> Written[Account]:
        with self._store.session() as session:
            try:
                self._users.insert_one(_to_document(credentials), session=session)
            except DuplicateKeyError as error:
                raise UserTaken(credentials.account.user_id) from error
            return Written(credentials.account, position_of(session))

    def find(self, user_id: str) -> Credentials | None:
        with translated():
            row = self._users.find_one({"_id": user_id})
        return Credentials(to_account(row), row["password_hash"]) if row else None

    def replace(self, credentials: Credentials, *, expected_epoch: str) -> Written[Account]:
        account = credentials.account
        with self._store.session() as session:
            outcome = self._users.replace_one(
                {"_id": account.user_id, "epoch": expected_epoch},
                _to_document(credentials),
                session=session,
            )
            if not outcome.matched_count:
                raise Conflict("The account was changed at the same time. Try again.")
            return Written(account, position_of(session))

    def remove(self, user_id: str, *, until: datetime | None = None) -> Written[bool]:
        where: dict[str, Any] = {"_id": user_id}
        if until is not None:
            where["created_at"] = {"$not": {"$gt": until}}
        return remove_one(self._store, Collection.USERS, where)

    def scan(self) -> Iterator[Account]:
        with translated():
            rows = self._users.find({}, {"password_hash": 0})
            yield from understood(Collection.USERS, rows, to_account)


def to_account(row: Document) -> Account:
    return Account(row["_id"], row["epoch"], row["created_at"])


def _to_document(credentials: Credentials) -> dict[str, Any]:
    account = credentials.account
    return {
        "_id": account.user_id,
        "password_hash": credentials.password_hash,
        "epoch": account.epoch,
        "created_at": account.created_at,
    }
