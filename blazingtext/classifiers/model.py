"""A text classifier on this machine: its labels for texts, and the vectors of its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import UserError

from ..predictions import Classification, Classifications, Label
from ..vectors.word_vectors import Vectors, listed
from .predictions import Labeller


@dataclass(frozen=True, kw_only=True)
class Classifier(Vectors):
    """A model of the mode supervised; its words have vectors, too, as in fastText.

    Attributes:
        path: its .bin file.
        labels: without their prefix, in the order of the file.
    """

    path: Path
    labels: tuple[str, ...] = field(repr=False)
    answers_texts: ClassVar[bool] = True
    _labellers: dict[int, Labeller] = field(default_factory=dict, repr=False, compare=False)

    def predict(self, instances: str | Sequence[str], *, k: int | None = None) -> Classifications:
        """The most probable labels of texts, most probable first; none for a text that the model knows nothing of.

        The engine, in a process of its own, answers; it goes on until the classifier is no longer used.

        Args:
            instances: a text or several.
            k: how many labels a text gets, all when there are fewer; None means one.

        Raises:
            MissingExtraError: the engine's requirements are not installed.
            UserError: there is no text, one is not valid, `k` is less than 1, or the model cannot be read.
            CloudError: the engine failed.
        """
        texts = listed(instances)
        most = 1 if k is None else k
        if most < 1:
            raise UserError(f"k is {k}. It says how many labels a text gets, at minimum 1. Correct it.")
        if most not in self._labellers:
            self._labellers.clear()
            self._labellers[most] = Labeller(self.path, most)
        labeller = self._labellers[most]
        return Classifications(
            Classification(text, tuple(Label(self.labels[place], each) for place, each in labeller.ask(text))) for text in texts
        )


def plain_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels without their prefix."""
    return tuple(label.removeprefix(naming.LABEL) for label in labels)
