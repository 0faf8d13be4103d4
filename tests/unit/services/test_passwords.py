"""Password hashes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.accounts import Passwords

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
