"""Seconds until a service answers, and what a second worker adds to the memory.

    python -m benchmarks.start [--synthetic 10m --keep DIR] [--rounds 3]

First: gunicorn with two workers and an empty DATA_DIR/snapshot, to the first successful
/health/ready of each. Second: the same again, with what the first one left. Respawn: from killing
(SIGKILL) one of them to the first answer of the one that gunicorn starts in its place. Memory as
the kernel counts it: only `proportional` adds up, since it splits what processes share.
"""

import argparse
import os
import shutil
import signal
import statistics
import time
from collections.abc import Set
from pathlib import Path

import orjson

from benchmarks import engine_data, stored_shop
from benchmarks.memory_use import memory_of, tell_memory
from benchmarks.pinned import ready
from benchmarks.servers import Server, service
from benchmarks.stored_shop import StoredShop

STARTS = ("first start", "second start", "respawn")
GOAL_SECONDS = 10.0  # for each, with MovieLens 1M
_PATIENCE = 600.0


def main() -> None:
    """Fill, start, kill, print."""
    args = _parsed()
    if not args.synthetic and (reason := engine_data.missing()):
        print(f"skipped: {reason}")
        return
    measured: dict[str, list[float]] = {what: [] for what in STARTS}
    with stored_shop.stored_shop(args.keep, args.synthetic) as shop:
        print(f"{args.synthetic or 'MovieLens 1M'}, 2 workers")
        for number in range(1, args.rounds + 1):
            seconds = one_round(shop, tell=number == args.rounds)
            for what, spent in seconds.items():
                measured[what].append(spent)
            text = ", ".join(f"{what} {spent:.2f} s" for what, spent in seconds.items())
            print(f"round {number}: {text}", flush=True)
    for what, times in measured.items():
        median = statistics.median(times)
        verdict = "met" if median <= GOAL_SECONDS else "missed"
        goal = "" if args.synthetic else f"; goal {GOAL_SECONDS:.0f} s, {verdict}"
        print(f"{what}: median {median:.2f} s{goal}")


def one_round(shop: StoredShop, *, tell: bool) -> dict[str, float]:
    """Return how long each kind of start took; print what loaded and what memory it left."""
    shutil.rmtree(shop.folder / "snapshot", ignore_errors=True)
    seconds = {}
    for what in ("first start", "second start"):
        started = time.perf_counter()
        with service(shop, WORKERS="2") as server:
            wait(server)
            seconds[what] = time.perf_counter() - started
            if tell:
                print(f"{what}: {loading(server.log)}")
                tell_memory([memory_of(pid) for pid in server.workers()])
            if what == "second start":
                seconds["respawn"] = respawn(server)
    return seconds


def respawn(server: Server) -> float:
    """Kill a worker; return how long it took until the next one answered."""
    before = set(server.workers())
    killed = time.perf_counter()
    os.kill(min(before), signal.SIGKILL)
    wait(server, before)
    return time.perf_counter() - killed


def wait(server: Server, but: Set[int] = frozenset()) -> None:
    """Return when two workers answer, of which one at least is none of `but`."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        answering = ready(server)
        if len(answering) == 2 and answering - but:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {answering} of {server.workers()} answer")
        time.sleep(0.01)


def loading(log: Path) -> str:
    """Return how long the last worker loaded each projection, from its log; "" for nothing."""
    lines = [line for line in log.read_text().splitlines() if '"projection loaded"' in line]
    seconds = {entry["projection"]: entry["seconds"] for entry in map(orjson.loads, lines)}
    text = ", ".join(f"{name} {spent:.2f} s" for name, spent in seconds.items())
    return f"of it, loading {text}" if text else "nothing was loaded from MongoDB"


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    stored_shop.add_options(parser, "10m", "20m")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
