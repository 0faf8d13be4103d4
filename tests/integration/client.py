"""A small HTTP client: a new connection for each call unless it is pinned to one worker."""

import http.client
import json
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, urlencode

HOST = "127.0.0.1"
SECONDS = 60
Headers = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What came back: headers by lower-case name, the body parsed if it is JSON."""

    status: int
    headers: Headers
    body: Any

    @property
    def ids(self) -> list[str]:
        """Return the ids on a shelf, in order."""
        return [place["item_id"] for place in self.body["recommendation"]]

    def done(self, status: int = 200) -> Self:
        """Return this answer if it is a success, or fail the test."""
        assert self.status == status, (self.status, self.body)
        assert self.body["status"] == "success", self.body
        return self

    def failed(self, status: int, code: str | None = None) -> Self:
        """Return this answer if it is a failure of the one shape, or fail the test."""
        assert self.status == status, (self.status, self.body)
        assert self.body.keys() == {"status", "code", "message", "detail"}, self.body
        assert self.body["status"] == "failure"
        assert code in (None, self.body["code"]), self.body
        return self


@dataclass(frozen=True)
class Client:
    """Calls a service with these headers."""

    port: int
    headers: Headers
    pinned: http.client.HTTPConnection | None = None
    source: str = HOST

    def call(
        self, method: str, path: str, body: Any = None, headers: Headers | None = None
    ) -> Answer:
        """Send the path as it stands; a body that is no string goes as JSON."""
        connection = self.pinned or self.connect()
        headers = self.headers | (headers or {})
        if body is not None and not isinstance(body, str):
            headers, body = headers | {"Content-Type": "application/json"}, json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            raw = response.read()
        except BaseException:
            connection.close()
            raise
        finally:
            if self.pinned is None:
                connection.close()
        names = {name.lower(): value for name, value in response.getheaders()}
        is_json = names.get("content-type", "").startswith("application/json")
        return Answer(response.status, names, json.loads(raw) if is_json else raw.decode())

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection that is not open yet."""
        return http.client.HTTPConnection(
            HOST, self.port, timeout=SECONDS, source_address=(self.source, 0)
        )

    def get(self, path: str, headers: Headers | None = None, **query: Any) -> Answer:
        """Send a GET."""
        return self.call("GET", f"{path}?{urlencode(query)}" if query else path, headers=headers)

    def rate(self, user_id: str, item_id: str, rating: float) -> Answer:
        """Rate as the shop's server does."""
        body = {"user_id": user_id, "item_id": item_id, "rating": rating}
        return self.call("POST", "/rate", body)

    def unrate(self, user_id: str, item_id: str) -> Answer:
        """Take a rating back as the shop's server does."""
        return self.call("DELETE", f"/rate/{segment(item_id)}?{urlencode({'user_id': user_id})}")

    def recommend(self, user_id: str, **query: Any) -> Answer:
        """Ask as the shop's server does."""
        return self.get("/recommend", user_id=user_id, **query)

    def put_items(self, *item_ids: str) -> None:
        """Store bare items."""
        self.call("POST", "/items", [{"item_id": item_id} for item_id in item_ids]).done(201)

    def metric(self, name: str) -> float:
        """Return a number of /metrics, 0 if it is not there yet."""
        answer = self.get("/metrics")
        assert answer.status == 200, answer
        lines = [line for line in answer.body.splitlines() if line.startswith(f"{name} ")]
        return float(lines[0].rpartition(" ")[2]) if lines else 0.0


def segment(id_: str) -> str:
    """Return an id as one segment of an address."""
    return quote(id_, safe="")
