"""Bearer tokens."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.accounts import Account
from app.domain.errors import NotAuthenticated
from app.services.tokens import Tokens

SECRET = "0123456789abcdef" * 4
NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
ANN = Account("ann/绿", "epoch 1", NOW)


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
