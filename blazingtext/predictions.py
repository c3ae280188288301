"""What a model answers, on an endpoint or on this machine: vectors of words, or labels of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.values import cut

from .html_tables import table

_SHOWN_NUMBERS = 4


@dataclass(frozen=True)
class WordVector:
    """A word's vector.

    Attributes:
        word: the word asked for.
        vector: its numbers.
        known: False when the model does not know the word: its vector is zeros then, as an endpoint answers.
        norm: the vector's length.
        asked: what was typed, before it was prepared; "" when nothing was prepared.
    """

    word: str
    vector: tuple[float, ...] = field(repr=False)
    known: bool
    norm: float
    asked: str = field(default="", repr=False)

    @property
    def row(self) -> tuple[str, str, str]:
        """The word, its vector's length and the beginning of its vector, as text."""
        start = " ".join(f"{number:8.4f}" for number in self.vector[:_SHOWN_NUMBERS])
        more = len(self.vector) - _SHOWN_NUMBERS
        return self.word, f"{self.norm:.3f}" if self.known else "unknown", start + (f" ... {more} more" if more > 0 else "")


class WordVectors(list[WordVector]):
    """What a model answered to words: a list that shows itself as a table in notebooks."""

    def _repr_html_(self) -> str:
        return table(("word", "length", "vector"), [each.row for each in self], right=(1,))


@dataclass(frozen=True)
class Label:
    """One label that a text may have.

    Attributes:
        name: the label without its prefix.
        probability: 0 to 1.
    """

    name: str
    probability: float


@dataclass(frozen=True)
class Classification:
    """A text and its most likely labels, in that order.

    Attributes:
        text: the text asked for.
        labels: the most likely first.
        asked: what was typed, before it was prepared; "" when nothing was prepared.
    """

    text: str
    labels: tuple[Label, ...]
    asked: str = ""


class Classifications(list[Classification]):
    """What a model answered to texts: a list that shows itself as a table in notebooks."""

    def _repr_html_(self) -> str:
        return table(("label", "probability", "text"), label_rows(self), right=(1,))


def label_rows(classified: Sequence[Classification]) -> list[tuple[str, str, str]]:
    """A row for each label of each text: the label, its probability and the text."""
    return [(label.name, f"{label.probability:.3f}", each.text) for each in classified for label in each.labels]


Prediction = WordVector | Classification


def check_instances(instances: Sequence[str]) -> None:
    """Does nothing when there is something to predict, and all of it is text.

    Raises:
        UserError: there is nothing, or what a terminal of another encoding typed.
    """
    if not instances:
        raise UserError("There is nothing to predict: no word or text was given. Give some, or - to read one per line from stdin.")
    if garbled := next((each for each in instances if not _is_text(each)), None):
        raise UserError(f'"{cut(garbled)}" is not valid UTF-8, which is all that a model takes. Type it in a UTF-8 terminal.')


def _is_text(word: str) -> bool:
    """Whether a word can be sent: what a terminal of another encoding typed has surrogates for its bytes."""
    return word.encode(errors="ignore").decode() == word
