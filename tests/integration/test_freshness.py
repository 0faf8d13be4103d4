"""A shopper's own write counts in the next read, whichever worker answers."""

from collections.abc import Callable

import pytest

from app.domain.accounts import Role
from tests.builders import new_id
from tests.integration.client import Answer, Client, Headers
from tests.integration.service import Service

ROUNDS = 100
ONLY_KNOWN = {"strategy": "user", "min_score": 2}  # above what popular items can have


def by_header(answer: Answer) -> Headers:
    return {"X-Freshness": answer.headers["x-freshness"]}


def by_cookie(answer: Answer) -> Headers:
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert cookie.startswith("shelfwise_freshness=")
    return {"Cookie": cookie}


@pytest.fixture
def shopper(service: Service) -> tuple[str, str]:
    """Give a shopper and the only item that shoppers like that one bring."""
    shopper, neighbour = new_id("fresh"), new_id("neighbour")
    base, only = new_id("base"), new_id("only")
    service.admin.put_items(base, only)
    storefront = service.storefront
    storefront.rate(shopper, base, 5).done()
    storefront.rate(neighbour, base, 5).done()
    last = storefront.rate(neighbour, only, 5).done()
    with service.pinned(Role.STOREFRONT) as workers:
        for worker in workers.values():
            assert fresh_ids(worker, shopper, by_header(last)) == [only]
    return shopper, only


def fresh_ids(client: Client, user: str, headers: Headers) -> list[str]:
    """Ask until the answer says that it is fresh: a worker that is late must say so."""
    for _ in range(100):
        answer = client.get("/recommend", headers, user_id=user, **ONLY_KNOWN).done()
        if answer.body["fresh"]:
            return answer.ids
    raise AssertionError("the workers do not catch up")


@pytest.mark.parametrize("token_of", [by_header, by_cookie])
def test_no_read_is_stale(service, shopper, token_of: Callable[[Answer], Headers]):
    user, only = shopper
    storefront = service.storefront
    with service.pinned(Role.STOREFRONT) as workers:
        readers = [*workers.values(), storefront]
        for number in range(ROUNDS):
            given = token_of(storefront.rate(user, only, 1 + number % 5).done())
            assert [only in fresh_ids(r, user, given) for r in readers] == [False] * 3
            taken = token_of(storefront.unrate(user, only).done())
            assert [only in fresh_ids(r, user, taken) for r in readers] == [True] * 3


def test_a_write_counts_at_its_own_worker_without_a_token(service, shopper):
    user, only = shopper
    with service.pinned(Role.STOREFRONT) as workers:
        for worker in [*workers.values()] * 20:
            worker.rate(user, only, 4).done()
            assert only not in worker.recommend(user, **ONLY_KNOWN).done().ids
            worker.unrate(user, only).done()
            assert only in worker.recommend(user, **ONLY_KNOWN).done().ids


@pytest.mark.parametrize(
    "token", ["", "garbage", "ffffffff-1-00000000", "1-1-1", "x" * 5000, "-", "--", "zz-zz-zz"]
)
def test_a_foreign_token_is_passed_over(service, shopper, token):
    user, _ = shopper
    for headers in ({"X-Freshness": token}, {"Cookie": f"shelfwise_freshness={token}"}):
        answer = service.storefront.get("/recommend", headers, user_id=user).done()
        assert answer.body["fresh"] is True


def test_a_token_from_the_future_is_passed_over(service, shopper):
    user, only = shopper
    token = by_header(service.storefront.rate(user, only, 4).done())["X-Freshness"]
    seconds, rest = token.split("-", 1)
    future = f"{int(seconds, 16) + 10_000:x}-{rest}"
    answer = service.storefront.get("/recommend", {"X-Freshness": future}, user_id=user).done()
    assert answer.body["fresh"] is True
