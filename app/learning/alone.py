"""One process of all works on the stored models of a kind."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.models import FittingElsewhere
from app.domain.ports import Leases
from app.live.rounds import Rounds

LEASE_SECONDS = 30.0


@contextmanager
def alone(leases: Leases, kind: str) -> Iterator[None]:
    """Hold the lease of a kind, or raise FittingElsewhere."""
    name, holder = f"fit {kind}", secrets.token_hex(8)

    def hold(seconds: float = LEASE_SECONDS) -> bool:
        return leases.acquire(name, holder, seconds=seconds)

    if not hold():
        raise FittingElsewhere(kind)
    renewal = Rounds("lease", hold, seconds=LEASE_SECONDS / 4)
    renewal.start()
    try:
        yield
    finally:
        renewal.stop()
        hold(0.0)  # others need not wait until it has run out
