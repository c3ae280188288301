"""`predict`: the most probable labels of every line of a text, for whoever judges or asks a classifier without a server.

One JSON document a line on stdout: first `{"labels": [...]}`, the model's labels in its order; then, for every line of the text, a list
of `[place in labels, probability]`, most probable first. It is empty for a line that the model knows nothing of. A line of stdin is
answered before the next one is read.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from .errors import ModelError, UserError
from .formats.fasttext import Kind, read
from .inference import TextClassifier

STDIN = Path("-")


def run(model: Path, texts: Sequence[Path], *, k: int, out: TextIO, stdin: BinaryIO) -> int:
    """Writes the `k` most probable labels of every line; the exit code.

    Args:
        model: the .bin file of a classifier.
        texts: a document a line; labels in it are not looked at. `-` is stdin.
        k: how many labels a line, all when there are fewer.
        out: where to.
        stdin: what `-` reads.

    Raises:
        ModelError: the model cannot be read, or is no classifier.
        UserError: `k` is less than 1, or a text cannot be read.
    """
    if k < 1:
        raise UserError(f"--k is {k}. It has to be a whole number, at minimum 1. Correct it.")
    classifier = _classifier(model)
    out.write(json.dumps({"labels": classifier.labels}) + "\n")
    for path in texts:
        is_stdin = path == STDIN
        if is_stdin:
            out.flush()
        for line in iter(stdin.readline, b"") if is_stdin else _lines(path):
            places, probabilities = classifier.ranked(line, k)
            out.write(json.dumps(list(zip(places.tolist(), probabilities.tolist(), strict=True))) + "\n")
            if is_stdin:
                out.flush()
    return 0


def _classifier(path: Path) -> TextClassifier:
    try:
        model = read(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read. {error.strerror or error}. Check the path and its permissions.") from error
    if model.parameters.kind != Kind.SUPERVISED:
        raise ModelError(f"{path} holds word vectors, and no classifier: labels come from the mode supervised. Name another model.")
    return TextClassifier(model)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            yield from stream
    except OSError as error:
        raise UserError(f"{path} cannot be read. {error.strerror or error}. Check the path and its permissions.") from error
