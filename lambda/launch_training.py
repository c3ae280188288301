"""A request becomes a SageMaker training job, after everything that can be checked was checked.

Event: see ``lambda/README.md``, "launch_training". Answer: the job's name, ARN, status, artifact and warnings.
Environment: `lifecycle.environments.LaunchEnvironment`.

The same request over the same data always has the same job name, so a repeat finds the running or finished job instead of
paying twice.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from blazingtext_lifecycle import corpora, corpus_manifest, naming, requests, training_jobs
from blazingtext_lifecycle.aws_errors import code_of, is_missing, translating_aws_errors
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.training_jobs import TrainingJob

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
else:
    S3Client = SageMakerClient = Any

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Clients:
    """The AWS services that a launch talks to."""

    s3: S3Client
    sagemaker: SageMakerClient


def handler(event: object, _context: object) -> dict[str, Any]:
    """Lambda's entry: translate, decide, act."""
    log.setLevel(logging.INFO)
    return launch(event, LaunchEnvironment.read(os.environ), Clients(boto3.client("s3"), boto3.client("sagemaker")))


def launch(event: object, environment: LaunchEnvironment, clients: Clients) -> dict[str, Any]:
    """The job that an event asks for, started or found.

    Args:
        event: a launch event or an upload event; whatever else JSON can be is refused.
        environment: the stack's settings.
        clients: the AWS services.

    Returns:
        ``jobName``, ``jobArn``, ``status``, ``created``, ``artifact``, ``warnings``, ``cost``.

    Raises:
        UserError: the request was refused, by us or by AWS, before anything was paid.
        NotReady: AWS asks to slow down.
        CloudError: AWS failed.
    """
    request, problems = requests.read(event, environment)
    corpus = corpora.Corpus(request.corpus)
    if request.corpus:
        corpus = corpora.inspect(clients.s3, environment.bucket, request.corpus, supervised=training_jobs.needs_labels(request.mode))
        if requests.is_upload(event):
            problems += corpus_manifest.problems(clients.s3, environment.bucket, corpus)
    job = training_jobs.decide(request, corpus, environment, problems)
    answer = start(job, clients.sagemaker)
    log.info("%s %s (%s)", "started" if answer["created"] else "found", answer["jobName"], answer["status"] or "not started")
    return answer


def start(job: TrainingJob, sagemaker: SageMakerClient) -> dict[str, Any]:
    """The newest attempt at a job; a new one only when there is none, or when it failed and a retry was asked for.

    A dry run names the attempt that would be made, without ARN and status.
    """
    attempt, latest = _latest_attempt(job.name, sagemaker)
    if latest is not None and not (job.retry and latest["TrainingJobStatus"] in training_jobs.RETRYABLE):
        return _answer(job, latest, created=False)
    name = naming.attempt_name(job.name, attempt + 1)
    if job.dry_run:
        return _answer(job, {"TrainingJobName": name, "TrainingJobArn": "", "TrainingJobStatus": ""}, created=False)
    return _create(job, name, sagemaker)


def _latest_attempt(name: str, sagemaker: SageMakerClient) -> tuple[int, Mapping[str, Any] | None]:
    """The number and description of the newest attempt; attempts are numbered without gaps."""
    latest = None
    for attempt in range(1, naming.MAXIMUM_ATTEMPTS + 1):
        found = _describe(naming.attempt_name(name, attempt), sagemaker)
        if found is None:
            return attempt - 1, latest
        latest = found
    raise RequestError(
        f"{name} was tried {naming.MAXIMUM_ATTEMPTS} times. Its name has no room for another attempt. "
        "Read the failures (blazingtext logs), then change the request."
    )


def _describe(name: str, sagemaker: SageMakerClient) -> Mapping[str, Any] | None:
    with translating_aws_errors(f"look up the training job {name}"):
        try:
            return sagemaker.describe_training_job(TrainingJobName=name)
        except ClientError as error:
            if is_missing(error):
                return None
            raise


def _create(job: TrainingJob, name: str, sagemaker: SageMakerClient) -> dict[str, Any]:
    with translating_aws_errors(f"start the training job {name}"):
        try:
            created = sagemaker.create_training_job(TrainingJobName=name, **job.definition)
        except ClientError as error:
            # Two equal requests at once: the other one was first.
            existing = _describe(name, sagemaker) if code_of(error) == "ResourceInUse" else None
            if existing is None:
                raise
            return _answer(job, existing, created=False)
    description = {"TrainingJobName": name, "TrainingJobArn": created["TrainingJobArn"], "TrainingJobStatus": "InProgress"}
    return _answer(job, description, created=True)


def _answer(job: TrainingJob, description: Mapping[str, Any], *, created: bool) -> dict[str, Any]:
    name = description["TrainingJobName"]
    return {
        "jobName": name,
        "jobArn": description["TrainingJobArn"],
        "status": description["TrainingJobStatus"],
        "created": created,
        "artifact": naming.artifact_uri(job.artifact_bucket, name),
        "warnings": list(job.warnings),
        "cost": {
            "instanceType": job.price.instance_type,
            "instanceCount": job.price.instance_count,
            "maxRuntimeSeconds": job.max_runtime_seconds,
            "hourlyDollars": job.price.dollars,
            "maximumDollars": job.price.for_seconds(job.max_runtime_seconds),
            "pricesOf": job.price.date,
        },
    }
