"""The confusion matrix of a classifier: as rows of a table, and as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from blazingtext_lifecycle.errors import UserError

from ..files import atomic_file, refuse_existing
from ..vectors import fonts
from .evaluation import ClassifierEvaluation, short

FORMATS: Final = ("png", "svg", "pdf")
# More are too small to read.
_MOST_DRAWN = 40
# In inches, and in points.
_CELL, _MARGIN, _LABEL_SIZE, _COUNT_SIZE = 0.5, 2.2, 10, 8
_COLOUR = "Blues"
# From this share on the cell is dark, and its number white.
_DARK = 0.5


@dataclass(frozen=True)
class Drawn:
    """A picture that was drawn.

    Attributes:
        path: the picture.
        labels: those on it, of most lines first.
        left_out: how many labels are not on it.
        without_font: those with characters that no installed font has; they are drawn as boxes.
    """

    path: Path
    labels: tuple[str, ...]
    left_out: int
    without_font: tuple[str, ...]


def matrix(found: ClassifierEvaluation, most: int) -> tuple[list[str], NDArray[np.int64]]:
    """The labels of most lines, at most so many, and how often each (row) was answered by which (column)."""
    labels = [each.label for each in found.labels[:most]]
    place = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), np.int64)
    for each in found.confusions:
        if each.label in place and each.answered in place:
            counts[place[each.label], place[each.answered]] = each.count
    return labels, counts


def check(path: Path, *, force: bool) -> str:
    """The format that a picture's suffix chooses.

    Raises:
        UserError: the suffix is unknown, or the file exists and may not be replaced.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise UserError(f"{path} cannot be written: its suffix chooses the format. Use one of: .{', .'.join(FORMATS)}")
    refuse_existing(path, force=force)
    return kind


def draw(found: ClassifierEvaluation, path: Path, *, force: bool = True) -> Drawn:
    """Draws the confusion matrix: a row for each label, darker where more of its lines had that answer.

    Args:
        found: the evaluation.
        path: the picture; its suffix chooses png, svg or pdf.
        force: replace an existing file.

    Raises:
        UserError: the suffix is unknown, or the file exists or cannot be written.
    """
    kind = check(path, force=force)
    labels, counts = matrix(found, _MOST_DRAWN)
    names = [short(label) for label in labels]
    families, lacking = fonts.families_for("".join(names))
    # No date: the same figures give the same bytes. A dollar sign begins no formula.
    with (
        mpl.rc_context({"font.family": families, "text.parse_math": False, "svg.hashsalt": "confusion"}),
        fonts.boxes_for_missing_characters(),
        atomic_file(path) as stream,
    ):
        _figure(names, counts).savefig(stream, format=kind, dpi=110, metadata={"Date": None} if kind == "svg" else None)
    without_font = tuple(name for name in names if lacking.intersection(name))
    return Drawn(path, tuple(labels), len(found.labels) - len(labels), without_font)


def _figure(names: list[str], counts: NDArray[np.int64]) -> Figure:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = _CELL * len(names) + _MARGIN
    figure = Figure(figsize=(side, side), facecolor="white", layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap=_COLOUR, vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=_LABEL_SIZE)
    axes.set_yticks(range(len(names)), names, fontsize=_LABEL_SIZE)
    axes.set_xlabel("most probable answer")
    axes.set_ylabel("label of the line")
    for row, column in zip(*(places.tolist() for places in np.nonzero(counts)), strict=True):
        colour = "white" if shares[row, column] > _DARK else "#111827"
        axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", fontsize=_COUNT_SIZE, color=colour)
    return figure
