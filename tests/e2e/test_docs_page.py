"""The API page in a real browser: complete, without errors, without the internet."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from app.domain.accounts import Role
from tests.builders import new_id
from tests.integration.service import Service

pytestmark = pytest.mark.browser
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass
class Watched:
    """A page, with everything it asked for and complained about."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Write down requests and complaints from now on."""
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("requestfailed", self._failed)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._console)

    def _failed(self, request: Request) -> None:
        self.complaints.append(f"{request.url}: {request.failure}")

    def _console(self, message: object) -> None:
        if message.type in {"error", "warning"}:  # type: ignore[attr-defined]
            self.complaints.append(message.text)  # type: ignore[attr-defined]


@pytest.fixture
def docs(browser: Browser, service: Service) -> Iterator[Watched]:
    """Open the page; at the end it must have been quiet and stayed on this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    watched = Watched(page)
    watched.watch()
    page.goto(f"http://127.0.0.1:{service.port}/docs")
    expect(page.locator(".opblock").first).to_be_visible()
    yield watched
    context.close()
    assert watched.complaints == []
    asked = {urlsplit(url) for url in watched.asked}
    assert {url.hostname for url in asked if url.scheme not in {"data", "blob"}} == {"127.0.0.1"}


def specification(service: Service) -> dict:
    answer = service.client().get("/openapi.json")
    assert answer.status == 200
    return answer.body if isinstance(answer.body, dict) else json.loads(answer.body)


def test_shows_every_tag_and_operation(docs, service, tmp_path):
    spec = specification(service)
    page = docs.page
    wanted = {
        (method, path)
        for path, ways in spec["paths"].items()
        for method in METHODS
        if method in ways
    }
    expect(page.locator(".opblock")).to_have_count(len(wanted))
    shown = {
        (
            block.locator(".opblock-summary-method").inner_text().lower(),
            block.locator(".opblock-summary-path").get_attribute("data-path"),
        )
        for block in page.locator(".opblock").all()
    }
    assert shown == wanted
    tags = {tag for ways in spec["paths"].values() for way in ways.values() for tag in way["tags"]}
    headings = page.locator(".opblock-tag").all()
    assert {heading.get_attribute("data-tag") for heading in headings} == tags
    expect(page.locator(".info .title")).to_contain_text(spec["info"]["title"])
    page.screenshot(path=tmp_path / "docs.png", full_page=True)
    assert (tmp_path / "docs.png").stat().st_size > 10_000


def open_operation(page: Page, method: str, path: str):
    """Unfold one operation; return it."""
    block = page.locator(f".opblock-{method}").filter(
        has=page.locator(f'.opblock-summary-path[data-path="{path}"]')
    )
    block.locator(".opblock-summary-control").click()
    expect(block.locator("button.execute")).to_be_visible()
    return block


def test_a_call_from_the_page_is_answered(docs, tmp_path):
    block = open_operation(docs.page, "get", "/health/live")
    block.locator("button.execute").click()
    answer = block.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").nth(1)).to_contain_text("200")
    expect(answer.locator(".response-col_description").nth(1)).to_contain_text("success")
    docs.page.screenshot(path=tmp_path / "live.png")


def test_a_call_with_a_key_is_answered(docs, service, tmp_path):
    item = new_id("shown")
    service.admin.put_items(item)
    page = docs.page
    page.locator(".auth-wrapper .authorize").first.click()
    dialog = page.locator(".dialog-ux")
    box = dialog.locator(".auth-container").filter(has_text="X-API-Key")
    box.locator("input").fill(service.key(Role.STOREFRONT)["X-API-Key"])
    box.locator("button.authorize").click()
    expect(box.locator("button", has_text="Logout")).to_be_visible()
    page.screenshot(path=tmp_path / "dialog.png")
    dialog.locator(".close-modal").click()
    block = open_operation(page, "get", "/items")
    block.locator("button.execute").click()
    answer = block.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").nth(1)).to_contain_text("200")
    expect(answer.locator(".response-col_description").nth(1)).to_contain_text("next_cursor")
    page.screenshot(path=tmp_path / "items.png")
