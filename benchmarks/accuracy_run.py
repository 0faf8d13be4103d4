"""Run the methods of a protocol, each in its place, and print how they compare.

Parameters are those of benchmarks/results/accuracy/NAME.json; with --tune they are chosen anew on
the validation question and written there. The test question is answered once, after.
"""

import argparse
import json
import logging
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from benchmarks.accuracy_common import Question, Rows, interval, judge, load, paired, save
from benchmarks.accuracy_data import sampled
from benchmarks.accuracy_tuning import Budget, Choice, Method, examine
from benchmarks.peers_shape import INSTALL, PYTHON, ROOT

CHOSEN = Path(__file__).parent / "results" / "accuracy"
PEERS = (
    "LensKit item-based",
    "LensKit user-based",
    "implicit cosine",
    "implicit tf-idf",
    "implicit BM25",
    "implicit ALS",
    "implicit BPR",
)
OURS = "Shelfwise"
_QUICK = 300
_SHOWN = ("recall@10", "recall@20", "ndcg@10", "ndcg@20", "mrr@100")


@dataclass(frozen=True)
class Protocol:
    """What is asked of whom, how it is judged, and by what parameters are chosen."""

    name: str
    goal: str
    modes: tuple[str, ...]
    values: tuple[str, ...]
    ours: str = ""
    """The method that is held against all others; "": the best of ours by validation."""


def parsed(description: str | None, own: Mapping[str, str] | None = None) -> argparse.Namespace:
    """Return the options that all protocols have, and switches of one's own with their help."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--tune", action="store_true", help="choose parameters anew")
    parser.add_argument("--quick", action="store_true", help=f"ask only {_QUICK} users")
    parser.add_argument("--methods", nargs="+", help="only these")
    parser.add_argument("--keep", type=Path, help="folder for every user's lists")
    parser.add_argument("--trials", type=int, default=12, help="of each method, at most")
    parser.add_argument("--seconds", type=float, default=240.0, help="of processor time likewise")
    for name, help_ in (own or {}).items():
        parser.add_argument(f"--{name}", action="store_true", help=help_)
    return parser.parse_args()


def run(
    protocol: Protocol,
    validation: Question,
    test: Question,
    own: Sequence[Method],
    args: argparse.Namespace,
) -> None:
    """Examine the methods one after the other, then print the tables."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        few = _QUICK if args.quick else 0
        save(folder / "validation.npz", sampled(validation, few))
        save(folder / "test.npz", sampled(test, few))
        budget = Budget(protocol.goal, protocol.modes, args.trials, args.seconds)
        known = {} if args.tune else _known(protocol.name)
        wanted = [name for name in (*(m.name for m in own), *PEERS) if _asked(name, args.methods)]
        for name in wanted:
            choice = known.get(name)
            if method := next((method for method in own if method.name == name), None):
                examine(method, folder, budget, choice)
            elif PYTHON.exists():
                _in_their_place(name, folder, protocol, budget, choice)
        if not PYTHON.exists():
            print(f"without the peers, which are not installed: {INSTALL}")
        if args.tune and not args.quick:
            _remember(protocol.name, folder, wanted)
        report(protocol, folder, wanted)


def report(protocol: Protocol, folder: Path, names: Sequence[str]) -> None:
    """Print a table for each mode, and what the parameters are."""
    test = load(folder / "test.npz")
    names = [name for name in names if (folder / f"{name}.npz").exists()]
    for mode in protocol.modes:
        wanted = test.wanted(mode)
        users = sum(items.size > 0 for items in wanted)
        print(f"\n{mode} items: {users:,} users, who took {np.mean([w.size for w in wanted]):.1f}")
        print(f"  {'':27}{'  '.join(f'{name:^24}' for name in _SHOWN)}")
        mine = protocol.ours or _chosen(folder, names, mode)
        for name in names:
            found = judge(_lists(folder, name, mode), wanted)
            cells = ["{:.4f} ({:.4f} to {:.4f})".format(*interval(found[m])) for m in _SHOWN]
            mark = "*" if name == mine else " "
            print(f"{mark} {name:27}{'  '.join(cells)}", flush=True)
        if mine in names:
            why = "named by the protocol" if protocol.ours else "chosen by validation"
            print(f"\n* {mine}: ours, {why}")
            _ahead(mine, protocol.goal, folder, names, mode)
    print("\nparameters, what they reached on the validation users, and what finding them took")
    for name in names:
        choice = _choice(folder, name)
        for mode, parameters in choice.parameters.items():
            listed = ", ".join(f"{key}={value}" for key, value in parameters.items())
            print(
                f"  {name}, {mode}: {listed or 'none'}; {choice.reached[mode]:.4f}; "
                f"{choice.trials} trials, {choice.seconds:.0f} s"
            )


def _chosen(folder: Path, names: Sequence[str], mode: str) -> str:
    """Return the one of ours that reached most on the validation users, "" if there is none."""
    reached = {name: _choice(folder, name).reached[mode] for name in names if name.startswith(OURS)}
    return max(reached, key=reached.__getitem__, default="")


def _choice(folder: Path, name: str) -> Choice:
    return Choice(**json.loads((folder / f"{name}.json").read_text())["choice"])


def _ahead(mine: str, goal: str, folder: Path, names: Sequence[str], mode: str) -> None:
    """Print how far ours is ahead of each other method, user by user."""
    wanted = load(folder / "test.npz").wanted(mode)
    found = {name: judge(_lists(folder, name, mode), wanted)[goal] for name in names}
    best = found.pop(mine)
    print(f"  {mine} ahead of others by so much {goal}, user by user")
    for name, theirs in found.items():
        mean, low, high, chance = paired(best, theirs)
        print(f"  {name:27}{mean:+.4f} ({low:+.4f} to {high:+.4f})  p = {chance:.4f}", flush=True)


def _lists(folder: Path, name: str, mode: str) -> Rows:
    with np.load(folder / f"{name}.npz") as arrays:
        return arrays[mode]


def _asked(name: str, only: Sequence[str] | None) -> bool:
    return not only or any(word in name for word in only)


def _known(name: str) -> dict[str, Choice]:
    path = CHOSEN / f"{name}.json"
    read = json.loads(path.read_text()) if path.exists() else {}
    return {method: Choice(**choice) for method, choice in read.items()}


def _remember(name: str, folder: Path, methods: Sequence[str]) -> None:
    chosen: dict[str, Any] = {method: asdict(choice) for method, choice in _known(name).items()}
    for method in methods:
        if (path := folder / f"{method}.json").exists():
            chosen[method] = json.loads(path.read_text())["choice"]
    CHOSEN.mkdir(parents=True, exist_ok=True)
    (CHOSEN / f"{name}.json").write_text(json.dumps(chosen, indent=1) + "\n")


def _in_their_place(
    name: str, folder: Path, protocol: Protocol, budget: Budget, known: Choice | None
) -> None:
    task = {
        "name": name,
        "values": protocol.values,
        "budget": asdict(budget),
        "known": asdict(known) if known else None,
    }
    path = folder / "task.json"
    path.write_text(json.dumps(task))
    command = [str(PYTHON), "-m", "benchmarks.accuracy_peers", str(folder), str(path)]
    one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "LK")}
    environment = {**os.environ, **one, "PYTHONWARNINGS": "ignore"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
