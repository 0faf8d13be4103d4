"""A client that keeps what it asked and what was answered."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from app.domain.accounts import Role
from tests.builders import ORIGIN, PASSWORD, RunningShop, bearer, segment

MASKED = {
    "behind_seconds",
    "incident",
    "next_cursor",
    "recommendation_id",
    "ticket",
    "token",
}
"""Names whose values differ from run to run. What is null stays."""
_MADE_ID = re.compile("[0-9a-f]{24}")
_HEADERS = ("Allow", "Location", "Retry-After", "WWW-Authenticate")
_SHOWN = 300
"""Characters of a body by which an exchange is named."""
_UNREAD = ("/", "/docs", "/openapi.json", "/metrics", "/favicon.ico")
"""Addresses of which the status says enough."""


class Asking:
    """Sends requests, and keeps what is told of each."""

    def __init__(self, shop: RunningShop) -> None:
        self.shop = shop
        self.told: list[dict[str, Any]] = []
        self.headers = {
            "nobody": {},
            "admin": shop.admin,
            "storefront": shop.storefront,
            "browser": shop.key(Role.BROWSER),
        }

    def login(self, user_id: str, password: str = PASSWORD, **more: Any) -> None:
        """Log in; `by=user_id` sends the token from then on."""
        body = {"user_id": user_id, "password": password, **more}
        answer = self("POST", "/login", by="nobody", json=body)
        self.headers[user_id] = bearer(answer["token"])

    def get(self, address: str, by: str = "storefront", **query: Any) -> dict[str, Any]:
        """Ask with a query; return the body."""
        text = urlencode(query, doseq=True)
        return self("GET", f"{address}?{text}" if query else address, by=by)

    def __call__(
        self, method: str, address: str, *, by: str = "storefront", **sent: Any
    ) -> dict[str, Any]:
        """Send a request; return the body as it came."""
        headers = {**self.headers[by], **sent.pop("headers", {})}
        response = self.shop.client.open(address, method=method, headers=headers, **sent)
        body = _body(response, address)
        self.told.append(
            {
                "number": len(self.told),
                "asked": f"{method} {_named(address)} by {by} {_brief(sent)}".rstrip(),
                "status": response.status_code,
                "headers": {name: _header(response, name) for name in _kept(response)},
                "body": masked(body),
            }
        )
        return body

    def secretly(self, method: str, address: str, headers: dict[str, str]) -> None:
        """Send a request whose headers are another's, and name it without them."""
        self.headers["somebody"] = headers
        self(method, address, by="somebody")

    def beacon(self, key: str, text: str) -> None:
        """Send an event as `navigator.sendBeacon` does."""
        origin = {"Origin": ORIGIN}
        sent = {"data": text, "content_type": "text/plain", "headers": origin}
        self("POST", f"/events?api_key={key}", by="nobody", **sent)

    def first_of_stream(self, by: str, **query: Any) -> None:
        """Open a stream, keep the first list, and hang up."""
        ticket = self("POST", "/recommend/stream-ticket", by=by)["ticket"]
        query = {"ticket": ticket, **query}
        response = self.shop.client.get("/recommend/stream", query_string=query)
        chunks = iter(response.response)
        next(chunks)
        event, _, data = next(chunks).decode().partition("data: ")
        response.close()
        self.told.append(
            {
                "number": len(self.told),
                "asked": f"GET /recommend/stream by {by}",
                "status": response.status_code,
                "headers": {"event": event.partition("\n")[0]},
                "body": masked(json.loads(data)),
            }
        )


def path(*parts: str) -> str:
    """Return an address of ids and words, each encoded as one segment."""
    return "/" + "/".join(map(segment, parts))


def masked(value: Any) -> Any:
    """Return a JSON value with a placeholder for whatever differs from run to run."""
    if isinstance(value, list):
        return [masked(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"<{name}>" if _is_volatile(name, part) else masked(part)
        for name, part in value.items()
    }


def _is_volatile(name: str, value: Any) -> bool:
    made = name == "event_id" and isinstance(value, str) and _MADE_ID.fullmatch(value)
    return bool(made) or (name in MASKED and value is not None)


def _body(response: TestResponse, address: str) -> Any:
    if address in _UNREAD and response.status_code < 400:
        return None
    if response.mimetype == "application/json":
        return response.get_json()
    if response.mimetype == "application/x-ndjson":
        return [json.loads(line) for line in response.get_data().splitlines()]
    return response.get_data(as_text=True)


def _kept(response: TestResponse) -> list[str]:
    fresh = ["X-Freshness"] if "X-Freshness" in response.headers else []
    return [name for name in _HEADERS if name in response.headers] + fresh


def _header(response: TestResponse, name: str) -> str:
    value = "<token>" if name == "X-Freshness" else response.headers[name]
    return ", ".join(sorted(value.split(", "))) if name == "Allow" else value


def _named(address: str) -> str:
    # these are other ones in each run
    return re.sub("(cursor|ticket|api_key)=[^&]{30,}", r"\1=<\1>", address)[:_SHOWN]


def _brief(sent: dict[str, Any]) -> str:
    if not sent:
        return ""
    text = json.dumps(sent, default=lambda value: value.decode("latin-1"), sort_keys=True)
    text = re.sub('"cursor": "[^"]{40,}"', '"cursor": "<cursor>"', text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)})"
