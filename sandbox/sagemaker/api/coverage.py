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


def _whole(parent: str) -> tuple[str, ...]:
    """A structure and everything in it."""
    return (parent, f"{parent}.*")


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
    *_under("AlgorithmSpecification.MetricDefinitions", "Name", "Regex"),
    *_under("InputDataConfig", "ChannelName", "ContentType", "CompressionType", "RecordWrapperType", "InputMode", "DataSource"),
    *_under(_S3_SOURCE, "S3DataType", "S3Uri", "S3DataDistributionType"),
    *_under("OutputDataConfig", "S3OutputPath", "CompressionType"),
    *_under("ResourceConfig", "InstanceType", "InstanceCount"),
    *_under("StoppingCondition", "MaxRuntimeInSeconds", "MaxWaitTimeInSeconds"),
    "EnableNetworkIsolation",
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
_INVOCATION: Final = ("EndpointName", "Body", "ContentType", "Accept", "CustomAttributes", "TargetVariant", "InferenceId")

#: The operations of the runtime endpoint; the sandbox has no InvokeEndpointAsync.
RUNTIME: Final = ("InvokeEndpoint", "InvokeEndpointWithResponseStream")

_CONTAINER: Final = ("ContainerHostname", "Image", "Mode", "ModelDataUrl", "Environment", "ModelPackageName")

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
        *_under("PrimaryContainer", *_CONTAINER),
        *_under("Containers", *_CONTAINER),
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
    "UpdateEndpointWeightsAndCapacities": (
        "EndpointName",
        *_under("DesiredWeightsAndCapacities", "VariantName", "DesiredWeight", "DesiredInstanceCount"),
    ),
    "CreateModelPackageGroup": ("ModelPackageGroupName", "ModelPackageGroupDescription", *_TAGS),
    "DescribeModelPackageGroup": ("ModelPackageGroupName",),
    "ListModelPackageGroups": (*_LISTING, "CrossAccountFilterOption"),
    "DeleteModelPackageGroup": ("ModelPackageGroupName",),
    "CreateModelPackage": (
        "ModelPackageName",
        "ModelPackageGroupName",
        *_whole("InferenceSpecification"),
        "ModelApprovalStatus",
        "CertifyForMarketplace",
        "ClientToken",
        *_TAGS,
    ),
    "DescribeModelPackage": ("ModelPackageName",),
    "ListModelPackages": (*_LISTING, "ModelApprovalStatus", "ModelPackageGroupName", "ModelPackageType"),
    "UpdateModelPackage": (
        "ModelPackageArn",
        "ModelApprovalStatus",
        "ApprovalDescription",
        "CustomerMetadataProperties",
        "CustomerMetadataPropertiesToRemove",
        *_whole("InferenceSpecification"),
        *_whole("ModelCard"),
        *_whole("ModelLifeCycle"),
        "ModelPackageRegistrationType",
        "SourceUri",
        "ClientToken",
    ),
    "DeleteModelPackage": ("ModelPackageName",),
    "Search": (
        "Resource",
        *_under("SearchExpression", "Filters", "Operator"),
        *_under("SearchExpression.Filters", "Name", "Operator", "Value")[1:],
        *_whole("SearchExpression.SubExpressions"),
        "SortBy",
        "SortOrder",
        "NextToken",
        "MaxResults",
        "CrossAccountFilterOption",
    ),
    "AddTags": ("ResourceArn", *_TAGS),
    "ListTags": ("ResourceArn", "NextToken", "MaxResults"),
    "DeleteTags": ("ResourceArn", "TagKeys"),
    "InvokeEndpoint": _INVOCATION,
    "InvokeEndpointWithResponseStream": _INVOCATION,
}

#: List operations of what cannot be made here; AWS's checks of the request, and an empty list. SDKs, awscli and consoles call them.
EMPTY: Final = (
    "ListActions",
    "ListAlgorithms",
    "ListApps",
    "ListArtifacts",
    "ListAssociations",
    "ListAutoMLJobs",
    "ListClusters",
    "ListCodeRepositories",
    "ListCompilationJobs",
    "ListContexts",
    "ListDomains",
    "ListExperiments",
    "ListFeatureGroups",
    "ListHubs",
    "ListHyperParameterTuningJobs",
    "ListImages",
    "ListInferenceComponents",
    "ListInferenceExperiments",
    "ListLabelingJobs",
    "ListMlflowTrackingServers",
    "ListModelCards",
    "ListMonitoringExecutions",
    "ListMonitoringSchedules",
    "ListNotebookInstanceLifecycleConfigs",
    "ListNotebookInstances",
    "ListPipelines",
    "ListProcessingJobs",
    "ListProjects",
    "ListSpaces",
    "ListStudioLifecycleConfigs",
    "ListTransformJobs",
    "ListTrialComponents",
    "ListTrials",
    "ListUserProfiles",
    "ListWorkteams",
)

