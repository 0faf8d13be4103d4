"""Ids that often break a service, over real HTTP: nothing on the way may tidy up their paths."""

import socket

import pytest

from app.domain.accounts import Role
from tests.builders import AWKWARD_IDS, PASSWORD
from tests.integration.client import HOST, Client, segment
from tests.integration.service import Service


@pytest.fixture(scope="module")
def shop(service: Service) -> Service:
    service.admin.put_items("plain")
    return service


def ask(port: int, method: str, target: str, key: str) -> tuple[int, str]:
    """Send a request line byte by byte as given; return the status and the text."""
    request = f"{method} {target} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nConnection: close\r\n"
    with socket.create_connection((HOST, port), timeout=30) as connection:
        connection.sendall(f"{request}\r\n".encode())
        raw = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    return int(raw.split(" ", 2)[1]), raw


@pytest.mark.parametrize("id_", AWKWARD_IDS)
def test_an_item_id_names_the_same_item_on_every_route(shop, id_):
    admin, storefront, path = shop.admin, shop.storefront, f"/items/{segment(id_)}"
    made = admin.call("PUT", path, {"title": f"about {id_[:20]}"}).done()
    assert made.body["item"]["item_id"] == id_
    assert admin.call("PATCH", path, {"brand": "B"}).done().body["item"]["item_id"] == id_
    found = storefront.get(path).done().body["item"]
    assert (found["item_id"], found["brand"]) == (id_, "B")
    assert id_ not in storefront.get(f"{path}/similar").done().ids
    assert storefront.rate("rater", id_, 4).done().body["item_id"] == id_
    assert ("rater", id_) in shop.ratings()
    assert storefront.unrate("rater", id_).done().body["item_id"] == id_
    assert admin.call("DELETE", path).done().body["item_id"] == id_
    storefront.get(path).failed(404, "unknown_item")
    storefront.get(f"{path}/similar").failed(404, "unknown_item")
    storefront.unrate("rater", id_).failed(404, "unknown_rating")


@pytest.mark.parametrize("id_", AWKWARD_IDS)
def test_a_user_id_names_the_same_shopper_on_every_route(shop, id_):
    storefront, path = shop.storefront, f"/users/{segment(id_)}"
    storefront.call("POST", "/register", {"user_id": id_, "password": PASSWORD}).done(201)
    storefront.rate(id_, "plain", 3).done()
    assert storefront.get(path).done().body["user_id"] == id_
    ratings = storefront.get(f"{path}/ratings").done().body
    assert (ratings["user_id"], [r["item_id"] for r in ratings["ratings"]]) == (id_, ["plain"])
    assert storefront.recommend(id_).done().body["user_id"] == id_
    deleted = storefront.call("DELETE", path).done().body
    assert (deleted["user_id"], deleted["ratings_removed"]) == (id_, 1)
    storefront.get(path).failed(404, "unknown_user")


@pytest.mark.parametrize(
    "target",
    ["/items/a/b", "/items//a", "/items/a//similar", "/items/..", "/items/../items/plain"],
)
def test_a_bare_slash_or_dot_is_not_tidied_up(shop, target):
    status, raw = ask(shop.port, "GET", target, shop.key(Role.STOREFRONT)["X-API-Key"])
    assert status == 404, raw
    assert '"status":"failure"' in raw


def test_an_encoded_slash_is_no_separator(shop):
    key = shop.key(Role.ADMIN)["X-API-Key"]
    for id_ in ("tea", "tea/similar"):
        shop.admin.call("PUT", f"/items/{segment(id_)}", {"title": id_}).done()
    status, raw = ask(shop.port, "GET", "/items/tea%2Fsimilar", key)
    assert (status, '"title":"tea/similar"' in raw) == (200, True), raw
    status, raw = ask(shop.port, "GET", "/items/tea/similar", key)
    assert (status, '"recommendation":[' in raw) == (200, True), raw


def test_a_target_in_absolute_form_is_understood(shop):
    key = shop.key(Role.STOREFRONT)["X-API-Key"]
    status, raw = ask(shop.port, "GET", "http://shop.example/items/plain?", key)
    assert status == 200, raw


@pytest.mark.parametrize("target", ["/items/%FF", "/items/%00", "/items/a%0Ab", "/items/%C3"])
def test_what_is_no_id_is_not_found(shop, target):
    status, raw = ask(shop.port, "GET", target, shop.key(Role.STOREFRONT)["X-API-Key"])
    assert status == 404, raw
    assert "Traceback" not in raw


def test_both_workers_take_them(shop):
    shop.admin.put_items(*AWKWARD_IDS)
    with shop.pinned(Role.STOREFRONT) as workers:
        for client in workers.values():
            assert seen_by(client) == set(AWKWARD_IDS)
    for id_ in AWKWARD_IDS:
        shop.admin.call("DELETE", f"/items/{segment(id_)}").done()


def seen_by(client: Client) -> set[str]:
    answers = {id_: client.get(f"/items/{segment(id_)}") for id_ in AWKWARD_IDS}
    return {id_ for id_, answer in answers.items() if answer.done().body["item"]["item_id"] == id_}
