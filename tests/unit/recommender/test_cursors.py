"""Cursors: they say what was shown, for an hour, for one list, and only as this shop made them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.accounts import Account
from app.domain.catalogue import Product
from app.domain.errors import InvalidCursor, NotAuthenticated
from app.domain.ids import is_id
from app.domain.recommendations import Page, Query, Recommended
from app.recommender.cursors import MAX_LENGTH, MAX_SHOWN, Cursors
from app.services.tokens import Tickets, Tokens

SECRET = "c" * 64
NOW = datetime(2026, 5, 1, tzinfo=UTC)
ANN = Query(subject="ann", n=2)


@pytest.fixture
def clock():
    """Give the time, which tests set by appending."""
    times = [NOW]

    def now():
        return times[-1]

    now.set = times.append
    return now


@pytest.fixture
def cursors(clock):
    return Cursors(SECRET, now=clock)


def page(*item_ids, strategy="hybrid", passed=()):
    return Page(strategy, [place(item_id) for item_id in item_ids], passed)


def place(item_id):
    return Recommended(Product(item_id, *[None] * (len(Product.__slots__) - 2), True), 1.0)


def test_it_says_what_was_shown_and_what_made_it(cursors):
    query = ANN._replace(explain=True, shown=("jar", "tea"))
    text = cursors.after("for_you", query, page("pot", "tea", passed=("mug",)))
    resumed = cursors.resume("for_you", ANN, text)
    assert resumed == ANN._replace(shown=("jar", "tea", "mug", "pot"), begun="hybrid")


def test_what_stands_in_other_lists_is_told_apart(cursors):
    query = ANN._replace(shown=("jar",), beside=("cup", "pot"))
    text = cursors.after("for_you", query, page("pot", "tea"))
    resumed = cursors.resume("for_you", ANN, text)
    assert resumed == ANN._replace(shown=("jar", "pot", "tea"), beside=("cup",), begun="hybrid")


def test_a_page_that_is_not_full_is_the_last(cursors):
    assert cursors.after("for_you", ANN, page("pot")) is None
    assert cursors.after("for_you", ANN, page()) is None


@pytest.mark.parametrize(
    ("shelf", "query"),
    [
        ("popular", ANN),
        ("for_you", Query(subject="bob", n=2)),
        ("for_you", Query(subject="\x1fann", n=2)),
        ("for_you", Query(n=2)),
        ("for_you", Query(subject="ann", item_id="tea")),
        ("for_you", Query(subject="ann", category="Tea")),
    ],
)
def test_it_is_of_one_list(cursors, shelf, query):
    text = cursors.after("for_you", ANN, page("pot", "tea"))
    with pytest.raises(InvalidCursor, match="another list"):
        cursors.resume(shelf, query, text)


def test_it_does_not_tell_whose_list_it_is(cursors):
    long_names = [ANN._replace(subject=name * 40) for name in ("ann", "bob")]
    lengths = {len(cursors.after("for_you", query, page("a", "b"))) for query in long_names}
    assert max(lengths) < 120


def test_it_holds_an_hour(cursors, clock):
    text = cursors.after("for_you", ANN, page("pot", "tea"))
    clock.set(NOW + timedelta(seconds=3599))
    cursors.resume("for_you", ANN, text)
    clock.set(NOW + timedelta(seconds=3600))
    with pytest.raises(InvalidCursor, match="expired"):
        cursors.resume("for_you", ANN, text)


def test_every_worker_reads_it_and_no_other_shop(cursors, clock):
    text = cursors.after("for_you", ANN, page("pot", "tea"))
    assert Cursors(SECRET, now=clock).resume("for_you", ANN, text).shown == ("pot", "tea")
    with pytest.raises(InvalidCursor):
        Cursors("d" * 64, now=clock).resume("for_you", ANN, text)


def test_a_changed_character_is_noticed(cursors):
    text = cursors.after("for_you", ANN, page("pot", "tea"))
    for at in range(len(text) - 1):  # the last one holds bits that mean nothing
        other = "A" if text[at] != "A" else "B"
        with pytest.raises(InvalidCursor):
            cursors.resume("for_you", ANN, text[:at] + other + text[at + 1 :])


@given(st.text())
def test_any_text_is_refused_and_nothing_else_happens(text):
    with pytest.raises(InvalidCursor):
        Cursors(SECRET, now=lambda: NOW).resume("for_you", ANN, text)


def test_it_is_no_token_and_a_token_is_no_cursor(cursors, clock):
    text = cursors.after("for_you", ANN, page("pot", "tea"))
    tokens = Tokens(SECRET, hours=1, now=clock)
    for reads in (tokens, Tickets(SECRET, now=clock)):
        with pytest.raises(NotAuthenticated):
            reads.read(text)
    with pytest.raises(InvalidCursor):
        cursors.resume("for_you", ANN, tokens.issue(Account("ann", "epoch", NOW)).text)


@given(st.lists(st.text(min_size=1, max_size=128).filter(is_id), min_size=1, max_size=30))
def test_any_id_comes_back_as_it_went(item_ids):
    cursors = Cursors(SECRET, now=lambda: NOW)
    query = Query(n=len(item_ids))
    text = cursors.after("popular", query, page(*item_ids))
    if text is not None:
        assert cursors.resume("popular", query, text).shown == tuple(dict.fromkeys(item_ids))


def test_it_ends_where_too_much_was_shown(cursors):
    short = [f"{n:03x}" for n in range(MAX_SHOWN + 1)]
    for shown, holds in ((short[:-3], True), (short[:-2], True), (short[:-1], False)):
        text = cursors.after("popular", Query(n=1, shown=tuple(shown)), page("last"))
        assert (text is not None) is holds
    long = tuple(f"{n * n * 7919:0>100}" * 1 for n in range(900))
    texts = [
        cursors.after("popular", Query(n=1, shown=long[:n]), page("last"))
        for n in range(0, 900, 50)
    ]
    lengths = [len(text) for text in texts if text is not None]
    assert max(lengths) <= MAX_LENGTH
    assert texts[-1] is None
