"""Ids in addresses, as servers hand them over."""

import pytest

from app.http.middleware import RawPaths
from tests.builders import AWKWARD_IDS, done, failed, segment


def routed(**environ) -> str:
    """Return the path that the application below sees."""
    seen = {}

    def app(inner, start_response):
        seen.update(inner)
        return []

    RawPaths(app)(environ, lambda *_: None)
    return seen["PATH_INFO"]


@pytest.mark.parametrize("name", ["RAW_URI", "REQUEST_URI"])
@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/items/tea%2Fsimilar", "/items/tea%2Fsimilar"),
        ("/items/a?n=1", "/items/a"),
        ("/items/%3F%23?x=/y", "/items/%3F%23"),
        ("http://shop.example/items/a%2Fb?n=1", "/items/a%2Fb"),
        ("http://shop.example", "/"),
        ("//items", "//items"),
        ("/", "/"),
    ],
)
def test_the_path_is_routed_as_it_was_sent(name, raw, path):
    assert routed(PATH_INFO="/decoded", **{name: raw}) == path


def test_a_server_that_gives_no_raw_path():
    assert routed(PATH_INFO="/items/tea") == "/items/tea"


def test_a_service_below_a_prefix():
    assert routed(SCRIPT_NAME="/shop", RAW_URI="/shop/items/a", PATH_INFO="/x") == "/items/a"


@pytest.mark.parametrize("item", AWKWARD_IDS)
def test_an_address_made_here_leads_back(shop, item):
    with shop.app.test_request_context():
        address = shop.app.url_for("catalogue.get", item_id=item)
    assert address == f"/items/{segment(item)}"
    shop.item(item)
    assert done(shop.client.get(address, headers=shop.admin))["item"]["item_id"] == item


@pytest.mark.parametrize(
    "address",
    [*("/nowhere", "/items/", "/items//", "/rate/", "/users/", "/items/a/"),
     *("/items/a/b", "/items/tea/similar/", "/users/a/ratings/x", "/docs/../app", "/ITEMS")],
)  # fmt: skip
def test_what_leads_nowhere(shop, address):
    environ = {"RAW_URI": address, "REQUEST_URI": address}
    response = shop.client.get("/x", environ_overrides=environ, headers=shop.admin)
    failed(response, 404, "not_found")


def test_a_slash_in_an_id_is_not_a_separator(shop):
    shop.item("cup/similar")
    shop.item("cup")
    one = done(shop.client.get("/items/cup%2Fsimilar", headers=shop.admin))
    assert one["item"]["item_id"] == "cup/similar"
    assert "recommendation" in done(shop.client.get("/items/cup/similar", headers=shop.admin))
