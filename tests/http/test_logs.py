"""What the logs say, and what they must not."""

import io
import json
from contextlib import redirect_stderr

import pytest
import structlog

from app.domain.accounts import Role
from tests.builders import PASSWORD, bearer, done


@pytest.fixture
def logged(make_shop):
    """Give a way to open a shop whose logs can be read."""

    def open_one(**settings):
        written = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        with redirect_stderr(written):
            shop = make_shop(**settings)
        return shop, lambda: written.buffer.getvalue().decode()

    before = structlog.get_config()
    yield open_one
    structlog.configure(**before)  # later tests have nothing to do with what was written here


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_reaches_the_logs(logged, log_format):
    shop, read = logged(log_level="debug", log_format=log_format)

    def boom():
        local_secret = PASSWORD
        raise RuntimeError(f"length {len(local_secret)}")

    shop.app.add_url_rule("/boom", "boom", boom, methods=["POST"])
    shop.item("tea")
    _, first = shop.shopper("ann")
    token = first["Authorization"].removeprefix("Bearer ")
    body = {"password": PASSWORD, "new_password": "another secret word"}
    newer = done(shop.client.post("/password", json=body, headers=first))["token"]
    calls = [
        ("POST", "/login", {"json": {"user_id": "ann", "password": "a wrong secret"}}),
        ("POST", "/login", {"data": {"user_id": "ann", "password": "a wrong secret"}}),
        ("POST", "/login", {"json": {"user_id": "ann", "password": ["a wrong secret"]}}),
        ("POST", "/login", {"data": '{"password":"a wrong secret"', "content_type": "text/json"}),
        ("POST", "/register", {"json": {"user_id": "ann", "password": PASSWORD}}),
        ("POST", "/boom", {"json": body, "headers": first}),
        ("GET", "/users/me", {"headers": first}),
        ("GET", f"/popular?token={newer}", {"headers": bearer(newer)}),
        ("GET", "/settings", {"headers": shop.key(Role.ADMIN)}),
        ("GET", "/settings", {"headers": shop.key(Role.BROWSER)}),
    ]
    for method, address, options in calls:
        answer = shop.client.open(address, method=method, **options).get_data(as_text=True)
        assert "secret" not in answer.replace("/login", "")
    text = read()
    assert "/login" in text
    assert "RuntimeError" in text
    folder = shop.app.extensions["shelfwise"].settings.data_dir
    secrets = [PASSWORD, "another secret word", "a wrong secret", token, newer, *shop.keys.values()]
    for secret in [*secrets, (folder / "secret_key").read_text(), "argon2id$"]:
        assert secret not in text


def test_a_request_leaves_one_line(logged):
    shop, read = logged(log_level="info", log_format="json")
    headers = shop.storefront | {"X-Request-Id": "abc"}
    shop.client.get("/popular?user_id=ann", headers=headers)
    lines = [json.loads(line) for line in read().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) == 1
    assert requests[0].pop("ms") >= 0
    assert requests[0].pop("timestamp").endswith("Z")
    assert requests[0] == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "path": "/popular",
        "status": 200,
        "request_id": "abc",
    }


def test_no_ticket_reaches_the_logs(logged, monkeypatch):
    shop, read = logged(log_level="debug", log_format="json")
    body = {"user_id": "ann"}
    answer = shop.client.post("/recommend/stream-ticket", json=body, headers=shop.storefront)
    ticket = done(answer)["ticket"]
    monkeypatch.setattr(type(shop.services.recommendations), "shelf", lambda *_: 1 // 0)
    for text in (ticket, ticket + "x"):
        response = shop.client.get(f"/recommend/stream?ticket={text}")
        response.get_data()
        response.close()
    logged_text = read()
    assert "/recommend/stream" in logged_text
    assert "ZeroDivisionError" in logged_text
    assert ticket not in logged_text
