"""The transform job that a request becomes: its name, its model and its CreateTransformJob request. Pure.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from . import costs, images, instances, limits, naming
from .costs import HourlyPrice
from .environments import LaunchEnvironment
from .errors import RequestError, UserError, raise_all
from .job_protection import JobProtection
from .transform_data import TransformData
from .transform_requests import TransformRequest

JSON_LINES = "application/jsonlines"
# A word's vector is a hundred times as long as the word, so requests are small: their answers are held in the container's memory.
PAYLOAD_MEGABYTES = 1
_MEGABYTE = 1 << 20
TIMEOUT_SECONDS = 300
RETRIES = 1
# For instances to start and the container to load its model. AWS names no limit; what is billed begins when the instances have started.
STARTING_SECONDS = 900
# What the names of jobs have in the place of a training job's mode.
_KIND = "transform"


@dataclass(frozen=True)
class TransformJob:
    """A transform job to start.

    Attributes:
        name: the name of its first attempt.
        digest: the hash of its request.
        data: what is predicted.
        output_bucket: where the results will be.
        model: everything for CreateModel but the name.
        wanted: everything for CreateTransformJob but the names and the place of the results.
        key_arn: the KMS key of the results; ``""``: AWS's own.
        retry: whether a failed or stopped job gets another attempt.
        warnings: what is legal but probably a mistake.
        dry_run: whether nothing is to be started.
        price: what an hour of it costs.
        max_runtime_seconds: how long it takes if every request takes as long as it may.
    """

    name: str
    digest: str
    data: str
    output_bucket: str
    model: dict[str, Any]
    wanted: dict[str, Any]
    key_arn: str
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

    def output(self, name: str) -> str:
        """The S3 URI under which the results of an attempt will be."""
        return f"s3://{self.output_bucket}/{naming.transform_output_prefix(self.data, name)}"

    def request(self, name: str) -> dict[str, Any]:
        """Everything for the request that creates an attempt but the name; its model has the same."""
        output = {"S3OutputPath": self.output(name).rstrip("/"), "Accept": JSON_LINES, "AssembleWith": "Line"}
        key = {"KmsKeyId": self.key_arn} if self.key_arn else {}
        return {**self.wanted, "ModelName": name, "TransformOutput": {**output, **key}}


def decide(
    request: TransformRequest, data: TransformData, artifact_exists: bool, environment: LaunchEnvironment, problems: list[UserError]
) -> TransformJob:
    """The job for a request.

    Args:
        request: what is asked for.
        data: what lies in the bucket.
        artifact_exists: whether the run has a model.
        environment: the stack's settings.
        problems: what is already known to be wrong.

    Raises:
        UserError: every problem at once, those of the request, of the limits and of the data.
    """
    seconds = most_seconds(data)
    price = costs.of_transform(request.instance_type, request.instance_count, images.region_of(environment.image))
    missing = [] if artifact_exists or not request.run else [_no_model(request.run, environment.stage)]
    raise_all([*problems, *missing, *data.problems, *limit_problems(request, environment.limits, price, seconds)])
    digest = request_hash(request, data)
    return TransformJob(
        name=naming.job_name(environment.stage, request.data, _KIND, digest),
        digest=digest,
        data=request.data,
        output_bucket=environment.bucket,
        model=_model(request, environment, digest),
        wanted=_wanted(request, environment, digest),
        key_arn=environment.protection.key_arn,
        retry=request.retry,
        warnings=_warnings(request, data),
        dry_run=request.dry_run,
        price=price,
        max_runtime_seconds=seconds,
    )


def most_seconds(data: TransformData) -> int:
    """How long a job takes whose every request takes as long as it may, on one instance after the other.

    A transform job has no limit of its own to its time. Two requests after each other hold more than one may, or they would be one.
    """
    requests = sum(2 * file.size // (PAYLOAD_MEGABYTES * _MEGABYTE) + 1 for file in data.files if file.size)
    return STARTING_SECONDS + requests * TIMEOUT_SECONDS * (1 + RETRIES)


def limit_problems(request: TransformRequest, allowed: limits.Limits, price: HourlyPrice, seconds: int) -> list[RequestError]:
    """Every limit of the stage that a job would break, with the setting's name and its figure."""
    found = []
    if not limits.allows(allowed.allowed_instance_types, request.instance_type):
        types = ", ".join(allowed.allowed_instance_types)
        found.append(limits.refusal("instance.type", request.instance_type, "allowedInstanceTypes", types))
    if request.instance_count > allowed.maximum_training_instances:
        most = str(allowed.maximum_training_instances)
        found.append(limits.refusal("instance.count", str(request.instance_count), "maximumTrainingInstances", most))
    if seconds > allowed.maximum_training_seconds:
        found.append(
            f"data: a transform job of it may take {seconds} seconds. The stage's setting maximumTrainingSeconds is "
            f"{allowed.maximum_training_seconds}. Send less at a time, or have maximumTrainingSeconds changed and the stage deployed again."
        )
    found += _cost_problems(allowed.maximum_training_cost, price, seconds)
    return [RequestError(problem) for problem in found]


