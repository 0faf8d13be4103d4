"""The API page works without internet."""

import re

import pytest

from tests.builders import failed


def test_home_leads_to_the_page(shop):
    response = shop.client.get("/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/docs"


def test_the_page_takes_nothing_from_elsewhere(shop):
    response = shop.client.get("/docs")
    text = response.get_data(as_text=True)
    assert response.mimetype == "text/html"
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert not re.search(r"(src|href)=[\"'](https?:)?//", text)
    found = re.findall(r"(?:src|href)=[\"']([^\"']+)", text)
    assert found
    for address in found:
        with shop.client.get(address) as asset:
            assert asset.status_code == 200, address


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fdocs.py", "%2E%2E", "%00"])
def test_only_the_pages_own_files(shop, name):
    failed(shop.client.get(f"/docs/{name}"), 404, "not_found")


def test_the_icon(shop):
    with shop.client.get("/favicon.ico") as icon:
        assert icon.mimetype == "image/png"
