"""What a reader should know of the data and the split of an evaluation."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from app.offline.evaluation import splits
from app.offline.evaluation.evaluation import Evaluation
from app.offline.evaluation.results import Scalar
from app.offline.evaluation.splits import SplitKind


def notes_of(evaluation: Evaluation) -> list[str]:
    """Return what a reader must know to read the figures rightly."""
    told = []
    kind = evaluation.options.split.kind
    if kind in {SplitKind.LAST, SplitKind.FOLDS}:
        told.append(
            "Other shoppers' later doings are in the training part: figures are to compare by, "
            "and better than a shop would see. --split time holds out everything later."
        )
    if kind is SplitKind.ITEMS:
        told.append(
            "Of held-out items only the features are known. What counts or compares shoppers "
            "knows nothing of them, and ranks them by their ids."
        )
    if evaluation.data.refused:
        told += [
            f"{count:,} rows not used: {why}" for why, count in evaluation.data.refused.items()
        ]
    if not any(item.category or item.title for item in evaluation.data.items):
        told.append("The items have no features: the strategy item shows what is popular.")
    return told + _tuned_on(evaluation)


def _tuned_on(evaluation: Evaluation) -> list[str]:
    """Return what to know where the settings were chosen by what they are judged by here."""
    tuned = evaluation.settings.tuned
    held: Mapping[str, Any] = tuned.get("split", {})
    if not held:
        return []
    words = (
        f"The settings in force were chosen on a part of this test data (tuned at {tuned['at']})"
    )
    if "validation_from" not in held:  # without times, a random share was held out
        return [f"{words}, as a random share of it was held out."]
    first, last = (_to_ms(held[name]) for name in ("validation_from", "validation_to"))
    times = [part.test.at for part in evaluation.parts]
    if any(((first <= at) & (at <= last)).any() for at in times):
        return [f"{words}: tune with --until."]
    return []


def _to_ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def data_facts(evaluation: Evaluation) -> dict[str, Scalar]:
    """Return what the data are."""
    data = evaluation.data
    rows = data.interactions
    told: dict[str, Scalar] = {
        "source": data.source,
        "shoppers": int(np.unique(rows.user).size),
        "items on offer": len(data.items),
        "ratings": int(rows.is_rating.sum()),
    }
    codes = rows.rows["kind"]
    for code, kind in rows.kind_names().items():
        told[kind if kind != "rating" else "ratings"] = int((codes == code).sum())
    if data.refused:
        told["rows that could not be used"] = sum(data.refused.values())
    return told


def split_facts(evaluation: Evaluation) -> dict[str, Scalar]:
    """Return what was held out, and who is asked about."""
    of_split = splits.facts(evaluation.parts, evaluation.options.split)
    told: dict[str, Scalar] = {name.replace("_", " "): value for name, value in of_split.items()}
    untaken = _mean_of([evaluation.popularity(part) == 0 for part in evaluation.parts])
    return told | {
        "judged on": "validation part" if evaluation.options.on_validation else "test part",
        "shoppers asked about": int(evaluation.users.size),
        "of them new": int((evaluation.history <= evaluation.options.cold).sum()),
        "items without history": untaken,
    }


def _mean_of(masks: Sequence[npt.NDArray[np.bool_]]) -> int:
    return round(float(np.mean([mask.sum() for mask in masks])))
