"""Processing jobs as the API knows them: create, describe, list, stop, delete. What runs is in job_runner.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .. import events
from ..api import listing, tagging
from ..api.contract import Parameters, shown_by
from ..api.errors import QUOTA_INCREASE_HINT, ResourceInUse, ResourceLimitExceeded, ValidationException
from ..cloud import Cloud, RoleError, arn, authorize_tags, pass_role
from ..job_lifecycle import request_stop
from ..job_record import TERMINAL
from ..programs import Programs
from ..s3 import Location, first_key, nothing_found
from ..store import Store, taken
from . import requests
from .programs import check_program
from .record import ProcessingJob

#: AWS's quota "Number of instances across all processing jobs" of a fresh account; its words and number:
#: https://github.com/data-science-on-aws/data-science-on-aws/issues/200
INSTANCES_ACROSS_PROCESSING_JOBS: Final = 4


class ProcessingJobs:
    """The operations on processing jobs.

    Args:
        cloud: the account it runs in.
        programs: a user's commands for images.
        start: runs a job to its end, on a thread of its own.
    """

    def __init__(self, cloud: Cloud, programs: Programs, start: Callable[[ProcessingJob], None]) -> None:
        self._cloud, self._programs, self._start = cloud, programs, start

    def create(self, store: Store, parameters: Parameters) -> Parameters:
        """CreateProcessingJob: check what AWS checks before it starts a job, then start it.

        Raises:
            AccessDeniedException: PassRole or AddTags.
            ResourceInUse: the name is taken.
            ResourceLimitExceeded: too many instances.
            ValidationException: instances, inputs, outputs, image, role or data.
        """
        name, tags = parameters["ProcessingJobName"], parameters.get("Tags", [])
        job = ProcessingJob(name, arn(self._cloud, "processing-job", name), parameters, tagging.as_map(tags))
        authorize_tags(self._cloud, job.arn, tags)
        pass_role(self._cloud, parameters["RoleArn"])
        requests.check_request(parameters)
        check_program(self._programs, parameters["AppSpecification"], self._cloud.region)
        self._check_data(parameters)
        with store.lock:
            _check_name_and_quota(store, job)
            store.processing_jobs[name] = job
        self._cloud.publish(*events.processing_job_event(job))
        self._cloud.background(f"processing-{name}", lambda: self._start(job))
        return {"ProcessingJobArn": job.arn}

    def describe(self, store: Store, parameters: Parameters) -> Parameters:
        """DescribeProcessingJob."""
        job = _find(store, parameters)
        with job.lock:
            return {
                **shown_by("DescribeProcessingJob", job.request),
                **_state(job),
                "ProcessingStartTime": job.started,
                "StoppingCondition": {"MaxRuntimeInSeconds": job.max_seconds},
            }

    def list_(self, store: Store, parameters: Parameters) -> Parameters:
        """ListProcessingJobs."""
        with store.lock:
            jobs = list(store.processing_jobs.values())
        found, token = listing.page(jobs, parameters, order="Ascending")
        return {"ProcessingJobSummaries": [{"ProcessingJobName": job.name, **_state(job)} for job in found], "NextToken": token}

    def stop(self, store: Store, parameters: Parameters) -> Parameters:
        """StopProcessingJob: the containers get SIGTERM and 120 seconds.

        Raises:
            ValidationException: the job has ended.
        """
        request_stop(self._cloud, _find(store, parameters), events.processing_job_event)
        return {}

    def delete(self, store: Store, parameters: Parameters) -> Parameters:
        """DeleteProcessingJob: the record of a job that has ended; its outputs and logs stay.

        Raises:
            ResourceInUse: it has not ended.
        """
        job = _find(store, parameters)
        with store.lock:
            if job.status not in TERMINAL:
                raise ResourceInUse(f"The processing job {job.name} cannot be deleted: it is in status {job.status}.")
            store.processing_jobs.pop(job.name, None)
        return {}

    def _check_data(self, parameters: Parameters) -> None:
        role = parameters["RoleArn"]
        try:
            s3 = self._cloud.client("s3", role)
        except RoleError as problem:
            raise ValidationException(
                f"Could not assume role {role}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume"
                " the role."
            ) from problem
        for source in requests.inputs(parameters):
            prefix = Location.parse(source["S3Uri"])
            if prefix is None or first_key(s3, prefix) is None:
                raise ValidationException(nothing_found(source["S3Uri"], self._cloud.region, role))


def _check_name_and_quota(store: Store, job: ProcessingJob) -> None:
    if taken(store.processing_jobs, job):
        raise ResourceInUse(
            f"Job name must be unique within an AWS account and region, and a job with this name already exists ({job.arn})"
        )
    used = sum(other.instances for other in store.processing_jobs.values() if other.status not in TERMINAL)
    if used + job.instances > INSTANCES_ACROSS_PROCESSING_JOBS:
        raise ResourceLimitExceeded(
            "The account-level service limit 'Number of instances across all processing jobs' is"
            f" {INSTANCES_ACROSS_PROCESSING_JOBS} Instances, with current utilization of {used} Instances and a request delta of"
            f" {job.instances} Instances. {QUOTA_INCREASE_HINT}"
        )


def _find(store: Store, parameters: Parameters) -> ProcessingJob:
    name = parameters["ProcessingJobName"]
    job = store.processing_jobs.get(name)
    if job is None:
        # ResourceNotFound is in the API reference; what the service answers is this.
        raise ValidationException(f"Could not find requested job with name: {name}")
    return job


def _state(job: ProcessingJob) -> Parameters:
    """What Describe and List both show."""
    return {
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": job.status,
        "CreationTime": job.created,
        "ProcessingEndTime": job.ended,
        "LastModifiedTime": job.modified,
        "ExitMessage": job.message,
        "FailureReason": job.failure,
    }
