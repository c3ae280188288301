"""Training jobs as the API knows them: create, describe, list, stop, delete. What runs is in job_runner.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from .. import events
from ..api import listing, tagging
from ..api.contract import Parameters, shown_by
from ..api.errors import QUOTA_INCREASE_HINT, ResourceInUse, ResourceLimitExceeded, ValidationException
from ..cloud import Cloud, RoleError, arn, authorize_tags, pass_role
from ..images import check_training_instances
from ..programs import Programs
from ..s3 import Location, first_key, nothing_found
from ..store import TERMINAL, Store, TrainingJob, taken
from .metrics import compiled

#: AWS's quota "Number of instances across all training jobs" of a fresh account.
INSTANCES_ACROSS_JOBS: Final = 4
#: Built-in algorithms without checkpoints may wait an hour for spot capacity.
MAX_SPOT_WAIT_SECONDS: Final = 3600
#: The share of its time that a spot job is billed; on AWS it follows the market.
SPOT_BILLED_SHARE: Final = 0.3


class TrainingJobs:
    """The operations on training jobs.

    Args:
        cloud: the account it runs in.
        programs: which images can train.
        start: runs a job to its end, on a thread of its own.
    """

    def __init__(self, cloud: Cloud, programs: Programs, start: Callable[[TrainingJob], None]) -> None:
        self._cloud, self._programs, self._start = cloud, programs, start

    def create(self, store: Store, parameters: Parameters) -> Parameters:
        """CreateTrainingJob: check what AWS checks before it starts a job, then start it.

        Raises:
            AccessDeniedException: PassRole or AddTags.
            ResourceInUse: the name is taken.
            ResourceLimitExceeded: too many instances.
            ValidationException: image, role, data or stopping condition.
        """
        authorize_tags(self._cloud, self._arn(parameters), parameters.get("Tags", []))
        pass_role(self._cloud, parameters["RoleArn"])
        return {"TrainingJobArn": self.launch(store, parameters).arn}

    def launch(self, store: Store, parameters: Parameters, *, tuning_job: str | None = None) -> TrainingJob:
        """A running job; the caller's permissions are not asked for.

        Args:
            store: where it is kept.
            parameters: the CreateTrainingJob request.
            tuning_job: the ARN of the tuning job that starts it.

        Raises:
            ResourceInUse, ResourceLimitExceeded, ValidationException: as `create`.
        """
        name, tags = parameters["TrainingJobName"], tagging.as_map(parameters.get("Tags", []))
        job = TrainingJob(name, self._arn(parameters), parameters, tags, self.check(parameters), tuning_job=tuning_job)
        with store.lock:
            _check_name_and_quota(store, job)
            store.training_jobs[name] = job
        job.transition("InProgress", "Starting", "Starting the training job")
        self._cloud.publish(*events.training_job_event(job))
        self._cloud.background(f"training-{name}", lambda: self._start(job))
        return job

    def check(self, parameters: Parameters, *, together: int = 1) -> Sequence[Mapping[str, str]]:
        """Check a request as far as it can be without the account's other jobs; the definitions of the job's metrics.

        Args:
            parameters: the CreateTrainingJob request.
            together: how many such jobs are to run at once.

        Raises:
            ResourceLimitExceeded: more instances than the account has.
            ValidationException: image, role, data or stopping condition.
        """
        definitions = self._check_algorithm(parameters)
        _check_spot(parameters)
        self._check_data(parameters)
        _check_quota(0, together * parameters["ResourceConfig"]["InstanceCount"])
        return definitions

    def describe(self, store: Store, parameters: Parameters) -> Parameters:
        """DescribeTrainingJob."""
        return _description(_find(store, parameters))

    def list_(self, store: Store, parameters: Parameters) -> Parameters:
        """ListTrainingJobs."""
        with store.lock:
            jobs = list(store.training_jobs.values())
        found, token = listing.page(jobs, parameters, order="Ascending")
        return {"TrainingJobSummaries": [_summary(job) for job in found], "NextToken": token}

    def stop(self, store: Store, parameters: Parameters) -> Parameters:
        """StopTrainingJob: the container gets SIGTERM and 120 seconds.

        Raises:
            ValidationException: the job has ended.
        """
        job = _find(store, parameters)
        if job.status in TERMINAL:
            raise ValidationException(f"The request was rejected because the training job is in status {job.status}.")
        self.request_stop(job)
        return {}

    def request_stop(self, job: TrainingJob) -> None:
        """Tell a job to stop; one that stops already or has ended is let alone."""
        with job.lock:
            if job.status != "InProgress":
                return
            job.transition("Stopping", "Stopping", "Stopping the training job")
            event = events.training_job_event(job)
        # Before the runner is told, so that Stopping is published before Stopped.
        self._cloud.publish(*event)
        job.stop_requested.set()

    def delete(self, store: Store, parameters: Parameters) -> Parameters:
        """DeleteTrainingJob: the record of a job that has ended; its artifact and logs stay.

        Raises:
            ValidationException: it has not ended.
        """
        job = _find(store, parameters)
        with store.lock:
            if job.status not in TERMINAL:
                raise ValidationException(f"The request was rejected because the training job is in status {job.status}.")
            store.training_jobs.pop(job.name, None)
        return {}

    def _arn(self, parameters: Parameters) -> str:
        return arn(self._cloud, "training-job", parameters["TrainingJobName"])

    def _check_algorithm(self, parameters: Parameters) -> Sequence[Mapping[str, str]]:
        """Check what a built-in algorithm or an image of the user's must have; the definitions of its metrics."""
        specification = parameters.get("AlgorithmSpecification", {})
        image = specification.get("TrainingImage", "")
        _check_complete(parameters, needs_data=not self._programs.is_own(image))
        self._programs.check(image, self._cloud.region)
        if not self._programs.is_own(image):
            check_training_instances(parameters["ResourceConfig"]["InstanceType"])
        definitions = self._programs.metric_definitions(specification)
        compiled(definitions)
        return definitions

    def _check_data(self, parameters: Parameters) -> None:
        role, region = parameters["RoleArn"], self._cloud.region
        try:
            s3 = self._cloud.client("s3", role)
        except RoleError as problem:
            raise ValidationException(
                f"Could not assume role {role}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume"
                " the role."
            ) from problem
        for channel in parameters.get("InputDataConfig", ()):
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            prefix = Location.parse(uri)
            if prefix is None or first_key(s3, prefix) is None:
                raise ValidationException(nothing_found(uri, region, role))


