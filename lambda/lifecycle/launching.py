"""Starts a job, or finds the one that the same request has already: the same for every kind of job."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from botocore.exceptions import ClientError

from . import aws_clients, naming
from .aws_errors import code_of, is_missing, translating_aws_errors
from .costs import HourlyPrice
from .deadline import Context, Deadline
from .errors import RequestError
from .job_kinds import JobKind
from .training_jobs import RETRYABLE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
else:
    S3Client = SageMakerClient = Any


# Kept of the function's time for its answer.
_MARGIN_MS = 3_000


@dataclass(frozen=True)
class Clients:
    """The AWS services that a launch talks to."""

    s3: S3Client
    sagemaker: SageMakerClient

    @classmethod
    def connect(cls, context: Context) -> Self:
        """Those of a function, whose calls end before it does."""
        deadline = Deadline(context.get_remaining_time_in_millis, _MARGIN_MS)
        return cls(*(aws_clients.connect(service, aws_clients.PROMPT, deadline) for service in ("s3", "sagemaker")))


Around = Callable[[str], AbstractContextManager[None]]


class Job(Protocol):
    """A job to start, of whatever kind."""

    def request(self, name: str) -> dict[str, Any]:
        """Everything for the request that creates an attempt but the name, which is given."""

    @property
    def retry(self) -> bool:
        """Whether a failed or stopped job gets another attempt."""

    @property
    def digest(self) -> str:
        """The hash of its request, which its tag has."""

    @property
    def is_named(self) -> bool:
        """Whether a person chose its name, which another request may have then."""

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be started."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is legal but probably a mistake."""

    @property
    def price(self) -> HourlyPrice:
        """What an hour of its instances costs."""

    @property
    def max_runtime_seconds(self) -> int:
        """How long they may run."""

    def attempt(self, number: int) -> str:
        """The name of the n-th attempt, counted from 1."""


def answer(job: Job, description: Mapping[str, Any], kind: JobKind, *, created: bool, runs: int = 1) -> dict[str, Any]:
    """What the functions answer about a job of any kind.

    Args:
        job: what was asked for.
        description: the job as SageMaker has it.
        kind: which kind it is.
        created: whether it was created now.
        runs: how many times its instances may run for as long as they may.
    """
    return {
        f"{kind.answered}Name": description[kind.name],
        f"{kind.answered}Arn": description[kind.arn],
        "status": description[kind.status],
        "created": created,
        "warnings": list(job.warnings),
        "cost": {
            "instanceType": job.price.instance_type,
            "instanceCount": job.price.instance_count,
            "maxRuntimeSeconds": job.max_runtime_seconds,
            "hourlyDollars": job.price.dollars,
            "maximumDollars": job.price.for_seconds(job.max_runtime_seconds * runs),
            "pricesOf": job.price.date,
        },
    }


def start(
    job: Job,
    kind: JobKind,
    sagemaker: SageMakerClient,
    around: Around = lambda _: nullcontext(),
    again: Collection[str] | None = None,
) -> tuple[Mapping[str, Any], bool]:
    """The newest attempt at a job; a new one only when there is none, or when it failed and a retry was asked for.

    A dry run names the attempt that would be made, without ARN and status.

    Args:
        job: what to start.
        kind: its kind.
        sagemaker: the client.
        around: what is done before and after the creation of the job whose name it is given.
        again: in which states another attempt is made; None: where the job asks for a retry, of one that failed or was stopped.

    Returns:
        The job's description, and whether it was created now.

    Raises:
        LifecycleError: AWS refused or failed, there were too many attempts, or the chosen name is another job's.
    """
    attempt, latest = _latest_attempt(job, kind, sagemaker)
    if again is None:
        again = RETRYABLE if job.retry else ()
    if latest is not None and latest[kind.status] not in again:
        return latest, False
    name = job.attempt(attempt + 1)
    if job.dry_run:
        return {kind.name: name, kind.arn: "", kind.status: ""}, False
    with around(name):
        return _create(job, name, kind, sagemaker)


def _latest_attempt(job: Job, kind: JobKind, sagemaker: SageMakerClient) -> tuple[int, Mapping[str, Any] | None]:
    """The last number that is taken, and the newest attempt; attempts are numbered without gaps.

    Behind a chosen name, somebody may have chosen the name of an attempt for another request.
    """
    latest = None
    for attempt in range(1, naming.MAXIMUM_ATTEMPTS + 1):
        found = describe(job.attempt(attempt), kind, sagemaker)
        if found is None:
            return attempt - 1, latest
        if _is_of_request(found, job, kind, sagemaker):
            latest = found
        elif latest is None:
            raise _taken(found[kind.name], kind)
    first = job.attempt(1)
    raise RequestError(
        f"{first} was tried {naming.MAXIMUM_ATTEMPTS} times. Its name has no room for another attempt. "
        f"Read the failures ({naming.command(kind.failures, naming.stage_of(first))}), then change the request."
    )


def _is_of_request(found: Mapping[str, Any], job: Job, kind: JobKind, sagemaker: SageMakerClient) -> bool:
    """Whether a job is an attempt at a request. A name made of the request's hash says so itself."""
    if not job.is_named:
        return True
    with translating_aws_errors(f"read the tags of {found[kind.name]}"):
        pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=found[kind.arn])
        return any((tag["Key"], tag["Value"]) == (naming.REQUEST_TAG, job.digest) for page in pages for tag in page["Tags"])


def _taken(name: str, kind: JobKind) -> RequestError:
    """What is wrong with a chosen name that another request has."""
    runs = naming.command(kind.listed, naming.stage_of(name))
    return RequestError(
        f"name: {name} is the name of a {kind.noun} already, of another request or over other data. A name is given once. "
        f"Choose another, or leave it out; those that exist: {runs}"
    )


def describe(name: str, kind: JobKind, sagemaker: SageMakerClient) -> Mapping[str, Any] | None:
    """A job as SageMaker has it; None when there is none of that name.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    with translating_aws_errors(f"look up the {kind.noun} {name}"):
        try:
            found: Mapping[str, Any] = getattr(sagemaker, f"describe_{kind.method}")(**{kind.name: name})
        except ClientError as error:
            if is_missing(error):
                return None
            raise
    return found


def _create(job: Job, name: str, kind: JobKind, sagemaker: SageMakerClient) -> tuple[Mapping[str, Any], bool]:
    with translating_aws_errors(f"start the {kind.noun} {name}"):
        try:
            created = getattr(sagemaker, f"create_{kind.method}")(**{kind.name: name}, **job.request(name))
        except ClientError as error:
            # Two equal requests at once: the other one was first.
            existing = describe(name, kind, sagemaker) if code_of(error) == "ResourceInUse" else None
            if existing is None:
                raise
            if not _is_of_request(existing, job, kind, sagemaker):
                raise _taken(name, kind) from error
            return existing, False
    return {kind.name: name, kind.arn: created[kind.arn], kind.status: "InProgress"}, True
