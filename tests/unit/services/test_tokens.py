"""Bearer tokens, and tickets for streams."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.accounts import Account
from app.domain.errors import NotAuthenticated
from app.domain.streams import Grant
from app.services.tokens import Tickets, Tokens

SECRET = "0123456789abcdef" * 4
NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
ANN = Account("ann/绿", "epoch 1", NOW)
SHOPPER, KEY = Grant("ann/绿", epoch="epoch 1"), Grant("bob", key_id="a1b2")


class Clock:
    def __init__(self):
        self.time = NOW

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tokens(clock):
    return Tokens(SECRET, hours=2, now=clock)


def test_a_token_says_who_it_was_made_for(tokens):
    token = tokens.issue(ANN)
    assert token.expires_in == 7200
    claims = tokens.read(token.text)
    assert (claims.user_id, claims.epoch) == ("ann/绿", "epoch 1")
    assert claims.expires_at == int(NOW.timestamp()) + 7200


def test_a_token_ends_on_the_second(tokens, clock):
    token = tokens.issue(ANN)
    clock.time = NOW + timedelta(seconds=7199)
    tokens.read(token.text)
    clock.time = NOW + timedelta(seconds=7200)
    with pytest.raises(NotAuthenticated, match="expired"):
        tokens.read(token.text)


def test_another_shops_token_is_refused(tokens, clock):
    other = Tokens("f" * 64, hours=2, now=clock)
    with pytest.raises(NotAuthenticated):
        tokens.read(other.issue(ANN).text)


@pytest.mark.parametrize("at", ["header", "claims", "signature"])
def test_a_token_that_was_touched_is_refused(tokens, at):
    parts = tokens.issue(ANN).text.split(".")
    place = ["header", "claims", "signature"].index(at)
    parts[place] = parts[place][:-2] + ("AA" if not parts[place].endswith("AA") else "BB")
    with pytest.raises(NotAuthenticated):
        tokens.read(".".join(parts))


def test_an_unsigned_token_is_refused(tokens):
    claims = {"sub": "ann", "epoch": "e", "exp": 9_999_999_999}
    with pytest.raises(NotAuthenticated):
        tokens.read(jwt.encode(claims, None, algorithm="none"))


@given(st.text())
def test_any_text_is_refused_and_nothing_else_happens(text):
    with pytest.raises(NotAuthenticated):
        Tokens(SECRET, hours=1, now=lambda: NOW).read(text)


@pytest.fixture
def tickets(clock):
    return Tickets(SECRET, now=clock)


@pytest.mark.parametrize("grant", [SHOPPER, KEY])
def test_a_ticket_says_whose_list_and_what_it_rests_on(tickets, grant):
    ticket = tickets.issue(grant)
    assert ticket.expires_in == 60
    assert tickets.read(ticket.text) == grant


def test_a_ticket_ends_on_the_second(tickets, clock):
    ticket = tickets.issue(SHOPPER)
    clock.time = NOW + timedelta(seconds=59)
    tickets.read(ticket.text)
    clock.time = NOW + timedelta(seconds=60)
    with pytest.raises(NotAuthenticated, match="expired"):
        tickets.read(ticket.text)


@pytest.mark.parametrize("grant", [SHOPPER, KEY])
def test_a_ticket_is_no_bearer_token(tickets, clock, grant):
    with pytest.raises(NotAuthenticated):
        Tokens(SECRET, hours=1, now=clock).read(tickets.issue(grant).text)


def test_a_bearer_token_is_no_ticket(tickets, clock):
    token = Tokens(SECRET, hours=1, now=clock).issue(Account("ann", "epoch 1", NOW))
    with pytest.raises(NotAuthenticated):
        tickets.read(token.text)


def test_another_shops_ticket_is_refused(tickets, clock):
    with pytest.raises(NotAuthenticated):
        tickets.read(Tickets("f" * 64, now=clock).issue(SHOPPER).text)


@pytest.mark.parametrize("left_out", ["aud", "sub", "exp"])
def test_a_ticket_with_something_missing_is_refused(tickets, left_out):
    claims = {"aud": "stream", "sub": "ann", "exp": 9_999_999_999, "epoch": "epoch 1"}
    tickets.read(jwt.encode(claims, SECRET, algorithm="HS256"))
    del claims[left_out]
    with pytest.raises(NotAuthenticated):
        tickets.read(jwt.encode(claims, SECRET, algorithm="HS256"))


def test_an_unsigned_ticket_is_refused(tickets):
    claims = {"aud": "stream", "sub": "ann", "exp": 9_999_999_999, "epoch": "epoch 1"}
    with pytest.raises(NotAuthenticated):
        tickets.read(jwt.encode(claims, None, algorithm="none"))


@given(st.text())
def test_any_text_is_no_ticket(text):
    with pytest.raises(NotAuthenticated):
        Tickets(SECRET, now=lambda: NOW).read(text)
