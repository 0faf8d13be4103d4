"""Some five hundred requests to the seeded shop, and what it answers."""

from typing import Any

from tests.builders import RunningShop
from tests.golden import http_reading, http_refusals, http_writing
from tests.golden.http_asking import Asking


def exchanges(shop: RunningShop) -> list[dict[str, Any]]:
    """Ask everything; return each request by a name, with its answer."""
    asking = Asking(shop)
    for part in (http_reading, http_refusals, http_writing):
        part.ask(asking)
    return asking.told
