"""A classifier judged on labelled text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import CorpusError
from blazingtext_lifecycle.plurals import count

from ..html_tables import facts, table
from . import metrics, truth
from .metrics import Confused, CurvePoint, LabelScore
from .predictions import predict

# So many labels a line are asked for, at least, to see what other thresholds would give. With a softmax no label beyond them has a
# probability of 0.01.
_CURVE_LABELS = 100


@dataclass(frozen=True)
class ClassifierEvaluation:
    """How well a classifier tells the labels of some lines.

    Attributes:
        source: the model.
        texts: the files with the lines.
        k: how many labels a line were taken for answered.
        threshold: the least probability of an answer.
        lines: how many lines count: those with a label that the model has.
        left_out: how many do not.
        unknown: labels that the model does not have, with how many lines they are on.
        precision: the share of answers that are right (fastText's P@k); None without any answer.
        recall: the share of the lines' labels that were answered (fastText's R@k).
        micro_f1: their harmonic mean.
        macro_f1: the mean F1 of the labels that lines have or that were answered.
        labels: of each such label, those of most lines first.
        confusions: how often which label was the most probable answer for which, most often first.
        curve: precision and recall of all labels together at thresholds, however many labels a line gets then (up to `k`, at least 100).
    """

    source: str
    texts: tuple[str, ...]
    k: int
    threshold: float
    lines: int
    left_out: int
    unknown: Mapping[str, int] = field(repr=False)
    precision: float | None
    recall: float
    micro_f1: float
    macro_f1: float
    labels: tuple[LabelScore, ...] = field(repr=False)
    confusions: tuple[Confused, ...] = field(repr=False)
    curve: tuple[CurvePoint, ...] = field(repr=False)

    def __repr__(self) -> str:
        figures = ", ".join(f"{name} {value}" for name, value in self.figures())
        return f"ClassifierEvaluation({self.source}: {figures}, {count(self.lines, 'lines')}, {count(len(self.labels), 'labels')})"

    def figures(self) -> list[tuple[str, str]]:
        """The figures of all labels together, by name."""
        return [
            (f"precision@{self.k}", figure(self.precision)),
            (f"recall@{self.k}", figure(self.recall)),
            ("micro F1", figure(self.micro_f1)),
            ("macro F1", figure(self.macro_f1)),
        ]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The table of labels."""
        for each in self.labels:
            figures = (each.precision, each.recall, each.f1)
            best = (each.best_threshold, each.best_f1)
            yield short(each.label), *map(figure, figures), f"{each.support:,}", f"{each.predicted:,}", *map(figure, best)

    def _repr_html_(self) -> str:
        """Two tables, for notebooks."""
        return facts(self.source, self.figures()) + table(COLUMNS, self.rows(), right=range(1, len(COLUMNS)))


COLUMNS: Final = ("label", "precision", "recall", "F1", "lines", "answered", "best threshold", "F1 there")


def figure(value: float | None) -> str:
    """A share for people to read."""
    return "-" if value is None else f"{value:.4f}"


def short(label: str) -> str:
    """A label without what every label begins with."""
    return label.removeprefix(naming.LABEL)


def evaluate(
    model: Path,
    texts: Sequence[Path],
    *,
    k: int = 1,
    threshold: float = 0.0,
    source: str | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> ClassifierEvaluation:
    """Judges a classifier on labelled text; the figures are those of fastText's `test` and `test_label`.

    Args:
        model: the .bin file.
        texts: files with a document a line, its labels before it or within.
        k: how many labels a line are taken for answered.
        threshold: the least probability of an answer, 0 to 1.
        source: what to call the model; None means its path.
        advance: called with the number of lines done.

    Raises:
        MissingExtraError: the engine's requirements are not installed.
        UserError: the model or a file cannot be read, or no line has a label that the model has.
        CloudError: the engine failed.
    """
    found = predict(model, texts, max(k, _CURVE_LABELS), advance)
    told = truth.read(texts, found.labels)
    answers, counts = metrics.of(found, told.lines)
    if not counts.any():
        raise _no_known_label(texts, told.unknown, found.labels)
    shown = (answers.rank < k) & (answers.probability >= threshold)
    labels = metrics.label_scores(answers, shown)
    predicted, correct, total = int(shown.sum()), int((shown & answers.right).sum()), int(answers.gold.sum())
    return ClassifierEvaluation(
        source=str(model) if source is None else source,
        texts=tuple(map(str, texts)),
        k=k,
        threshold=threshold,
        lines=int(counts.sum()),
        left_out=int((~counts).sum()),
        unknown=told.unknown,
        precision=metrics.share(correct, predicted),
        recall=correct / total,
        micro_f1=metrics.share(2 * correct, predicted + total) or 0.0,
        macro_f1=float(np.mean([each.f1 or 0.0 for each in labels])),
        labels=labels,
        confusions=metrics.confusions(answers, told.lines),
        curve=metrics.curve(answers),
    )


def _no_known_label(texts: Sequence[Path], unknown: Mapping[str, int], known: Sequence[str]) -> CorpusError:
    some = ", ".join(list(unknown)[:5])
    return CorpusError(
        f"No line of {', '.join(map(str, texts))} has a label that the model knows: they have {some}, and the model "
        f"{', '.join(known[:5])}. Name text with the labels that it was trained on."
    )
