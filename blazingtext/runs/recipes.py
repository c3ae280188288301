"""The recipe of a run: how the corpus was prepared that it trained on, and so how what is asked of it has to be."""

from __future__ import annotations

from pathlib import Path

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming, recipe_keys

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..corpus import recipe
from ..corpus.recipe import Recipe, RecipeError
from ..files import atomic_file
from ..stages import blazingtext_command
from . import training_jobs


def of_run(cloud: Cloud, job: str) -> Recipe | None:
    """The recipe of a run; None when its corpus was uploaded without one.

    Args:
        cloud: the stage.
        job: the run's name.

    Raises:
        RecipeError: the recipe is gone, damaged, or of another version of the project.
        LifecycleError: there is no such run, or AWS refused or failed.
    """
    document = document_of(cloud, job)
    name = f"The recipe of {job}"
    return None if document is None else recipe.usable(recipe.parse(document, name), name)


def document_of(cloud: Cloud, job: str) -> bytes | None:
    """The document of a run's recipe, as it was uploaded; None when there is none.

    Raises:
        RecipeError: it is gone or damaged.
        LifecycleError: there is no such run, or AWS refused or failed.
    """
    (run,) = training_jobs.with_tags(cloud, [training_jobs.run(cloud, job)])
    if not run.recipe:
        return None
    uri = f"s3://{cloud.bucket}/{run.recipe}"
    with translating_aws_errors(f"read {uri}"):
        try:
            document = cloud.s3.get_object(Bucket=cloud.bucket, Key=run.recipe)["Body"].read(recipe.MAXIMUM_BYTES + 1)
        except ClientError as error:
            if not aws_errors.is_missing(error):
                raise
            raise RecipeError(f"The recipe of {run.job} is gone. There is no {uri}. Ask without it, or train again.") from error
    if not recipe_keys.is_content(run.recipe, document):
        raise RecipeError(f"The recipe of {run.job} is damaged. {uri} is not what was uploaded. Ask without it, or train again.")
    return document


def required(cloud: Cloud, job: str) -> Recipe:
    """The recipe of a run.

    Raises:
        RecipeError: it has none, or none that can be used.
        LifecycleError: there is no such run, or AWS refused or failed.
    """
    found = of_run(cloud, job)
    if found is None:
        upload = blazingtext_command("upload", cloud.stage)
        raise RecipeError(
            f"{job} has no recipe: its corpus was uploaded without one, so nobody knows how it was prepared. Ask without --prepare, "
            f"or make the corpus with: blazingtext corpus prepare, send it with: {upload}, and train again with --name."
        )
    return found


def of_model(path: Path) -> Recipe | None:
    """The recipe in a model's folder; None when the path is no folder or holds none.

    Raises:
        RecipeError: it is none, or of another version of the project.
    """
    found = recipe.read(path / recipe.FILE) if path.is_dir() else None
    return None if found is None else recipe.usable(found, str(path / recipe.FILE))


def required_of_model(path: Path) -> Recipe:
    """The recipe in a model's folder.

    Raises:
        RecipeError: there is none, or none that can be used.
    """
    found = of_model(path)
    if found is None:
        raise RecipeError(
            f"{path} has no {recipe.FILE}, so nobody knows how its corpus was prepared. Ask without --prepare; a folder has one after "
            "`blazingtext local train` on what `blazingtext corpus prepare` made, and when such a run was downloaded."
        )
    return found


def save(cloud: Cloud, job: str, folder: Path) -> Path | None:
    """Writes the recipe of a run into a model's folder, where there is one; an older one is replaced.

    Raises:
        RecipeError: it is gone or damaged.
        LifecycleError: AWS refused or failed, or the folder cannot be written.
    """
    document = document_of(cloud, job) if job.startswith(naming.job_prefix(cloud.stage)) else None
    if document is None:
        return None
    target = folder / recipe.FILE
    with atomic_file(target) as stream:
        stream.write(document)
    return target
