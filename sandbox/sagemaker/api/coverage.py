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
_RANGES: Final = (
    *("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges"),
    *(
        f"{kind}ParameterRanges.{member}"
        for kind in ("Integer", "Continuous")
        for member in ("Name", "MinValue", "MaxValue", "ScalingType")
    ),
    *("CategoricalParameterRanges.Name", "CategoricalParameterRanges.Values"),
)
_DEFINITION: Final = (
    "DefinitionName",
    *_under("TuningObjective", "Type", "MetricName"),
    *_under("HyperParameterRanges", *_RANGES),
    "StaticHyperParameters",
    *(member for member in _TRAINING if member not in ("TrainingJobName", "HyperParameters") and not member.startswith("Tags")),
    *_under("HyperParameterTuningResourceConfig", "InstanceType", "InstanceCount", "AllocationStrategy"),
    *_under("HyperParameterTuningResourceConfig.InstanceConfigs", "InstanceType", "InstanceCount", "VolumeSizeInGB"),
)
_TUNING: Final = (
    "HyperParameterTuningJobName",
    *_under("HyperParameterTuningJobConfig", "Strategy", "ResourceLimits", "TrainingJobEarlyStoppingType", "RandomSeed"),
    *_under("HyperParameterTuningJobConfig.StrategyConfig", "HyperbandStrategyConfig"),
    *(f"HyperParameterTuningJobConfig.StrategyConfig.HyperbandStrategyConfig.{member}" for member in ("MinResource", "MaxResource")),
    *_under("HyperParameterTuningJobConfig.HyperParameterTuningJobObjective", "Type", "MetricName"),
    *(
        f"HyperParameterTuningJobConfig.ResourceLimits.{member}"
        for member in ("MaxNumberOfTrainingJobs", "MaxParallelTrainingJobs", "MaxRuntimeInSeconds")
    ),
    *_under("HyperParameterTuningJobConfig.ParameterRanges", *_RANGES),
    *_under("HyperParameterTuningJobConfig.TuningJobCompletionCriteria", "TargetObjectiveMetricValue"),
    *_under("HyperParameterTuningJobConfig.TuningJobCompletionCriteria.BestObjectiveNotImproving", "MaxNumberOfTrainingJobsNotImproving"),
    *_under("HyperParameterTuningJobConfig.TuningJobCompletionCriteria.ConvergenceDetected", "CompleteOnConvergence"),
    *_under("TrainingJobDefinition", *_DEFINITION),
    *_under("TrainingJobDefinitions", *_DEFINITION),
    *_under("WarmStartConfig", "WarmStartType"),
    *_under("WarmStartConfig.ParentHyperParameterTuningJobs", "HyperParameterTuningJobName"),
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
    "CreateHyperParameterTuningJob": _TUNING,
    "DescribeHyperParameterTuningJob": ("HyperParameterTuningJobName",),
    "ListHyperParameterTuningJobs": (*_LISTING, *_MODIFIED, "StatusEquals"),
    "ListTrainingJobsForHyperParameterTuningJob": (
        "HyperParameterTuningJobName",
        *("NextToken", "MaxResults", "StatusEquals", "SortBy", "SortOrder"),
    ),
    "StopHyperParameterTuningJob": ("HyperParameterTuningJobName",),
    "DeleteHyperParameterTuningJob": ("HyperParameterTuningJobName",),
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
        *_under("DataCaptureConfig", "EnableCapture", "InitialSamplingPercentage", "DestinationS3Uri", "KmsKeyId", "CaptureOptions"),
        *("DataCaptureConfig.CaptureOptions.CaptureMode", "DataCaptureConfig.CaptureContentTypeHeader"),
        *(f"DataCaptureConfig.CaptureContentTypeHeader.{kind}ContentTypes" for kind in ("Csv", "Json")),
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

_DEFINITIONS: Final = tuple(f"CreateHyperParameterTuningJob {member}." for member in ("TrainingJobDefinition", "TrainingJobDefinitions"))
_ONLY_TRAINING: Final[Mapping[str, tuple[object, ...]]] = {
    "AlgorithmSpecification.TrainingInputMode": ("File",),
    "InputDataConfig.InputMode": ("File",),
    "InputDataConfig.CompressionType": ("None",),
    "InputDataConfig.RecordWrapperType": ("None",),
    f"{_S3_SOURCE}.S3DataType": ("S3Prefix",),
    f"{_S3_SOURCE}.S3DataDistributionType": ("FullyReplicated",),
    "OutputDataConfig.CompressionType": ("GZIP",),
}

#: Operation and member -> the only values emulated, where AWS takes more.
ONLY: Final[Mapping[str, tuple[object, ...]]] = {
    **{f"{where}{path}": values for where in ("CreateTrainingJob ", *_DEFINITIONS) for path, values in _ONLY_TRAINING.items()},
    "CreateHyperParameterTuningJob HyperParameterTuningJobConfig.TuningJobCompletionCriteria.ConvergenceDetected.CompleteOnConvergence": (
        "Disabled",
    ),
    "CreateModel PrimaryContainer.Mode": ("SingleModel",),
    "CreateModel Containers.Mode": ("SingleModel",),
    "CreateModelPackage CertifyForMarketplace": (False,),
    "ListModelPackageGroups CrossAccountFilterOption": ("SameAccount",),
    "Search CrossAccountFilterOption": ("SameAccount",),
}

_INACTIVE_TRAINING: Final[Mapping[str, str]] = {
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
}

#: Members of a training job definition that are a training job's inactive ones.
_INACTIVE_DEFINITION: Final = (
    "InputDataConfig.ShuffleConfig",
    "OutputDataConfig.KmsKeyId",
    "ResourceConfig.VolumeSizeInGB",
    "ResourceConfig.VolumeKmsKeyId",
    "ResourceConfig.KeepAlivePeriodInSeconds",
    "StoppingCondition.MaxPendingTimeInSeconds",
    "VpcConfig",
    "EnableInterContainerTrafficEncryption",
    "CheckpointConfig",
    "RetryStrategy",
)

#: Operation -> members AWS takes and that change nothing that can be seen here -> why. They are checked, kept and shown by Describe; a
#: structure stands for everything in it.
INACTIVE: Final[Mapping[str, Mapping[str, str]]] = {
    "CreateTrainingJob": _INACTIVE_TRAINING,
    "CreateHyperParameterTuningJob": {
        f"{where}.{path}": why
        for where in ("TrainingJobDefinition", "TrainingJobDefinitions")
        for path, why in (
            *((path, _INACTIVE_TRAINING[path]) for path in _INACTIVE_DEFINITION),
            ("HyperParameterTuningResourceConfig.VolumeSizeInGB", "the volume is this machine's disk"),
            ("HyperParameterTuningResourceConfig.VolumeKmsKeyId", "the volume is this machine's disk"),
        )
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
