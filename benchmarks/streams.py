"""What open streams, and the threads kept for them, cost the other requests.

Spells of load on /recommend alternate in one run: a server without places for streams beside one
with them and none open, at 8 and 32 connections; then, on the latter, 200 idle streams beside none.
"""

import argparse
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.domain.streams import Grant
from app.services.tokens import Tickets
from benchmarks import engine_data, http_load
from benchmarks.engine_shop import K, N
from benchmarks.http_load import Load, load
from benchmarks.http_shoppers import draw, runtime_of, token_of
from benchmarks.servers import Server, get, gunicorn
from benchmarks.stored_shop import StoredShop, stored_shop
from config import Settings

SHOPPERS, STREAMS, GOAL = 200, 200, 1.20
ROUTE = f"/recommend?n={N}&k={K}"
_PATIENCE = 30.0
Spell = Callable[[int], Load]
Spells = dict[str, list[Load]]


def main() -> None:
    """Fill, start, measure, print."""
    args = _parsed()
    if reason := http_load.missing() or engine_data.missing():
        print(f"skipped: {reason}")
        return
    with stored_shop(args.keep) as shop, ExitStack() as servers:
        grants, tokens = _shoppers(shop, args.seed)
        ours, bare = (
            servers.enter_context(gunicorn("wsgi:app", config="gunicorn.conf.py", shop=shop, **env))
            for env in ({}, {"STREAMS": "0"})
        )
        for server in (ours, bare):
            get(f"{server.url}/health/ready")
        settings = Settings()
        print(
            f"{settings.workers} workers x {settings.threads} threads for requests and "
            f"{settings.streams} for streams; medians of {args.rounds} rounds"
        )

        def plain(server: Server) -> Spell:
            return lambda connections: load(
                server, ROUTE, tokens, seconds=args.seconds, connections=connections
            )

        def beside_streams(connections: int) -> Load:
            with _idle_streams(ours, shop, grants):
                return plain(ours)(connections)

        pairs = {
            "no places for streams": plain(bare),
            "places, none taken": plain(ours),
            f"{STREAMS} idle streams": beside_streams,
        }
        for connections in (8, 32):
            _tell(connections, measure(pairs, connections, args.rounds))


def measure(pairs: dict[str, Spell], connections: int, rounds: int) -> Spells:
    """Return what each spell measured, one of each in every round; a first round warms up."""
    spells: Spells = {name: [] for name in pairs}
    for _ in range(rounds + 1):
        for name, spell in pairs.items():
            spells[name].append(spell(connections))
    return {name: measured[1:] for name, measured in spells.items()}


def _tell(connections: int, spells: Spells) -> None:
    none, places, taken = spells
    print(f"\n{connections} connections           requests/s   p50 ms   p99 ms   CPU µs")
    for name, measured in spells.items():
        rate, p50, p99, cpu = (
            statistics.median(getattr(spell, figure) for spell in measured)
            for figure in ("rate", "p50", "p99", "cpu")
        )
        print(f"{name:<24} {rate:12,.0f} {p50:8.2f} {p99:8.2f} {cpu:8.0f}")
    _tell_ratio("p50 with places for streams / without", spells[places], spells[none])
    ratio = _tell_ratio(f"p50 beside {STREAMS} idle streams / none", spells[taken], spells[places])
    print(f"goal: at most {GOAL:.2f}, {'met' if ratio <= GOAL else 'missed'}")


def _tell_ratio(what: str, over: list[Load], under: list[Load]) -> float:
    ratios = [a.p50 / b.p50 for a, b in zip(over, under, strict=True)]
    median = statistics.median(ratios)
    print(f"{what}: {median:.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
    return median


def _shoppers(shop: StoredShop, seed: int) -> tuple[list[Grant], Path]:
    """Return who follows a list, and a file with the tokens of those who ask."""
    with runtime_of(shop) as runtime:
        user_ids = draw(runtime, SHOPPERS, seed=seed)
        file = shop.folder / "tokens"
        file.write_text("\n".join(token_of(runtime, user_id) for user_id in user_ids))
        accounts = [runtime.use_cases.accounts.get(user_id) for user_id in user_ids]
    return [Grant(account.user_id, epoch=account.epoch) for account in accounts], file


@contextmanager
def _idle_streams(server: Server, shop: StoredShop, grants: list[Grant]) -> Iterator[None]:
    """Keep a stream open for each of the first shoppers; go when the server has let go of them."""
    tickets = Tickets(shop.environment["SECRET_KEY"], now=lambda: datetime.now(UTC))
    with ExitStack() as stack:
        for grant in grants[:STREAMS]:
            stack.enter_context(_stream(server, tickets.issue(grant).text))
        yield
        if _open_streams(server) != STREAMS:
            raise RuntimeError(f"{_open_streams(server)} streams are open, not {STREAMS}")
    deadline = time.monotonic() + _PATIENCE
    while _open_streams(server):
        if time.monotonic() > deadline:
            raise TimeoutError("streams stay open after their clients have gone")
        time.sleep(0.1)


def _stream(server: Server, ticket: str) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").partition(":")
    ours = socket.create_connection((host, int(port)), timeout=_PATIENCE)
    ours.sendall(f"GET /recommend/stream?ticket={ticket} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    said = b""
    while b"event: recommendation" not in said:
        more = ours.recv(65536)
        if not more:
            raise RuntimeError(f"no stream: {said.decode()}")
        said += more
    return ours


def _open_streams(server: Server) -> int:
    lines = get(f"{server.url}/metrics").decode().splitlines()
    return sum(
        int(float(line.split()[1])) for line in lines if line.startswith("shelfwise_streams ")
    )


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured")
    parser.add_argument("--seconds", type=int, default=3, help="of one spell of load")
    parser.add_argument("--seed", type=int, default=1, help="of the draw of shoppers")
    parser.add_argument("--keep", type=Path, help="fill the database here, and use it again")
    return parser.parse_args()


if __name__ == "__main__":
    main()
