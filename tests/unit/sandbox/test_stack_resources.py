"""What CloudFormation does with SageMaker's resource types, on a small account. Sources: AWS's resource schemas and reference."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from blazingtext_sandbox.emulator import stack_roles
from blazingtext_sandbox.emulator.identity import RoleNotAssumableError
from blazingtext_sandbox.sagemaker import cloudformation
from blazingtext_sandbox.sagemaker.api import errors
from blazingtext_sandbox.sagemaker.cloudformation import ResourceFailedError
from tests.parity.sagemaker_support import IMAGE, ROLE, Sage

PREFIX = "arn:aws:sagemaker:us-east-1:000000000000:"
NAMES = {kind: f"{kind}Name" for kind in ("Model", "EndpointConfig", "Endpoint", "ModelPackageGroup")}
CONTAINER = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/runs/first/output/model.tar.gz"}
VARIANT = {"VariantName": "AllTraffic", "ModelName": "first", "InitialInstanceCount": 1, "InstanceType": "ml.m5.xlarge"}
#: The properties that each type cannot be without.
LEAST: dict[str, dict[str, Any]] = {
    "Model": {"ExecutionRoleArn": ROLE, "PrimaryContainer": CONTAINER},
    "EndpointConfig": {"ProductionVariants": [VARIANT]},
    "Endpoint": {"EndpointConfigName": "first"},
    "ModelPackageGroup": {},
}


class Stack:
    """The types as they are registered, their operations, and for which stacks they acted."""

    def __init__(self, sage: Sage, patch: pytest.MonkeyPatch) -> None:
        self.sage = sage
        self.types: dict[str, dict[str, Any]] = {}
        self.acted: list[str] = []
        self.silent = False
        patch.setattr(cloudformation, "register_cloudformation_type", self._register)
        patch.setattr(stack_roles, "acting_for", self._acting_for)
        patch.setattr(cloudformation, "physical_name", lambda stack, logical: f"{stack}-{logical}-ABCDEFGHIJKL")
        cloudformation.register(sage.service, lambda: self.silent)

    def _register(self, type_name: str, **given: Any) -> None:
        self.types[type_name.removeprefix("AWS::SageMaker::")] = given

    @contextmanager
    def _acting_for(self, stack: str) -> Iterator[None]:
        self.acted.append(stack)
        if stack == "without-role":
            raise RoleNotAssumableError("Role gone is invalid or cannot be assumed")
        yield

    def create(self, kind: str, *, logical: str = "One", stack: str = "words", **properties: Any) -> tuple[str, dict[str, Any]]:
        tags = [{"Key": "aws:cloudformation:stack-name", "Value": stack}]
        made: tuple[str, dict[str, Any]] = self.types[kind]["create"](logical, {**LEAST[kind], "Tags": tags, **properties}, stack)
        return made

    def update(self, kind: str, arn: str, **properties: Any) -> tuple[str, dict[str, Any]]:
        made: tuple[str, dict[str, Any]] = self.types[kind]["update"](arn, LEAST[kind], {**LEAST[kind], **properties}, "words")
        return made

    def asked(self) -> list[str]:
        """The actions IAM was asked about, in order and each once."""
        return list(dict.fromkeys(action.removeprefix("sagemaker:") for action, *_ in self.sage.cloud.asked if "iam:" not in action))


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    sage = Sage.make(tmp_path)
    sage.config("first", "one")
    sage.config("second", "two")
    yield Stack(sage, monkeypatch)
    sage.stop()


@pytest.mark.parametrize("kind", NAMES)
def test_what_replaces_a_resource_is_what_aws_says(stack: Stack, kind: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", f"AWS::SageMaker::{kind}").schema
    fixed = {path.removeprefix("/properties/") for path in schema["createOnlyProperties"]}
    # No metrics are configured here, so the property is refused when it is created.
    assert set(stack.types[kind]["replacement"]) == fixed - {"MetricsConfig"}
    assert (stack.types[kind]["name_property"], stack.types[kind]["waits"]) == (NAMES[kind], True)


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [("Model", {"ModelName": "Named"}), ("EndpointConfig", {"EndpointConfigName": "Named"}), ("Endpoint", {"EndpointName": "Named"})],
)
def test_ref_is_the_arn_and_the_name_an_attribute(stack: Stack, kind: str, attributes: dict[str, str]) -> None:
    arn, given = stack.create(kind, **{NAMES[kind]: "Named"})

    path = {"Model": "model", "EndpointConfig": "endpoint-config", "Endpoint": "endpoint"}[kind]
    assert (arn, given) == (f"{PREFIX}{path}/named", attributes)
    assert stack.acted == ["words"]


def test_a_model_package_group_gives_its_status_and_when_it_was_made(stack: Stack) -> None:
    arn, given = stack.create("ModelPackageGroup", ModelPackageGroupName="Words", ModelPackageGroupDescription="of words")

    described = stack.sage.call("DescribeModelPackageGroup", ModelPackageGroupName="Words")
    assert described["ModelPackageGroupDescription"] == "of words"
    assert given.pop("CreationTime").startswith("20")
    assert given == {"ModelPackageGroupArn": arn, "ModelPackageGroupStatus": "Completed"}


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_is_made_of_the_logical_id_and_twelve_characters(stack: Stack, kind: str) -> None:
    long, _ = stack.create(kind, logical="L" * 70)

    assert long.rsplit("/", 1)[1] == "l" * 50 + "-abcdefghijkl"


@pytest.mark.parametrize("kind", NAMES)
def test_a_property_that_is_unknown_is_refused_by_name(stack: Stack, kind: str) -> None:
    with pytest.raises(ResourceFailedError, match=r"^Encountered unsupported property Colour\. The sandbox does not emulate it\.$"):
        stack.create(kind, Colour="blue")


@pytest.mark.parametrize("kind", NAMES)
def test_tags_are_replaced_in_place(stack: Stack, kind: str) -> None:
    arn, attributes = stack.create(kind)

    assert stack.update(kind, arn, Tags=[{"Key": "who", "Value": "me"}]) == (arn, attributes)

    assert stack.sage.call("ListTags", ResourceArn=arn)["Tags"] == [{"Key": "who", "Value": "me"}]
    stack.update(kind, arn)
    assert stack.sage.call("ListTags", ResourceArn=arn)["Tags"] == []
    assert "UpdateEndpoint" not in stack.asked()


@pytest.mark.parametrize("kind", NAMES)
def test_what_is_gone_can_be_deleted_and_not_changed(stack: Stack, kind: str) -> None:
    gone = f"{PREFIX}nothing/gone"

    with pytest.raises(ResourceFailedError, match=rf"{gone}.*\(HandlerErrorCode: NotFound\)"):
        stack.update(kind, gone)
    stack.types[kind]["delete"](gone, {})
    assert (stack.acted, stack.asked()) == ([], [])


@pytest.mark.parametrize("kind", NAMES)
def test_a_resource_is_deleted_with_its_stacks_permissions(stack: Stack, kind: str) -> None:
    arn, _ = stack.create(kind)
    stack.acted.clear()
    stack.sage.cloud.asked.clear()

    stack.types[kind]["delete"](arn, {})

    assert stack.acted == ["words"]
    assert stack.asked() == [f"Delete{kind}", f"Describe{kind}"]
    assert stack.sage.service.store.by_arn(arn) is None


def test_an_endpoint_gets_a_new_configuration_in_place_and_the_stack_waits_for_it(stack: Stack) -> None:
    arn, attributes = stack.create("Endpoint", EndpointName="e")
    stack.acted.clear()
    stack.sage.cloud.asked.clear()

    # CloudFormation gives "true" for true.
    updated = stack.update("Endpoint", arn, EndpointConfigName="second", RetainAllVariantProperties="true", RetainDeploymentConfig="true")

    described = stack.sage.call("DescribeEndpoint", EndpointName="e")
    assert updated == (arn, attributes)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "second")
    assert stack.asked() == ["UpdateEndpoint", "DescribeEndpoint"]
    assert stack.acted == ["words"]
    assert stack.sage.invoke()[2]["reply"] == "two"


def test_the_properties_of_an_update_are_not_those_of_a_creation(stack: Stack) -> None:
    arn, _ = stack.create("Endpoint", EndpointName="e", RetainAllVariantProperties=True, RetainDeploymentConfig=False)

    assert stack.sage.call("DescribeEndpoint", EndpointName="e")["EndpointStatus"] == "InService"
    with pytest.raises(ResourceFailedError, match="Encountered unsupported property Colour"):
        stack.update("Endpoint", arn, EndpointConfigName="second", Colour="blue")
    assert stack.sage.call("DescribeEndpoint", EndpointName="e")["EndpointConfigName"] == "first"


@pytest.mark.parametrize("silent", [False, True])
def test_an_update_that_is_rolled_back_fails_unless_rollbacks_are_silent(stack: Stack, silent: bool) -> None:
    stack.silent = silent
    stack.sage.config("third", "broken")
    arn, _ = stack.create("Endpoint", EndpointName="e")

    if silent:
        stack.update("Endpoint", arn, EndpointConfigName="third")
    else:
        words = f"identifier '{arn}' did not stabilize. .*ping health check.*NotStabilized"
        with pytest.raises(ResourceFailedError, match=words):
            stack.update("Endpoint", arn, EndpointConfigName="third")

    described = stack.sage.call("DescribeEndpoint", EndpointName="e")
    assert (described["EndpointConfigName"], "FailureReason" in described) == ("first", not silent)


def test_an_endpoint_that_fails_is_removed_again_and_its_reason_told(stack: Stack) -> None:
    stack.sage.config("third", "broken")

    with pytest.raises(ResourceFailedError, match=r"endpoint/e' did not stabilize\. .*ping health check"):
        stack.create("Endpoint", EndpointName="e", EndpointConfigName="third")

    assert stack.sage.service.store.endpoints == {}
    assert stack.acted == ["words", "words"]


@pytest.mark.parametrize(
    ("kind", "properties", "said", "code"),
    [
        ("Endpoint", {"EndpointConfigName": "none"}, 'Could not find endpoint configuration "', "InvalidRequest"),
        ("Model", {"ModelName": "a_b"}, "1 validation error detected: Value 'a_b' at 'modelName'", "InvalidRequest"),
    ],
)
def test_what_sagemaker_refuses_fails_the_resource_in_its_words(
    stack: Stack, kind: str, properties: dict[str, Any], said: str, code: str
) -> None:
    with pytest.raises(ResourceFailedError) as refused:
        stack.create(kind, **properties)

    assert str(refused.value).startswith(f'Resource handler returned message: "{said}')
    assert str(refused.value).endswith(f' (Service: SageMaker, Status Code: 400)" (HandlerErrorCode: {code})')


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.ResourceLimitExceeded, 400, "ServiceLimitExceeded"),
        (errors.ResourceInUse, 400, "AlreadyExists"),
        (errors.AccessDeniedException, 400, "AccessDenied"),
        (errors.ValidationException, 400, "InvalidRequest"),
        (errors.InternalFailure, 500, "GeneralServiceException"),
    ],
)
def test_each_error_has_cloudformations_code_for_it(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, error: type[errors.AwsError], status: int, code: str
) -> None:
    def fail(*_: Any) -> None:
        raise error("no")

    monkeypatch.setattr(stack.sage.service, "call", fail)

    with pytest.raises(ResourceFailedError) as refused:
        stack.create("Model")

    assert str(refused.value).endswith(f': "no (Service: SageMaker, Status Code: {status})" (HandlerErrorCode: {code})')


def test_what_iam_refuses_fails_the_resource_and_nothing_is_made(stack: Stack) -> None:
    stack.sage.cloud.forbidden.add("sagemaker:CreateModel")

    with pytest.raises(ResourceFailedError, match=r"CreateModel on resource.*HandlerErrorCode: AccessDenied\)$"):
        stack.create("Model", ModelName="m")
    assert set(stack.sage.service.store.models) == {"first", "second"}


def test_a_role_that_cannot_be_assumed_fails_the_resource(stack: Stack) -> None:
    with pytest.raises(ResourceFailedError, match=r"^Role gone is invalid or cannot be assumed$"):
        stack.create("Model", stack="without-role")


def test_numbers_and_switches_may_be_text(stack: Stack) -> None:
    variant = {**VARIANT, "InitialInstanceCount": "2", "InitialVariantWeight": "0.5"}
    stack.create("EndpointConfig", EndpointConfigName="texts", ProductionVariants=[variant])
    stack.create("Model", ModelName="texts", PrimaryContainer={**CONTAINER, "Environment": {"A": 1, "B": True}})

    (described,) = stack.sage.call("DescribeEndpointConfig", EndpointConfigName="texts")["ProductionVariants"]
    assert (described["InitialInstanceCount"], described["InitialVariantWeight"]) == (2, 0.5)
    assert stack.sage.call("DescribeModel", ModelName="texts")["PrimaryContainer"]["Environment"] == {"A": "1", "B": "true"}
