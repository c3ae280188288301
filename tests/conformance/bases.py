"""An account where every operation has something to act on, and for every operation a request AWS takes."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import botocore.session
from botocore.model import OperationModel, ServiceModel, StructureShape

from blazingtext_sandbox.sagemaker.api import coverage
from blazingtext_sandbox.sagemaker.hosting.fleet import Fleet
from blazingtext_sandbox.sagemaker.service import SageMaker
from tests.conformance.cases import Case, cases
from tests.parity.sagemaker_support import (
    IMAGE,
    ROLE,
    FakeCloud,
    artifact,
    processing_request,
    training_request,
    transform_request,
    tuning_request,
)

PREFIX = "arn:aws:sagemaker:us-east-1:000000000000:"
ARTIFACT = "s3://bucket/runs/m/output/model.tar.gz"
VARIANT = {"VariantName": "AllTraffic", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.xlarge"}
CONTAINER = {"Image": IMAGE, "ModelDataUrl": ARTIFACT, "Environment": {"SAGEMAKER_REGION": "us-east-1"}}
TAGS = [{"Key": "blazingtext:stage", "Value": "dev"}]
RUNTIME = ("InvokeEndpoint", "InvokeEndpointAsync", "InvokeEndpointWithResponseStream")
ALL_AT_ONCE = {
    "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}},
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "alarm"}]},
}

BASES: Mapping[str, dict[str, Any]] = {
    "CreateTrainingJob": training_request("new"),
    "DescribeTrainingJob": {"TrainingJobName": "job"},
    "StopTrainingJob": {"TrainingJobName": "job"},
    "DeleteTrainingJob": {"TrainingJobName": "ended"},
    "CreateHyperParameterTuningJob": tuning_request("new"),
    "DescribeHyperParameterTuningJob": {"HyperParameterTuningJobName": "tuning"},
    "StopHyperParameterTuningJob": {"HyperParameterTuningJobName": "tuning"},
    "ListTrainingJobsForHyperParameterTuningJob": {"HyperParameterTuningJobName": "tuning"},
    "DeleteHyperParameterTuningJob": {"HyperParameterTuningJobName": "tuned"},
    "CreateProcessingJob": processing_request("new"),
    "DescribeProcessingJob": {"ProcessingJobName": "job"},
    "StopProcessingJob": {"ProcessingJobName": "job"},
    "DeleteProcessingJob": {"ProcessingJobName": "ended"},
    "CreateTransformJob": transform_request("new"),
    "DescribeTransformJob": {"TransformJobName": "transform"},
    "StopTransformJob": {"TransformJobName": "transform"},
    "CreateModel": {"ModelName": "new", "ExecutionRoleArn": ROLE, "PrimaryContainer": CONTAINER, "Tags": TAGS},
    "DescribeModel": {"ModelName": "m"},
    "DeleteModel": {"ModelName": "m"},
    "CreateEndpointConfig": {
        "EndpointConfigName": "new",
        "ProductionVariants": [VARIANT],
        "ShadowProductionVariants": [{**VARIANT, "VariantName": "Shadow"}],
        "Tags": TAGS,
    },
    "DescribeEndpointConfig": {"EndpointConfigName": "c"},
    "DeleteEndpointConfig": {"EndpointConfigName": "c"},
    "CreateEndpoint": {"EndpointName": "new", "EndpointConfigName": "c", "DeploymentConfig": ALL_AT_ONCE, "Tags": TAGS},
    "DescribeEndpoint": {"EndpointName": "e"},
    "UpdateEndpoint": {"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig": ALL_AT_ONCE},
    "DeleteEndpoint": {"EndpointName": "e"},
    "AddTags": {"ResourceArn": f"{PREFIX}model/m", "Tags": TAGS},
    "ListTags": {"ResourceArn": f"{PREFIX}model/m"},
    "DeleteTags": {"ResourceArn": f"{PREFIX}model/m", "TagKeys": ["a"]},
    "UpdateEndpointWeightsAndCapacities": {
        "EndpointName": "e",
        "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredWeight": 1.0, "DesiredInstanceCount": 1}],
    },
    "CreateModelPackageGroup": {"ModelPackageGroupName": "new", "Tags": TAGS},
    "DescribeModelPackageGroup": {"ModelPackageGroupName": "group"},
    "DeleteModelPackageGroup": {"ModelPackageGroupName": "empty"},
    "CreateModelPackage": {"ModelPackageGroupName": "group", "InferenceSpecification": {"Containers": [CONTAINER]}, "Tags": TAGS},
    "DescribeModelPackage": {"ModelPackageName": f"{PREFIX}model-package/group/1"},
    "UpdateModelPackage": {"ModelPackageArn": f"{PREFIX}model-package/group/1", "ModelApprovalStatus": "Approved"},
    "DeleteModelPackage": {"ModelPackageName": f"{PREFIX}model-package/group/1"},
    "Search": {
        "Resource": "TrainingJob",
        "SearchExpression": {"Filters": [{"Name": "TrainingJobStatus", "Operator": "Equals", "Value": "Failed"}]},
    },
    "InvokeEndpoint": {"EndpointName": "e", "Body": b"{}"},
}


class StillCloud(FakeCloud):
    """An account in which nothing happens by itself: no job runs, no endpoint starts."""

    def background(self, name: str, work: Callable[[], None]) -> threading.Thread:
        return threading.Thread(target=work, name=name)


@dataclass
class World:
    """SageMaker with one of everything, made anew for every case."""

    folder: Path
    service: SageMaker = field(init=False)

    def __post_init__(self) -> None:
        cloud = StillCloud()
        cloud.aws.objects["bucket", "corpora/x/train/text"] = b"some words"
        cloud.aws.objects["bucket", "code/script.py"] = b"pass"
        cloud.aws.objects["bucket", "runs/m/output/model.tar.gz"] = ARCHIVE
        self.service = SageMaker(cloud, self.folder)
        for operation, request in THINGS:
            self.service.call(operation, request)
        store = self.service.store
        store.training_jobs["ended"].transition("Failed", "Failed", "failed")
        store.processing_jobs["ended"].enter("Completed")
        store.tuning_jobs["tuned"].enter("Completed")
        endpoint, config = store.endpoints["e"], store.endpoint_configs["c"]
        endpoint.router.send_to((Fleet(cloud, "e", config, self.folder, self.service._programs, self.service._captures), 1.0))
        endpoint.set_status("InService")

    def answer(self, operation: str, body: bytes) -> tuple[int, str, str]:
        """Status, error code and message of an answer; no code and no message for a success."""
        status, headers, content = self.service.answer(operation, body)
        return status, headers.get("x-amzn-errortype", ""), json.loads(content).get("message", "") if status >= 400 else ""


ARCHIVE = artifact({"reply.txt": "x"})
THINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("CreateTrainingJob", training_request("job")),
    ("CreateTrainingJob", training_request("ended")),
    ("CreateHyperParameterTuningJob", tuning_request("tuning")),
    ("CreateHyperParameterTuningJob", tuning_request("tuned")),
    ("CreateProcessingJob", processing_request("job")),
    ("CreateProcessingJob", processing_request("ended")),
    ("CreateModel", {**BASES["CreateModel"], "ModelName": "m"}),
    ("CreateTransformJob", transform_request("transform")),
    ("CreateEndpointConfig", {**BASES["CreateEndpointConfig"], "EndpointConfigName": "c"}),
    ("CreateEndpoint", {**BASES["CreateEndpoint"], "EndpointName": "e"}),
    ("CreateModelPackageGroup", {"ModelPackageGroupName": "group"}),
    ("CreateModelPackageGroup", {"ModelPackageGroupName": "empty"}),
    ("CreateModelPackage", BASES["CreateModelPackage"]),
)


@cache
def service_model(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(name)


def operation_model(operation: str) -> OperationModel:
    return service_model("sagemaker-runtime" if operation in RUNTIME else "sagemaker").operation_model(operation)


def input_shape(operation: str) -> StructureShape:
    return cast("StructureShape", operation_model(operation).input_shape)


def base(operation: str) -> dict[str, Any]:
    """A request AWS takes; a List operation needs nothing."""
    return BASES[operation] if not operation.startswith("List") or operation in BASES else {}


@cache
def all_cases(operation: str) -> list[Case]:
    return list(cases(operation, input_shape(operation), base(operation)))


#: As below, of a tuning job.
_CONFIG, _DEFINITION = "HyperParameterTuningJobConfig", "TrainingJobDefinition"
TUNING: Mapping[str, str] = {
    f"{_CONFIG}.StrategyConfig": "is for the strategy Hyperband",
    f"{_CONFIG}.ParameterRanges.ContinuousParameterRanges": "must be numbers",
    f"{_CONFIG}.ParameterRanges.ContinuousParameterRanges.ScalingType": "must be numbers",
    f"{_DEFINITION}.TuningObjective": "and only there",
    f"{_DEFINITION}.HyperParameterRanges": "and only there",
    f"{_DEFINITION}.AlgorithmSpecification.MetricDefinitions": "Amazon SageMaker algorithms",
    f"{_DEFINITION}.HyperParameterTuningResourceConfig": "either ResourceConfig or HyperParameterTuningResourceConfig",
    f"{_DEFINITION}.StoppingCondition.MaxWaitTimeInSeconds": "EnableManagedSpotTraining",
    f"{_DEFINITION}.EnableManagedSpotTraining": "MaxWaitTimeInSeconds",
    "TrainingJobDefinitions": "either TrainingJobDefinition or TrainingJobDefinitions",
    "WarmStartConfig": "do not exist",
}

#: Valid by the model alone, and refused for what else the request says: operation and member -> what the message names.
DEPENDS: Mapping[str, str] = {
    "CreateTrainingJob StoppingCondition.MaxWaitTimeInSeconds": "EnableManagedSpotTraining",
    "CreateTrainingJob EnableManagedSpotTraining": "MaxWaitTimeInSeconds",
    "CreateTrainingJob AlgorithmSpecification.MetricDefinitions": "Amazon SageMaker algorithms",
    **{f"CreateHyperParameterTuningJob {member}": words for member, words in TUNING.items()},
    "CreateTransformJob DataProcessing.InputFilter": "does not begin with $",
    "CreateTransformJob DataProcessing.OutputFilter": "does not begin with $",
    "CreateModel Containers": "PrimaryContainer and Containers can not both be given",
    "CreateEndpointConfig ProductionVariants.ServerlessConfig": "either ServerlessConfig or InstanceType",
    "CreateEndpointConfig ShadowProductionVariants.ServerlessConfig": "not supported with serverless inference",
    "CreateModelPackage ModelPackageName": "Exactly one of",
    "ListModelPackages ModelPackageGroupName": "does not exist",
    "CreateModel PrimaryContainer.ModelPackageName": "does not exist",
    "Search NextToken": "pagination token",
    **{f"{operation} NextToken": "pagination token" for operation in coverage.OPERATIONS if operation.startswith("List")},
}


def verdict(case: Case, code: str, message: str) -> str | None:
    """What an answer is to a case: its kind where it is AWS's, `refused` or `depends` for a valid request, None where it is wrong."""
    if case.error is not None:
        return case.kind if code == case.error and case.words in message else None
    if not code:
        return "taken"
    if code not in {"ValidationException", "ValidationError"}:
        return None
    if "does not emulate" in message and any(name in message for name in case.path.split(".")):
        return "refused"
    names = case.path.split(".")
    reasons = (DEPENDS.get(f"{case.operation} {'.'.join(names[:depth])}") for depth in range(1, len(names) + 1))
    return "depends" if any(reason is not None and reason in message for reason in reasons) else None
