"""The picture of the growth benchmark."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from benchmarks.growth_line import Cloud

matplotlib.use("Agg")  # no display is needed to write a file
_POINTS, _LINE, _GREY = "#2a6f97", "#d1495b", "#4a4a4a"


def draw(clouds: list[Cloud], path: Path) -> None:
    """Write a picture with a panel for each data set."""
    figure = Figure(figsize=(5.4 * len(clouds), 4.4), dpi=150, layout="constrained")
    figure.suptitle(
        "A user-based request costs what it reads (exact, k = 50, top 10)", fontweight="bold"
    )
    panels = figure.subplots(1, len(clouds), squeeze=False)[0]
    for axes, cloud in zip(panels, clouds, strict=True):
        _panel(axes, cloud)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path)


def _panel(axes: Axes, cloud: Cloud) -> None:
    axes.scatter(
        cloud.postings,
        cloud.milliseconds,
        s=14,
        alpha=0.55,
        linewidths=0,
        color=_POINTS,
        label="a shopper, fastest of all rounds",
    )
    ends = np.array([0, cloud.postings.max()])
    label = f"{cloud.slope:.2f} ns a posting + {max(cloud.intercept, 0.0) * 1e3:.0f} µs"
    axes.plot(ends, cloud.slope * 1e-6 * ends + cloud.intercept, color=_LINE, lw=1.6, label=label)
    axes.set_title(cloud.title, fontsize=10, color=_GREY)
    axes.set_xlabel("postings read (ratings of the shopper's items)")
    axes.set_ylabel("milliseconds of a request")
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", frameon=False)
