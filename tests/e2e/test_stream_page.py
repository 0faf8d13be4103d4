"""The page of the documentation in a real browser: its list follows the shopper."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.builders import PASSWORD, new_id
from tests.integration.client import Client, Headers
from tests.integration.service import ROOT, Service

pytestmark = pytest.mark.browser
HTML = (ROOT / "docs" / "stream.html").read_text()


@dataclass
class Shopper:
    """A page on which a shopper's list is shown, and the calls of that shopper."""

    page: Page
    client: Client
    item: str

    def shown(self, count: int) -> None:
        """Fail unless the shopper's own item soon stands so often on the page."""
        expect(self.page.locator("li", has_text=self.item)).to_have_count(count, timeout=30_000)

    def says(self, state: str) -> None:
        """Fail unless the page soon says this."""
        expect(self.page.locator("#state")).to_have_text(state, timeout=30_000)


@pytest.fixture
def shopper(browser: Browser, service: Service) -> Iterator[Shopper]:
    """Open the page, served from the service's own origin, for a shopper who is logged in."""
    user, item = new_id("shopper"), new_id("item of the stream")
    service.admin.put_items(item)
    for n in range(3):  # it is what most shoppers prefer, so it stands on the first page
        service.storefront.rate(new_id("other"), item, 5 - n / 10).done()
    service.client().call("POST", "/register", {"user_id": user, "password": PASSWORD}).done(201)
    headers, token = login(service, user)
    context = browser.new_context()
    page = context.new_page()
    base = f"http://127.0.0.1:{service.port}"
    page.route(re.compile(r"/stream\.html\?"), serve)
    page.goto(f"{base}/stream.html?service={base}&token={token}")
    yield Shopper(page, Client(service.port, headers), item)
    context.close()


def serve(route: Route) -> None:
    route.fulfill(body=HTML, content_type="text/html")


def login(service: Service, user: str) -> tuple[Headers, str]:
    body = {"user_id": user, "password": PASSWORD}
    token = service.client().call("POST", "/login", body).done().body["token"]
    return {"Authorization": f"Bearer {token}"}, token


def test_the_page_shows_the_list_and_what_becomes_of_it(shopper: Shopper) -> None:
    shopper.shown(1)
    shopper.says("live")
    shopper.client.call("POST", "/rate", {"item_id": shopper.item, "rating": 4}).done()
    shopper.shown(0)
    shopper.client.call("DELETE", f"/rate/{shopper.item.replace(' ', '%20')}").done()
    shopper.shown(1)


def test_a_logout_ends_it(shopper: Shopper) -> None:
    shopper.says("live")
    shopper.client.call("POST", "/logout").done()
    shopper.says("please log in again")
