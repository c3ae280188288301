"""Runs and models of one's own side by side: what they were told, what they reached, and how their vectors differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING

from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.plurals import count

from ..html_tables import facts, table
from ..stages import blazingtext_command
from .artifacts import Artifact
from .training_jobs import Run

if TYPE_CHECKING:  # NumPy is loaded by the function that needs it
    from ..vectors.comparison import Comparison
    from ..vectors.word_vectors import Vectors

VECTORS = "vectors.txt"
_SHOWN = 5
# Of a recipe's hash.
_SHORT = 12


@dataclass(frozen=True)
class RunComparison:
    """Several models beside the first.

    Attributes:
        names: the runs in the order in which they were named, then the paths of models without a run.
        runs: the runs.
        settings: what differs between runs, such as corpus, instance type and hyperparameters: a value for each name, "" where it has none.
        metrics: the final metrics by name: a value for each name, None where it has none; empty without a run.
        models: by each further name, how its word vectors differ from the first's; empty where a run holds a classifier.
        other_corpora: the further runs whose corpus certainly had another content than the first run's.
        unknown: why the corpora could not be compared, or "".
    """

    names: tuple[str, ...]
    runs: tuple[Run, ...]
    settings: Mapping[str, tuple[str, ...]]
    metrics: Mapping[str, tuple[float | None, ...]]
    models: Mapping[str, Comparison]
    other_corpora: tuple[str, ...] = ()
    unknown: str = ""

    def __repr__(self) -> str:
        return f"RunComparison({', '.join(self.names)}; different: {some(len(self.settings), list(self.settings), _SHOWN)})"

    def _repr_html_(self) -> str:
        """Tables, for notebooks: the models, what their runs were told differently, what they reached, and how their vectors differ."""
        names = table(("", "model"), zip(self.letters, self.names, strict=True))
        told = table(("what differs", *self.letters), [(name, *values) for name, values in self.settings.items()])
        numbers = range(1, len(self.letters) + 1)
        reached = [(name, *(figure(value) for value in values)) for name, values in self.metrics.items()]
        beside = zip(self.letters[1:], self.models.values(), strict=False)
        models = [_scores(letter, each) + facts(f"{letter} beside A", model_rows(letter, each)) for letter, each in beside]
        return "".join([names, told, table(("reached", *self.letters), reached, right=numbers), *models])

    @property
    def letters(self) -> tuple[str, ...]:
        """What the runs are called where their names are too long: A, B, ..., or their numbers from the 27th on."""
        return tuple(ascii_uppercase[number] if number < len(ascii_uppercase) else str(number + 1) for number in range(len(self.names)))


def some(number: int, words: Sequence[str], most: int) -> str:
    """How many words there are, and the first of them."""
    return f"{number}{': ' if number else ''}{', '.join(words[:most])}{', ...' if number > most else ''}"


def score_rows(model: Comparison) -> list[tuple[str, str, str, str, str]]:
    """The scores on the pairs that both know: set, pairs, of A, of the other, difference."""
    return [(each.name, str(each.pairs), str(each.first), str(each.second), str(each.difference)) for each in model.pair_sets]


def model_rows(letter: str, model: Comparison) -> list[tuple[str, str]]:
    """How a model's words and neighbours differ from those of A, as text."""
    words = count(model.neighbors, "nearest words")
    return [
        ("words that both know", str(model.shared)),
        ("only in A", some(model.lost_count, model.lost, _SHOWN)),
        (f"only in {letter}", some(model.gained_count, model.gained, _SHOWN)),
        (f"same {words}, frequent words", f"{model.overlap_frequent:.0%}"),
        (f"same {words}, rare words", f"{model.overlap_rare:.0%}"),
    ]


def _scores(letter: str, model: Comparison) -> str:
    heads = ("pairs that both know", "", "rho of A", f"rho of {letter}", f"{letter} - A")
    return table(heads, score_rows(model), right=(1, 2, 3, 4))


