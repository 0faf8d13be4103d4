"""Shoppers' accounts: open, log in, log out everywhere, change the password, delete."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo.errors import AutoReconnect

from app.domain.accounts import Account, Caller, Credentials, Role
from app.domain.errors import (
    BadCredentials,
    Conflict,
    InvalidInput,
    StoreUnavailable,
    UnknownUser,
    UserHasData,
    UserTaken,
)
from app.domain.events import Event, EventKey
from app.domain.ids import is_id
from app.domain.ratings import Rating
from app.services.accounts import Passwords
from tests.builders import AWKWARD_IDS, BAD_IDS, PASSWORD
from tests.unit.services.account_desk import NOW, OTHER, Desk


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def ann(desk):
    return desk.accounts.register("ann", PASSWORD).value


@pytest.fixture
def accounts(desk, ann):
    return desk.accounts


def test_an_account_is_stored_and_in_memory(desk):
    written = desk.accounts.register("ann", PASSWORD)
    ann = written.value
    assert (ann.user_id, ann.created_at) == ("ann", NOW)
    assert desk.accounts.get("ann") == ann
    assert desk.feed.waited == [written.position]
    assert desk.live.epoch("ann") == ann.epoch
    assert desk.rows() == [
        {
            "_id": "ann",
            "password_hash": desk.passwords.hash(PASSWORD),
            "epoch": ann.epoch,
            "created_at": NOW,
        }
    ]


def test_an_id_is_given_once(desk, ann, accounts):
    for trusted in (False, True):
        with pytest.raises(UserTaken):
            accounts.register("ann", OTHER, trusted=trusted)
    assert accounts.login("ann", PASSWORD)[0] == ann
    assert len(desk.rows()) == 1


def test_of_two_who_register_at_once_the_first_to_be_stored_has_the_id(desk):
    desk.store.before("insert_one", lambda: desk.accounts.register("ann", OTHER))
    with pytest.raises(UserTaken):
        desk.accounts.register("ann", PASSWORD)
    desk.accounts.login("ann", OTHER)


RATING = Rating("ann", "tea", 5.0, NOW)
EVENT = Event(EventKey("ann", "1"), "view", "tea", NOW, NOW)


@pytest.mark.parametrize("trace", [RATING, EVENT], ids=["rating", "event"])
def test_only_who_is_trusted_opens_an_account_where_there_is_a_history(desk, trace):
    desk.ratings.put(trace) if trace is RATING else desk.events.store([trace])
    with pytest.raises(UserHasData):
        desk.accounts.register("ann", PASSWORD)
    assert desk.rows() == []
    desk.accounts.register("ann", PASSWORD, trusted=True)
    with pytest.raises(UserTaken):
        desk.accounts.register("ann", OTHER)
    desk.accounts.register("bob", PASSWORD)


@pytest.mark.parametrize("user_id", AWKWARD_IDS)
def test_every_allowed_id_has_an_account(desk, user_id):
    desk.accounts.register(user_id, PASSWORD)
    caller = desk.accounts.authenticate(desk.token(user_id))
    assert caller == Caller(Role.SHOPPER, user_id=user_id, epoch=desk.live.epoch(user_id))


@settings(max_examples=50)
@given(st.text(max_size=8) | st.sampled_from(["", *BAD_IDS]))
def test_ids_are_printable(user_id):
    desk = Desk()
    if is_id(user_id):
        assert desk.accounts.register(user_id, PASSWORD).value.user_id == user_id
    else:
        with pytest.raises(InvalidInput, match="user_id"):
            desk.accounts.register(user_id, PASSWORD)
        assert desk.rows() == []


@pytest.mark.parametrize("password", ["", "x" * 7, "x" * 257, "half a \ud83d pair"], ids=ascii)
def test_what_is_no_password(desk, password):
    with pytest.raises(InvalidInput, match=r"^password"):
        desk.accounts.register("ann", password)
    desk.accounts.register("ann", PASSWORD)
    with pytest.raises(InvalidInput, match="new_password"):
        desk.accounts.change_password("ann", PASSWORD, password)
    desk.accounts.login("ann", PASSWORD)


@pytest.mark.parametrize("password", ["x" * 8, "x" * 256, "密码" * 4, "\0" * 8], ids=ascii)
def test_a_password_is_any_text_of_8_to_256_characters(desk, password):
    desk.accounts.register("ann", password)
    assert desk.holds(desk.token("ann", password))


def test_log_in(desk, ann, accounts):
    account, token = accounts.login("ann", PASSWORD)
    assert account == ann
    assert token.expires_in == 7200
    caller = Caller(Role.SHOPPER, user_id="ann", epoch=ann.epoch)
    assert accounts.authenticate(token.text) == caller
    desk.clock.now += timedelta(hours=2)
    assert not desk.holds(token.text)


def test_wrong_password_and_unknown_user_get_one_answer_after_the_same_work(desk, accounts):
    answers = []
    for user_id, password in [("ann", OTHER), ("bob", PASSWORD), ("bob", ""), ("\0", PASSWORD)]:
        with pytest.raises(BadCredentials) as refused:
            accounts.login(user_id, password)
        answers.append((refused.value.message, refused.value.detail))
    assert answers == answers[:1] * 4
    assert desk.passwords.compared == [desk.passwords.hash(PASSWORD), None, None, None]


@pytest.mark.parametrize("call", ["get", "logout"])
def test_nobody_of_that_name(accounts, call):
    with pytest.raises(UnknownUser):
        getattr(accounts, call)("bob")


def test_log_out_ends_every_token_of_the_account_and_no_other(desk, ann, accounts):
    accounts.register("bob", PASSWORD)
    tokens, bobs = [desk.token(), desk.token()], desk.token("bob")
    written = accounts.logout("ann")
    assert desk.feed.waited[-1] == written.position
    assert written.value == Account("ann", desk.live.epoch("ann"), ann.created_at)
    assert written.value.epoch != ann.epoch
    assert not any(map(desk.holds, tokens))
    assert desk.holds(bobs)
    assert desk.holds(desk.token())


def test_a_new_password_ends_older_tokens_and_brings_one(desk, accounts):
    old = desk.token()
    written = accounts.change_password("ann", PASSWORD, OTHER)
    assert desk.feed.waited[-1] == written.position
    assert not desk.holds(old)
    assert desk.holds(written.value.text)
    with pytest.raises(BadCredentials):
        accounts.login("ann", PASSWORD)
    assert desk.holds(desk.token("ann", OTHER))


def test_a_new_password_needs_the_old_one(desk, accounts):
    token, before = desk.token(), desk.rows()
    for user_id in ("ann", "bob"):
        with pytest.raises(BadCredentials):
            accounts.change_password(user_id, OTHER, "a better password")
    assert desk.rows() == before
    assert desk.holds(token)


@pytest.mark.parametrize(
    "change",
    [
        lambda accounts: accounts.logout("ann"),
        lambda accounts: accounts.change_password("ann", PASSWORD, "a better password"),
    ],
    ids=["log out", "password"],
)
def test_of_two_changes_at_once_the_first_to_be_stored_holds(desk, accounts, change):
    desk.store.before("replace_one", lambda: accounts.change_password("ann", PASSWORD, OTHER))
    with pytest.raises(Conflict):
        change(accounts)
    assert desk.holds(desk.token("ann", OTHER))


def test_who_is_deleted_during_a_change_stays_deleted(desk, accounts):
    desk.store.before("replace_one", lambda: desk.delete("ann"))
    with pytest.raises(Conflict):
        accounts.logout("ann")
    assert desk.rows() == []


def test_a_deleted_account_opens_nothing(desk, accounts):
    token = desk.token()
    desk.delete("ann")
    assert not desk.holds(token)
    with pytest.raises(BadCredentials):
        accounts.login("ann", PASSWORD)
    with pytest.raises(UnknownUser):
        accounts.get("ann")


def test_a_token_does_not_open_the_id_registered_anew(desk, accounts):
    old = desk.token()
    desk.delete("ann")
    accounts.register("ann", PASSWORD)
    assert not desk.holds(old)
    assert desk.holds(desk.token())


def test_a_token_holds_before_memory_knows_of_the_account(desk):
    desk.repository.add(Credentials(Account("ann", "e1", NOW), desk.passwords.hash(PASSWORD)))
    assert desk.live.epoch("ann") is None
    assert desk.holds(desk.token())
    assert desk.accounts.has_epoch("ann", "e1")
    assert not desk.accounts.has_epoch("ann", "e2")
    assert not desk.accounts.has_epoch("bob", "e1")


@pytest.mark.parametrize(
    ("method", "call"),
    [
        ("find_one", lambda accounts: accounts.get("ann")),
        ("insert_one", lambda accounts: accounts.register("bob", PASSWORD)),
        ("replace_one", lambda accounts: accounts.logout("ann")),
    ],
)
def test_a_database_that_is_away(desk, accounts, method, call):
    def away():
        raise AutoReconnect

    desk.store.before(method, away)
    with pytest.raises(StoreUnavailable):
        call(accounts)
    assert desk.live.epoch("ann") == accounts.get("ann").epoch


passwords = Passwords()


@pytest.mark.parametrize("password", ["plain words", "密码🔑", "a\0b", "x" * 256, " " * 8])
def test_the_right_password_matches_and_no_other(password):
    hashed = passwords.hash(password)
    assert passwords.matches(password, hashed)
    assert not passwords.matches(password + "x", hashed)
    assert not passwords.matches("", hashed)


def test_every_hash_has_its_own_salt():
    assert passwords.hash("the same") != passwords.hash("the same")


def test_hashes_are_argon2id():
    assert passwords.hash("words").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_nobody_has_no_password():
    assert not passwords.matches("nobody's password", None)
    assert not passwords.matches("", None)


@settings(max_examples=20)
@given(st.text(alphabet=st.characters(codec="ascii")))
def test_what_is_no_hash_matches_nothing(text):
    assert not passwords.matches("words", text or "x")
