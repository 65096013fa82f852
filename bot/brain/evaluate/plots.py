"""The two plots: what a threshold does, and how far a confidence can be believed."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, Tuple

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot


def scope_curve(path: Path, inside: Sequence[float], outside: Sequence[float], threshold: float) -> None:
    """At each threshold, the share of in-scope questions and of out-of-scope messages that get a non-answer."""
    steps = np.linspace(0, 1, 101)
    figure, axes = pyplot.subplots(figsize=(6, 4))
    axes.plot(steps, [100 * np.mean(np.asarray(outside) < step) for step in steps], label="out of scope")
    axes.plot(steps, [100 * np.mean(np.asarray(inside) < step) for step in steps], label="in scope")
    axes.axvline(threshold, linestyle=":", color="grey", label=f"in use: {threshold}")
    axes.set(xlabel="least chance of being in scope", ylabel="get a non-answer, %")
    _save(figure, axes, path)


def reliability(path: Path, table: Sequence[Tuple[float, float, int]]) -> None:
    """The share of right topics at each confidence; on the diagonal it can be believed."""
    figure, axes = pyplot.subplots(figsize=(5, 4))
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey", label="as good as it says")
    axes.plot([row[0] for row in table], [row[1] for row in table], marker="o", label="measured")
    axes.set(xlabel="confidence", ylabel="right first")
    _save(figure, axes, path)


def _save(figure: pyplot.Figure, axes: pyplot.Axes, path: Path) -> None:
    axes.legend()
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
