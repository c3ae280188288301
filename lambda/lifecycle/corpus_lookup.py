"""A corpus as it lies in the bucket, with what its upload told of it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import corpora, corpus_manifest, naming, training_jobs
from .corpora import Corpus
from .corpus_manifest import Manifest
from .environments import LaunchEnvironment
from .errors import CorpusError
from .requests import TrainingRequest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any


def look_up(s3: S3Client, request: TrainingRequest, environment: LaunchEnvironment, *, uploaded: bool = False) -> tuple[Corpus, Manifest]:
    """The corpus of a request, and the manifest that lies beside it.

    Args:
        s3: the client; it needs to list and read ``corpora/``.
        request: what is asked for.
        environment: the stack's settings.
        uploaded: whether it was the manifest that asked. One that nobody can read is refused then; otherwise it is a warning.

    Raises:
        CorpusError: the manifest that asked is not one.
        LifecycleError: AWS refused to show it, or failed.
    """
    bucket, stage = environment.bucket, environment.stage
    nothing = Manifest(naming.manifest_key(request.corpus))
    if not request.corpus:
        return Corpus(""), nothing
    supervised = training_jobs.needs_labels(request.mode)
    found = corpora.inspect(s3, bucket, request.corpus, supervised=supervised, stage=stage)
    if not found.channels and not uploaded:
        return found, nothing
    try:
        manifest = corpus_manifest.read(s3, bucket, request.corpus, stage)
    except CorpusError as refusal:
        if uploaded:
            raise
        return replace(found, warnings=(*found.warnings, str(refusal))), nothing
    return corpus_manifest.described(s3, bucket, found, manifest, stage), manifest
