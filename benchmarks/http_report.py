"""What the HTTP benchmark prints."""

import statistics
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engine_shop import K, N
from benchmarks.http_load import Load
from benchmarks.servers import Server
from config import Settings

Route = tuple[Server, str]
BARE, BYTES = "bare, jsonify", "bare, ready bytes"
GOALS = {  # of the bare route, with 8 connections, by shop
    None: {"user": 0.55, "hybrid": 0.5},
    "10m": {"user": 0.35, "hybrid": 0.25},
    "20m": {"user": 0.2, "hybrid": 0.17},
}
GOAL_CONNECTIONS = 8


@dataclass(frozen=True)
class Measured:
    """Spells of load by route, and the ratios of their rates to the bare spells around them."""

    loads: dict[str, list[Load]]
    ratios: dict[str, list[float]]


def tell(measured: Measured, shop: str | None, connections: int, names: list[str]) -> None:
    """Print a table; goals are held to where there are eight connections."""
    settings = Settings()
    print(
        f"\n{shop or 'MovieLens 1M'}: {settings.workers} workers x {settings.threads} threads, "
        f"{connections} connections, k = {K}, n = {N}; medians of {len(measured.loads[BYTES])} "
        "rounds\n"
    )
    print(
        f"{'':<18} of bare jsonify (min-max)   goal          requests/s   p50 ms   p99 ms   CPU µs"
    )
    goals = GOALS[shop] if connections == GOAL_CONNECTIONS else {}
    for name in (*names, BARE, BYTES):
        rate, p50, p99, cpu = (
            statistics.median(getattr(spell, figure) for spell in measured.loads[name])
            for figure in ("rate", "p50", "p99", "cpu")
        )
        ratio = _ratio(measured.ratios.get(name), goals.get(name))
        print(f"{name:<18} {ratio:<41} {rate:10,.0f} {p50:8.2f} {p99:8.2f} {cpu:8.0f}")
    print("CPU: processor time of the workers for one request, which other programs disturb less")


def tell_log(log: Path) -> None:
    """Print how many requests left a line in the log."""
    with log.open() as lines:
        logged = sum('"event":"request"' in line for line in lines)
    print(f"\n{logged:,} requests of the service are in its log, a line of JSON each")


def _ratio(measured: list[float] | None, goal: float | None) -> str:
    if not measured:
        return ""
    median = statistics.median(measured)
    text = f"{median:.2f} ({min(measured):.2f}-{max(measured):.2f})"
    if goal is None:
        return text
    return f"{text:<27} {goal:.2f} {'met' if median >= goal else 'missed'}"
