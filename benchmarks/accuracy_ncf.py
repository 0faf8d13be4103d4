"""Learned models by the protocol of neural collaborative filtering, on MovieLens 1M.

    python -m benchmarks.accuracy_ncf [--validation] [--neural] [--keep DIR]

One item of each user was held out, and is ranked among 99 that the user did not rate: the published
files (He and others, 2017). HR@10 is the share of users with the held-out item among the first ten.
A tie counts as the mean over its places (taken as half a place each, popularity has 0.4538 and
0.2543, as published); a held-out item among its own 99 is skipped; 95 % intervals come from
resampling users. Of the data's times, only those of users 1 to 2999 are known: the others have no
order, so what needs one adds nothing to their scores.

Parameters and weights were chosen with --validation, which holds out one more item of each user and
does not look at the published one. The chosen ones are asked again through the shelf that serves.
--neural trains the network too, which needs PyTorch. --keep stores fitted models, and uses those it
finds; the shelf's are fitted anew.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.jit import Float64s
from app.engine.models.als import Als, AlsParameters, fit_als
from app.engine.models.ease import Ease, EaseParameters, fit_ease
from app.engine.models.model import Learned
from app.engine.models.neural import Neural
from app.engine.models.neural_fit import NeuralParameters, fit_neural
from app.engine.models.profile import recency
from app.engine.models.sequence import Sequence, fit_sequence
from app.engine.recommenders.hybrid import scaled
from app.offline.metrics.intervals import bootstrap_means
from benchmarks.accuracy_ncf_data import FILES, FOLDER, LeaveOneOut, for_choices, published
from benchmarks.accuracy_ncf_live import LiveScores
from benchmarks.accuracy_ncf_metrics import judge_sampled
from benchmarks.accuracy_ncf_shelf import ShelfScores

_EASE = EaseParameters(l2=1000.0)
_ALS = AlsParameters(dimensions=192, epochs=12, regularisation=0.007, unobserved=0.3)
_NEURAL = NeuralParameters(factors=32, pretraining=8, epochs=1)
_METRICS = ("sampled_hit@10", "sampled_ndcg@10")
Weights = Mapping[str, float]
CHOSEN = ("EASE + 3 iALS", "EASE + 3 iALS, recent, + 4 sequence")
"""Best by HR@10 on the split for choices: of what needs no order, and of all."""
BLENDS: Mapping[str, Weights] = {
    "popularity": {"popularity": 1},
    "user-based, k = 50, live": {"user": 1},
    "co-rated, live": {"co_rated": 1},
    "EASE": {"ease": 1},
    "iALS": {"als": 1},
    "NeuMF": {"neural": 1},
    "EASE + iALS": {"ease": 1, "als": 1},
    "EASE + 3 iALS": {"ease": 1, "als": 3},
    "EASE + 2 iALS + NeuMF / 2": {"ease": 1, "als": 2, "neural": 0.5},
    "EASE, recent items first": {"ease_recent": 1},
    "iALS, recent items first": {"als_recent": 1},
    "both, recent items first": {"ease_recent": 1, "als_recent": 1},
    "what follows (sequence)": {"sequence": 1},
    "EASE + iALS + 2 sequence": {"ease": 1, "als": 1, "sequence": 2},
    "EASE + iALS + 4 sequence": {"ease": 1, "als": 1, "sequence": 4},
    "both, recent, + sequence": {"ease_recent": 1, "als_recent": 1, "sequence": 1},
    "both, recent, + 2 sequence": {"ease_recent": 1, "als_recent": 1, "sequence": 2},
    "EASE + 3 iALS, recent, + 4 sequence": {"ease_recent": 1, "als_recent": 3, "sequence": 4},
    "the same + NeuMF / 2": {"ease_recent": 1, "als_recent": 3, "sequence": 4, "neural": 0.5},
}

_UNORDERED = {"w_user": 0.0, "w_item": 0.0, "w_ease": 1.0, "w_als": 3.0, "session_strength": 0.0}
_ORDERED = _UNORDERED | {"recency": 1.0, "w_sequence": 4.0}
SETTINGS: Mapping[str, Mapping[str, float]] = {
    "EASE + 3 iALS": _UNORDERED,
    "EASE + 3 iALS, recent, + 4 sequence": _ORDERED,
    "the same, the visit counts": _ORDERED | {"session_strength": 1.0},
}
"""The chosen blends as a shop sets them."""


def main() -> None:
    """Fit, score the candidates, print the table."""
    args = _parsed()
    if not all((FOLDER / name).exists() for name in FILES):
        print(f"skipped: {FOLDER.name} with its leave-one-out files is not in ../shared/data")
        return
    split = for_choices(published()) if args.validation else published()
    parts = candidate_scores(split, dict(fitted(split, neural=args.neural, keep=args.keep)))
    timed = np.unique(split.users[~np.isnan(split.times)])
    print(
        f"{'validation' if args.validation else 'published'} split: {split.n_users:,} users "
        f"({timed.size:,} with times), {split.n_items:,} items, {split.users.size:,} known pairs"
    )
    print(f"{'':39}{'HR@10':^25}{'NDCG@10':^25}  with times     without")
    for name, weights in BLENDS.items():
        if weights.keys() <= parts.keys():
            blend = sum(weight * parts[part] for part, weight in weights.items())
            mark = " *" if name in CHOSEN else ""
            print(line(name + mark, np.asarray(blend), split, timed), flush=True)
    shelf = ShelfScores(split, {"ease": asdict(_EASE), "als": asdict(_ALS), "sequence": {}})
    print("through the shelf that serves, models fitted to what stands in memory")
    for name, settings in SETTINGS.items():
        print(line(name, shelf.of_candidates(**settings), split, timed), flush=True)
    print("* chosen on the validation split, without order and with it")


def fitted(split: LeaveOneOut, *, neural: bool, keep: Path | None) -> Iterator[tuple[str, Any]]:
    """Yield kinds and models, fitted to the split or read from the folder."""
    ratings = split.ratings()
    fits: dict[type[Any], Callable[[], Learned]] = {
        Ease: lambda: fit_ease(ratings, parameters=_EASE),
        Als: lambda: fit_als(ratings, parameters=_ALS),
        Sequence: lambda: fit_sequence(split.moments()),
    }
    if neural:
        fits[Neural] = lambda: fit_neural(ratings, parameters=_NEURAL)
    for model, fit in fits.items():
        file = keep / f"{model.kind}.npz" if keep else None
        if file and file.exists():
            with np.load(file) as arrays:
                yield model.kind, model.restore(dict(arrays))
            continue
        found = fit()
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(file, **found.arrays())
        yield model.kind, found


def candidate_scores(split: LeaveOneOut, models: Mapping[str, Any]) -> dict[str, Float64s]:
    """Return the scores of the candidates by part, each of all items' best, (n_users, 100)."""
    popular = np.bincount(split.items, minlength=split.n_items).astype(np.float64)
    parts: dict[str, Float64s] = {"popularity": popular[split.candidates]}
    by_user = np.argsort(split.users, kind="stable")
    ends = np.cumsum(np.bincount(split.users, minlength=split.n_users))
    live = LiveScores(split)
    for user, rows in enumerate(np.split(by_user, ends[:-1])):
        for name, scores in chain(live.of(user), _scores_of(user, rows, split, models)):
            own = parts.setdefault(name, np.zeros(split.candidates.shape))
            if scores is not None:
                best = float(scores.max())
                own[user] = scaled(scores, best=best)[split.candidates[user]]
    return parts


