"""The options that say which model is looked at, and the model that they name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import LifecycleError

from ..corpus.recipe import Recipe
from ..runs import recipes
from ..runs.artifacts import Artifact
from ..runs.local_models import open_model
from .options import Command
from .session import Session

if TYPE_CHECKING:  # NumPy is loaded by those who look at vectors
    from ..vectors.word_vectors import Vectors

MODEL = click.Path(path_type=Path, exists=True)
KINDS = "a folder or model.tar.gz of BlazingText, a .bin of fastText, word2vec's text format, or a compressed .npz of `blazingtext export`."


def model_options(command: Command) -> Command:
    """Adds --job and --model, of which one may be given."""
    job = click.option("--job", metavar="JOB", help="The run, or 'live' for the one whose model is live [default: the newest completed].")
    model = click.option("--model", metavar="PATH", type=MODEL, help=f"Instead of a run: {KINDS}")
    return job(model(command))


@dataclass(frozen=True)
class Source:
    """A model's vectors, what to call them, and the recipe of its corpus.

    Attributes:
        name: the run, or the path.
        vectors: the vectors.
        recipe: finds the recipe; None when the model has none.
    """

    name: str
    vectors: Vectors
    recipe: Callable[[], Recipe | None]


def source_of(session: Session, job: str | None, model: Path | None) -> Source:
    """A run's model or one of one's own, with a progress bar.

    Its recipe is looked for only when it is needed; who may not read it goes without, and is told.

    Raises:
        UsageError: both are named.
    """
    if model is not None:
        refuse_both(job)
        return Source(str(model), opened(session, model), lambda: recipes.of_model(model))
    artifact = artifact_of(session, job)
    run = naming.job_of_artifact(artifact.uri)
    return Source(name_of(artifact), of_artifact(session, artifact), lambda: _recipe_of(session, run))


def _recipe_of(session: Session, job: str) -> Recipe | None:
    try:
        return session.client.recipe(job)
    except LifecycleError as reason:
        session.output.warn(str(reason))
        return None


def artifact_of(session: Session, job: str | None) -> Artifact:
    """A run's files, with a progress bar during the download."""
    with session.output.download("Downloading the model") as on_size:
        return session.client.artifact(job, on_size=on_size)


def vectors_of(session: Session, job: str | None, model: Path | None) -> Vectors:
    """The vectors of a run or of a model of one's own, with a progress bar.

    Raises:
        UsageError: both are named.
    """
    return source_of(session, job, model).vectors


def name_of(artifact: Artifact) -> str:
    """The run whose files these are; without one, where they are in S3."""
    return naming.job_of_artifact(artifact.uri) or artifact.uri


def refuse_both(job: str | None) -> None:
    """Does nothing when no run is named beside a path.

    Raises:
        UsageError: one is.
    """
    if job is not None:
        raise click.UsageError("--model and --job are two models. Name one of them.")


def opened(session: Session, model: Path) -> Vectors:
    """The vectors of a model of one's own, with a progress bar."""
    with session.output.progress("Reading vectors", None) as advance:
        return open_model(model, advance)


def of_artifact(session: Session, artifact: Artifact) -> Vectors:
    """The vectors of a run's files, with a progress bar."""
    from ..vectors import reading  # noqa: PLC0415 - NumPy is loaded by those who look at vectors

    path = artifact.path("vectors.txt")
    with session.output.progress("Reading vectors", path.stat().st_size) as advance:
        return reading.load(path, advance)