def figure(value: float | None) -> str:
    """A metric as people compare it."""
    if value is None:
        return ""
    return f"{value:.0f}" if value == int(value) else f"{value:.4f}"


def compare(
    runs: Sequence[Run],
    artifact: Callable[[str], Artifact],
    vectors: Callable[[Artifact], Vectors],
    *,
    stage: str,
    models: Mapping[str, Callable[[], Vectors]] | None = None,
    pairs: Sequence[Path] = (),
    neighbors: int = 10,
) -> RunComparison:
    """Compares models with the first of them.

    Args:
        runs: the runs; with the models two or more.
        artifact: downloads a run's files.
        vectors: reads a run's vectors.
        stage: whose runs they are, for what a message tells to type.
        models: models without a run, by their paths: what reads the vectors of each.
        pairs: files of word pairs to score on; empty means WordSim-353.
        neighbors: how many nearest words to look at.

    Raises:
        UserError: there is only one model, one is named twice, or two models share too few words.
    """
    own = {} if models is None else models
    names = [*(run.job for run in runs), *own]
    if len(set(names)) < max(2, len(names)):
        raise UserError(
            f"{names[0] if names else 'Nothing'} cannot be compared with itself. Name two or more different runs, or models with --model; "
            f"the runs: {blazingtext_command('runs', stage)}"
        )
    found = [artifact(run.job) for run in runs]
    read: list[Callable[[], Vectors]] = [*(partial(vectors, each) for each in found), *own.values()]
    compared: dict[str, Comparison] = {}
    if all(VECTORS in each.files for each in found):
        from ..vectors import comparison  # noqa: PLC0415 - NumPy loads only for those who look at vectors

        first = read[0]()
        for name, each in zip(names[1:], read[1:], strict=True):
            compared[name] = comparison.compare(first, each(), pairs, neighbors=neighbors)
    settings = {name: (*values, *("",) * len(own)) for name, values in differing(runs).items()}
    metrics = {name: (*values, *(None,) * len(own)) for name, values in _metrics(runs).items()} if runs else {}
    others = tuple(run.job for run in runs[1:] if _is_of_another_corpus(run, runs[0]))
    return RunComparison(tuple(names), tuple(runs), settings, metrics, compared, others)


def _is_of_another_corpus(run: Run, first: Run) -> bool:
    """Whether two runs certainly read another content: both uploads told its SHA-256."""
    told = (run.corpus_hash, first.corpus_hash)
    return all(each.startswith("sha256:") for each in told) and told[0] != told[1]


def differing(runs: Sequence[Run]) -> dict[str, tuple[str, ...]]:
    """What differs between runs: corpus, its hash and recipe, instances and hyperparameters, a value for each run, "" where it has none."""
    told = [
        {
            "corpus": run.corpus,
            "corpus_hash": run.short_hash,
            "recipe": run.recipe.rpartition("/")[2][:_SHORT],
            "instance_type": run.instance_type,
            "instance_count": str(run.instance_count),
            **run.hyperparameters,
        }
        for run in runs
    ]
    names = dict.fromkeys(
        [
            "corpus",
            "corpus_hash",
            "recipe",
            "instance_type",
            "instance_count",
            *sorted({name for run in runs for name in run.hyperparameters}),
        ]
    )
    rows = {name: tuple(each.get(name, "") for each in told) for name in names}
    return {name: values for name, values in rows.items() if len(set(values)) > 1}


def _metrics(runs: Sequence[Run]) -> dict[str, tuple[float | None, ...]]:
    """The final metrics, with training time and billed time in seconds."""
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    found: dict[str, tuple[float | None, ...]] = {name: tuple(run.metrics.get(name) for run in runs) for name in names}
    found["training_seconds"] = tuple(run.training_seconds for run in runs)
    found["billable_seconds"] = tuple(run.billable_seconds for run in runs)
    return found
