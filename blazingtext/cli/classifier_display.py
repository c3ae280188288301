"""A classifier's figures as tables: all labels together, each label, confusions, thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blazingtext_lifecycle.plurals import count

from .output import Output

if TYPE_CHECKING:  # NumPy and Matplotlib are loaded by the command that needs them
    from ..classifiers.evaluation import ClassifierEvaluation

# A matrix of more labels is wider than a terminal.
_MATRIX_LABELS = 10
_SHOWN_CONFUSIONS = 10


def show(out: Output, found: ClassifierEvaluation) -> None:
    """Prints the tables of an evaluation."""
    from ..classifiers import evaluation  # noqa: PLC0415 - NumPy is loaded by the command that needs it

    rows = [("lines", f"{found.lines:,}"), *found.figures()]
    out.table(("", ""), rows, title=f"{found.source} on {', '.join(found.texts)}", right=(1,))
    out.out.print()
    out.table(evaluation.COLUMNS, list(found.rows()), right=tuple(range(1, len(evaluation.COLUMNS))))
    out.out.print()
    _show_confusions(out, found)
    out.out.print()
    points = [(f"{point.threshold:.2f}", *map(evaluation.figure, (point.precision, point.recall, point.f1))) for point in found.curve]
    out.table(("threshold", "precision", "recall", "F1"), points, right=(0, 1, 2, 3))


def _show_confusions(out: Output, found: ClassifierEvaluation) -> None:
    """The whole matrix where it fits, else what is taken for something else most often."""
    from ..classifiers.confusion import matrix  # noqa: PLC0415 - likewise
    from ..classifiers.evaluation import short  # noqa: PLC0415 - likewise

    if len(found.labels) <= _MATRIX_LABELS:
        labels, counts = matrix(found, _MATRIX_LABELS)
        names = [short(label) for label in labels]
        rows = [(name, *map(str, row)) for name, row in zip(names, counts.tolist(), strict=True)]
        out.table(("label, and answer:", *names), rows, right=tuple(range(1, len(names) + 1)))
        return
    wrong = [each for each in found.confusions if each.label != each.answered]
    shown = [(short(each.label), short(each.answered), f"{each.count:,}") for each in wrong[:_SHOWN_CONFUSIONS]]
    out.table(("label", "taken for", "lines"), shown, right=(2,))
    if len(wrong) > len(shown):
        out.say(f"{count(len(wrong) - len(shown), 'confusions')} more: --json has all of them.")
