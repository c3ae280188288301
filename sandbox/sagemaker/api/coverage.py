"""What of SageMaker the sandbox emulates: every operation, every request member, every restricted value.

This is the one list. The contract refuses what is not in it, and the README's table is tested equal to it.
A path names a member of the request; a member of a list's or a map's structure follows its parent with a dot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _under(parent: str, *members: str) -> tuple[str, ...]:
    """A structure and the members of it."""
    return (parent, *(f"{parent}.{member}" for member in members))


_TAGS: Final = _under("Tags", "Key", "Value")
_LISTING: Final = ("NextToken", "MaxResults", "SortBy", "SortOrder", "NameContains", "CreationTimeAfter", "CreationTimeBefore")
_MODIFIED: Final = ("LastModifiedTimeAfter", "LastModifiedTimeBefore")
_S3_SOURCE: Final = "InputDataConfig.DataSource.S3DataSource"
_BLUE_GREEN: Final = "BlueGreenUpdatePolicy"

_TRAINING: Final = (
    "TrainingJobName",
    "RoleArn",
    "HyperParameters",
    "Environment",
    "EnableManagedSpotTraining",
    *_under("AlgorithmSpecification", "TrainingImage", "TrainingInputMode"),
    *_under("InputDataConfig", "ChannelName", "ContentType", "CompressionType", "RecordWrapperType", "InputMode", "DataSource"),
    *_under(_S3_SOURCE, "S3DataType", "S3Uri", "S3DataDistributionType"),
    *_under("OutputDataConfig", "S3OutputPath", "KmsKeyId", "CompressionType"),
    *_under("ResourceConfig", "InstanceType", "InstanceCount", "VolumeSizeInGB"),
    *_under("StoppingCondition", "MaxRuntimeInSeconds", "MaxWaitTimeInSeconds"),
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    *_TAGS,
)
_DEPLOYMENT: Final = (
    *_under("DeploymentConfig", _BLUE_GREEN, "AutoRollbackConfiguration"),
    *_under(
        f"DeploymentConfig.{_BLUE_GREEN}",
        "TrafficRoutingConfiguration",
        "TerminationWaitInSeconds",
        "MaximumExecutionTimeoutInSeconds",
    ),
    *(f"DeploymentConfig.{_BLUE_GREEN}.TrafficRoutingConfiguration.{m}" for m in ("Type", "WaitIntervalInSeconds")),
    *_under(f"DeploymentConfig.{_BLUE_GREEN}.TrafficRoutingConfiguration.CanarySize", "Type", "Value"),
    *_under(f"DeploymentConfig.{_BLUE_GREEN}.TrafficRoutingConfiguration.LinearStepSize", "Type", "Value"),
    *_under("DeploymentConfig.AutoRollbackConfiguration.Alarms", "AlarmName"),
)

#: Operation -> the request members that are emulated.
OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "CreateTrainingJob": _TRAINING,
    "DescribeTrainingJob": ("TrainingJobName",),
    "ListTrainingJobs": (*_LISTING, *_MODIFIED, "StatusEquals"),
    "StopTrainingJob": ("TrainingJobName",),
    "DeleteTrainingJob": ("TrainingJobName",),
    "CreateModel": (
        "ModelName",
        "ExecutionRoleArn",
        "EnableNetworkIsolation",
        *_under("PrimaryContainer", "ContainerHostname", "Image", "Mode", "ModelDataUrl", "Environment"),
        *_TAGS,
    ),
    "DescribeModel": ("ModelName",),
    "ListModels": _LISTING,
    "DeleteModel": ("ModelName",),
    "CreateEndpointConfig": (
        "EndpointConfigName",
        *_under(
            "ProductionVariants",
            "VariantName",
            "ModelName",
            "InitialInstanceCount",
            "InstanceType",
            "InitialVariantWeight",
            "ContainerStartupHealthCheckTimeoutInSeconds",
            "ModelDataDownloadTimeoutInSeconds",
        ),
        *_TAGS,
    ),
    "DescribeEndpointConfig": ("EndpointConfigName",),
    "ListEndpointConfigs": _LISTING,
    "DeleteEndpointConfig": ("EndpointConfigName",),
    "CreateEndpoint": ("EndpointName", "EndpointConfigName", *_DEPLOYMENT, *_TAGS),
    "DescribeEndpoint": ("EndpointName",),
    "ListEndpoints": (*_LISTING, *_MODIFIED, "StatusEquals"),
    "UpdateEndpoint": (
        "EndpointName",
        "EndpointConfigName",
        "RetainAllVariantProperties",
        "RetainDeploymentConfig",
        *_under("ExcludeRetainedVariantProperties", "VariantPropertyType"),
        *_DEPLOYMENT,
    ),
    "DeleteEndpoint": ("EndpointName",),
    "AddTags": ("ResourceArn", *_TAGS),
    "ListTags": ("ResourceArn", "NextToken", "MaxResults"),
    "DeleteTags": ("ResourceArn", "TagKeys"),
    "InvokeEndpoint": ("EndpointName", "Body", "ContentType", "Accept", "CustomAttributes", "TargetVariant", "InferenceId"),
}

#: Operation and member -> the only values emulated, where AWS takes more.
ONLY: Final[Mapping[str, tuple[object, ...]]] = {
    "CreateTrainingJob AlgorithmSpecification.TrainingInputMode": ("File",),
    "CreateTrainingJob InputDataConfig.InputMode": ("File",),
    "CreateTrainingJob InputDataConfig.CompressionType": ("None",),
    "CreateTrainingJob InputDataConfig.RecordWrapperType": ("None",),
    f"CreateTrainingJob {_S3_SOURCE}.S3DataType": ("S3Prefix",),
    f"CreateTrainingJob {_S3_SOURCE}.S3DataDistributionType": ("FullyReplicated",),
    "CreateTrainingJob OutputDataConfig.CompressionType": ("GZIP",),
    "CreateTrainingJob OutputDataConfig.KmsKeyId": ("",),
    "CreateTrainingJob EnableInterContainerTrafficEncryption": (False,),
    "CreateModel PrimaryContainer.Mode": ("SingleModel",),
}
