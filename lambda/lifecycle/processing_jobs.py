"""The processing job that a request becomes: its name and its CreateProcessingJob request. Pure.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html and, for the container's command,
https://github.com/aws/sagemaker-spark-container.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from . import costs, images, instances, limits, naming, processing_sources, spark_images
from .costs import HourlyPrice
from .environments import LaunchEnvironment
from .errors import ConfigurationError, UserError, raise_all
from .job_protection import JobProtection
from .processing_requests import ProcessingRequest
from .processing_sources import SourceObject

# The files of the code: the packages, and the application that Spark is given.
PACKAGES, APPLICATION = "blazingtext.zip", "prepare_corpus.py"
_CODE = "/opt/ml/processing/input/code"
# What a container writes below this folder is on the job's volume
# (https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html).
_SCRATCH = "/opt/ml/processing/scratch"
# What the names of jobs have in the place of a training job's mode.
_KIND = "prepare"
_GIGABYTE = 1_000_000_000
# In the metadata of a corpus that a job made: the hash of its request.
REQUEST_METADATA = "blazingtext-request"


@dataclass(frozen=True)
class ProcessingJob:
    """A processing job to start.

    Attributes:
        name: the name of its first attempt.
        digest: the hash of its request.
        corpus: the URI of the file that it makes.
        wanted: everything for CreateProcessingJob but the name and the words that hold it.
        arguments: the words of the application but those that hold the job's name.
        retry: whether a failed or stopped job gets another attempt.
        warnings: what is legal but probably a mistake.
        dry_run: whether nothing is to be started.
        price: what an hour of it costs.
        max_runtime_seconds: how long it may run.
    """

    name: str
    digest: str
    corpus: str
    wanted: dict[str, Any]
    arguments: tuple[str, ...]
    retry: bool
    warnings: tuple[str, ...]
    dry_run: bool
    price: HourlyPrice
    max_runtime_seconds: int

    @property
    def is_named(self) -> bool:
        """Never: its name is made of its request's hash."""
        return False

    def attempt(self, number: int) -> str:
        """The name of the n-th attempt, counted from 1."""
        return naming.attempt_name(self.name, number)

    def request(self, name: str) -> dict[str, Any]:
        """Everything for the request that creates an attempt but the name."""
        specification = {**self.wanted["AppSpecification"], "ContainerArguments": ["--job", name, *self.arguments]}
        return {**self.wanted, "AppSpecification": specification}


def decide(
    request: ProcessingRequest,
    objects: Sequence[SourceObject],
    environment: LaunchEnvironment,
    problems: Sequence[UserError],
) -> ProcessingJob:
    """The job for a request.

    Args:
        request: what is asked for.
        objects: the raw text.
        environment: the stack's settings.
        problems: what is already known to be wrong.

    Raises:
        UserError: every problem at once, those of the request and of the limits.
    """
    region = images.region_of(environment.image)
    too_much = limits.problems(environment.limits, request.instance_type, request.instance_count, request.max_runtime_seconds, region)
    raise_all([*problems, *too_much, *_impossible(environment.protection)])
    listing = processing_sources.digest(objects)
    digest = request_hash(request, listing)
    return ProcessingJob(
        name=naming.job_name(environment.stage, request.corpus, _KIND, digest),
        digest=digest,
        corpus=f"s3://{environment.bucket}/{naming.prepared_key(request.corpus)}",
        wanted=_wanted(request, environment, digest),
        arguments=_arguments(request, environment, region, digest, listing),
        retry=request.retry or request.replace,
        warnings=_warnings(request, objects),
        dry_run=request.dry_run,
        price=costs.of_processing(request.instance_type, request.instance_count, region),
        max_runtime_seconds=request.max_runtime_seconds,
    )


def corpus_problem(request: ProcessingRequest, files: Collection[str], made_by: str, digest: str, stage: str) -> str:
    """Why a corpus of the name stands in the way; ``""`` when there is none, or it is the one that was asked for.

    Args:
        request: what is asked for.
        files: what lies in its channels.
        made_by: the hash of the request that made its file, or ``""``.
        digest: the hash of this one.
        stage: whose it is.
    """
    if not files or request.replace or (made_by == digest and list(files) == [naming.prepared_key(request.corpus)]):
        return ""
    return (
        f"corpus: there is a corpus {request.corpus} already, of another request: {min(files)}. It would be replaced. "
        f"Choose another name, or replace it: {naming.command('corpus prepare --on aws --force', stage)} ..."
    )


