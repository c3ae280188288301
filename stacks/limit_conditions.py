"""A stage's limits as conditions of IAM: whoever may start jobs may not start larger ones, whatever way the request takes.

IAM has no key for the number of instances and none for costs; those two limits are the launcher's alone.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from typing import Any

from blazingtext_lifecycle.limits import Limits


def of_jobs(limits: Limits) -> dict[str, Any]:
    """For CreateTrainingJob, CreateHyperParameterTuningJob and CreateProcessingJob: types and runtime.

    A request without a runtime matches no numeric condition, so it is refused, too.
    """
    runtime = {"NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": str(limits.maximum_training_seconds)}}
    return {**of_endpoints(limits), **runtime}


def of_endpoints(limits: Limits) -> dict[str, Any]:
    """For CreateEndpointConfig and CreateTransformJob: types. A serverless variant has none, and is not limited by them."""
    if not limits.allowed_instance_types:
        return {}
    return {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": list(limits.allowed_instance_types)}}
