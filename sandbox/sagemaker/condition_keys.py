"""SageMaker's condition keys: what a policy may ask about a request.

A member that a request leaves out gives no key; AWS does not say whether defaults count. A member in a list is a key with several values.
Source of the keys, and of the operations that have them:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html. Which member a key means is not in that list;
the names say it, and https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_service-with-iam.html explains the usual ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Keys = Mapping[str, tuple[str, ...]]

_NETWORK: Final[Keys] = {
    "sagemaker:VpcSubnets": ("VpcConfig.Subnets[]",),
    "sagemaker:VpcSecurityGroupIds": ("VpcConfig.SecurityGroupIds[]",),
    "sagemaker:NetworkIsolation": ("EnableNetworkIsolation",),
}
_FILES: Final = "InputDataConfig[].DataSource.FileSystemDataSource"
_JOB: Final[Keys] = {
    **_NETWORK,
    "sagemaker:InstanceTypes": ("ResourceConfig.InstanceType", "ResourceConfig.InstanceGroups[].InstanceType"),
    "sagemaker:VolumeKmsKey": ("ResourceConfig.VolumeKmsKeyId",),
    "sagemaker:OutputKmsKey": ("OutputDataConfig.KmsKeyId",),
    "sagemaker:InterContainerTrafficEncryption": ("EnableInterContainerTrafficEncryption",),
    "sagemaker:MaxRuntimeInSeconds": ("StoppingCondition.MaxRuntimeInSeconds",),
    "sagemaker:FileSystemId": (f"{_FILES}.FileSystemId",),
    "sagemaker:FileSystemType": (f"{_FILES}.FileSystemType",),
    "sagemaker:FileSystemAccessMode": (f"{_FILES}.FileSystemAccessMode",),
    "sagemaker:FileSystemDirectoryPath": (f"{_FILES}.DirectoryPath",),
}
_TUNED: Final[Keys] = {
    key: tuple(f"{definition}.{path}" for definition in ("TrainingJobDefinition", "TrainingJobDefinitions[]") for path in paths)
    for key, paths in _JOB.items()
}
_TUNED_INSTANCES: Final = tuple(
    f"{definition}.HyperParameterTuningResourceConfig.{path}"
    for definition in ("TrainingJobDefinition", "TrainingJobDefinitions[]")
    for path in ("InstanceType", "InstanceConfigs[].InstanceType")
)
_PACKAGE: Final[Keys] = {
    "sagemaker:ModelApprovalStatus": ("ModelApprovalStatus",),
    "sagemaker:ModelLifeCycle:Stage": ("ModelLifeCycle.Stage",),
    "sagemaker:ModelLifeCycle:StageStatus": ("ModelLifeCycle.StageStatus",),
    "sagemaker:CustomerMetadataProperties/${MetadataKey}": ("CustomerMetadataProperties",),
}

#: Operation -> key -> where its values stand in the request; `[]` after a member means each of a list. A key with a variable stands for one
#: key for each entry of a map.
KEYS: Final[Mapping[str, Keys]] = {
    "CreateTrainingJob": {
        **_JOB,
        "sagemaker:KeepAlivePeriod": ("ResourceConfig.KeepAlivePeriodInSeconds",),
        "sagemaker:EnableRemoteDebug": ("RemoteDebugConfig.EnableRemoteDebug",),
    },
    "UpdateTrainingJob": {
        "sagemaker:InstanceTypes": (),
        "sagemaker:KeepAlivePeriod": ("ResourceConfig.KeepAlivePeriodInSeconds",),
        "sagemaker:EnableRemoteDebug": ("RemoteDebugConfig.EnableRemoteDebug",),
    },
    "CreateHyperParameterTuningJob": {**_TUNED, "sagemaker:InstanceTypes": (*_TUNED["sagemaker:InstanceTypes"], *_TUNED_INSTANCES)},
    "CreateProcessingJob": {
        "sagemaker:InstanceTypes": ("ProcessingResources.ClusterConfig.InstanceType",),
        "sagemaker:VolumeKmsKey": ("ProcessingResources.ClusterConfig.VolumeKmsKeyId",),
        "sagemaker:OutputKmsKey": ("ProcessingOutputConfig.KmsKeyId",),
        "sagemaker:MaxRuntimeInSeconds": ("StoppingCondition.MaxRuntimeInSeconds",),
        "sagemaker:InterContainerTrafficEncryption": ("NetworkConfig.EnableInterContainerTrafficEncryption",),
        **{key: tuple(f"NetworkConfig.{path}" for path in paths) for key, paths in _NETWORK.items()},
    },
    "CreateTransformJob": {
        "sagemaker:InstanceTypes": ("TransformResources.InstanceType",),
        "sagemaker:VolumeKmsKey": ("TransformResources.VolumeKmsKeyId",),
        "sagemaker:OutputKmsKey": ("TransformOutput.KmsKeyId",),
        "sagemaker:ModelArn": ("ModelName",),
    },
    "CreateModel": _NETWORK,
    "CreateEndpointConfig": {
        **_NETWORK,
        **{
            key: tuple(f"{variants}[].{path}" for variants in ("ProductionVariants", "ShadowProductionVariants"))
            for key, path in {
                "sagemaker:InstanceTypes": "InstanceType",
                "sagemaker:AcceleratorTypes": "AcceleratorType",
                "sagemaker:ModelArn": "ModelName",
                "sagemaker:ServerlessMaxConcurrency": "ServerlessConfig.MaxConcurrency",
                "sagemaker:ServerlessMemorySize": "ServerlessConfig.MemorySizeInMB",
            }.items()
        },
        "sagemaker:VolumeKmsKey": ("KmsKeyId",),
    },
    "CreateModelPackage": _PACKAGE,
    "UpdateModelPackage": {**_PACKAGE, "sagemaker:CustomerMetadataPropertiesToRemove": ("CustomerMetadataPropertiesToRemove[]",)},
}
# Keys that AWS gives several values; the others have one.
_SEVERAL: Final = frozenset(
    {
        "sagemaker:AcceleratorTypes",
        "sagemaker:CustomerMetadataPropertiesToRemove",
        "sagemaker:InstanceTypes",
        "sagemaker:VpcSecurityGroupIds",
        "sagemaker:VpcSubnets",
    }
)
#: Keys of emulated operations that the sandbox does not give.
NOT_GIVEN: Final[Mapping[str, str]] = {
    "sagemaker:CurrentCustomerMetadataProperties/${MetadataKey}": "the state of a model package before the operation",
    "sagemaker:CurrentModelLifeCycleStage": "the state of a model package before the operation",
    "sagemaker:CurrentModelLifeCycleStageStatus": "the state of a model package before the operation",
    "sagemaker:DirectGatedModelAccess": "JumpStart's gated models are not emulated",
    "sagemaker:SearchVisibilityCondition/${FilterKey}": "visibility conditions of Search are not emulated",
    "sagemaker:TaggingAction": "tags that come with a create are asked about without the name of the operation",
    "sagemaker:TargetModel": "multi-model endpoints are not emulated",
}


def given(operation: str, parameters: Mapping[str, Any], model_arn: str) -> dict[str, Any]:
    """The condition keys of a request.

    Args:
        operation: for example `CreateTrainingJob`.
        parameters: its input, as JSON has it.
        model_arn: the ARN of the model named `{}`, for `sagemaker:ModelArn`.
    """
    found: dict[str, Any] = {}
    for key, paths in KEYS.get(operation, {}).items():
        values = [value for path in paths for value in _at(parameters, path.split("."))]
        if key.endswith("/${MetadataKey}"):
            found.update({key.replace("${MetadataKey}", name): text for entries in values for name, text in _entries(entries)})
        elif key == "sagemaker:ModelArn" and values:
            found[key] = [model_arn.format(value) for value in values] if len(values) > 1 else model_arn.format(values[0])
        elif values:
            texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
            found[key] = texts if key in _SEVERAL or len(texts) > 1 else texts[0]
    return found


def _entries(value: Any) -> list[tuple[str, str]]:
    return [(str(name), str(text)) for name, text in value.items()] if isinstance(value, Mapping) else []


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """The values at a path; none where a member is left out."""
    if not path:
        if value is not None:
            yield value
        return
    name, each = path[0].removesuffix("[]"), path[0].endswith("[]")
    member = value.get(name) if isinstance(value, Mapping) else None
    for part in (member if isinstance(member, list) else []) if each else [member]:
        yield from _at(part, path[1:])
