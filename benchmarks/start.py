"""Seconds from starting a worker to its first answer, with MovieLens 1M in MongoDB.

    python -m benchmarks.start [--rounds 3] [--keep DIR]

Cold: from starting gunicorn with one worker to a successful /health/ready. Respawn: from killing
that worker to the first answer of the one that gunicorn starts in its place. Goal: 10 s.
"""

import argparse
import os
import signal
import statistics
import time
from pathlib import Path

import orjson

from benchmarks import movielens_shop
from benchmarks.movielens_shop import MovieLensShop, get, gunicorn

GOAL_SECONDS = 10.0


def main() -> None:
    """Fill, start, kill, print."""
    args = _parsed()
    if reason := movielens_shop.missing():
        print(f"skipped: {reason}")
        return
    cold: list[float] = []
    respawned: list[float] = []
    with movielens_shop.movielens_shop(args.keep) as shop:
        for number in range(1, args.rounds + 1):
            for times, seconds in zip((cold, respawned), start_and_respawn(shop), strict=True):
                times.append(seconds)
            print(f"round {number}: cold {cold[-1]:.2f} s, respawned {respawned[-1]:.2f} s")
        print(f"of it, loading: {loading(shop.folder / 'wsgi.log')}")
    for name, times in (("cold", cold), ("respawned", respawned)):
        median = statistics.median(times)
        verdict = "met" if median <= GOAL_SECONDS else "missed"
        print(f"{name}: median {median:.2f} s; goal {GOAL_SECONDS:.0f} s, {verdict}")


def start_and_respawn(shop: MovieLensShop) -> tuple[float, float]:
    """Return how long a service took to its first answer, and the next worker after a kill."""
    started = time.perf_counter()
    with gunicorn("wsgi:app", config="gunicorn.conf.py", shop=shop, WORKERS="1") as server:
        get(f"{server.url}/health/ready")
        cold = time.perf_counter() - started
        killed = time.perf_counter()
        os.kill(server.workers()[0], signal.SIGKILL)
        get(f"{server.url}/health/ready")
        return cold, time.perf_counter() - killed


def loading(log: Path) -> str:
    """Return how long the last worker loaded each projection, from its log."""
    lines = [line for line in log.read_text().splitlines() if '"projection loaded"' in line]
    seconds = {entry["projection"]: entry["seconds"] for entry in map(orjson.loads, lines)}
    return ", ".join(f"{name} {spent:.2f} s" for name, spent in seconds.items())


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="fill the database here, and use it again")
    return parser.parse_args()


if __name__ == "__main__":
    main()
