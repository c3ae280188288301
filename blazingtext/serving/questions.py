"""Questions to a model, prepared as its corpus was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.combinations import SUPERVISED
from blazingtext_lifecycle.values import cut

from ..cloud import Cloud
from ..corpus.recipe import Recipe, RecipeError
from ..predictions import Prediction
from ..runs import recipes, training_jobs
from . import prediction, status
from .prediction import Advance

if TYPE_CHECKING:  # NumPy is loaded by those who look at vectors
    from ..vectors.word_vectors import Vectors


@dataclass(frozen=True)
class Question:
    """One instance for a model.

    Attributes:
        asked: what was typed.
        instance: what is sent: a word, or for a classifier the words of a text.
    """

    asked: str
    instance: str


def prepared(recipe: Recipe, texts: Sequence[str], *, whole: bool) -> list[Question]:
    """The questions that texts become, in their order.

    Args:
        recipe: how the corpus was prepared.
        texts: words or texts.
        whole: whether a text is one question, as for a classifier; otherwise each of its words is one.

    Raises:
        RecipeError: nothing is left of a text.
    """
    found, empty = [], []
    for text in texts:
        words = recipe.words(text)
        if not words:
            empty.append(text)
        found += [Question(text, words)] if whole else [Question(text, word) for word in words.split(" ")]
    if empty:
        more = f" and {len(empty) - 1} more" if len(empty) > 1 else ""
        raise RecipeError(
            f'Of "{cut(empty[0])}"{more} no word is left when it is prepared as the corpus was ({recipe.in_words}). '
            "Leave it out, or ask without --prepare."
        )
    return found


def predict(cloud: Cloud, texts: Sequence[str], *, k: int | None = None, advance: Advance = lambda _: None) -> list[Prediction]:
    """As `prediction.predict`, of texts that are first prepared by the recipe of the live model's run.

    Args:
        cloud: the stage.
        texts: words, or for a classifier texts; for word vectors, a text asks for each of its words.
        k: for classifiers: how many labels.
        advance: called with the number of instances answered.

    Raises:
        RecipeError: the live model has no recipe, or nothing is left of a text.
        UserError: there is nothing to predict, or the model does not accept it.
        NotReady: no model is live, or the endpoint is not there (yet).
        EndpointError: the model failed.
    """
    artifact = status.live_artifact(cloud)
    job = naming.job_of_artifact(artifact)
    if not job:
        raise RecipeError(f"The live model, {artifact}, is no run's, so it has no recipe. Leave out --prepare.")
    recipe, run = recipes.required(cloud, job), training_jobs.run(cloud, job)
    questions = prepared(recipe, texts, whole=run.mode in SUPERVISED)
    return _answers(questions, lambda instances: prediction.predict(cloud, instances, k=k, advance=advance))


def predict_offline(model: Vectors, path: Path, texts: Sequence[str], *, k: int | None = None) -> list[Prediction]:
    """As the model's own `predict`, of texts that are first prepared by the recipe in its folder.

    Args:
        model: the model.
        path: where it was read from.
        texts: as of `predict`.
        k: likewise.

    Raises:
        RecipeError: the folder has no recipe, or nothing is left of a text.
        UserError: the model does not accept what is asked.
    """
    questions = prepared(recipes.required_of_model(path), texts, whole=model.answers_texts)
    return _answers(questions, lambda instances: model.predict(instances, k=k))


def _answers(questions: Sequence[Question], ask: Callable[[list[str]], Sequence[Prediction]]) -> list[Prediction]:
    found = ask([each.instance for each in questions])
    return [replace(answer, asked=question.asked) for answer, question in zip(found, questions, strict=True)]
