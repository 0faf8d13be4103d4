"""A client of server-sent events, as patient as a browser."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from tests.integration.client import Client


def ticket_for(client: Client, user_id: str) -> str:
    """Ask for a ticket as the shop's server does."""
    ticket = client.call("POST", "/recommend/stream-ticket", {"user_id": user_id}).done()
    return str(ticket.body["ticket"])


class EventStream:
    """An open stream; `connection` may be one to a certain worker."""

    def __init__(self, client: Client, ticket: str, **query: Any) -> None:
        self.connection: HTTPConnection = client.pinned or client.connect()
        address = f"/recommend/stream?{urlencode({'ticket': ticket, **query})}"
        self.connection.request("GET", address)
        self.response = self.connection.getresponse()
        self.status = self.response.status

    def event(self) -> dict[str, str]:
        """Return the fields of the next event, none at the end; beats are passed over."""
        fields: dict[str, str] = {}
        while line := self.response.readline():
            if line != b"\n":
                name, _, value = line.decode().rstrip("\n").partition(": ")
                fields[name] = value
            elif "data" in fields:
                return fields
            else:
                fields = {}
        return {}

    def list(self) -> list[str]:
        """Return the ids of the next list."""
        event = self.event()
        assert event["event"] == "recommendation", event
        return [place["item_id"] for place in json.loads(event["data"])["recommendation"]]

    def close(self) -> None:
        """Go away without a word."""
        self.response.close()
        self.connection.close()
