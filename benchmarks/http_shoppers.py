"""Who asks in the HTTP benchmarks, with which tokens, and what the right answers are."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
import orjson

from app.domain.errors import UserTaken
from app.factory import create_app
from app.usecases import Runtime
from benchmarks.engine_expected import ExpectedByItems, ExpectedByUsers
from benchmarks.engine_shop import TOP, W_ITEM, W_USER, K, N
from benchmarks.stored_shop import StoredShop
from config import Settings

_PASSWORD = "for the benchmark only"
_TOLERANCE = 1e-8  # answers have nine digits
Answer = list[tuple[str, float]]


@contextmanager
def runtime_of(shop: StoredShop) -> Iterator[Runtime]:
    """Load the shop into this process, without HTTP."""
    names = ("MONGO_URI", "MONGO_DB", "DATA_DIR", "SECRET_KEY")
    given = {name.lower(): shop.environment[name] for name in names}
    settings = Settings(**given, log_level="error", snapshot_minutes=0)  # type: ignore[arg-type]
    extension = create_app(settings).extensions["shelfwise"]
    extension.start()
    try:
        yield extension.runtime
    finally:
        extension.close()


def draw(runtime: Runtime, count: int, *, seed: int) -> list[str]:
    """Draw shoppers with ratings, each as likely as the other."""
    preferences, users = runtime.tables.preferences, runtime.tables.users
    rated = preferences.by_user.lengths(users.capacity)
    known = sorted(users.id(row) for row in np.flatnonzero(rated).tolist())
    return random.Random(seed).sample(known, count)


def token_of(runtime: Runtime, user_id: str) -> str:
    """Open an account if there is none, and log in."""
    with suppress(UserTaken):  # a kept database
        runtime.use_cases.accounts.register(user_id, _PASSWORD, trusted=True)
    return runtime.use_cases.accounts.login(user_id, _PASSWORD)[1].text


def right_answers(runtime: Runtime, user_ids: list[str]) -> dict[str, Answer]:
    """Return each shopper's ten best by the hybrid score, worked out in plain numpy."""
    preferences, items = runtime.tables.preferences, runtime.tables.items
    by_users = ExpectedByUsers(preferences)
    by_items = ExpectedByItems(preferences, runtime.tables.features)
    answers = {}
    for user_id in user_ids:
        users = by_users.scores(user_id, k=K) / TOP
        scores = np.round(W_USER * users + W_ITEM * by_items.scores(user_id), 9)
        rated = {item_id for item_id, _, _ in preferences.of_user(user_id)}
        places = sorted((-score, items.id(row)) for row, score in enumerate(scores.tolist()))
        answers[user_id] = [(id_, -score) for score, id_ in places if id_ not in rated][:N]
    return answers


def check(body: bytes, right: Answer) -> None:
    """Raise AssertionError if the answer is not the right one."""
    got = [(place["item_id"], place["score"]) for place in orjson.loads(body)["recommendation"]]
    assert [id_ for id_, _ in got] == [id_ for id_, _ in right], (got, right)
    scores = np.array([score for _, score in got]), np.array([score for _, score in right])
    assert np.abs(scores[0] - scores[1]).max() < _TOLERANCE, (got, right)
