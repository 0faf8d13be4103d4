"""Every failure has one shape, whatever went wrong."""

import pytest
import structlog

from app.domain import errors
from app.domain.errors import AppError
from tests.builders import failed, open_shop


@pytest.fixture(scope="module")
def broken(mongo_uri, tmp_path_factory):
    """Give a way to call a route that raises what it is told to."""
    raised = {}

    def view():
        password = "the secret of a local variable"
        raise raised["error"] if password else AssertionError

    with open_shop(mongo_uri, tmp_path_factory.mktemp("shop")) as shop:
        shop.app.add_url_rule("/broken", "broken", view)

        def call(error):
            raised["error"] = error
            return shop.client.get("/broken")

        yield call


def test_a_bug_is_answered_without_its_insides(broken):
    with structlog.testing.capture_logs() as logs:
        answer = failed(broken(RuntimeError("insides")), 500, "internal_error")
    assert "insides" not in str(answer)
    incident = answer["detail"]["incident"]
    assert incident in answer["message"]
    assert [log["incident"] for log in logs if log["event"] == "unexpected error"] == [incident]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidInput("field", "is wrong"), 422, "invalid_input"),
        (errors.UnknownItem("x"), 404, "unknown_item"),
        (errors.UnknownUser("x"), 404, "unknown_user"),
        (errors.UnknownRating("x"), 404, "unknown_rating"),
        (errors.UnknownKey("x"), 404, "unknown_key"),
        (errors.UserTaken("x"), 409, "user_taken"),
        (errors.UserHasData("x"), 409, "user_has_data"),
        (errors.ItemTaken("x"), 409, "item_taken"),
        (errors.Conflict("again"), 409, "conflict"),
        (errors.BadCredentials(), 401, "bad_credentials"),
        (errors.NotAuthenticated(), 401, "not_authenticated"),
        (errors.NotAllowed("no"), 403, "not_allowed"),
        (errors.TooManyTries(17), 429, "too_many_requests"),
        (errors.StoreUnavailable(), 503, "store_unavailable"),
        (AppError("of no kind"), 500, "error"),
        (ZeroDivisionError(), 500, "internal_error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_every_error_has_its_status(broken, error, status, code):
    response = broken(error)
    failed(response, status, code)
    wanted = {401: ("WWW-Authenticate", "Bearer"), 429: ("Retry-After", "17")}
    wanted[503] = ("Retry-After", "2")
    if status in wanted:
        name, value = wanted[status]
        assert response.headers[name] == value


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_another_method(shop, method):
    response = shop.client.open("/rate", method=method)
    failed(response, 405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


def test_nothing_there(shop):
    failed(shop.client.get("/nothing"), 404, "not_found")
    failed(shop.client.post("/nothing", json={}), 404, "not_found")


def test_a_failure_can_be_followed_in_the_log(shop):
    response = shop.client.get("/nothing", headers={"X-Request-Id": "abc-1"})
    assert response.headers["X-Request-Id"] == "abc-1"
    odd = shop.client.get("/nothing", headers={"X-Request-Id": "a b"})
    assert len(odd.headers["X-Request-Id"]) == 16


def test_every_answer_says_that_it_is_what_it_says(shop):
    for address in ("/nothing", "/docs", "/health/live", "/rate"):
        response = shop.client.get(address)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
