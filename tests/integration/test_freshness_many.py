"""Four workers, a shopper on ever new connections, and an import beside: no read is stale."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.accounts import Role
from tests.integration.client import Answer, Headers
from tests.integration.service import Service

ROUNDS = 150  # in each, one write of either kind
RATINGS = 200_000
ONLY_KNOWN = {"strategy": "user", "min_score": 2}  # above what popular items can have


def by_header(answer: Answer) -> Headers:
    return {"X-Freshness": answer.headers["x-freshness"]}


def by_cookie(answer: Answer) -> Headers:
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


@pytest.fixture(scope="module")
def shop(mongo_uri: str, make_gunicorn: Callable[..., Service]) -> Service:
    """Give four workers, and a shopper for whom like-minded ones bring `only` alone."""
    shop = make_gunicorn(mongo_uri, workers=4).start()
    shop.admin.put_items("base", "only")
    for user, item in (("me", "base"), ("neighbour", "base"), ("neighbour", "only")):
        shop.storefront.rate(user, item, 5).done()
    shop.settle()
    return shop


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give two files of the same pairs with other values: whichever comes second replaces all."""
    folder = tmp_path_factory.mktemp("import")
    return [write(folder / f"{shift}.csv", shift) for shift in (0, 1)]


def write(path: Path, shift: int) -> Path:
    with path.open("w") as out:
        out.write("user_id,item_id,rating\n")
        for user in range(RATINGS // 50):
            items = ((user * 7 + place * 13) % 4000 for place in range(50))
            out.writelines(f"u{user},i{item},{1 + (user + item + shift) % 5}\n" for item in items)
    return path


@contextmanager
def importing(shop: Service, files: list[Path]) -> Iterator[list[int]]:
    """Import one file after the other while the body runs; yields the exit codes so far."""
    stop, codes = threading.Event(), []

    def run() -> None:
        for path in itertools.cycle(files):
            done = shop.flask("import", "ratings", "--create-items", str(path))
            codes.append(done.returncode)
            if stop.is_set() or done.returncode:
                return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield codes
        assert thread.is_alive(), codes
    finally:
        stop.set()
        thread.join()


def test_no_read_is_stale_beside_an_import(shop: Service, files: list[Path]) -> None:
    storefront = shop.client(Role.STOREFRONT)
    stale, not_fresh = [], 0
    with importing(shop, files) as codes:
        for number in range(ROUNDS):
            token_of = by_cookie if number % 2 else by_header
            for hidden in (True, False):
                if hidden:
                    written = storefront.rate("me", "only", 1 + number % 5).done()
                else:
                    written = storefront.unrate("me", "only").done()
                answer = storefront.get("/recommend", token_of(written), user_id="me", **ONLY_KNOWN)
                if not answer.done().body["fresh"]:
                    not_fresh += 1
                elif ("only" not in answer.ids) is not hidden:
                    stale.append((number, hidden, answer.ids))
    print(f"{2 * ROUNDS} reads, {not_fresh} said that they are not fresh, {len(codes)} imports")
    assert set(codes) == {0}
    assert stale == []
    assert not_fresh <= ROUNDS // 10
    assert shop.stored() == RATINGS + 3
    shop.settle()
