"""Predicted ratings on MovieLens 100K, five folds: the engine beside Surprise's best.

    python -m benchmarks.accuracy_ratings

Every rating is predicted once, by models fitted to the four other folds; folds are drawn with a
fixed seed. What is called tuned had its parameters chosen within the training part of the first
fold (a fifth of it held out), as the engine's were. Intervals: users are drawn with replacement,
two thousand times. Goal: both errors below each of Surprise's, beyond chance.
"""

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from app.engine.models.ratings import fit_rating_prediction
from benchmarks.peers_shape import INSTALL, PYTHON, ROOT

_FILE = Path(__file__).resolve().parents[2] / "shared" / "data" / "ml-100k" / "interactions.csv.gz"
_FOLDS, _SEED, _DRAWS = 5, 42, 2000
Floats = npt.NDArray[np.float64]


class Ratings:
    """The data, and which fold each rating lies in."""

    def __init__(self) -> None:
        table = pl.read_csv(_FILE)
        self.users = _rows(table["user_id"])
        self.items = _rows(table["item_id"])
        self.values = table["value"].cast(pl.Float64).to_numpy()
        self.folds = np.random.default_rng(_SEED).permutation(self.values.size) % _FOLDS

    def ours(self, *, folded_in: bool) -> Floats:
        """Predict each fold; folded in: the shopper is known by ratings given after the fit."""
        found = np.empty(self.values.size)
        for fold in range(_FOLDS):
            train, wanted = self.folds != fold, np.flatnonzero(self.folds == fold)
            late = np.zeros(self.values.size, bool)
            if folded_in:  # another fifth of the users is absent from each fit
                late = self.users % _FOLDS == fold
            fitted = train & ~late
            model = fit_rating_prediction(
                self.users[fitted],
                self.items[fitted],
                self.values[fitted],
                n_users=int(self.users.max()) + 1,
                n_items=int(self.items.max()) + 1,
            )
            found[wanted] = model.predict_pairs(self.users[wanted], self.items[wanted])
            for user in np.unique(self.users[wanted[late[wanted]]]).tolist():
                said, asked = train & (self.users == user), wanted[self.users[wanted] == user]
                found[asked] = model.predict(self.items[said], self.values[said], self.items[asked])
        return found

    def peers(self) -> dict[str, Floats]:
        """Predict with Surprise, in its own environment."""
        with tempfile.TemporaryDirectory() as folder:
            given, wanted = Path(folder) / "folds.npz", Path(folder) / "predictions.npz"
            np.savez(
                given, users=self.users, items=self.items, ratings=self.values, folds=self.folds
            )
            command = [str(PYTHON), "-m", "benchmarks.accuracy_ratings_peers", given, wanted]
            environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
            with np.load(wanted) as arrays:
                return {name: arrays[name] for name in arrays.files}

    def tell(self, name: str, predicted: Floats, ours: Floats) -> str:
        """Return a line: errors, and how much larger they are than ours, with an interval."""
        errors = np.stack([self._sums(predicted), self._sums(ours)])
        counts = np.bincount(self.users).astype(np.float64)
        drawn = np.random.default_rng(_SEED).multinomial(
            counts.size, np.full(counts.size, 1 / counts.size), size=_DRAWS
        )
        rmse = np.sqrt(drawn @ errors[:, 0].T / (drawn @ counts)[:, None])
        mae = drawn @ errors[:, 1].T / (drawn @ counts)[:, None]
        whole = errors.sum(axis=2) / counts.sum()
        spans = [np.quantile(each[:, 0] - each[:, 1], (0.025, 0.975)) for each in (rmse, mae)]
        cells = [
            f"{value:.4f}  {low:+.4f} .. {high:+.4f}"
            for value, (low, high) in zip((np.sqrt(whole[0, 0]), whole[0, 1]), spans, strict=True)
        ]
        return f"{name:<42} {cells[0]:<28} {cells[1]}"

    def _sums(self, predicted: Floats) -> Floats:
        """Return sums of squared and of absolute errors by user, shape (2, n_users)."""
        errors = predicted - self.values
        return np.stack([np.bincount(self.users, each) for each in (errors**2, np.abs(errors))])


def main() -> None:
    """Predict, compare, print."""
    if not _FILE.exists():
        print("skipped: ml-100k is not in ../shared/data")
        return
    ratings = Ratings()
    ours = ratings.ours(folded_in=False)
    print(f"{'':<42} {'RMSE  95% of the difference':<28} MAE  95% of the difference")
    print(ratings.tell("Shelfwise", ours, ours))
    folded_in = ratings.ours(folded_in=True)
    print(ratings.tell("Shelfwise, a fifth of users after the fit", folded_in, ours))
    if not PYTHON.exists():
        print(f"The peers are not installed. In the folder of the service: {INSTALL}")
        return
    for name, predicted in ratings.peers().items():
        print(ratings.tell(f"Surprise {name}", predicted, ours))


def _rows(ids: pl.Series) -> npt.NDArray[np.int32]:
    return ids.rank("dense").to_numpy().astype(np.int32) - 1


if __name__ == "__main__":
    main()
