"""SageMaker's condition keys are the ones that AWS lists, and stand where a request has them."""

from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from blazingtext_sandbox.emulator import handler_permissions
from blazingtext_sandbox.sagemaker import condition_keys
from blazingtext_sandbox.sagemaker.api import contract
from blazingtext_sandbox.sagemaker.api.coverage import OPERATIONS

LISTED: dict[str, list[str]] = handler_permissions.table()["sagemaker_keys"]
MODEL = contract.model()


@pytest.mark.parametrize("operation", sorted(set(LISTED) & (set(OPERATIONS) | set(condition_keys.KEYS))))
def test_an_operation_gives_the_keys_that_aws_lists_but_for_those_said_not_to_be_given(operation: str) -> None:
    given = condition_keys.KEYS.get(operation, {})

    assert set(given) == set(LISTED[operation]) - set(condition_keys.NOT_GIVEN)


def test_what_is_said_not_to_be_given_is_listed_for_operations_of_the_sandbox() -> None:
    assert set(condition_keys.NOT_GIVEN) <= {key for operation in OPERATIONS for key in LISTED.get(operation, [])} | {
        "sagemaker:TargetModel"
    }


@pytest.mark.parametrize(
    ("operation", "path"), [(name, path) for name, keys in condition_keys.KEYS.items() for paths in keys.values() for path in paths]
)
def test_a_key_stands_where_aws_s_model_of_the_service_has_the_member(operation: str, path: str) -> None:
    shape: Shape | None = MODEL.operation_model(operation).input_shape
    for part in path.split("."):
        assert isinstance(shape, StructureShape)
        shape = shape.members[part.removesuffix("[]")]
        if part.endswith("[]"):
            assert isinstance(shape, ListShape)
            shape = shape.member
    assert isinstance(shape, MapShape) or not isinstance(shape, ListShape | StructureShape)


@pytest.mark.parametrize(
    ("request_", "keys"),
    [
        ({}, {}),
        ({"ResourceConfig": {"InstanceType": "ml.m5.large"}}, {"sagemaker:InstanceTypes": ["ml.m5.large"]}),
        ({"EnableNetworkIsolation": True}, {"sagemaker:NetworkIsolation": "true"}),
        ({"VpcConfig": {"Subnets": ["s1", "s2"]}}, {"sagemaker:VpcSubnets": ["s1", "s2"]}),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60}}, {"sagemaker:MaxRuntimeInSeconds": "60"}),
        ({"VpcConfig": "no structure", "InputDataConfig": [1]}, {}),
    ],
)
def test_a_request_gives_what_it_names(request_: dict[str, Any], keys: dict[str, Any]) -> None:
    assert condition_keys.given("CreateTrainingJob", request_, "{}") == keys


def test_a_model_is_given_by_its_arn() -> None:
    request_ = {"ProductionVariants": [{"ModelName": "m", "InstanceType": "ml.m5.large"}]}

    assert condition_keys.given("CreateEndpointConfig", request_, "arn:aws:sagemaker:r:a:model/{}")["sagemaker:ModelArn"] == (
        "arn:aws:sagemaker:r:a:model/m"
    )
