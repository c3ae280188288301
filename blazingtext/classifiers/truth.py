"""The labels that lines of text carry: what a classifier's answers are compared with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from blazingtext_lifecycle import corpus_text, naming
from blazingtext_lifecycle.corpora import SAMPLE_BYTES
from blazingtext_lifecycle.errors import CorpusError

from ..errors import UnreadableFileError

# fastText's white space (Dictionary::readWord).
_SEPARATORS = re.compile(rb"[ \n\r\t\v\f\0]+")
_LABEL = naming.LABEL.encode()


@dataclass(frozen=True)
class Truth:
    """The labels of lines.

    Attributes:
        lines: for every line, its labels that the model has, by their place in the model's list; one twice when the line has it twice.
        unknown: labels that the model does not have, with how many lines they are on.
        unlabelled: lines without any label.
    """

    lines: tuple[tuple[int, ...], ...]
    unknown: Mapping[str, int]
    unlabelled: int


def read(texts: Sequence[Path], labels: Sequence[str]) -> Truth:
    """Reads the labels of every line of some files.

    Raises:
        CorpusError: a file cannot be read, is no plain text, or has no line with a label.
    """
    places = {label: place for place, label in enumerate(labels)}
    lines: list[tuple[int, ...]] = []
    unknown: Counter[str] = Counter()
    unlabelled = 0
    for path in texts:
        before = unlabelled
        own = _labels(path, places)
        for found in own:
            lines.append(tuple(places[label] for label in found if label in places))
            unknown.update({label for label in found if label not in places})
            unlabelled += not found
        if unlabelled - before == len(own):
            raise CorpusError(
                f"{path} has no label: no line holds {naming.LABEL}<name>. Name text with labels, which this makes: "
                "blazingtext corpus prepare --column ... --labels ..."
            )
    return Truth(tuple(lines), dict(unknown.most_common()), unlabelled)


def _labels(path: Path, known: Mapping[str, int]) -> list[list[str]]:
    """The labels of each line of a file: what begins as labels begin, or is one of the model's."""
    try:
        with path.open("rb") as stream:
            sample = stream.read(SAMPLE_BYTES)
            refusal = corpus_text.refusal_of(sample, str(path), len(sample) < SAMPLE_BYTES)
            if refusal:
                raise CorpusError(refusal)
            stream.seek(0)
            return [_of_line(line, known) for line in stream]
    except OSError as error:
        raise UnreadableFileError(path, error) from error


def _of_line(line: bytes, known: Mapping[str, int]) -> list[str]:
    words = ((token, token.decode("utf-8", "replace")) for token in _SEPARATORS.split(line) if token)
    return [word for token, word in words if token.startswith(_LABEL) or word in known]