def _check_complete(parameters: Parameters, *, needs_data: bool) -> None:
    """Members that are optional in the service model and that a job needs, a built-in algorithm's data among them."""
    needed = ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition", *(("InputDataConfig",) if needs_data else ()))
    missing = [name for name in needed if not parameters.get(name)]
    specification, resources = parameters.get("AlgorithmSpecification", {}), parameters.get("ResourceConfig", {})
    missing += ["AlgorithmSpecification.TrainingImage"] if "TrainingImage" not in specification else []
    missing += [f"ResourceConfig.{name}" for name in ("InstanceType", "InstanceCount") if name not in resources]
    for channel in parameters.get("InputDataConfig") or []:
        missing += ["InputDataConfig.DataSource.S3DataSource"] if "S3DataSource" not in channel["DataSource"] else []
    if missing:
        raise ValidationException(f"The request must name {', '.join(missing)}.")
    if Location.parse(parameters["OutputDataConfig"]["S3OutputPath"]) is None:
        raise ValidationException(f"Invalid S3OutputPath: {parameters['OutputDataConfig']['S3OutputPath']}")


def _check_spot(parameters: Parameters) -> None:
    condition = parameters["StoppingCondition"]
    wait, run = condition.get("MaxWaitTimeInSeconds"), condition.get("MaxRuntimeInSeconds", 86_400)
    if not parameters.get("EnableManagedSpotTraining"):
        if wait is not None:
            raise ValidationException("Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true")
        return
    if wait is None or wait < run:
        raise ValidationException(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds when"
            " EnableManagedSpotTraining is set to true"
        )
    if wait > MAX_SPOT_WAIT_SECONDS:
        raise ValidationException(f"MaxWaitTimeInSeconds above {MAX_SPOT_WAIT_SECONDS} is not supported for the given algorithm.")


def _check_name_and_quota(store: Store, job: TrainingJob) -> None:
    if taken(store.training_jobs, job):
        raise ResourceInUse(
            "Training job names must be unique within an AWS account and region, and a training job with this name already exists"
            f" ({job.arn})"
        )
    active = (other for other in store.training_jobs.values() if other.status not in TERMINAL)
    used = sum(other.request["ResourceConfig"]["InstanceCount"] for other in active)
    _check_quota(used, job.request["ResourceConfig"]["InstanceCount"])


def _check_quota(used: int, asked: int) -> None:
    if used + asked > INSTANCES_ACROSS_JOBS:
        raise ResourceLimitExceeded(
            f"The account-level service limit 'Number of instances across all training jobs' is {INSTANCES_ACROSS_JOBS} Instances, with"
            f" current utilization of {used} Instances and a request delta of {asked} Instances. {QUOTA_INCREASE_HINT}"
        )


def _find(store: Store, parameters: Parameters) -> TrainingJob:
    job = store.training_jobs.get(parameters["TrainingJobName"])
    if job is None:
        raise ValidationException("Requested resource not found.")
    return job


def _description(job: TrainingJob) -> Parameters:
    with job.lock:
        seconds = job.training_seconds
        spot = bool(job.request.get("EnableManagedSpotTraining"))
        billed = None if seconds is None or job.ended is None else max(1, round(seconds * (SPOT_BILLED_SHARE if spot else 1)))
        return {
            **shown_by("DescribeTrainingJob", job.request),
            "TrainingJobArn": job.arn,
            "TuningJobArn": job.tuning_job,
            "AlgorithmSpecification": {**job.request["AlgorithmSpecification"], "MetricDefinitions": list(job.metric_definitions)},
            "OutputDataConfig": {"KmsKeyId": "", **job.request["OutputDataConfig"]},
            "ModelArtifacts": None if job.artifact is None else {"S3ModelArtifacts": job.artifact},
            "TrainingJobStatus": job.status,
            "SecondaryStatus": job.secondary,
            "SecondaryStatusTransitions": [dict(each) for each in job.transitions],
            "FailureReason": job.failure,
            "CreationTime": job.created,
            "TrainingStartTime": job.started,
            "TrainingEndTime": job.ended,
            "LastModifiedTime": job.modified,
            "TrainingTimeInSeconds": seconds,
            "BillableTimeInSeconds": billed,
            "FinalMetricDataList": [{"MetricName": name, "Value": value, "Timestamp": at} for name, (value, at) in job.metrics.items()]
            or None,
            "EnableNetworkIsolation": bool(job.request.get("EnableNetworkIsolation")),
            "EnableInterContainerTrafficEncryption": bool(job.request.get("EnableInterContainerTrafficEncryption")),
            "EnableManagedSpotTraining": spot,
            "ProfilingStatus": "Disabled" if "ProfilerConfig" in job.request else None,
        }


def _summary(job: TrainingJob) -> Parameters:
    return {
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "CreationTime": job.created,
        "TrainingEndTime": job.ended,
        "LastModifiedTime": job.modified,
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary,
    }
