"""What of SageMaker the sandbox emulates: every operation, every request member, every restricted value.

This is the one list of what does something here; `inactive` has what does not, and is taken all the same. The contract refuses what is in
neither, and the README's tables are tested equal to both.
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
    *_under("ResourceConfig", "InstanceType", "InstanceCount", "VolumeSizeInGB"),
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
    *_under("HyperParameterTuningResourceConfig", "InstanceType", "InstanceCount", "VolumeSizeInGB", "AllocationStrategy"),
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
_TRANSFORM: Final = (
    "TransformJobName",
    "ModelName",
    *("MaxConcurrentTransforms", "MaxPayloadInMB", "BatchStrategy", "Environment"),
    *_under("ModelClientConfig", "InvocationsTimeoutInSeconds", "InvocationsMaxRetries"),
    *_under("TransformInput", "DataSource", "ContentType", "CompressionType", "SplitType"),
    *_under("TransformInput.DataSource.S3DataSource", "S3DataType", "S3Uri"),
    *_under("TransformOutput", "S3OutputPath", "Accept", "AssembleWith"),
    *_under("TransformResources", "InstanceType", "InstanceCount"),
    *_under("DataProcessing", "InputFilter", "OutputFilter", "JoinSource"),
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
#: The members of an endpoint configuration that hold variants.
VARIANTS: Final = ("ProductionVariants", "ShadowProductionVariants")
_VARIANT: Final = (
    "VariantName",
    "ModelName",
    "InitialInstanceCount",
    "InstanceType",
    "InitialVariantWeight",
    "ContainerStartupHealthCheckTimeoutInSeconds",
    "ModelDataDownloadTimeoutInSeconds",
    "VolumeSizeInGB",
    *_under("ServerlessConfig", "MemorySizeInMB", "MaxConcurrency"),
)
_PROCESSING: Final = (
    "ProcessingJobName",
    "RoleArn",
    "Environment",
    *_under("AppSpecification", "ImageUri", "ContainerEntrypoint", "ContainerArguments"),
    *_under("ProcessingInputs", "InputName", "AppManaged"),
    *_under(
        "ProcessingInputs.S3Input",
        *("S3Uri", "LocalPath", "S3DataType", "S3InputMode", "S3DataDistributionType", "S3CompressionType"),
    ),
    *_under("ProcessingOutputConfig", "Outputs"),
    *_under("ProcessingOutputConfig.Outputs", "OutputName", "AppManaged"),
    *_under("ProcessingOutputConfig.Outputs.S3Output", "S3Uri", "LocalPath", "S3UploadMode"),
    *_under("ProcessingResources", "ClusterConfig"),
    *(f"ProcessingResources.ClusterConfig.{member}" for member in ("InstanceType", "InstanceCount", "VolumeSizeInGB")),
    *_under("StoppingCondition", "MaxRuntimeInSeconds"),
    *_under("NetworkConfig", "EnableNetworkIsolation"),
    *_TAGS,
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
    "CreateProcessingJob": _PROCESSING,
    "DescribeProcessingJob": ("ProcessingJobName",),
    "ListProcessingJobs": (*_LISTING, *_MODIFIED, "StatusEquals"),
    "StopProcessingJob": ("ProcessingJobName",),
    "DeleteProcessingJob": ("ProcessingJobName",),
    "CreateTransformJob": _TRANSFORM,
    "DescribeTransformJob": ("TransformJobName",),
    "ListTransformJobs": (*_LISTING, *_MODIFIED, "StatusEquals"),
    "StopTransformJob": ("TransformJobName",),
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
        *(member for variants in VARIANTS for member in _under(variants, *_VARIANT)),
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
    "ListProjects",
    "ListSpaces",
    "ListStudioLifecycleConfigs",
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
    "CreateProcessingJob ProcessingInputs.S3Input.S3DataType": ("S3Prefix",),
    "CreateProcessingJob ProcessingInputs.S3Input.S3InputMode": ("File",),
    "CreateModel PrimaryContainer.Mode": ("SingleModel",),
    "CreateModel Containers.Mode": ("SingleModel",),
    "CreateModelPackage CertifyForMarketplace": (False,),
    "ListModelPackageGroups CrossAccountFilterOption": ("SameAccount",),
    "Search CrossAccountFilterOption": ("SameAccount",),
}
