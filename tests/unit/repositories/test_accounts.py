"""Accounts as documents, on mongomock."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.accounts import Account, Credentials
from app.domain.changes import Position
from app.domain.errors import Conflict, UserTaken
from app.repositories.accounts import MongoAccounts

NOW = datetime(2026, 5, 1, 12, 30, 15, 250000, UTC)
ANN = Credentials(Account("ann", "epoch 1", NOW), "hash")


@pytest.fixture
def accounts(store):
    return MongoAccounts(store)


def test_they_come_back_as_they_were(accounts):
    assert accounts.add(ANN).value == ANN.account
    assert accounts.find("ann") == ANN
    assert accounts.find("bob") is None
    assert list(accounts.scan()) == [ANN.account]


def test_an_id_is_there_once(accounts):
    accounts.add(ANN)
    with pytest.raises(UserTaken):
        accounts.add(Credentials(Account("ann", "epoch 2", NOW), "other"))
    assert accounts.find("ann") == ANN


def test_one_is_replaced_only_as_it_was_seen(accounts):
    accounts.add(ANN)
    newer = Credentials(Account("ann", "epoch 2", NOW), "other")
    assert accounts.replace(newer, expected_epoch="epoch 1").value == newer.account
    with pytest.raises(Conflict):
        accounts.replace(ANN, expected_epoch="epoch 1")
    assert accounts.find("ann") == newer


def test_one_that_is_gone_is_not_replaced(accounts):
    with pytest.raises(Conflict):
        accounts.replace(ANN, expected_epoch="epoch 1")
    assert accounts.find("ann") is None


@pytest.mark.parametrize(("seconds", "gone"), [(-1, False), (0, True), (1, True)])
def test_one_opened_later_stays(accounts, seconds, gone):
    accounts.add(ANN)
    assert accounts.remove("ann", until=NOW + timedelta(seconds=seconds)).value is gone
    assert (accounts.find("ann") is None) is gone


def test_a_write_says_where_it_is_in_history(accounts):
    assert accounts.add(ANN).position == Position(1, 1)
    assert accounts.remove("ann").position == Position(1, 2)
    assert accounts.remove("ann").position is None


def test_another_hands_document_is_passed_over(store, accounts):
    store.database["users"].insert_many([{"_id": "odd"}, {"_id": 7, "epoch": "e"}])
    accounts.add(ANN)
    assert list(accounts.scan()) == [ANN.account]