def _cost_problems(maximum: float | None, price: HourlyPrice, seconds: int) -> list[str]:
    if maximum is None:
        return []
    cost, job = price.for_seconds(seconds), f"{price.instance_count} x {price.instance_type}"
    if cost is None:
        return [limits.unknown_price(maximum, price)]
    if cost <= maximum:
        return []
    return [
        (
            f"maximumTrainingCost: the transform job may cost {costs.dollars(cost)} ({job} for {seconds} seconds, prices of {price.date}). "
            f"The stage's setting maximumTrainingCost is {maximum:g}. "
            "Send less at a time, take fewer or smaller instances, or have maximumTrainingCost changed."
        )
    ]


def _no_model(run: str, stage: str) -> RequestError:
    return RequestError(
        f"run: {run} has no model. It runs, failed, or there is no such training job. "
        f"Name one that completed: {naming.command('runs', stage)} lists them."
    )


def request_hash(request: TransformRequest, data: TransformData) -> str:
    """A digest of all that can change the results: the same request over the same bytes has the same."""
    parts = {
        "run": request.run,
        "data": [(file.key, file.etag, file.size) for file in data.files],
        "instance": [request.instance_type, request.instance_count],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _model(request: TransformRequest, environment: LaunchEnvironment, digest: str) -> dict[str, Any]:
    """CreateModel's request: the run's artifact in BlazingText's image, with the role that transform jobs read and write with."""
    protection = environment.protection
    artifact = naming.artifact_uri(environment.bucket, request.run)
    return {
        "ExecutionRoleArn": environment.role_arn,
        "PrimaryContainer": {"Image": environment.image, "ModelDataUrl": artifact},
        "Tags": _tags(request, protection, environment.stage, digest),
        **({"VpcConfig": dict(protection.vpc)} if protection.vpc else {}),
        **({"EnableNetworkIsolation": True} if protection.network_isolation else {}),
    }


def _wanted(request: TransformRequest, environment: LaunchEnvironment, digest: str) -> dict[str, Any]:
    protection = environment.protection
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{environment.bucket}/{naming.transform_input_prefix(request.data)}"}
    resources: dict[str, Any] = {"InstanceType": request.instance_type, "InstanceCount": request.instance_count}
    if protection.key_arn and not instances.encrypts_local_disk(request.instance_type):
        resources["VolumeKmsKeyId"] = protection.key_arn
    return {
        "MaxConcurrentTransforms": 1,
        "MaxPayloadInMB": PAYLOAD_MEGABYTES,
        "BatchStrategy": "MultiRecord",
        "ModelClientConfig": {"InvocationsTimeoutInSeconds": TIMEOUT_SECONDS, "InvocationsMaxRetries": RETRIES},
        "TransformInput": {"DataSource": {"S3DataSource": source}, "ContentType": JSON_LINES, "SplitType": "Line"},
        "TransformResources": resources,
        "Tags": _tags(request, protection, environment.stage, digest),
    }


def _tags(request: TransformRequest, protection: JobProtection, stage: str, digest: str) -> list[dict[str, str]]:
    ours = {**naming.tags(stage), naming.RUN_TAG: request.run, naming.REQUEST_TAG: digest}
    # The stage's tags are the company's: a request adds to them and changes none.
    tags = {**request.tags, **protection.tags, **ours}
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _warnings(request: TransformRequest, data: TransformData) -> tuple[str, ...]:
    files = sum(1 for file in data.files if file.size)
    if request.instance_count <= files:
        return ()
    idle = request.instance_count - files
    return (f"{idle} of {request.instance_count} instances would have nothing to do: the data has {files} files, and each goes to one.",)
