"""The events SageMaker puts on the default bus, shaped as "Automating Amazon SageMaker AI with EventBridge" shows them.

Times are milliseconds since 1970 (texts in those of model packages), tags are a map, and an endpoint's status is in UPPER_SNAKE (in
DescribeEndpoint it is not).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from .api.contract import Parameters
from .cloud import Cloud
from .store import Endpoint, EndpointConfig, Model, ModelPackage, ProcessingJob, TrainingJob, TransformJob, TuningJob

_TRAINING_MEMBERS = (
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
)

_VARIANT_MEMBERS = ("VariantName", "CurrentWeight", "DesiredWeight", "CurrentInstanceCount", "DesiredInstanceCount", "VariantStatus")

Event = tuple[str, str, Parameters]


def training_job_event(job: TrainingJob) -> Event:
    """`SageMaker Training Job State Change`; without metrics and artifacts, as on AWS, so that consumers describe the job.

    Made under the job's lock where the status changes, and published after the lock is released: a rule's target may describe the job.

    Returns:
        Detail type, ARN and detail, to be published.
    """
    with job.lock:
        detail: Parameters = {
            "TrainingJobName": job.name,
            "TrainingJobArn": job.arn,
            "TrainingJobStatus": job.status,
            "SecondaryStatus": job.secondary,
            **{member: job.request[member] for member in _TRAINING_MEMBERS if member in job.request},
            "SecondaryStatusTransitions": job.transitions,
            "CreationTime": job.created,
            "TrainingStartTime": job.started,
            "TrainingEndTime": job.ended,
            "LastModifiedTime": job.modified,
            "FailureReason": job.failure,
            "Tags": job.tags,
        }
        return "SageMaker Training Job State Change", job.arn, _without_nulls(detail)


def tuning_job_event(job: TuningJob) -> Event:
    """`SageMaker HyperParameter Tuning Job State Change`; made and published as a training job's.

    Returns:
        Detail type, ARN and detail, to be published.
    """
    with job.lock:
        given = {name: value for name, value in job.request.items() if name not in ("HyperParameterTuningJobName", "Tags")}
        detail: Parameters = {
            "HyperParameterTuningJobName": job.name,
            "HyperParameterTuningJobArn": job.arn,
            **given,
            "HyperParameterTuningJobStatus": job.status,
            "CreationTime": job.created,
            "HyperParameterTuningEndTime": job.ended,
            "LastModifiedTime": job.modified,
            **job.counters(),
            "FailureReason": job.failure,
            "Tags": job.tags,
        }
        return "SageMaker HyperParameter Tuning Job State Change", job.arn, _without_nulls(detail)


def processing_job_event(job: ProcessingJob) -> Event:
    """`SageMaker Processing Job State Change`; made and published as a training job's.

    Returns:
        Detail type, ARN and detail, to be published.
    """
    with job.lock:
        given = {name: value for name, value in job.request.items() if name not in ("ProcessingJobName", "Tags")}
        detail: Parameters = {
            **given,
            "ProcessingJobName": job.name,
            "ProcessingJobArn": job.arn,
            "ProcessingJobStatus": job.status,
            "CreationTime": job.created,
            "ProcessingStartTime": job.started,
            "ProcessingEndTime": job.ended,
            "LastModifiedTime": job.modified,
            "ExitMessage": job.message,
            "FailureReason": job.failure,
            "Tags": job.tags,
        }
        return "SageMaker Processing Job State Change", job.arn, _without_nulls(detail)


def transform_job_event(job: TransformJob) -> Event:
    """`SageMaker Transform Job State Change`; made and published as a training job's.

    Returns:
        Detail type, ARN and detail, to be published.
    """
    with job.lock:
        detail: Parameters = {
            **{name: value for name, value in job.request.items() if name != "Tags"},
            "TransformJobArn": job.arn,
            "TransformJobStatus": job.status,
            "CreationTime": job.created,
            "TransformStartTime": job.started,
            "TransformEndTime": job.ended,
            "FailureReason": job.failure,
            "Tags": job.tags,
        }
        return "SageMaker Transform Job State Change", job.arn, _without_nulls(detail)


def model_changed(cloud: Cloud, model: Model) -> None:
    """`SageMaker Model State Change`, sent on creation and deletion."""
    _publish(cloud, "SageMaker Model State Change", model.arn, _request_detail(model, "ModelName", "ModelArn"))


def endpoint_config_changed(cloud: Cloud, config: EndpointConfig) -> None:
    """`SageMaker Endpoint Config State Change`, sent on creation and deletion."""
    _publish(
        cloud, "SageMaker Endpoint Config State Change", config.arn, _request_detail(config, "EndpointConfigName", "EndpointConfigArn")
    )


def model_package_changed(cloud: Cloud, package: ModelPackage, described: Parameters, updated: Sequence[str] = ()) -> None:
    """`SageMaker Model Package State Change`, sent on creation and when something is updated, the approval above all.

    AWS's page shows one of a version: its times are texts, it has no ModelPackageName and no tags (these are its group's). That one of a
    package with a name of its own has both is in EventBridge's schema of it; when the fields of an update are named, and that the creation
    names none, is inferred.

    Args:
        cloud: where it is published.
        package: what changed.
        described: as DescribeModelPackage has it.
        updated: the members that an update set.
    """
    detail = {name: _text(value) if isinstance(value, dt.datetime) else value for name, value in described.items()}
    if package.group is None:
        detail["Tags"] = package.tags
    else:
        detail.pop("ModelPackageName", None)
    if updated:
        detail["UpdatedModelPackageFields"] = list(updated)
    _publish(cloud, "SageMaker Model Package State Change", package.arn, detail)


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def endpoint_changed(cloud: Cloud, endpoint: Endpoint, variants: list[Parameters]) -> None:
    """`SageMaker Endpoint State Change`.

    Args:
        cloud: where it is published.
        endpoint: what changed.
        variants: name, weight and instance count of each variant.
    """
    shown = [
        {"VariantName": each["VariantName"], "DesiredWeight": each["Weight"], "DesiredInstanceCount": each["Count"]} for each in variants
    ]
    detail = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config_name,
        "ProductionVariants": shown,
        "EndpointStatus": upper_snake(endpoint.status),
        "FailureReason": endpoint.failure,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "Tags": endpoint.tags,
    }
    _publish(cloud, "SageMaker Endpoint State Change", endpoint.arn, detail)


def endpoint_deployment_changed(cloud: Cloud, endpoint: Endpoint, live: list[Parameters], pending: list[Parameters]) -> None:
    """`SageMaker Endpoint Deployment State Change`.

    AWS's page shows it with the status UPDATING only. That it is sent in ROLLING_BACK too, with the new fleet Deleting, is inferred.

    Args:
        cloud: where it is published.
        endpoint: what is deployed to.
        live: the variants that served before the deployment, as DescribeEndpoint has them.
        pending: those that are deployed, each with its VariantStatus: Creating, ActivatingTraffic, Baking or Deleting.
    """
    summary: Parameters = {
        "EndpointConfigName": endpoint.pending_config,
        "StartTime": endpoint.pending_since,
        "ProductionVariants": [_shown(variant) for variant in pending],
    }
    detail = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config_name,
        "ProductionVariants": [_shown(variant) for variant in live],
        "EndpointStatus": upper_snake(endpoint.status),
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "Tags": endpoint.tags,
        "PendingDeploymentSummary": summary,
    }
    _publish(cloud, "SageMaker Endpoint Deployment State Change", endpoint.arn, detail)


def _shown(variant: Parameters) -> Parameters:
    """A variant with the members that the event has of it."""
    return {member: variant[member] for member in _VARIANT_MEMBERS if member in variant}


def upper_snake(status: str) -> str:
    """InService -> IN_SERVICE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()


def _request_detail(resource: Model | EndpointConfig, name: str, arn: str) -> Parameters:
    request = {member: value for member, value in resource.request.items() if member != "Tags"}
    return {**request, name: resource.name, arn: resource.arn, "CreationTime": resource.created, "Tags": resource.tags}


def _publish(cloud: Cloud, detail_type: str, arn: str, detail: Parameters) -> None:
    cloud.publish(detail_type, arn, _without_nulls(detail))


def _without_nulls(detail: Parameters) -> Parameters:
    """The members that have a value, as JSON would hold them."""
    return {name: _json_value(value) for name, value in detail.items() if value is not None}


def _json_value(value: Any) -> Any:
    """A copy as JSON would hold it, with times in milliseconds; a copy, because the job changes while targets read."""
    if isinstance(value, dict):
        return {name: _json_value(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_json_value(member) for member in value]
    if isinstance(value, dt.datetime):
        return int(value.timestamp() * 1000)
    return value
