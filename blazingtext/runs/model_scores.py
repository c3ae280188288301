"""Any model judged from Python: word vectors on public sets and files of one's own, classifiers on labelled text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from blazingtext_lifecycle.errors import UserError

from ..arguments import several
from .local_models import classifier, open_model

if TYPE_CHECKING:  # NumPy is loaded by the functions that need it
    from ..classifiers.evaluation import ClassifierEvaluation
    from ..vectors.benchmark import Benchmark, Rules
    from ..vectors.sets import Set
    from ..vectors.word_vectors import Vectors

DEFAULT_SETS = ("wordsim353", "google")

Names = str | Path | Sequence[str | Path]


def listed(names: Names, call: str) -> list[str | Path]:
    """One name or several, as a list.

    Args:
        names: as somebody gave them.
        call: what was called, up to the names.

    Raises:
        RequestError: it is neither.
    """
    return [names] if isinstance(names, str | Path) else several(call, "names or paths", names)


def sets_of(names: Names) -> list[Set]:
    """The sets of some names: a public one by its name, else a file or a folder.

    Raises:
        UserError: there is no such set or file, or a file cannot be read.
        CloudError: a public set cannot be downloaded.
    """
    from ..vectors import public_sets, sets  # noqa: PLC0415 - NumPy loads only for those who look at vectors

    return [
        public_sets.named(str(each)) if str(each) in public_sets.NAMES or not Path(each).exists() else sets.read(Path(each))
        for each in listed(names, "benchmark(on=")
    ]


def benchmark(
    model: Vectors | str | Path,
    on: Names = DEFAULT_SETS,
    rules: Rules | None = None,
    *,
    source: str | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Benchmark:
    """Scores word vectors on sets of word pairs and of analogies, with coverage and intervals.

    Args:
        model: vectors, or the path of a model.
        on: names of public sets (see `blazingtext.vectors.public_sets`), paths of files with word pairs or analogies, or folders of
            relations such as BATS.
        rules: how words are looked up; None means gensim's, with n-grams.
        source: what to call the vectors; None means the path.
        advance: called with the number of pairs and questions done.

    Raises:
        UserError: the model, a set or a file cannot be read.
        CloudError: a public set cannot be downloaded.
    """
    from ..vectors import benchmark as benchmark_  # noqa: PLC0415 - likewise

    vectors = open_model(model) if isinstance(model, str | Path) else model
    name = source or (str(model) if isinstance(model, str | Path) else "vectors")
    return benchmark_.score(vectors, sets_of(on), rules, source=name, advance=advance)


def evaluate_classifier(
    model: str | Path,
    texts: Names,
    *,
    k: int = 1,
    threshold: float = 0.0,
    source: str | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> ClassifierEvaluation:
    """Judges a classifier on labelled text.

    Args:
        model: the path of a folder, a model.tar.gz or a .bin file.
        texts: files with a document and its labels a line.
        k: how many labels a line are taken for answered.
        threshold: the least probability of an answer, 0 to 1.
        source: what to call the model; None means the path.
        advance: called with the number of lines done.

    Raises:
        UserError: the path holds no classifier, or a file cannot be read or judges nothing.
        CloudError: the engine failed.
    """
    from ..classifiers import evaluation  # noqa: PLC0415 - likewise

    paths = [Path(each) for each in listed(texts, "evaluate_classifier(texts=")]
    found = classifier(model)
    if found is None:
        raise UserError(f"{model} holds no classifier. Name a model of the mode supervised, or score word vectors with benchmark().")
    return evaluation.evaluate(found, paths, k=k, threshold=threshold, source=source or str(model), advance=advance)
