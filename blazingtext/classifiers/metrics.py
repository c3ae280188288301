"""What a classifier gets right: fastText's `test` and `test_label` (src/meter.cc), confusions, and what other thresholds would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .predictions import Predictions

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
Probabilities = NDArray[np.float64]

# fastText adds it to a probability before it shows it, and compares the one before with a threshold (src/loss.cc, Loss::findKBest).
_OFFSET = 1e-5
THRESHOLDS: Final = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True)
class LabelScore:
    """How well one label is told.

    Attributes:
        label: its name.
        support: how often lines have it.
        predicted: how often it was answered.
        precision: the share of its answers that are right; None when it was never answered.
        recall: the share of its lines where it was answered; None when no line has it.
        f1: their harmonic mean; None when neither happened.
        best_threshold: the least probability from which to answer it that gives the best F1; None when it was never right.
        best_f1: that F1.
    """

    label: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None
    best_threshold: float | None
    best_f1: float | None


@dataclass(frozen=True)
class Confused:
    """How often lines with a label had another, or the same, as the most probable answer."""

    label: str
    answered: str
    count: int


@dataclass(frozen=True)
class CurvePoint:
    """All labels together, when every label from a probability on is answered.

    Attributes:
        threshold: that probability.
        precision: the share of answers that are right; None when none is that probable.
        recall: the share of the lines' labels that are answered.
        f1: their harmonic mean.
    """

    threshold: float
    precision: float | None
    recall: float
    f1: float


@dataclass(frozen=True)
class Answers:
    """Every answer to lines that count, as columns.

    Attributes:
        labels: the model's.
        gold: how often lines have each label.
        line, place, probability, rank: of each answer: its line, its label, its probability, its place among the line's, from 0.
        right: whether the line has that label.
    """

    labels: tuple[str, ...]
    gold: Places
    line: Places
    place: Places
    probability: Probabilities
    rank: Places
    right: Flags


def of(found: Predictions, truth: Sequence[tuple[int, ...]]) -> tuple[Answers, Flags]:
    """The answers to the lines that count, and which those are: lines with a label that the model has, of which it knows something."""
    lengths = np.array(found.lengths, np.int64)
    counts = np.array([bool(labels) for labels in truth], bool) & (lengths > 0)
    line = np.repeat(np.arange(len(lengths)), lengths)
    rank = np.arange(len(line)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    kept = counts[line]
    place, number = np.array(found.places, np.int64), len(found.labels)
    held = [(row, label) for row in np.flatnonzero(counts).tolist() for label in truth[row]]
    gold = np.bincount([label for _, label in held], minlength=number)
    right = np.isin(line * number + place, np.array([row * number + label for row, label in held], np.int64))
    probability = np.clip(np.array(found.probabilities, np.float64) - _OFFSET, 0, 1)
    return Answers(found.labels, gold, line[kept], place[kept], probability[kept], rank[kept], right[kept]), counts


def share(part: int, whole: int) -> float | None:
    """A quotient; None where there is nothing to divide."""
    return part / whole if whole else None


def label_scores(answers: Answers, shown: Flags) -> tuple[LabelScore, ...]:
    """The labels that lines have or that were answered, those of most lines first.

    Args:
        answers: all answers.
        shown: which of them count: the k most probable, from the threshold on.
    """
    number = len(answers.labels)
    predicted = np.bincount(answers.place[shown], minlength=number)
    correct = np.bincount(answers.place[shown & answers.right], minlength=number)
    best = _best_thresholds(answers)
    order = np.argsort(-answers.gold, kind="stable")
    return tuple(
        _label_score(answers.labels[place], int(answers.gold[place]), int(predicted[place]), int(correct[place]), best.get(place))
        for place in order.tolist()
        if answers.gold[place] or predicted[place]
    )


def _label_score(label: str, gold: int, predicted: int, correct: int, best: tuple[float, float] | None) -> LabelScore:
    threshold, f1 = (None, None) if best is None else best
    return LabelScore(
        label, gold, predicted, share(correct, predicted), share(correct, gold), share(2 * correct, predicted + gold), threshold, f1
    )


def _best_thresholds(answers: Answers) -> dict[int, tuple[float, float]]:
    """By label, the threshold with the best F1, and that F1: tried at every probability that the label was given."""
    order = np.lexsort((-answers.probability, answers.place))
    place, probability, right = answers.place[order], answers.probability[order], answers.right[order]
    bounds = np.flatnonzero(np.diff(place, prepend=-1, append=len(answers.labels)))
    found = {}
    for start, end in pairwise(bounds.tolist()):
        here, hits = probability[start:end], np.cumsum(right[start:end])
        f1 = 2 * hits / (np.arange(1, end - start + 1) + answers.gold[place[start]])
        # Of equal probabilities, a threshold takes all or none.
        f1[np.append(here[1:] == here[:-1], False)] = 0
        best = int(f1.argmax())
        if f1[best] > 0:
            found[int(place[start])] = float(here[best]), float(f1[best])
    return found


def confusions(answers: Answers, truth: Sequence[tuple[int, ...]]) -> tuple[Confused, ...]:
    """How often which label was answered for which, most often first.

    A line counts once, by its most probable label: for that label itself when the line has it, else for each label that the line has.
    """
    first = answers.rank == 0
    counted: Counter[tuple[int, int]] = Counter()
    for line, place in zip(answers.line[first].tolist(), answers.place[first].tolist(), strict=True):
        counted.update([(place, place)] if place in truth[line] else {(label, place) for label in truth[line]})
    ordered = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return tuple(Confused(answers.labels[label], answers.labels[place], count) for (label, place), count in ordered)


def curve(answers: Answers) -> tuple[CurvePoint, ...]:
    """Precision and recall of all labels together at every threshold of `THRESHOLDS`."""
    total = int(answers.gold.sum())
    cells = np.searchsorted(THRESHOLDS, answers.probability, side="right")
    size = len(THRESHOLDS) + 1
    counted = (np.bincount(cells[kept], minlength=size).tolist() for kept in (np.ones_like(answers.right), answers.right))
    # From the highest threshold down, each takes in what the ones above it do.
    predicted, correct = (list(accumulate(each[::-1]))[::-1][1:] for each in counted)
    return tuple(
        CurvePoint(threshold, share(hits, shown), hits / total if total else 0.0, share(2 * hits, shown + total) or 0.0)
        for threshold, shown, hits in zip(THRESHOLDS, predicted, correct, strict=True)
    )
