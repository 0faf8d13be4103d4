"""Requests a second of /recommend on MovieLens 1M, beside a bare Flask route, in one run.

    python -m benchmarks.http_recommend [--rounds 5] [--seconds 3] [--keep DIR]

Both run under gunicorn with the service's own settings (gthread, preloaded, equal workers and
threads), the service as in production: every request leaves its line of JSON in a log file, is
counted in the metrics, and carries a bearer token of one of 200 shoppers, drawn uniformly. The
load is wrk over eight connections, the same requests for both. Each spell on the service stands
between two on the bare route; its ratio is to their mean. Answers are checked against plain numpy.
"""

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import http_load, movielens_shop
from benchmarks.http_load import CONNECTIONS, Load, load
from benchmarks.http_shoppers import (
    W_ITEM,
    W_USER,
    K,
    N,
    check,
    draw,
    right_answers,
    services_of,
    token_of,
)
from benchmarks.movielens_shop import MovieLensShop, Server, get, gunicorn
from config import Settings

Route = tuple[Server, str]
SHOPPERS, CHECKED = 200, 5
GOALS = {"user": 0.45, "hybrid": 0.40}
BARE, BYTES = "bare, jsonify", "bare, ready bytes"
_WEIGHTS = f"w_user={W_USER}&w_item={W_ITEM}"
PATHS = {
    name: f"/recommend?n={N}&k={K}&strategy={name}&{_WEIGHTS}"
    for name in ("user", "item", "hybrid")
}


def main() -> None:
    """Fill, start, check, measure, print."""
    args = _parsed()
    if reason := http_load.missing() or movielens_shop.missing():
        print(f"skipped: {reason}")
        return
    with movielens_shop.movielens_shop(args.keep) as shop, _servers(shop, args.seed) as routes:
        tokens = shop.folder / "tokens"
        measure(routes, tokens, rounds=1, seconds=1)  # warms up
        loads, ratios = measure(routes, tokens, args.rounds, args.seconds)
        _tell(loads, ratios)
        _tell_log(shop.folder / "wsgi.log")


def measure(
    routes: dict[str, Route], tokens: Path, rounds: int, seconds: int
) -> tuple[dict[str, list[Load]], dict[str, list[float]]]:
    """Return what each spell measured, and the ratios to the bare spells around it."""
    loads: dict[str, list[Load]] = defaultdict(list)
    ratios: dict[str, list[float]] = defaultdict(list)
    loads[BARE].append(load(*routes[BARE], tokens, seconds=seconds))
    for _ in range(rounds):
        for name in (*PATHS, BYTES):
            loads[name].append(load(*routes[name], tokens, seconds=seconds))
            loads[BARE].append(load(*routes[BARE], tokens, seconds=seconds))
            around = statistics.mean(spell.rate for spell in loads[BARE][-2:])
            ratios[name].append(loads[name][-1].rate / around)
    return loads, ratios


@contextmanager
def _servers(shop: MovieLensShop, seed: int) -> Iterator[dict[str, Route]]:
    """Run both servers, check answers, and give every route."""
    with services_of(shop) as services:
        user_ids = draw(services, SHOPPERS, seed=seed)
        tokens = [token_of(services, user_id) for user_id in user_ids]
        right = right_answers(services, user_ids[:CHECKED])
        shown = services.recommendations.shown_items
        print(f"{len(services.tables.preferences):,} ratings, {shown:,} items")
    (shop.folder / "tokens").write_text("\n".join(tokens))
    with gunicorn("wsgi:app", config="gunicorn.conf.py", shop=shop) as ours:
        bodies = [_ask(ours, token) for token in tokens[:CHECKED]]
        for got, answer in zip(bodies, right.values(), strict=True):
            check(got, answer)
        print(f"the answers of {CHECKED} shoppers are those of plain numpy")
        body = shop.folder / "body.json"
        body.write_bytes(bodies[0])
        with gunicorn(
            "benchmarks.http_bare:app",
            config="benchmarks/http_bare_gunicorn.py",
            shop=shop,
            BODY=str(body),
        ) as bare:
            get(f"{bare.url}/bytes")
            yield {
                BARE: (bare, "/jsonify"),
                BYTES: (bare, "/bytes"),
                **{name: (ours, path) for name, path in PATHS.items()},
            }


def _ask(server: Server, token: str) -> bytes:
    get(f"{server.url}/health/ready")
    return get(server.url + PATHS["hybrid"], {"Authorization": f"Bearer {token}"})


def _tell(loads: dict[str, list[Load]], ratios: dict[str, list[float]]) -> None:
    settings = Settings()
    print(
        f"{settings.workers} workers x {settings.threads} threads, {CONNECTIONS} connections, "
        f"k = {K}, n = {N}; medians of {len(loads[BYTES])} rounds\n"
    )
    print(f"{'':<18} requests/s   p50 ms   p99 ms   CPU µs   of bare jsonify (min-max)   goal")
    for name in (BARE, BYTES, *PATHS):
        rate, p50, p99, cpu = (
            statistics.median(getattr(spell, figure) for spell in loads[name])
            for figure in ("rate", "p50", "p99", "cpu")
        )
        measured = f"{rate:10,.0f} {p50:8.2f} {p99:8.2f} {cpu:8.0f}"
        print(f"{name:<18} {measured}   {_ratio(name, ratios.get(name))}")
    print("\nCPU: processor time of the workers for one request, which other programs disturb less")


def _ratio(name: str, measured: list[float] | None) -> str:
    if not measured:
        return ""
    median = statistics.median(measured)
    text = f"{median:.2f} ({min(measured):.2f}-{max(measured):.2f})"
    if name not in GOALS:
        return text
    goal = GOALS[name]
    return f"{text:<27} {goal:.2f} {'met' if median >= goal else 'missed'}"


def _tell_log(log: Path) -> None:
    with log.open() as lines:
        logged = sum('"event":"request"' in line for line in lines)
    print(f"{logged:,} requests of the service are in its log, a line of JSON each")


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--seconds", type=int, default=3, help="of one spell of load")
    parser.add_argument("--seed", type=int, default=1, help="of the draw of shoppers")
    parser.add_argument("--keep", type=Path, help="fill the database here, and use it again")
    return parser.parse_args()


if __name__ == "__main__":
    main()
