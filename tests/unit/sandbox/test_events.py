"""What SageMaker's events say, member by member, as the examples of AWS's page have it.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

import datetime as dt
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker import events
from blazingtext_sandbox.sagemaker.hosting.router import WeightedRouter
from blazingtext_sandbox.sagemaker.store import Endpoint, EndpointConfig, Model, ModelPackage
from tests.parity.sagemaker_support import FakeCloud

MADE, CHANGED = (dt.datetime(2026, 1, 1, hour, 0, 0, 250_000, tzinfo=dt.UTC) for hour in (1, 2))
MADE_MS, CHANGED_MS = 1767229200250, 1767232800250
TAGS = {"stage": "dev"}


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def told(cloud: FakeCloud) -> tuple[str, str, Any]:
    (event,) = cloud.events
    return event


def endpoint(**more: Any) -> Endpoint:
    return Endpoint("e", "arn:e", "live", WeightedRouter(), TAGS, created=MADE, modified=CHANGED, **more)


def test_a_model_is_told_as_it_was_asked_for(cloud: FakeCloud) -> None:
    request = {
        "ModelName": "m",
        "ExecutionRoleArn": "arn:role",
        "Tags": [{"Key": "stage", "Value": "dev"}],
        "PrimaryContainer": {"Image": "i"},
    }

    events.model_changed(cloud, Model("m", "arn:m", request, TAGS, MADE, CHANGED))

    detail = {"ModelName": "m", "ModelArn": "arn:m", "ExecutionRoleArn": "arn:role", "PrimaryContainer": {"Image": "i"}}
    assert told(cloud) == ("SageMaker Model State Change", "arn:m", {**detail, "CreationTime": MADE_MS, "Tags": TAGS})


def test_an_endpoint_configuration_is_told_as_it_was_asked_for(cloud: FakeCloud) -> None:
    request = {"EndpointConfigName": "c", "ProductionVariants": [{"VariantName": "a"}], "Tags": []}

    events.endpoint_config_changed(cloud, EndpointConfig("c", "arn:c", request, {}, MADE, CHANGED))

    detail = {"EndpointConfigName": "c", "EndpointConfigArn": "arn:c", "ProductionVariants": [{"VariantName": "a"}]}
    assert told(cloud) == ("SageMaker Endpoint Config State Change", "arn:c", {**detail, "CreationTime": MADE_MS, "Tags": {}})


def test_a_model_package_is_told_as_it_is_described_with_its_tags(cloud: FakeCloud) -> None:
    package = ModelPackage("p", "arn:p", {}, TAGS)

    events.model_package_changed(cloud, package, {"ModelPackageName": "p", "CreationTime": MADE, "ModelPackageVersion": None})

    detail = {"ModelPackageName": "p", "CreationTime": "2026-01-01T01:00:00Z", "Tags": TAGS}
    assert told(cloud) == ("SageMaker Model Package State Change", "arn:p", detail)


def test_an_endpoint_is_told_with_what_its_variants_should_be_and_its_status_in_capitals(cloud: FakeCloud) -> None:
    failed = endpoint(status="RollingBack", failure="why")

    events.endpoint_changed(cloud, failed, [{"VariantName": "a", "Weight": 0.5, "Count": 2}])

    assert told(cloud) == (
        "SageMaker Endpoint State Change",
        "arn:e",
        {
            "EndpointName": "e",
            "EndpointArn": "arn:e",
            "EndpointConfigName": "live",
            "ProductionVariants": [{"VariantName": "a", "DesiredWeight": 0.5, "DesiredInstanceCount": 2}],
            "EndpointStatus": "ROLLING_BACK",
            "FailureReason": "why",
            "CreationTime": MADE_MS,
            "LastModifiedTime": CHANGED_MS,
            "Tags": TAGS,
        },
    )


def test_a_deployment_is_told_with_both_configurations(cloud: FakeCloud) -> None:
    updated = endpoint(status="Updating", pending_config="next", pending_since=CHANGED)
    variant = {"VariantName": "a", "CurrentWeight": 1.0, "DesiredWeight": 2.0, "CurrentInstanceCount": 3, "DesiredInstanceCount": 4}
    status = [{"Status": "Baking", "StartTime": MADE}]

    events.endpoint_deployment_changed(
        cloud, updated, [{**variant, "DeployedImages": []}], [{**variant, "VariantStatus": status, "DeployedImages": []}]
    )

    kind, arn, detail = told(cloud)
    assert (kind, arn) == ("SageMaker Endpoint Deployment State Change", "arn:e")
    assert detail == {
        "EndpointName": "e",
        "EndpointArn": "arn:e",
        "EndpointConfigName": "live",
        "ProductionVariants": [variant],
        "EndpointStatus": "UPDATING",
        "CreationTime": MADE_MS,
        "LastModifiedTime": CHANGED_MS,
        "Tags": TAGS,
        "PendingDeploymentSummary": {
            "EndpointConfigName": "next",
            "StartTime": CHANGED_MS,
            "ProductionVariants": [{**variant, "VariantStatus": [{"Status": "Baking", "StartTime": MADE_MS}]}],
        },
    }


@pytest.mark.parametrize(
    ("status", "told_as"), [("InService", "IN_SERVICE"), ("RollingBack", "ROLLING_BACK"), ("Failed", "FAILED"), ("Creating", "CREATING")]
)
def test_a_status_is_told_in_capitals(status: str, told_as: str) -> None:
    assert events.upper_snake(status) == told_as
