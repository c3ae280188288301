"""Which service may assume which role, and who may hand it over: the same questions to every service that checks.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html (iam:PassedToService),
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html (aws:SourceAccount, aws:SourceArn) and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (a role's path is a part of its ARN).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.parity.iam_support import Roles, code_of, web_identity
from tests.parity.sagemaker_support import IMAGE, artifact, training_request
from tests.parity.support import allow
from tests.parity.test_passed_roles import create_function, create_schedule, put_target, refusal

BUCKET = "handed-over"
MODEL = "runs/a/output/model.tar.gz"
ACCOUNT, NOBODY = "000000000000", "111122223333"
DEFINITION = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})


def create_model(client: Any, role: str) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{MODEL}"}
    client.create_model(ModelName="handed", ExecutionRoleArn=role, PrimaryContainer=container)
    client.delete_model(ModelName="handed")


def create_training_job(client: Any, role: str) -> None:
    request = training_request("handed", RoleArn=role, OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/runs"})
    # SageMaker looks whether there is data, as the role, before it starts anything; there is none.
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/corpora/"
    client.create_training_job(**request)


def create_state_machine(client: Any, role: str) -> None:
    made = client.create_state_machine(name="handed", definition=DEFINITION, roleArn=role)
    client.delete_state_machine(stateMachineArn=made["stateMachineArn"])


def create_stack(client: Any, role: str) -> None:
    template = {"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}
    client.create_stack(StackName="handed", TemplateBody=json.dumps(template), RoleARN=role)
    client.get_waiter("stack_create_complete").wait(StackName="handed", WaiterConfig={"Delay": 1})
    client.delete_stack(StackName="handed")


@dataclass(frozen=True)
class Service:
    """A service that assumes roles.

    Attributes:
        client: its name in boto3, and before the colon in IAM.
        principal: what trust policies and `iam:PassedToService` call it.
        hand_over: what gives it a role.
        code, words: how it refuses a role that it cannot assume.
    """

    client: str
    hand_over: Callable[[Any, str], None]
    code: str
    words: str

    @property
    def principal(self) -> str:
        return {"stepfunctions": "states"}.get(self.client, self.client) + ".amazonaws.com"

    @property
    def actions(self) -> str:
        return self.principal.partition(".")[0] + ":*"


SERVICES = {
    "model": Service("sagemaker", create_model, "ValidationException", "Could not access model data"),
    "states": Service("stepfunctions", create_state_machine, "AccessDeniedException", "authorized to assume the provided role"),
    "stack": Service("cloudformation", create_stack, "ValidationError", "is invalid or cannot be assumed"),
    "function": Service("lambda", create_function, "InvalidParameterValueException", "cannot be assumed by Lambda"),
    "rule": Service("events", put_target, "ValidationException", "cannot be assumed by principal 'events.amazonaws.com'"),
    "schedule": Service("scheduler", create_schedule, "ValidationException", "must allow AWS EventBridge Scheduler"),
}


@pytest.fixture(scope="module")
def bucket(account: Sandbox) -> Iterator[None]:
    s3 = account.boto3("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=MODEL, Body=artifact({"vectors.txt": ""}))
    yield
    s3.delete_object(Bucket=BUCKET, Key=MODEL)
    s3.delete_bucket(Bucket=BUCKET)


pytestmark = pytest.mark.usefixtures("bucket")


def trusting(roles: Roles, *statements: dict[str, Any]) -> str:
    """A role at a path, whose trust policy holds these statements and which may read the bucket."""
    arn = roles.make("handed", allow("s3:*"), Path="/of-a-team/")
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Action": "sts:AssumeRole", **each} for each in statements]})
    roles.iam.update_assume_role_policy(RoleName="handed", PolicyDocument=document)
    return arn


def of(principal: str, *, effect: str = "Allow", account: str = "") -> dict[str, Any]:
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": account}}} if account else {}
    return {"Effect": effect, "Principal": {"Service": principal}, **condition}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_a_role_that_trusts_the_service_on_behalf_of_this_account_is_taken(account: Sandbox, roles: Roles, service: Service) -> None:
    role = trusting(roles, of(service.principal, account=ACCOUNT), of("ec2.amazonaws.com", effect="Deny"))

    service.hand_over(account.boto3(service.client), role)


def untrusting(principal: str) -> dict[str, list[dict[str, Any]]]:
    """Trust policies that do not let a service assume the role, by what is wrong with them."""
    return {
        "another service": [of("ec2.amazonaws.com")],
        "another account": [of(principal, account=NOBODY)],
        "denied": [of(principal), of(principal, effect="Deny")],
        "another action": [{**of(principal), "Action": "sts:TagSession"}],
        "people": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}}],
    }


@pytest.mark.parametrize("wrong", untrusting(""))
@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_a_role_that_does_not_trust_it_is_refused_whoever_hands_it_over(
    account: Sandbox, roles: Roles, service: Service, wrong: str
) -> None:
    role = trusting(roles, *untrusting(service.principal)[wrong])

    code, message = refusal(service.hand_over, account.boto3(service.client), role)

    assert (code, service.words in message) == (service.code, True), message


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_a_role_without_its_path_is_another_role(account: Sandbox, roles: Roles, service: Service) -> None:
    role = trusting(roles, of(service.principal))

    code, message = refusal(service.hand_over, account.boto3(service.client), role.replace("/of-a-team", ""))

    assert (code, service.words in message) == (service.code, True), message


PASSED = {**SERVICES, "job": Service("sagemaker", create_training_job, "ValidationException", "No S3 objects found")}


@pytest.mark.parametrize(
    ("resource", "to", "passed"),
    [
        ("handed", "", True),
        ("handed", "the service", True),
        ("handed", "ec2.amazonaws.com", False),
        ("another", "the service", False),
        ("", "", False),
    ],
)
@pytest.mark.parametrize("service", PASSED.values(), ids=PASSED)
def test_handing_a_role_over_needs_the_right_to_pass_that_role_to_that_service(
    roles: Roles, service: Service, resource: str, to: str, passed: bool
) -> None:
    role = trusting(roles, of(service.principal))
    principal = service.principal if to == "the service" else to
    passing = allow("iam:PassRole", role.replace("role/of-a-team/handed", f"role/of-a-team/{resource}"))
    if principal:
        passing["Condition"] = {"StringEquals": {"iam:PassedToService": principal}}
    statements = [allow([service.actions, "sqs:*"]), *([passing] if resource else [])]
    client = roles.client(service.client, roles.make("hands-it-over", *statements))

    if not passed:
        code, message = refusal(service.hand_over, client, role)
        assert code.startswith("AccessDenied")
        assert f"assumed-role/hands-it-over/test is not authorized to perform: iam:PassRole on resource: {role}" in message
    elif service.hand_over is create_training_job:
        assert service.words in refusal(service.hand_over, client, role)[1]
    else:
        service.hand_over(client, role)


@pytest.mark.patch(name="unsigned_operations")
def test_a_token_stands_for_credentials_where_the_trust_policy_says_so(account: Sandbox) -> None:
    provider, iam = "token.actions.githubusercontent.com", account.boto3("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::000000000000:oidc-provider/{provider}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{provider}:sub": "repo:company/search:pull_request"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="for-workflows", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    assume = account.boto3("sts").assume_role_with_web_identity
    told = {"RoleArn": role, "RoleSessionName": "test"}

    try:
        given = assume(**told, WebIdentityToken=web_identity("repo:company/search:pull_request"))["Credentials"]
        refused = code_of(assume, **told, WebIdentityToken=web_identity("repo:company/search:ref:refs/heads/main"))
    finally:
        iam.delete_role(RoleName="for-workflows")

    assert given["AccessKeyId"].startswith("ASIA")
    assert refused == "AccessDenied"