def request_hash(request: ProcessingRequest, listing: str) -> str:
    """A digest of all that can change the corpus: the same request over the same bytes has the same, on however many instances."""
    parts = {"corpus": request.corpus, "code": request.code, "options": dict(request.options), "sources": listing}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _impossible(protection: JobProtection) -> list[ConfigurationError]:
    """Why the stage can have no processing job at all."""
    if not protection.network_isolation:
        return []
    return [
        ConfigurationError(
            "trainingNetworkIsolation: the stage's containers have no network. Those of a processing job read and write S3 themselves. "
            "Prepare the corpus on a machine of your own (blazingtext corpus prepare), or in a stage without trainingNetworkIsolation."
        )
    ]


def _wanted(request: ProcessingRequest, environment: LaunchEnvironment, digest: str) -> dict[str, Any]:
    protection = environment.protection
    code = {
        "S3Uri": f"s3://{environment.bucket}/{naming.code_key(request.code, '')}",
        "LocalPath": _CODE,
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    cluster: dict[str, Any] = {
        "InstanceType": request.instance_type,
        "InstanceCount": request.instance_count,
        "VolumeSizeInGB": request.volume_gb,
    }
    if protection.key_arn and not instances.encrypts_local_disk(request.instance_type):
        cluster["VolumeKmsKeyId"] = protection.key_arn
    entrypoint = ["smspark-submit", "--py-files", f"{_CODE}/{PACKAGES}", f"{_CODE}/{APPLICATION}"]
    return {
        "RoleArn": environment.role_arn,
        "AppSpecification": {
            "ImageUri": spark_images.image_uri(images.region_of(environment.image)),
            "ContainerEntrypoint": entrypoint,
        },
        "ProcessingInputs": [{"InputName": "code", "S3Input": code}],
        "ProcessingResources": {"ClusterConfig": cluster},
        "StoppingCondition": {"MaxRuntimeInSeconds": request.max_runtime_seconds},
        "Tags": _tags(request, protection, environment.stage, digest),
        **_network(protection),
    }


def _network(protection: JobProtection) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if protection.vpc:
        found["VpcConfig"] = dict(protection.vpc)
    if protection.traffic_encryption:
        found["EnableInterContainerTrafficEncryption"] = True
    return {"NetworkConfig": found} if found else {}


def _arguments(request: ProcessingRequest, environment: LaunchEnvironment, region: str, digest: str, listing: str) -> tuple[str, ...]:
    """The words of the application, as ``blazingtext/spark/application.py`` reads them."""
    named = {
        "bucket": environment.bucket,
        "region": region,
        "corpus": request.corpus,
        "request": digest,
        "listing": listing,
        "scratch": _SCRATCH,
    }
    return (
        *(word for name, value in named.items() for word in (f"--{name}", value)),
        *(["--replace"] if request.replace else []),
        *(word for name, value in sorted(request.options.items()) for word in ("--set", f"{name}={value}")),
        *request.sources,
    )


def _tags(request: ProcessingRequest, protection: JobProtection, stage: str, digest: str) -> list[dict[str, str]]:
    ours = {**naming.tags(stage), naming.CORPUS_TAG: request.corpus, naming.REQUEST_TAG: digest}
    # The stage's tags are the company's: a request adds to them and changes none.
    tags = {**request.tags, **protection.tags, **ours}
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _warnings(request: ProcessingRequest, objects: Sequence[SourceObject]) -> tuple[str, ...]:
    largest = max(objects, key=lambda each: each.size)
    if largest.size <= request.volume_gb * _GIGABYTE:
        return ()
    warning = (
        f"{largest.uri} has {largest.size / _GIGABYTE:,.0f} GB. If it is packed, one instance fetches it whole, onto a volume of "
        f"{request.volume_gb} GB: ask for a larger one, or unpack it."
    )
    return (warning,)
