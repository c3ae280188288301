"""The commands that look at a run's model, as methods of the Python client."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, overload

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import LifecycleError

from .arguments import several
from .corpus.recipe import Recipe
from .files import atomic_file
from .runs import artifacts, comparison, local_models, model_scores, recipes, training_jobs, validation
from .serving import status
from .stage_client import StageClient

if TYPE_CHECKING:  # NumPy, scikit-learn and matplotlib are loaded by the methods that need them
    from .classifiers.evaluation import ClassifierEvaluation
    from .vectors.benchmark import Benchmark, Rules
    from .vectors.evaluation import Evaluation
    from .vectors.explorer import Exploration
    from .vectors.exports import Export
    from .vectors.word_map import InlineMap, Look, Map
    from .vectors.word_vectors import Neighbors, Vectors

# Given as a job: the run whose model is live.
LIVE = "live"


class LookingClient(StageClient):
    """Fetches, judges, draws and exports the models of a stage."""

    def artifact(self, job: str | None = None, *, on_size: artifacts.OnSize = lambda _: lambda _: None) -> artifacts.Artifact:
        """A run's files on this machine; None means the newest completed run, "live" the one whose model is live."""
        return artifacts.fetch(self.cloud, self.artifact_uri(job), on_size=on_size)

    def artifact_uri(self, job: str | None = None) -> str:
        """Where a run's artifact is; None as for `artifact`."""
        if job is None:
            return training_jobs.latest(self.cloud, completed=True).artifact
        return status.live_artifact(self.cloud) if job == LIVE else naming.artifact_uri(self.cloud.bucket, job)

    def vectors(self, job: str | None = None) -> Vectors:
        """A run's word vectors; None as for `artifact`."""
        from .vectors import reading  # noqa: PLC0415 - NumPy loads only for those who look at vectors

        return reading.load(self.artifact(job).path(comparison.VECTORS))

    def neighbors(self, query: str, count: int = 10, job: str | None = None, *, top: int | None = None) -> Neighbors:
        """The words nearest to a word, or to a sum such as "king - man + woman", among the `top` most frequent.

        Words that the model does not know are looked up as the run's recipe prepares them.
        """
        from .vectors.word_vectors import query_terms  # noqa: PLC0415 - NumPy loads only for those who look at vectors

        query_terms(query)
        vectors, lookup = self._looked_up(query.split(), job)
        return vectors.neighbors(" ".join(lookup), count, top=top)

    def analogy(self, first: str, second: str, third: str, count: int = 5, job: str | None = None, *, top: int | None = None) -> Neighbors:
        """What is to `third` as `second` is to `first`, among the `top` most frequent words; looked up as `neighbors` does."""
        vectors, lookup = self._looked_up([first, second, third], job)
        return vectors.analogy(lookup[0], lookup[1], lookup[2], count, top=top)

    def _looked_up(self, words: Sequence[str], job: str | None) -> tuple[Vectors, Sequence[str]]:
        """A run's vectors, and words as its corpus has them."""
        from .vectors import queries  # noqa: PLC0415 - for those who look at vectors

        artifact = self.artifact(job)
        vectors = _read_vectors(artifact)
        name = naming.job_of_artifact(artifact.uri)

        def recipe() -> Recipe | None:
            with _warning_of_recipes():
                return recipes.of_run(self.cloud, name)
            return None

        return vectors, queries.as_prepared(words, vectors, recipe).words

    def evaluate(self, job: str | None = None, *, pairs: Sequence[Path] = (), compute: bool = False, ngrams: bool = True) -> Evaluation:
        """A run's vectors scored against human judgement: by the container, or here, also on your own word pairs.

        Computed here, words outside the vocabulary have the vectors of their n-grams unless `ngrams` is false.
        """
        from .vectors import evaluation  # noqa: PLC0415 - NumPy loads only for those who look at vectors

        pairs = several("evaluate(pairs=", "files", pairs)
        artifact = self.artifact(job)
        name = naming.job_of_artifact(artifact.uri)
        if "eval.json" in artifact.files and not compute and not pairs:
            return evaluation.read_eval_json(artifact.path("eval.json"), source=f"{name}: eval.json", stage=self.cloud.stage)
        return evaluation.evaluate(self.vectors(job), [Path(each) for each in pairs], source=f"{name}: vectors.txt", ngrams=ngrams)

    def benchmark(
        self, job: str | None = None, on: model_scores.Names = model_scores.DEFAULT_SETS, rules: Rules | None = None
    ) -> Benchmark:
        """A run's vectors scored on public sets by name, and on files of word pairs or analogies, with coverage and intervals."""
        artifact = self.artifact(job)
        vectors = _read_vectors(artifact)
        return model_scores.benchmark(vectors, on, rules, source=naming.job_of_artifact(artifact.uri) or artifact.uri)

    def evaluate_classifier(
        self, job: str | None = None, texts: model_scores.Names = (), *, k: int = 1, threshold: float = 0.0
    ) -> ClassifierEvaluation:
        """A run's classifier judged on labelled text; none means what the run was validated on."""
        artifact = self.artifact(job)
        name = naming.job_of_artifact(artifact.uri) or artifact.uri
        model = artifact.path(local_models.CLASSIFIER)
        found = model_scores.listed(texts, "evaluate_classifier(texts=") or validation.texts(self.cloud, name)
        return model_scores.evaluate_classifier(model, found, k=k, threshold=threshold, source=name)

    def compare(
        self,
        jobs: Sequence[str],
        *,
        models: Sequence[str | Path] = (),
        pairs: Sequence[Path] = (),
        neighbors: int = 10,
        on_size: artifacts.OnSize = lambda _: lambda _: None,
    ) -> comparison.RunComparison:
        """Runs, and models by their paths, beside the first: settings, metrics and, of word vectors, scores, neighbours and what moved."""
        pairs = [Path(each) for each in several("compare(jobs, pairs=", "files", pairs)]
        paths = several("compare(jobs, models=", "models", models)
        found, unknown = [training_jobs.run(self.cloud, job) for job in several("compare(", "jobs", jobs)], ""
        try:
            found = training_jobs.with_tags(self.cloud, found) if found else found
        except LifecycleError as reason:
            unknown = str(reason)
        compared = comparison.compare(
            found,
            lambda job: self.artifact(job, on_size=on_size),
            _read_vectors,
            stage=self._stage,
            models={str(path): partial(local_models.open_model, path) for path in paths},
            pairs=pairs,
            neighbors=neighbors,
        )
        return replace(compared, unknown=unknown)

    @overload
    def map(self, path: str | Path, look: Look | None = None, job: str | None = None) -> Map: ...

    @overload
    def map(self, path: None = None, look: Look | None = None, job: str | None = None) -> InlineMap: ...

    def map(self, path: str | Path | None = None, look: Look | None = None, job: str | None = None) -> Map | InlineMap:
        """Draws the most frequent words of a run; into a notebook, without a path."""
        from .vectors import word_map  # noqa: PLC0415 - matplotlib takes a second to load and is an optional dependency

        artifact, told = self.artifact(job), look or word_map.Look()
        vectors = _read_vectors(artifact)
        named = replace(told, name=told.name or naming.job_of_artifact(artifact.uri) or artifact.uri)
        return word_map.draw_inline(vectors, named) if path is None else word_map.draw(vectors, Path(path), named)

    def explore(self, path: str | Path, jobs: Sequence[str] = (), *, words: int = 10_000) -> Exploration:
        """Writes a page to walk through the words of one run or two; none means the newest completed."""
        from .vectors import explorer, explorer_page  # noqa: PLC0415 - NumPy loads only for those who look at vectors

        artifacts_ = [self.artifact(job) for job in several(f"explore({str(path)!r}, ", "jobs", jobs) or (None,)]
        found = explorer.explore([(naming.job_of_artifact(each.uri), _read_vectors(each)) for each in artifacts_], words)
        with atomic_file(Path(path)) as stream:
            stream.write(explorer_page.page(found).encode())
        return found

    def export(self, path: str | Path, kind: str = "word2vec", job: str | None = None, *, top: int | None = None) -> Export:
        """Writes a run's vectors for other programs: word2vec, projector, safetensors, parquet, fp16 or int8."""
        from .vectors import exports  # noqa: PLC0415 - NumPy loads only for those who look at vectors

        return exports.export(self.vectors(job), Path(path), kind, top=top)

    def download(self, folder: str | Path, job: str | None = None, *, force: bool = False) -> tuple[artifacts.CopiedFile, ...]:
        """Copies a run's files to a folder, and its recipe, where it has one."""
        artifact = self.artifact(job)
        copied = artifacts.copy(artifact, Path(folder), force=force)
        with _warning_of_recipes():
            recipes.save(self.cloud, naming.job_of_artifact(artifact.uri), Path(folder))
        return copied


@contextmanager
def _warning_of_recipes() -> Iterator[None]:
    """Goes without a recipe that cannot be read, with a Python warning that says why."""
    try:
        yield
    except LifecycleError as reason:
        warnings.warn(str(reason), stacklevel=4)


def _read_vectors(artifact: artifacts.Artifact) -> Vectors:
    from .vectors import reading  # noqa: PLC0415 - NumPy loads only for those who look at vectors

    return reading.load(artifact.path(comparison.VECTORS))
