"""Run the benchmarks and keep what they print.

    python -m benchmarks                     all but the large ones
    python -m benchmarks http start          some
    python -m benchmarks http -- --rounds 9  with options of its own (--help lists them)
    python -m benchmarks http-10m start-10m -- --keep DIR   large ones, on one filled database

Each result goes to benchmarks/results/NAME.txt, with the command, the date and the machine.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

from benchmarks.machine import describe_now

RESULTS = Path(__file__).parent / "results"
BENCHMARKS = {  # name -> module with its options, what it measures
    "engine": ("engine_user_based", "the ten best for one shopper, and live updates; no HTTP"),
    "growth": ("growth", "cost of a request against what it reads; draws growth.png"),
    "features": ("features", "item-based over 100 thousand items, dense and encoded features"),
    "filters": ("filters", "a list with filters against one without, over 100 thousand items"),
    "peers": ("peers", "user-based beside LensKit, Surprise and scikit-learn"),
    "importing": ("importing", "ratings and events a second of an import, beside insert_many"),
    "feed": ("feed", "changes a second that a worker takes in, beside the bare driver"),
    "events": ("events", "events a second over HTTP, beside a bare insert_many"),
    "next-basket": ("next_basket", "whether a household's next basket stands on its shelves"),
    "visible": ("visible", "milliseconds until another worker shows a write"),
    "behaviour": ("behaviour", "events taken in, and the shelves made of what shoppers did"),
    "quality": ("behaviour_quality", "what baskets and habits find of real baskets"),
    "accuracy-ncf": ("accuracy_ncf", "the published leave-one-out files: models, and what is live"),
    "accuracy-ratings": ("accuracy_ratings", "predicted ratings in five folds; beside Surprise"),
    "accuracy-cold-items": ("accuracy_cold_items", "items that nobody had, by features alone"),
    "accuracy-movies": ("accuracy_movies", "the next film of a user, among all; beside peers"),
    "accuracy-gifts": ("accuracy_gifts", "what customers of a gift shop buy; beside peers"),
    "accuracy-grocer": ("accuracy_grocer", "what households buy of a grocer; beside peers"),
    "accuracy-funnel": ("accuracy_funnel", "what views, carts and purchases tell; beside peers"),
    "http": ("http_recommend", "requests a second of /recommend, beside a bare Flask route"),
    "streams": ("streams", "/recommend beside 200 idle streams, and with threads kept for them"),
    "start": ("start", "seconds until workers serve a million ratings, and their memory"),
}
LARGE = {  # only when named: minutes each, and gigabytes
    f"{name}-{size}": (f"{module} --synthetic {size}", f"the same with {size.upper()} ratings")
    for name, module in (
        ("engine", "engine_user_based"),
        ("http", "http_recommend"),
        ("start", "start"),
    )
    for size in ("10m", "20m")
}


def main() -> None:
    """Run the chosen benchmarks one after the other; exit with 1 if one failed."""
    names, options = parsed(sys.argv[1:])
    failed = [name for name in names if run(name, options) != 0]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def parsed(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the names of the benchmarks, and the options that are passed on to them."""
    at = words.index("--") if "--" in words else len(words)
    known = BENCHMARKS | LARGE
    listed = "\n".join(f"  {name:<10} {what}" for name, (_, what) in known.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"{__doc__}\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="*", metavar="NAME", help="default: all but the large ones")
    names = parser.parse_args(words[:at]).name or list(BENCHMARKS)
    for name in names:
        if name not in known:
            parser.error(f"there is no benchmark {name!r}, only {', '.join(known)}")
    return names, words[at + 1 :]


def run(name: str, options: list[str]) -> int:
    """Run one in a process of its own; print and keep what it says, return its exit status."""
    module, *own = (BENCHMARKS | LARGE)[name][0].split()
    words = ["-m", f"benchmarks.{module}", *own, *options]
    lines = [f"$ {shlex.join(['python', *words])}", describe_now(), ""]
    print("\n".join(lines), flush=True)
    command = [sys.executable, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip("\n"))
    print()
    if child.returncode == 0 and not lines[-1].startswith("skipped"):
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return child.returncode


if __name__ == "__main__":
    main()
