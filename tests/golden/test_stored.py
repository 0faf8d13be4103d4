"""What an earlier version has stored is read by this one, and says the same."""

from typing import Any

import orjson

from app.bootstrap import Shop
from tests.golden import stored_shop
from tests.golden.comparing import differences
from tests.golden.http_shop import NOW
from tests.golden.make import LISTS, STORED


def test_a_database_of_an_earlier_version_says_the_same(mongo_uri, tmp_path):
    with stored_shop.restored(mongo_uri, tmp_path, STORED) as shop:
        found = orjson.loads(orjson.dumps(stored_shop.lists(shop)))
        for expected, now in zip(orjson.loads(LISTS.read_bytes()), found, strict=True):
            answer = _as_then(now["answer"])
            assert differences(expected["answer"], answer) == [], expected["asked"]


def _as_then(answer: Any) -> Any:
    """Return the answer without what later versions say of an item besides."""
    for place in answer.get("recommendation", ()) if isinstance(answer, dict) else ():
        if place.pop("fallback", False):
            del place["strategy"]
    return answer


def test_a_snapshot_of_an_earlier_version_holds_what_the_database_does(mongo_uri, tmp_path):
    with stored_shop.restored(mongo_uri, tmp_path, STORED) as shop:
        second = Shop(shop.app.extensions["shelfwise"].settings, clock=NOW.timestamp)
        try:
            restored = second.runtime.snapshots.restore(now=second.repositories.changes.now)
            assert restored is not None, "it is of another version: none is read"
            pairs = zip(second.runtime.projections, shop.runtime.projections, strict=True)
            differing = {one.name: one.differences(other) for one, other in pairs}
        finally:
            second.close()
        differing.pop("keys")  # opening the shop has made new ones
        assert {name: lines for name, lines in differing.items() if lines} == {}
