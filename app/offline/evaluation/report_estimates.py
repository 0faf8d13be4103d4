"""From values by user to means with intervals, and what differs from the baseline."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from app.engine.jit import Float64s
from app.offline.evaluation.results import Estimate
from app.offline.metrics.intervals import bootstrap_means, holm, paired_p_values
from app.offline.metrics.ratios import ratio

ByMetric = Mapping[str, Float64s]
Estimates = dict[str, dict[str, dict[str, Estimate]]]
"""Variant -> group -> metric -> estimate."""


def estimates(
    by_variant: Mapping[str, ByMetric],
    groups: Mapping[str, npt.NDArray[np.bool_]],
    *,
    baseline: str,
    seed: int,
) -> Estimates:
    """Return every variant's mean of every metric in every group.

    by_variant : variant -> metric -> values of shape (n_users,), NaN for users it does not count
    for; every variant has the same users and metrics. groups : who belongs, shape (n_users,).
    p-values are against the baseline, over users both have a value for, and corrected (Holm) for
    the number of variants, metric by metric.
    """
    metrics = list(dict.fromkeys(metric for values in by_variant.values() for metric in values))
    found: Estimates = {variant: {} for variant in by_variant}
    for group, members in groups.items():
        of_group = _of_group(by_variant, metrics, members, baseline=baseline, seed=seed)
        for variant, by_metric in of_group.items():
            found[variant][group] = by_metric
    return found


def _of_group(
    by_variant: Mapping[str, ByMetric],
    metrics: Sequence[str],
    members: npt.NDArray[np.bool_],
    *,
    baseline: str,
    seed: int,
) -> dict[str, dict[str, Estimate]]:
    values = np.stack(
        [
            np.stack([_column(by_metric, metric, members) for metric in metrics], axis=1)
            for by_metric in by_variant.values()
        ],
        axis=1,
    )  # (members, variants, metrics)
    values = values[~np.isnan(values).all(axis=(1, 2))]  # nothing to find: not of the sample
    shape = values.shape[1:]
    flat = values.reshape(len(values), shape[0] * shape[1])
    low, high = bootstrap_means(flat, seed=seed)
    p_values = _p_values(values, list(by_variant).index(baseline), seed)
    sizes = (~np.isnan(flat)).sum(axis=0)
    means = ratio(np.nansum(flat, axis=0), sizes)
    columns = [column.reshape(shape) for column in (means, low, high, sizes, p_values)]
    return {
        variant: {
            metric: _estimate(*(column[row, at] for column in columns))
            for at, metric in enumerate(metrics)
        }
        for row, variant in enumerate(by_variant)
    }


def _column(by_metric: ByMetric, metric: str, members: npt.NDArray[np.bool_]) -> Float64s:
    values = by_metric.get(metric)
    return np.full(int(members.sum()), np.nan) if values is None else values[members]


def _p_values(values: Float64s, baseline: int, seed: int) -> Float64s:
    """Return corrected p-values, shape (variants, metrics); NaN for the baseline."""
    differences = values - values[:, baseline : baseline + 1]
    paired = (~np.isnan(differences)).any(axis=0)
    flat = differences.reshape(len(values), paired.size)
    p_values = paired_p_values(flat, seed=seed).reshape(paired.shape)
    p_values[~paired] = np.nan
    p_values[baseline] = np.nan
    return np.stack([holm(column) for column in p_values.T], axis=1)


def _estimate(mean: float, low: float, high: float, n: float, p: float) -> Estimate:
    return Estimate(_number(mean), _number(low), _number(high), int(n), _number(p))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
