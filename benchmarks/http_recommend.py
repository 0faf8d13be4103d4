"""Requests a second of /recommend beside a bare Flask route, in one run.

    python -m benchmarks.http_recommend [--synthetic 10m --keep DIR] [--connections 1 8 32]

Both run under gunicorn with the service's own settings (gthread, preloaded, equal workers and
threads), the service as in production: every request leaves its line of JSON in a log file, is
counted in the metrics, and carries a bearer token of one of 200 shoppers, drawn uniformly. The
load is wrk, the same requests for both. Each spell on the service stands between two on the bare
route; its ratio is to their mean. Answers are checked against plain numpy. A made-up shop is
filled once into DIR, which takes minutes.
"""

import argparse
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import engine_data, http_load, stored_shop
from benchmarks.engine_shop import W_ITEM, W_USER, K, N
from benchmarks.http_load import load
from benchmarks.http_report import BARE, BYTES, Measured, Route, tell, tell_log
from benchmarks.http_shoppers import check, draw, right_answers, runtime_of, token_of
from benchmarks.servers import Server, get, gunicorn, service
from benchmarks.stored_shop import StoredShop

SHOPPERS, CHECKED = 200, 5
_WEIGHTS = f"w_user={W_USER}&w_item={W_ITEM}"
PATHS = {
    name: f"/recommend?n={N}&k={K}&strategy={name}&{_WEIGHTS}"
    for name in ("user", "item", "hybrid")
}


def main() -> None:
    """Fill, start, check, measure, print."""
    args = _parsed()
    missing = None if args.synthetic else engine_data.missing()
    if reason := http_load.missing() or missing:
        print(f"skipped: {reason}")
        return
    with (
        stored_shop.stored_shop(args.keep, args.synthetic) as shop,
        servers(shop, args.seed) as routes,
    ):
        for connections in args.connections:
            measure(routes, shop, connections, rounds=1, seconds=1)  # warms up
            measured = measure(routes, shop, connections, args.rounds, args.seconds)
            tell(measured, args.synthetic, connections, list(PATHS))
        tell_log(shop.folder / "wsgi.log")


def measure(
    routes: dict[str, Route], shop: StoredShop, connections: int, rounds: int, seconds: int
) -> Measured:
    """Return what each spell measured, and the ratios to the bare spells around it."""
    measured = Measured(defaultdict(list), defaultdict(list))

    def spell(name: str) -> None:
        tokens = shop.folder / "tokens"
        one = load(*routes[name], tokens, seconds=seconds, connections=connections)
        measured.loads[name].append(one)

    spell(BARE)
    for _ in range(rounds):
        for name in (*PATHS, BYTES):
            spell(name)
            spell(BARE)
            before, after = measured.loads[BARE][-2:]
            around = (before.rate + after.rate) / 2
            measured.ratios[name].append(measured.loads[name][-1].rate / around)
    return measured


@contextmanager
def servers(shop: StoredShop, seed: int) -> Iterator[dict[str, Route]]:
    """Run both servers, check answers, and give every route."""
    with runtime_of(shop) as runtime:
        user_ids = draw(runtime, SHOPPERS, seed=seed)
        tokens = [token_of(runtime, user_id) for user_id in user_ids]
        right = right_answers(runtime, user_ids[:CHECKED])
        shown = runtime.use_cases.recommendations.shown_items
        print(f"{len(runtime.tables.preferences):,} ratings, {shown:,} items")
    (shop.folder / "tokens").write_text("\n".join(tokens))
    # workers start from a snapshot made just now: no other is due while they are measured
    shutil.rmtree(shop.folder / "snapshot", ignore_errors=True)
    with service(shop) as ours:
        bodies = [_ask(ours, token) for token in tokens[:CHECKED]]
        for got, answer in zip(bodies, right.values(), strict=True):
            check(got, answer)
        print(f"the answers of {CHECKED} shoppers are those of plain numpy", flush=True)
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


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    stored_shop.add_options(parser, "10m", "20m")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--seconds", type=int, default=3, help="of one spell of load")
    parser.add_argument("--connections", type=int, nargs="+", default=[8])
    parser.add_argument("--seed", type=int, default=1, help="of the draw of shoppers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
