"""One line about the machine and the moment: no figure means anything without it."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def describe_now() -> str:
    """Return date, processor, cores, memory, system, Python, and how busy it was already."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {_processor()}, {cores} cores, {memory:.0f} GiB; "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; "
        f"load average before: {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
