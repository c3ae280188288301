"""A classifier's labels for lines of text, from the engine in a process of its own, as SageMaker starts a container."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from blazingtext_lifecycle.errors import CloudError, UserError
from blazingtext_lifecycle.extras import require

_CUSTOMER, _PLATFORM = "Customer Error: ", "Platform Error: "


@dataclass(frozen=True)
class Predictions:
    """The most probable labels of lines, most probable first within each.

    Attributes:
        labels: the model's, in its order.
        lengths: how many labels each line got; 0 for one that the model knows nothing of.
        places: those labels, line after line, by their place in `labels`.
        probabilities: of each of them.
    """

    labels: tuple[str, ...]
    lengths: array[int]
    places: array[int]
    probabilities: array[float]


def predict(model: Path, texts: Sequence[Path], k: int, advance: Callable[[int], None] = lambda _: None) -> Predictions:
    """Asks the engine for the `k` most probable labels of every line.

    Args:
        model: the .bin file of a classifier.
        texts: files with a document a line.
        k: how many labels a line, all when there are fewer.
        advance: called with the number of lines done.

    Raises:
        MissingExtraError: the engine's requirements are not installed.
        UserError: the engine cannot read the model or a text.
        CloudError: the engine failed.
    """
    require("engine")
    command = _command(model, k, map(str, texts))
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as engine:
        try:
            found = _read(iter(engine.stdout or ()), advance)
        except BaseException:
            engine.send_signal(signal.SIGKILL)
            raise
        if engine.wait() or found is None:
            raise _failure(engine.returncode, said)
    return found


class Labeller:
    """The engine with a classifier, asked line by line; it ends when nobody holds this any more.

    Args:
        model: the .bin file of a classifier.
        k: how many labels a text gets, all when there are fewer.

    Raises:
        MissingExtraError: the engine's requirements are not installed.
    """

    def __init__(self, model: Path, k: int) -> None:
        require("engine")
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it lasts as long as the engine
        self._engine = subprocess.Popen(_command(model, k, ["-"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said)
        self._stdin, self._stdout = cast("IO[bytes]", self._engine.stdin), cast("IO[bytes]", self._engine.stdout)
        weakref.finalize(self, _end, self._engine, self._said)
        self._is_new = True

    def ask(self, text: str) -> list[tuple[int, float]]:
        """The most probable labels of a text, by their places in the model, and their probabilities; a line break is white space.

        Raises:
            UserError: the engine cannot read the model.
            CloudError: the engine failed.
        """
        if self._is_new:
            self._answer()
            self._is_new = False
        with suppress(BrokenPipeError):
            self._stdin.write(text.replace("\n", " ").encode() + b"\n")
            self._stdin.flush()
        return [(int(place), float(probability)) for place, probability in self._answer()]

    def _answer(self) -> Any:
        line = self._stdout.readline()
        if not line:
            raise _failure(self._engine.wait(), self._said)
        return json.loads(line)


def _end(engine: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    """The engine reads to the end of its input, and then ends by itself."""
    with suppress(BrokenPipeError):
        engine.communicate()
    said.close()


def _command(model: Path, k: int, texts: Iterable[str]) -> list[str]:
    return [sys.executable, "-m", "blazingtext_engine", "predict", "--model", str(model), "--k", str(k), "--", *texts]


def _read(lines: Iterator[bytes], advance: Callable[[int], None]) -> Predictions | None:
    """What the engine prints; None when it printed nothing."""
    head = next(lines, None)
    if head is None:
        return None
    found = Predictions(tuple(json.loads(head)["labels"]), array("q"), array("q"), array("d"))
    for line in lines:
        answers = json.loads(line)
        found.lengths.append(len(answers))
        found.places.extend(place for place, _ in answers)
        found.probabilities.extend(probability for _, probability in answers)
        advance(1)
    return found


def _failure(code: int, said: IO[bytes]) -> UserError | CloudError:
    said.seek(0)
    text = said.read().decode("utf-8", "replace").strip()
    if text.startswith(_CUSTOMER):
        return UserError(text.removeprefix(_CUSTOMER))
    last = text.removeprefix(_PLATFORM).splitlines()[-1:] or ["It wrote nothing."]
    return CloudError(f"The engine ended with exit code {code} and gave no labels. Its last line: {last[0]}")
