"""`blazingtext download`: a run's files in a folder of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import LifecycleError

from ..figures import size
from ..runs import artifacts, recipes
from .model_source import artifact_of
from .session import Session, shared


@click.command()
@click.argument("job", required=False)
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to copy them to.")
@click.option("--force", is_flag=True, help="Replace files of the same names.")
@shared
def download(session: Session, *, job: str | None, output: Path, force: bool) -> None:
    """Copy a run's files to a folder.

    JOB is a run, or 'live' for the one whose model is live; without it, the newest completed. The archive is compared with the checksum
    that S3 has of it and with its own, and only the files that BlazingText writes are taken out of it. Where the run has a recipe, it is
    written beside them (recipe.json).
    """
    artifact = artifact_of(session, job)
    copied = artifacts.copy(artifact, output, force=force)
    out = session.output
    recipe = None
    try:
        recipe = recipes.save(session.cloud, naming.job_of_artifact(artifact.uri), output)
    except LifecycleError as reason:
        out.warn(str(reason))
    rows = [(str(each.path), f"{each.bytes:,}", each.sha256) for each in copied]
    result = {"job": naming.job_of_artifact(artifact.uri), "uri": artifact.uri, "files": copied, "recipe": recipe}
    out.result(result, lambda: out.table(("file", "bytes", "SHA-256"), rows, right=(1,)))
    out.done(f"{artifact.uri}: {size(sum(each.bytes for each in copied))}")
    if any(each.path.name == "vectors.txt" for each in copied):
        out.next(session.command(f"neighbors --model {output} WORD"))
