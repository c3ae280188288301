"""What AWS takes in a request and changes nothing that can be seen here, with the reason of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .coverage import EMPTY, OPERATIONS, VARIANTS

_INACTIVE_TRAINING: Final[Mapping[str, str]] = {
    "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries": "no time series of metrics; CloudWatch has them",
    "AlgorithmSpecification.TrainingImageConfig": "no image is pulled",
    "InputDataConfig.ShuffleConfig": "file mode: the algorithm finds every file",
    "OutputDataConfig.KmsKeyId": "the artifact is stored as the bucket encrypts it",
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
    "ResourceConfig.VolumeKmsKeyId",
    "ResourceConfig.KeepAlivePeriodInSeconds",
    "StoppingCondition.MaxPendingTimeInSeconds",
    "VpcConfig",
    "EnableInterContainerTrafficEncryption",
    "CheckpointConfig",
    "RetryStrategy",
)

_INACTIVE_VARIANT: Final[Mapping[str, str]] = {
    "CoreDumpConfig": "no core dumps are kept",
    "EnableSSMAccess": "no session can be opened on a container",
    "RoutingConfig": "the least busy instance answers, whatever the strategy",
    "InferenceAmiVersion": "every instance is this machine",
    "CapacityReservationConfig": "capacity is always there",
    "VariantInstanceProvisionTimeoutInSeconds": "capacity is always there",
}

#: Operation -> members AWS takes and that change nothing that can be seen here -> why. They are checked, kept and shown by Describe; a
#: structure stands for everything in it.
INACTIVE: Final[Mapping[str, Mapping[str, str]]] = {
    "CreateTrainingJob": _INACTIVE_TRAINING,
    "CreateHyperParameterTuningJob": {
        f"{where}.{path}": why
        for where in ("TrainingJobDefinition", "TrainingJobDefinitions")
        for path, why in (
            *((path, _INACTIVE_TRAINING[path]) for path in _INACTIVE_DEFINITION),
            ("HyperParameterTuningResourceConfig.VolumeKmsKeyId", "the volume is this machine's disk"),
        )
    },
    "CreateProcessingJob": {
        "ProcessingResources.ClusterConfig.VolumeKmsKeyId": "the volume is this machine's disk",
        "ProcessingOutputConfig.KmsKeyId": "an output is stored as the bucket encrypts it",
        "NetworkConfig.VpcConfig": "no network but this machine's loopback",
        "NetworkConfig.EnableInterContainerTrafficEncryption": "no traffic leaves this machine",
        "ExperimentConfig": "no experiments; the job is not added to one",
    },
    "CreateTransformJob": {
        "TransformOutput.KmsKeyId": "the results are stored as the bucket encrypts them",
        "TransformResources.VolumeKmsKeyId": "the volume is this machine's disk",
        "TransformResources.TransformAmiVersion": "every instance is this machine",
        "ExperimentConfig": "no experiments; the job is not added to one",
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
        "ProductionVariants.ServerlessConfig.ProvisionedConcurrency": "a container is always there",
        **{f"{variants}.{path}": why for variants in VARIANTS for path, why in _INACTIVE_VARIANT.items()},
    },
}


def covered(operation: str, path: str) -> bool:
    """Whether a member of a request does something here, or is inactive by the table above."""
    if operation in EMPTY or path in OPERATIONS[operation]:
        return True
    whole = [kept.removesuffix(".*") for kept in OPERATIONS[operation] if kept.endswith(".*")]
    return any(path == kept or path.startswith(f"{kept}.") for kept in (*whole, *INACTIVE.get(operation, {})))
