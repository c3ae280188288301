"""Serverless endpoints: what is taken and refused, how many requests at a time, and what an endpoint may become."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import ValidationException
from tests.parity.sagemaker_support import ROLE, Sage

MEMORY: dict[str, Any] = {"MemorySizeInMB": 2048, "MaxConcurrency": 2}


def variant(**changes: Any) -> dict[str, Any]:
    return {"VariantName": "AllTraffic", "ModelName": "first", "ServerlessConfig": MEMORY, **changes}


def configure(sage: Sage, *variants: dict[str, Any], name: str = "c", **others: Any) -> None:
    sage.model("first", "one")
    sage.call("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=list(variants or [variant()]), **others)


@pytest.fixture
def serverless(sage: Sage) -> Sage:
    configure(sage)
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    assert sage.stable()["EndpointStatus"] == "InService"
    return sage


def test_a_serverless_endpoint_answers_and_shows_its_memory_and_no_instances(serverless: Sage) -> None:
    (shown,) = serverless.stable()["ProductionVariants"]

    assert serverless.invoke()[0] == 200
    assert (shown["CurrentServerlessConfig"], shown["DesiredServerlessConfig"]) == (MEMORY, MEMORY)
    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (0, 0)
    (described,) = serverless.call("DescribeEndpointConfig", EndpointConfigName="c")["ProductionVariants"]
    assert described["ServerlessConfig"] == MEMORY


def test_requests_beyond_the_concurrency_are_throttled_without_a_word(serverless: Sage) -> None:
    def ask(_: int) -> tuple[int, Any]:
        status, _headers, body = serverless.service.invoke("/endpoints/e/invocations", {"content-type": "text/plain"}, b"sleep")
        return status, json.loads(body)

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(ask, range(5)))

    assert Counter(status for status, _ in answers) == {200: 2, 400: 3}
    assert [body for status, body in answers if status == 400] == [{"__type": "ThrottlingException", "message": None}] * 3
    assert serverless.invoke()[0] == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ServerlessConfig": MEMORY | {"MemorySizeInMB": 1500}}, "must be a multiple of 1024"),
        ({"ServerlessConfig": MEMORY | {"MemorySizeInMB": 512}}, "greater than or equal to 1024"),
        ({"ServerlessConfig": MEMORY | {"MaxConcurrency": 201}}, "less than or equal to 200"),
        ({"ServerlessConfig": MEMORY | {"ProvisionedConcurrency": 3}}, "must not exceed MaxConcurrency"),
        ({"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}, "either ServerlessConfig or InstanceType, not both"),
        ({"ModelName": "none"}, "Could not find model"),
    ],
)
def test_a_variant_that_cannot_be_is_refused(sage: Sage, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationException, match=words):
        configure(sage, variant(**changes))


def test_provisioned_concurrency_within_the_concurrency_is_taken(sage: Sage) -> None:
    configure(sage, variant(ServerlessConfig=MEMORY | {"ProvisionedConcurrency": 2}))

    (described,) = sage.call("DescribeEndpointConfig", EndpointConfigName="c")["ProductionVariants"]
    assert described["ServerlessConfig"]["ProvisionedConcurrency"] == 2


CAPTURE = {"InitialSamplingPercentage": 1, "DestinationS3Uri": "s3://b/c", "CaptureOptions": [{"CaptureMode": "Input"}]}
NETWORK = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"DataCaptureConfig": CAPTURE}, "does not support data capture"),
        ({"VpcConfig": NETWORK}, "does not support a VPC configuration"),
        ({"EnableNetworkIsolation": True}, "does not support network isolation"),
    ],
)
def test_a_configuration_with_what_serverless_inference_excludes_is_refused(sage: Sage, others: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationException, match=words):
        configure(sage, **others)


@pytest.mark.parametrize(
    ("others", "words"), [({"VpcConfig": NETWORK}, "a VPC configuration"), ({"EnableNetworkIsolation": True}, "network isolation")]
)
def test_a_model_in_a_network_or_in_isolation_is_not_served_so(sage: Sage, others: dict[str, Any], words: str) -> None:
    sage.model("first", "one")
    container = sage.call("DescribeModel", ModelName="first")["PrimaryContainer"]
    sage.call("CreateModel", ModelName="bound", ExecutionRoleArn=ROLE, PrimaryContainer=container, **others)

    with pytest.raises(ValidationException, match=f"Serverless inference does not support {words}"):
        sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant(ModelName="bound")])


def test_several_variants_are_refused(sage: Sage) -> None:
    with pytest.raises(ValidationException, match="does not support multiple production variants"):
        configure(sage, variant(), variant(VariantName="Other"))


def test_an_endpoint_with_instances_does_not_become_serverless_and_a_serverless_one_gets_instances(serverless: Sage) -> None:
    serverless.config("instances", "two")

    serverless.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="instances")
    (shown,) = serverless.stable()["ProductionVariants"]
    assert (shown["CurrentInstanceCount"], "CurrentServerlessConfig" in shown) == (1, False)
    assert serverless.invoke()[2]["reply"] == "two"

    with pytest.raises(ValidationException, match="Cannot update an instance-based endpoint to a serverless endpoint"):
        serverless.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c")


def test_a_serverless_endpoint_takes_the_next_configuration(serverless: Sage) -> None:
    serverless.model("second", "two")
    more = variant(ModelName="second", ServerlessConfig={"MemorySizeInMB": 4096, "MaxConcurrency": 1})
    serverless.call("CreateEndpointConfig", EndpointConfigName="more", ProductionVariants=[more])

    serverless.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="more", RetainAllVariantProperties=True)

    assert serverless.stable()["ProductionVariants"][0]["CurrentServerlessConfig"] == more["ServerlessConfig"]
    assert serverless.invoke()[2]["reply"] == "two"


def test_its_weight_can_be_changed_and_its_instances_cannot(serverless: Sage) -> None:
    def change(**wanted: Any) -> Any:
        wish = [{"VariantName": "AllTraffic", **wanted}]
        serverless.call("UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=wish)
        return serverless.stable()["ProductionVariants"][0]

    assert change(DesiredWeight=2)["CurrentWeight"] == 2
    with pytest.raises(ValidationException, match="is serverless: it has no instances"):
        change(DesiredInstanceCount=2)


def test_events_of_a_serverless_endpoint_count_no_instances(serverless: Sage) -> None:
    (_, _, detail) = next(each for each in serverless.cloud.events if each[0] == "SageMaker Endpoint State Change")

    assert [each["DesiredInstanceCount"] for each in detail["ProductionVariants"]] == [0]
