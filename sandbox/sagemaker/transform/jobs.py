"""The operations on transform jobs: create, describe, list, stop. AWS has none that deletes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .. import events
from ..api import listing, tagging
from ..api.contract import Parameters, shown_by
from ..api.errors import QUOTA_INCREASE_HINT, ResourceInUse, ResourceLimitExceeded, ResourceNotFound, ValidationException
from ..cloud import Cloud, arn, authorize_tags
from ..job_lifecycle import request_stop
from ..job_record import TERMINAL
from ..s3 import Location
from ..store import Store, taken
from .data_processing import CSV, DEFAULTS, FORMATS, DataProcessing
from .json_paths import PathError
from .record import TransformJob
from .settings import MOST_MEGABYTES

#: The sandbox's own: AWS's quotas of instances for transform jobs differ by type and account.
INSTANCES_PER_TYPE: Final = 4


class TransformJobs:
    """The operations on transform jobs.

    Args:
        cloud: the account it runs in.
        start: runs a job to its end, on a thread of its own.
    """

    def __init__(self, cloud: Cloud, start: Callable[[TransformJob], None]) -> None:
        self._cloud, self._start = cloud, start

    def create(self, store: Store, parameters: Parameters) -> Parameters:
        """CreateTransformJob: check what AWS checks before it starts a job, then start it.

        Raises:
            AccessDeniedException: AddTags.
            ResourceInUse: the name is taken.
            ResourceLimitExceeded: too many instances.
            ValidationException: model, payload, data or filters.
        """
        name, tags = parameters["TransformJobName"], parameters.get("Tags", [])
        own_arn = arn(self._cloud, "transform-job", name)
        authorize_tags(self._cloud, own_arn, tags)
        _check(parameters)
        with store.lock:
            model = store.models.get(parameters["ModelName"])
            if model is None:
                raise ValidationException(f'Could not find model "{arn(self._cloud, "model", parameters["ModelName"])}".')
            job = TransformJob(name, own_arn, parameters, tagging.as_map(tags), model.request)
            _check_name_and_quota(store, job)
            store.transform_jobs[name] = job
        self._cloud.publish(*events.transform_job_event(job))
        self._cloud.background(f"transform-{name}", lambda: self._start(job))
        return {"TransformJobArn": job.arn}

    def describe(self, store: Store, parameters: Parameters) -> Parameters:
        """DescribeTransformJob.

        Raises:
            ResourceNotFound: there is none of that name.
        """
        job = self._find(store, parameters)
        with job.lock:
            request = job.request
            return {
                **shown_by("DescribeTransformJob", request),
                "TransformInput": {"CompressionType": "None", "SplitType": "None", **request["TransformInput"]},
                "TransformOutput": {"AssembleWith": "None", "KmsKeyId": "", **request["TransformOutput"]},
                "DataProcessing": {**DEFAULTS, **request.get("DataProcessing", {})},
                "TransformJobArn": job.arn,
                "TransformJobStatus": job.status,
                "FailureReason": job.failure,
                "CreationTime": job.created,
                "TransformStartTime": job.started,
                "TransformEndTime": job.ended,
            }

    def list_(self, store: Store, parameters: Parameters) -> Parameters:
        """ListTransformJobs."""
        with store.lock:
            jobs = list(store.transform_jobs.values())
        found, token = listing.page(jobs, parameters)
        return {"TransformJobSummaries": [_summary(job) for job in found], "NextToken": token}

    def stop(self, store: Store, parameters: Parameters) -> Parameters:
        """StopTransformJob: no further request is made, and nothing is stored.

        Raises:
            ResourceNotFound: there is none of that name.
            ValidationException: it has ended.
        """
        request_stop(self._cloud, self._find(store, parameters), events.transform_job_event)
        return {}

    def _find(self, store: Store, parameters: Parameters) -> TransformJob:
        job = store.transform_jobs.get(parameters["TransformJobName"])
        if job is None:
            raise ResourceNotFound(f'Could not find transform job "{arn(self._cloud, "transform-job", parameters["TransformJobName"])}".')
        return job


def _check(parameters: Parameters) -> None:
    """What the service model leaves open. Source: the API reference of CreateTransformJob and of its structures.

    Raises:
        ValidationException: something is not allowed.
    """
    payload, concurrency = parameters.get("MaxPayloadInMB", 0), parameters.get("MaxConcurrentTransforms", 0)
    if payload > MOST_MEGABYTES or payload * concurrency > MOST_MEGABYTES:
        raise ValidationException(
            f"MaxPayloadInMB ({payload}), and MaxPayloadInMB times MaxConcurrentTransforms ({concurrency}), cannot exceed"
            f" {MOST_MEGABYTES} MB."
        )
    source = parameters["TransformInput"]["DataSource"]["S3DataSource"]
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise ValidationException(f"S3DataType {source['S3DataType']} is not compatible with transform jobs. Use S3Prefix or ManifestFile.")
    for name, uri in (("S3Uri", source["S3Uri"]), ("S3OutputPath", parameters["TransformOutput"]["S3OutputPath"])):
        if Location.parse(uri) is None:
            raise ValidationException(f"Invalid {name}: {uri}")
    _check_processing(parameters)


def _check_processing(parameters: Parameters) -> None:
    try:
        processing = DataProcessing.of(parameters)
    except PathError as problem:
        raise ValidationException(f"Invalid DataProcessing: {problem}.") from problem
    if processing is None:
        return
    given, wanted = parameters["TransformInput"].get("ContentType"), parameters["TransformOutput"].get("Accept")
    if given not in FORMATS or wanted not in FORMATS or (given == CSV) != (wanted == CSV):
        raise ValidationException(
            f"DataProcessing needs ContentType and Accept to be one of {', '.join(FORMATS)}, and both to be CSV or both to be JSON."
        )
    split, assemble = parameters["TransformInput"].get("SplitType"), parameters["TransformOutput"].get("AssembleWith")
    if given == CSV and (split, assemble) != ("Line", "Line"):
        raise ValidationException(f"DataProcessing with ContentType {CSV} needs SplitType and AssembleWith to be Line.")


def _check_name_and_quota(store: Store, job: TransformJob) -> None:
    if taken(store.transform_jobs, job):
        raise ResourceInUse(
            f"Job name must be unique within an AWS account and region, and a job with this name already exists ({job.arn})"
        )
    kind = job.request["TransformResources"]["InstanceType"]
    active = [other for other in store.transform_jobs.values() if other.status not in TERMINAL]
    used = sum(_instances(other) for other in active if other.request["TransformResources"]["InstanceType"] == kind)
    if used + _instances(job) > INSTANCES_PER_TYPE:
        raise ResourceLimitExceeded(
            f"The account-level service limit '{quota_name(kind)}' is {INSTANCES_PER_TYPE} Instances, with current utilization of"
            f" {used} Instances and a request delta of {_instances(job)} Instances. {QUOTA_INCREASE_HINT}"
        )


def quota_name(instance_type: str) -> str:
    """What Service Quotas calls the number of instances of a type."""
    return f"{instance_type} for transform job usage"


def _instances(job: TransformJob) -> int:
    return int(job.request["TransformResources"]["InstanceCount"])


def _summary(job: TransformJob) -> Parameters:
    return {
        "TransformJobName": job.name,
        "TransformJobArn": job.arn,
        "CreationTime": job.created,
        "TransformEndTime": job.ended,
        "LastModifiedTime": job.modified,
        "TransformJobStatus": job.status,
        "FailureReason": job.failure,
    }