#: Operation and member -> the only values emulated, where AWS takes more.
ONLY: Final[Mapping[str, tuple[object, ...]]] = {
    "CreateTrainingJob AlgorithmSpecification.TrainingInputMode": ("File",),
    "CreateTrainingJob InputDataConfig.InputMode": ("File",),
    "CreateTrainingJob InputDataConfig.CompressionType": ("None",),
    "CreateTrainingJob InputDataConfig.RecordWrapperType": ("None",),
    f"CreateTrainingJob {_S3_SOURCE}.S3DataType": ("S3Prefix",),
    f"CreateTrainingJob {_S3_SOURCE}.S3DataDistributionType": ("FullyReplicated",),
    "CreateTrainingJob OutputDataConfig.CompressionType": ("GZIP",),
    "CreateModel PrimaryContainer.Mode": ("SingleModel",),
    "CreateModel Containers.Mode": ("SingleModel",),
    "CreateModelPackage CertifyForMarketplace": (False,),
    "ListModelPackageGroups CrossAccountFilterOption": ("SameAccount",),
    "Search CrossAccountFilterOption": ("SameAccount",),
}

#: Operation -> members AWS takes and that change nothing that can be seen here -> why. They are checked, kept and shown by Describe; a
#: structure stands for everything in it.
INACTIVE: Final[Mapping[str, Mapping[str, str]]] = {
    "CreateTrainingJob": {
        "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries": "no time series of metrics; CloudWatch has them",
        "AlgorithmSpecification.TrainingImageConfig": "no image is pulled",
        "InputDataConfig.ShuffleConfig": "file mode: the algorithm finds every file",
        "OutputDataConfig.KmsKeyId": "the artifact is stored as the bucket encrypts it",
        "ResourceConfig.VolumeSizeInGB": "the volume is this machine's disk",
        "ResourceConfig.VolumeKmsKeyId": "the volume is this machine's disk",
        "ResourceConfig.KeepAlivePeriodInSeconds": "no warm pool is kept, as with AWS's default quota of 0",
        "StoppingCondition.MaxPendingTimeInSeconds": "capacity is always there",
        "VpcConfig": "no network but this machine's loopback",
        "EnableInterContainerTrafficEncryption": "no traffic leaves this machine",
        "CheckpointConfig": "BlazingText writes no checkpoints",
        "DebugHookConfig": "BlazingText emits no tensors",
        "DebugRuleConfigurations": "no rule is evaluated; no status of one is shown",
        "TensorBoardOutputConfig": "BlazingText writes no TensorBoard data",
        "ProfilerConfig": "nothing is profiled",
        "ProfilerRuleConfigurations": "no rule is evaluated; no status of one is shown",
        "ExperimentConfig": "no experiments; the job is not added to one",
        "RetryStrategy": "only internal errors of AWS are retried",
        "RemoteDebugConfig": "no session can be opened on a container",
        "InfraCheckConfig": "no accelerators to check",
        "SessionChainingConfig": "a job's session carries no tags",
    },
    "CreateModel": {
        "VpcConfig": "no network but this machine's loopback",
        "PrimaryContainer.ImageConfig": "no image is pulled",
        "PrimaryContainer.ContainerMetricsConfig": "no metrics are read from a container",
        "Containers.ImageConfig": "no image is pulled",
        "Containers.ContainerMetricsConfig": "no metrics are read from a container",
    },
    "CreateModelPackage": {
        "ModelPackageDescription": "a note on the package",
        "ModelPackageRegistrationType": "a note on the package",
        "MetadataProperties": "a note on the package",
        "ModelMetrics": "a note on the package; the reports are not read",
        "DriftCheckBaselines": "a note on the package; nothing is monitored",
        "CustomerMetadataProperties": "a note on the package",
        "Domain": "a note on the package",
        "Task": "a note on the package",
        "SamplePayloadUrl": "a note on the package",
        "SkipModelValidation": "no model is validated",
        "SourceUri": "a note on the package",
        "SecurityConfig": "nothing of a package is stored on a disk",
        "ModelCard": "a note on the package",
        "ModelLifeCycle": "a note on the package",
    },
    "CreateEndpointConfig": {
        "KmsKeyId": "the volume is this machine's disk",
        "DataCaptureConfig": "nothing is captured; DescribeEndpoint shows the capture as stopped",
        "VpcConfig": "no network but this machine's loopback",
        "EnableNetworkIsolation": "a container gets no credentials either way",
        "MetricsConfig": "the basic metrics only",
        "ProductionVariants.CoreDumpConfig": "no core dumps are kept",
        "ProductionVariants.VolumeSizeInGB": "the volume is this machine's disk",
        "ProductionVariants.EnableSSMAccess": "no session can be opened on a container",
        "ProductionVariants.RoutingConfig": "the least busy instance answers, whatever the strategy",
        "ProductionVariants.InferenceAmiVersion": "every instance is this machine",
        "ProductionVariants.CapacityReservationConfig": "capacity is always there",
        "ProductionVariants.VariantInstanceProvisionTimeoutInSeconds": "capacity is always there",
    },
}


def covered(operation: str, path: str) -> bool:
    """Whether a member of a request does something here, or is inactive by the table above."""
    if operation in EMPTY or path in OPERATIONS[operation]:
        return True
    whole = [kept.removesuffix(".*") for kept in OPERATIONS[operation] if kept.endswith(".*")]
    return any(path == kept or path.startswith(f"{kept}.") for kept in (*whole, *INACTIVE.get(operation, {})))