def _scores_of(
    user: int, rows: Any, split: LeaveOneOut, models: Mapping[str, Any]
) -> Iterator[tuple[str, Float64s | None]]:
    """Yield each part's scores of all items for one user, whose pairs stand in `rows`."""
    rows = rows[np.lexsort((split.items[rows], split.times[rows]))]  # oldest first
    items, values = split.items[rows].astype(np.int32), split.values[rows]
    is_ordered = not np.isnan(split.times[rows]).any()
    for kind, model in models.items():
        if kind != "sequence" or is_ordered:
            yield kind, model.scores(items, values)
        if kind in ("ease", "als"):
            weights = recency(np.arange(float(items.size))) if is_ordered else None
            yield f"{kind}_recent", model.scores(items, values, weights=weights)


def line(name: str, scores: Float64s, split: LeaveOneOut, timed: Any) -> str:
    """Return one line of the table."""
    judged = judge_sampled(scores, split.candidates, at=(10,))
    values = np.column_stack([judged[metric] for metric in _METRICS])
    low, high = bootstrap_means(values, seed=1)
    cells = [
        f"{mean:.4f} ({least:.4f} to {most:.4f})  "
        for mean, least, most in zip(values.mean(axis=0), low, high, strict=True)
    ]
    has_times = np.isin(np.arange(split.n_users), timed)
    groups = [
        "{:.3f} {:.3f}".format(*values[group].mean(axis=0)) for group in (has_times, ~has_times)
    ]
    return f"{name:39}{''.join(cells)} {groups[0]}  {groups[1]}"


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--validation", action="store_true", help="the split for choices")
    parser.add_argument("--neural", action="store_true", help="train NeuMF too; needs PyTorch")
    parser.add_argument("--keep", type=Path, help="where fitted models are kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
