"""What the sandbox's SageMaker accepts, refuses, and how it answers, by botocore's model of the service."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker import images
from blazingtext_sandbox.sagemaker.api import constraints, contract, coverage, inactive, runtime
from blazingtext_sandbox.sagemaker.api.errors import InternalFailure, SerializationException, UnknownOperationException, ValidationException
from tests.conformance.tables import README, tables
from tests.parity.sagemaker_support import FakeCloud, Sage, training_request

HUB_MODEL = "arn:aws:sagemaker:us-east-1:aws:hub-content/hub/Model/m"


def refusal(operation: str, parameters: dict[str, Any]) -> str:
    with pytest.raises(ValidationException) as caught:
        contract.check_request(operation, parameters)
    return caught.value.message


def test_a_request_as_boto3_sends_it_passes() -> None:
    contract.check_request("CreateTrainingJob", training_request())


def test_members_that_are_null_are_left_out(sage: Sage) -> None:
    given = training_request(Environment=None, Tags=None)
    given["ResourceConfig"]["KeepAlivePeriodInSeconds"] = None

    sage.call("CreateTrainingJob", **given)

    assert sage.ended("job")["TrainingJobStatus"] == "Completed"
    assert "KeepAlivePeriodInSeconds" not in sage.ended("job")["ResourceConfig"]


def test_a_name_with_an_underscore_is_refused_in_aws_words() -> None:
    assert refusal("CreateTrainingJob", training_request("a_b")) == (
        "1 validation error detected: Value 'a_b' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression"
        " pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"TrainingJobName": "x" * 64},
            "at 'trainingJobName' failed to satisfy constraint: Member must have length less than or equal to 63",
        ),
        ({"RoleArn": None}, "Value null at 'roleArn' failed to satisfy constraint: Member must not be null"),
        ({"RoleArn": "arn:aws:iam::1:role/x"}, "at 'roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern"),
        (
            {"HyperParameters": {"mode": "x" * 2501}},
            "Map value must satisfy constraint: [Member must have length less than or equal to 2500, Member must have length",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 0}},
            "at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: Member",
        ),
        ({"Tags": [{"Key": "a"}]}, "Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null"),
        ({"Tags": [{"Key": "a?", "Value": ""}]}, "at 'tags.1.member.key' failed to satisfy constraint"),
        (
            {"ResourceConfig": {"InstanceType": "ml.none", "InstanceCount": 1, "VolumeSizeInGB": 1}},
            "Value 'ml.none' at 'resourceConfig.instanceType' failed to satisfy constraint: Member must satisfy enum value set: [",
        ),
    ],
)
def test_each_kind_of_constraint_is_checked_and_named_by_its_path(changes: dict[str, Any], words: str) -> None:
    assert words in refusal("CreateTrainingJob", training_request() | changes)


def test_all_problems_come_in_one_message() -> None:
    message = refusal("CreateTrainingJob", training_request("a_b") | {"RoleArn": None})

    assert message.startswith("2 validation errors detected: ")


def test_a_number_where_text_belongs_is_no_request() -> None:
    with pytest.raises(SerializationException, match="NUMBER_VALUE can not be converted to a String"):
        contract.check_request("CreateTrainingJob", training_request() | {"HyperParameters": {"epochs": 5}})


@pytest.mark.parametrize("operation", ["ListTrainingJobs", "ListPipelines"])
@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", 1e20, -1e20])
def test_what_is_no_timestamp_is_no_request(operation: str, moment: str | float) -> None:
    with pytest.raises(SerializationException, match="is no timestamp"):
        contract.check_request(operation, {"CreatedAfter" if operation == "ListPipelines" else "CreationTimeAfter": moment})


@pytest.mark.parametrize("moment", ["2026-12-01", "2026-12-01T10:00:00Z", 1764583200, 1764583200.5])
def test_a_timestamp_is_seconds_or_iso_8601(moment: str | float) -> None:
    contract.check_request("ListTrainingJobs", {"CreationTimeAfter": moment})


def test_members_that_are_not_emulated_are_refused_by_name_all_in_one_answer() -> None:
    request = training_request(ServerlessJobConfig={"JobType": "FineTuning", "BaseModelArn": HUB_MODEL})
    request["ResourceConfig"]["InstanceGroups"] = []
    request["AlgorithmSpecification"]["ContainerEntrypoint"] = ["a"]

    assert refusal("CreateTrainingJob", request) == (
        "the sandbox does not emulate CreateTrainingJob's AlgorithmSpecification.ContainerEntrypoint, ResourceConfig.InstanceGroups and"
        " ServerlessJobConfig: they would change the result on AWS and nothing here. Leave them out, or use AWS"
        " (sandbox/sagemaker/README.md lists what is emulated)"
    )


@pytest.mark.parametrize("operation", sorted(inactive.INACTIVE))
def test_an_inactive_member_is_taken_by_the_contract_and_shown_by_describe(operation: str) -> None:
    shown = contract.model().operation_model(operation.replace("Create", "Describe")).output_shape
    assert shown is not None

    unknown = {path for path in inactive.INACTIVE[operation] if path.split(".")[0] not in shown.members}

    assert unknown <= {"SessionChainingConfig"}, "AWS shows every other inactive member"
    assert not set(inactive.INACTIVE[operation]) & set(coverage.OPERATIONS[operation])


def test_a_value_that_is_not_emulated_is_refused_with_the_values_that_are() -> None:
    request = training_request()
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"

    assert "= 'ShardedByS3Key' (only 'FullyReplicated')" in refusal("CreateTrainingJob", request)


def test_an_operation_that_is_not_emulated_is_refused_and_one_that_does_not_exist_is_unknown() -> None:
    with pytest.raises(ValidationException, match="does not emulate the operation CreateAutoMLJobV2: nothing was done"):
        contract.check_operation("CreateAutoMLJobV2")
    with pytest.raises(UnknownOperationException):
        contract.check_operation("TrainAModel")


def test_answers_have_times_as_epoch_seconds_and_no_absent_members() -> None:
    created = dt.datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=dt.UTC)

    shaped = contract.shape_answer("DescribeModel", {"ModelName": "m", "CreationTime": created, "VpcConfig": None})

    assert shaped == {"ModelName": "m", "CreationTime": 1795348800.25}


def test_an_answer_aws_would_not_give_is_a_fault_of_the_sandbox() -> None:
    with pytest.raises(InternalFailure, match="Colour"):
        contract.shape_answer("DescribeModel", {"ModelName": "m", "Colour": "blue"})
    for answer in (None, {"ModelName": "m"}):
        with pytest.raises(InternalFailure, match="DeleteModel answers nothing"):
            contract.shape_answer("DeleteModel", answer)  # type: ignore[arg-type]  # what an operation without a return gives
    assert contract.shape_answer("DeleteModel", {}) == {}


def test_every_pattern_of_every_emulated_operation_can_be_checked() -> None:
    seen = set()

    def visit(shape: Any) -> None:
        if shape is None or shape.name in seen:
            return
        seen.add(shape.name)
        if "pattern" in shape.metadata:
            constraints.compiled(shape.metadata["pattern"])
        for member in (*getattr(shape, "members", {}).values(), *(getattr(shape, part, None) for part in ("member", "key", "value"))):
            visit(member)

    for operation in coverage.OPERATIONS:
        visit((runtime.model() if operation in coverage.RUNTIME else contract.model()).operation_model(operation).input_shape)
    assert len(seen) > 100


def test_every_member_said_to_be_emulated_exists_in_aws() -> None:
    for operation, paths in coverage.OPERATIONS.items():
        model = runtime.model() if operation in coverage.RUNTIME else contract.model()
        for path in (*paths, *inactive.INACTIVE.get(operation, {})):
            shape: Any = model.operation_model(operation).input_shape
            for name in path.removesuffix(".*").split("."):
                while shape.type_name == "list":
                    shape = shape.member
                assert name in shape.members, f"{operation} {path}"
                shape = shape.members[name]


def test_what_the_code_does_is_what_the_coverage_says(tmp_path: Path) -> None:
    assert set(Sage.make(tmp_path).service.operations) == {*coverage.OPERATIONS, *coverage.EMPTY}


def test_the_tables_in_the_readme_are_the_coverage() -> None:
    assert tables() in README.read_text("utf-8"), "run `make conformance`"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1", "the sandbox does not emulate the image .* it pulls none"),
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:latest", "has a container for blazingtext:1 only"),
        ("825641698319.dkr.ecr.us-east-2.amazonaws.com/blazingtext:1", "is in region us-east-2"),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1", "published by account 811284229777"),
    ],
)
def test_any_image_but_the_regions_blazingtext_is_refused(image: str, words: str) -> None:
    with pytest.raises(ValidationException, match=words):
        images.check_image(image, "us-east-1")


def test_blazingtext_has_an_image_in_thirty_seven_regions() -> None:
    assert len(images.ACCOUNTS) == 37
    images.check_image("390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/blazingtext:1", "cn-north-1")


def test_errors_go_out_in_the_shape_botocore_reads_and_to_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sage = Sage.make(tmp_path)
    caplog.set_level("INFO", "sandbox.sagemaker")

    status, headers, body = sage.service.answer("DescribeModel", b'{"ModelName": "none"}')

    assert (status, headers["x-amzn-errortype"]) == (400, "ValidationException")
    words = 'Could not find model "arn:aws:sagemaker:us-east-1:000000000000:model/none".'
    assert json.loads(body)["message"] == words
    assert caplog.messages == [f"DescribeModel: ValidationException: {words}"]


@pytest.mark.parametrize("body", [b'{"ModelName": "\\ud800"}', b'{"ModelName": NaN}', b'{"ModelName": 1e999}'])
def test_what_is_no_text_and_no_number_is_no_request(body: bytes, tmp_path: Path) -> None:
    status, headers, _ = Sage.make(tmp_path).service.answer("DescribeModel", body)

    assert (status, headers["x-amzn-errortype"]) == (400, "SerializationException")


def test_a_fault_of_the_sandbox_is_an_internal_failure_not_a_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sage = Sage.make(tmp_path)
    monkeypatch.setattr(FakeCloud, "authorize", None)

    status, _, body = sage.service.answer("CreateTrainingJob", json.dumps(training_request()).encode())

    assert (status, json.loads(body)["__type"]) == (500, "InternalFailure")


NAMED = {
    "training-job": ("TrainingJobName", "CreateTrainingJob DescribeTrainingJob StopTrainingJob DeleteTrainingJob"),
    "hyper-parameter-tuning-job": (
        "HyperParameterTuningJobName",
        (
            "CreateHyperParameterTuningJob DescribeHyperParameterTuningJob StopHyperParameterTuningJob DeleteHyperParameterTuningJob"
            " ListTrainingJobsForHyperParameterTuningJob"
        ),
    ),
    "processing-job": ("ProcessingJobName", "CreateProcessingJob DescribeProcessingJob StopProcessingJob DeleteProcessingJob"),
    "transform-job": ("TransformJobName", "CreateTransformJob DescribeTransformJob StopTransformJob"),
    "model": ("ModelName", "CreateModel DescribeModel DeleteModel"),
    "endpoint-config": (
        "EndpointConfigName",
        "CreateEndpointConfig DescribeEndpointConfig DeleteEndpointConfig CreateEndpoint UpdateEndpoint",
    ),
    "endpoint": (
        "EndpointName",
        "CreateEndpoint DescribeEndpoint UpdateEndpoint DeleteEndpoint UpdateEndpointWeightsAndCapacities",
    ),
    "model-package-group": (
        "ModelPackageGroupName",
        "CreateModelPackageGroup DescribeModelPackageGroup DeleteModelPackageGroup CreateModelPackage",
    ),
    "model-package": ("ModelPackageName", "CreateModelPackage DescribeModelPackage DeleteModelPackage"),
}


@pytest.mark.parametrize(
    ("kind", "member", "operation"), [(kind, member, each) for kind, (member, all_) in NAMED.items() for each in all_.split()]
)
def test_iam_is_asked_about_the_resource_of_every_operation_that_names_one(tmp_path: Path, kind: str, member: str, operation: str) -> None:
    arns = Sage.make(tmp_path).service.resource_arns(operation, {member: "One"})

    assert arns == [f"arn:aws:sagemaker:us-east-1:000000000000:{kind}/one"]


def test_iam_is_asked_about_the_resources_an_operation_names(tmp_path: Path) -> None:
    service = Sage.make(tmp_path).service
    prefix = "arn:aws:sagemaker:us-east-1:000000000000:"

    assert service.resource_arns("CreateEndpoint", {"EndpointName": "E", "EndpointConfigName": "c"}) == [
        f"{prefix}endpoint/e",
        f"{prefix}endpoint-config/c",
    ]
    assert service.resource_arns("DescribeTrainingJob", {"TrainingJobName": "Job-1"}) == [f"{prefix}training-job/job-1"]
    assert service.resource_arns("AddTags", {"ResourceArn": f"{prefix}model/m"}) == [f"{prefix}model/m"]
    assert service.resource_arns("ListEndpoints", {}) == ["*"]
