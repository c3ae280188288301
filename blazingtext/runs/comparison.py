"""Runs side by side: what they were told, what they reached, and how their models differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING

from blazingtext_lifecycle.errors import UserError

from .artifacts import Artifact
from .training_jobs import Run

if TYPE_CHECKING:  # NumPy is loaded by the function that needs it
    from ..vectors.comparison import Comparison
    from ..vectors.word_vectors import Vectors

VECTORS = "vectors.txt"


@dataclass(frozen=True)
class RunComparison:
    """Several runs beside the first.

    Attributes:
        runs: the runs, in the order in which they were named.
        settings: what differs between them, such as corpus, instance type and hyperparameters: a value for each run, "" where it has none.
        metrics: the final metrics by name: a value for each run, None where it has none.
        models: by the name of each further run, how its word vectors differ from the first run's; empty for classifiers.
    """

    runs: tuple[Run, ...]
    settings: Mapping[str, tuple[str, ...]]
    metrics: Mapping[str, tuple[float | None, ...]]
    models: Mapping[str, Comparison]

    @property
    def letters(self) -> tuple[str, ...]:
        """What the runs are called where their names are too long: A, B, ..., or their numbers from the 27th on."""
        return tuple(ascii_uppercase[number] if number < len(ascii_uppercase) else str(number + 1) for number in range(len(self.runs)))


def some(number: int, words: Sequence[str], most: int) -> str:
    """How many words there are, and the first of them."""
    return f"{number}{': ' if number else ''}{', '.join(words[:most])}{', ...' if number > most else ''}"


def compare(
    runs: Sequence[Run],
    artifact: Callable[[str], Artifact],
    vectors: Callable[[Artifact], Vectors],
    *,
    pairs: Sequence[Path] = (),
    neighbors: int = 10,
) -> RunComparison:
    """Compares runs with the first of them.

    Args:
        runs: two or more.
        artifact: downloads a run's files.
        vectors: reads a run's vectors.
        pairs: files of word pairs to score on; empty means WordSim-353.
        neighbors: how many nearest words to look at.

    Raises:
        UserError: there is only one run, one is named twice, or two models share too few words.
    """
    names = [run.job for run in runs]
    if len(set(names)) < max(2, len(names)):
        raise UserError(f"{names[0]} cannot be compared with itself. Name two or more different runs; see: blazingtext runs")
    found = [artifact(name) for name in names]
    models: dict[str, Comparison] = {}
    if all(VECTORS in each.files for each in found):
        from ..vectors import comparison  # noqa: PLC0415 - NumPy loads only for those who look at vectors

        first = vectors(found[0])
        for name, each in zip(names[1:], found[1:], strict=True):
            models[name] = comparison.compare(first, vectors(each), pairs, neighbors=neighbors)
    return RunComparison(tuple(runs), differing(runs), _metrics(runs), models)


def differing(runs: Sequence[Run]) -> dict[str, tuple[str, ...]]:
    """What differs between runs: corpus, instances and hyperparameters, a value for each run, "" where it has none."""
    told = [
        {
            "corpus": run.corpus,
            "instance_type": run.instance_type,
            "instance_count": str(run.instance_count),
            **run.hyperparameters,
        }
        for run in runs
    ]
    names = dict.fromkeys(["corpus", "instance_type", "instance_count", *sorted({name for run in runs for name in run.hyperparameters})])
    rows = {name: tuple(each.get(name, "") for each in told) for name in names}
    return {name: values for name, values in rows.items() if len(set(values)) > 1}


def _metrics(runs: Sequence[Run]) -> dict[str, tuple[float | None, ...]]:
    """The final metrics, with training time and billed time in seconds."""
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    found: dict[str, tuple[float | None, ...]] = {name: tuple(run.metrics.get(name) for run in runs) for name in names}
    found["training_seconds"] = tuple(run.training_seconds for run in runs)
    found["billable_seconds"] = tuple(run.billable_seconds for run in runs)
    return found
