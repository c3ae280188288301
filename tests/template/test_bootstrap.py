"""The execution policy for `cdk bootstrap`: enough for every resource of the matrix, and for little else."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.template.deployment import resource_schema
from tests.template.matrix import ROOT, Synthesis, lists

BASE, COMPANY, SCALING = (
    json.loads((ROOT / "bootstrap" / f"{name}-policy.json").read_text(encoding="utf-8")) for name in ("execution", "company", "autoscaling")
)
# What CloudFormation may do in an account with every setting for companies, and for endpoints that are scaled.
POLICY = {"Statement": [*BASE["Statement"], *COMPANY["Statement"], *SCALING["Statement"]]}
# Types and actions that only these settings need: the execution policy is without them.
SCALING_TYPES = {"AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"}
COMPANY_TYPES = {
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::ManagedPolicy",
    "AWS::KMS::Key",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
    *SCALING_TYPES,
}
COMPANY_ACTIONS = ("kms:*", "logs:*ssociateKmsKey", "s3:PutBucketLogging", "iam:*PermissionsBoundary")

# What AWS's resource schemas list for features that no template here uses, and that the policy therefore leaves out.
UNUSED = {
    "s3:REST.PUT.OBJECT": "no IAM action at all; the schema of log groups names it for vended logs",
    "iam:*User*": "policies are put on roles only",
    "iam:*Group*": "policies are put on roles only",
    "iam:*tachRolePolicy": "no role takes a managed policy",
    "billing:GetBillingViewData": "no budget is one of a billing view",
    "kms:CreateGrant": "no function's variables are encrypted with a customer's key; endpoints need it, and have a statement",
    "kms:Decrypt": "no function's variables are encrypted with a customer's key, and no event source's filter",
    "kms:Encrypt": "no function's variables are encrypted with a customer's key",
    "kms:GenerateDataKey": "no state machine is encrypted with a customer's key",
    "ec2:*": "no function stands in a network of the account",
    "elasticfilesystem:*": "no function mounts a file system",
    "s3files:*": "no function mounts a file system",
    "firehose:*": "no log group delivers to a stream",
    "s3tables:*": "the bucket has no metadata tables",
    "sagemaker:PutModelPackageGroupPolicy": "no other account looks at the models",
    "application-autoscaling:PutScheduledAction": "no scheduled scaling",
    "application-autoscaling:DeleteScheduledAction": "no scheduled scaling",
    "cloudwatch:GetMetricData": "no predictive scaling",
    "lambda:*ProvisionedConcurrencyConfig": "no function has provisioned concurrency",
    "lambda:*CodeSigning*": "functions are not signed",
    "lambda:*Concurrency": "no function reserves concurrency",
    "lambda:*RecursionConfig": "recursion detection stays as it is",
    "lambda:*ScalingConfig": "no capacity provider",
    "lambda:PassCapacityProvider": "no capacity provider",
    "lambda:AssociateRuntimeAlias": "no runtime alias",
    "lambda:GetLayerVersion": "no function has a layer",
    "lambda:PublishVersion": "functions have no versions",
    "lambda:PutRuntimeManagementConfig": "functions take the runtime's updates as they come",
    "s3:GetObjectVersion": "no function's code is a version of an object",
    "logs:CreateLogDelivery": "nothing is vended",
    "logs:PutDataProtectionPolicy": "logs hold no personal data to mask",
    "logs:DeleteDataProtectionPolicy": "logs hold no personal data to mask",
    "logs:PutIndexPolicy": "no field index",
    "logs:DeleteIndexPolicy": "no field index",
    "logs:*ResourcePolicy": "no resource policy",
    "logs:PutLogGroupDeletionProtection": "log groups go with their stack",
    "logs:PutBearerTokenAuthentication": "no bearer tokens",
    "sns:SetSubscriptionAttributes": "a subscription has no attributes",
    "sns:PutDataProtectionPolicy": "no data protection policy",
    "s3:*Abac": "no attribute-based access",
    "s3:*Analytics*": "no analytics",
    "s3:*Inventory*": "no inventory",
    "s3:*Metrics*": "no request metrics",
    "s3:*Replication*": "no replication",
    "s3:*Website": "no website",
    "s3:*Accelerate*": "no acceleration",
    "s3:*ObjectLock*": "no object lock",
    "s3:*IntelligentTiering*": "no tiering",
    "s3:*Metadata*": "no metadata tables",
    "s3:*Acl": "ACLs are off",
    "s3:*C[Oo][Rr][Ss]": "no cross-origin rules",
    "s3:DeleteBucketEncryption": "encryption is never removed",
    "s3:DeleteBucketLifecycle": "lifecycle rules are never removed",
    "s3:DeleteObject": "the function `empty_bucket` empties the bucket",
}

# An identifier that CloudFormation would make up, by type; "dev" stands for any stage.
NAMES = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/1",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/1",
    "AWS::Budgets::Budget": "arn:aws:budgets::123456789012:budget/blazingtext-dev-training-Budget-1",
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:blazingtext-dev-training-Alarm-1",
    "AWS::CloudWatch::Dashboard": "arn:aws:cloudwatch::123456789012:dashboard/blazingtext-dev",
    "AWS::Events::Rule": "arn:aws:events:eu-west-1:123456789012:rule/blazingtext-dev-training-Rule-1",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::123456789012:policy/blazingtext-dev-training-People-1",
    "AWS::IAM::Policy": "arn:aws:iam::123456789012:role/blazingtext-dev-training-Role-1",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/blazingtext-dev-training-Role-1",
    "AWS::KMS::Key": "arn:aws:kms:eu-west-1:123456789012:key/1",
    "AWS::Lambda::EventInvokeConfig": "arn:aws:lambda:eu-west-1:123456789012:function:blazingtext-dev-training-Function-1",
    "AWS::Lambda::EventSourceMapping": "arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:1",
    "AWS::Lambda::Function": "arn:aws:lambda:eu-west-1:123456789012:function:blazingtext-dev-training-Function-1",
    "AWS::Lambda::Permission": "arn:aws:lambda:eu-west-1:123456789012:function:blazingtext-dev-training-Function-1",
    "AWS::Logs::LogGroup": "arn:aws:logs:eu-west-1:123456789012:log-group:blazingtext-dev-training-Logs-1",
    "AWS::S3::Bucket": "arn:aws:s3:::blazingtext-dev-storage-bucket-1",
    "AWS::S3::BucketPolicy": "arn:aws:s3:::blazingtext-dev-storage-bucket-1",
    "AWS::SNS::Subscription": "arn:aws:sns:eu-west-1:123456789012:blazingtext-dev-training-Topic-1",
    "AWS::SNS::Topic": "arn:aws:sns:eu-west-1:123456789012:blazingtext-dev-training-Topic-1",
    "AWS::SNS::TopicPolicy": "arn:aws:sns:eu-west-1:123456789012:blazingtext-dev-training-Topic-1",
    "AWS::SQS::Queue": "arn:aws:sqs:eu-west-1:123456789012:blazingtext-dev-training-Queue-1",
    "AWS::SQS::QueuePolicy": "arn:aws:sqs:eu-west-1:123456789012:blazingtext-dev-training-Queue-1",
    "AWS::Scheduler::Schedule": "arn:aws:scheduler:eu-west-1:123456789012:schedule/blazingtext-dev-schedules/pause",
    "AWS::Scheduler::ScheduleGroup": "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/blazingtext-dev-schedules",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:eu-west-1:123456789012:stateMachine:blazingtext-dev-serving-update",
    "AWS::SageMaker::Endpoint": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/blazingtext-dev",
    "AWS::SageMaker::EndpointConfig": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/Config-1",
    "AWS::SageMaker::ModelPackageGroup": "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/blazingtext-dev-models-1",
    "AWS::SageMaker::Model": "arn:aws:sagemaker:eu-west-1:123456789012:model/Model-1",
}
ASSET = "arn:aws:s3:::cdk-blzgtxt-assets-123456789012-eu-west-1/1.zip"
ROLE = NAMES["AWS::IAM::Role"]
SCALING_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
SCALING_ROLE = (
    f"arn:aws:iam::123456789012:role/aws-service-role/{SCALING_SERVICE}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
# What CloudFormation's requests say of themselves.
CONTEXT = {
    "iam:PassedToService": "lambda.amazonaws.com",
    "iam:AWSServiceName": SCALING_SERVICE,
    "application-autoscaling:service-namespace": "sagemaker",
}
# IAM is asked about no resource (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html).
SUBSCRIPTIONS = ("sns:Unsubscribe", "sns:GetSubscriptionAttributes")


def allows(action: str, resource: str, **context: str) -> bool:
    return allowed_by(POLICY, action, resource, context)


def allowed_by(policy: dict[str, Any], action: str, resource: str, context: dict[str, str]) -> bool:
    return any(_matches(statement, action, resource, context) for statement in policy["Statement"])


def _matches(statement: dict[str, Any], action: str, resource: str, context: dict[str, str]) -> bool:
    conditions = [
        (operator, key, lists(values)) for operator, keys in statement.get("Condition", {}).items() for key, values in keys.items()
    ]
    return (
        any(fnmatchcase(action.lower(), pattern.lower()) for pattern in lists(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in lists(statement["Resource"]))
        and all(_holds(operator, context.get(key), values) for operator, key, values in conditions)
    )


def _holds(operator: str, given: str | None, values: list[str]) -> bool:
    if operator == "ForAllValues:StringLike":
        return given is None or any(fnmatchcase(given, pattern) for pattern in values)
    assert operator in {"StringEquals", "Bool"}
    return given in values


def needed(type_: str) -> set[str]:
    """The actions that AWS's own schema names for creating, reading, changing and deleting a type, but for features not used."""
    handlers = resource_schema(type_)["handlers"]
    actions = {action for verb in ("create", "read", "update", "delete") for action in handlers.get(verb, {}).get("permissions", [])}
    return {action for action in actions if not any(fnmatchcase(action, unused) for unused in UNUSED)}


def target(type_: str, action: str) -> str:
    """What an action of a type's handler is about, where it is not the resource itself."""
    if action == "s3:GetObject":
        return ASSET
    if action in SUBSCRIPTIONS:
        return "*"
    if action == "iam:CreateServiceLinkedRole":
        return SCALING_ROLE
    if type_ in SCALING_TYPES and action.startswith("cloudwatch:"):
        return NAMES["AWS::CloudWatch::Alarm"]
    return ROLE if action.startswith("iam:") and type_ != "AWS::IAM::ManagedPolicy" else NAMES[type_]


def types_of(matrix: dict[str, Synthesis]) -> set[str]:
    return {resource["Type"] for each in matrix.values() for _, resource in each.resources() if resource["Type"].startswith("AWS::")}


def test_the_types_are_those_of_the_matrix(whole_matrix: dict[str, Synthesis]) -> None:
    assert types_of(whole_matrix) == set(NAMES)


def test_the_policy_covers_every_resource_type() -> None:
    missing = {f"{type_}: {action}" for type_ in NAMES for action in needed(type_) if not allows(action, target(type_, action), **CONTEXT)}

    assert missing == set()


def test_without_settings_for_companies_the_execution_policy_is_enough() -> None:
    missing = {
        f"{type_}: {action}"
        for type_ in NAMES.keys() - COMPANY_TYPES
        for action in needed(type_)
        if not any(fnmatchcase(action, pattern) for pattern in COMPANY_ACTIONS)
        if not allowed_by(BASE, action, target(type_, action), CONTEXT)
    }

    assert missing == set()
    assert not [action for statement in BASE["Statement"] for action in lists(statement["Action"]) if action.startswith("kms:")]


def test_a_key_is_handed_on_to_services_only_and_decrypts_nothing_for_cloudformation() -> None:
    key = NAMES["AWS::KMS::Key"]

    assert allows("kms:CreateGrant", key, **{"kms:GrantIsForAWSResource": "true"})
    assert not allows("kms:CreateGrant", key)
    assert not [action for action in ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom") if allows(action, key)]


def test_the_policy_covers_what_cloudformation_does_besides() -> None:
    function = NAMES["AWS::Lambda::Function"]
    assert allows("lambda:InvokeFunction", function), "custom resources"
    for action in ("ssm:GetParameter", "ssm:GetParameters"):
        # What CDK's own bootstrap template allows for reading its version.
        assert allows(action, "arn:aws:ssm:eu-west-1:123456789012:parameter/cdk-bootstrap/blzgtxt/version")
    assert allows("cloudformation:DescribeStacks", "arn:aws:cloudformation:eu-west-1:123456789012:stack/blazingtext-dev-storage/1")
    assert allows("iam:PassRole", ROLE, **{"iam:PassedToService": "sagemaker.amazonaws.com"})
    assert allows("iam:PassRole", ROLE, **{"iam:PassedToService": "states.amazonaws.com"})
    assert allows("iam:PassRole", ROLE, **{"iam:PassedToService": "scheduler.amazonaws.com"})


def test_what_is_said_to_be_unused_is_what_the_schemas_name() -> None:
    named = {
        action for type_ in NAMES for handler in resource_schema(type_)["handlers"].values() for action in handler.get("permissions", [])
    }

    assert [pattern for pattern in UNUSED if not any(fnmatchcase(action, pattern) for action in named)] == []


def test_the_log_group_of_the_endpoint_which_has_sagemakers_name_is_as_much_the_stacks_as_the_others() -> None:
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/blazingtext-dev"
    of_groups = {action for action in needed("AWS::Logs::LogGroup") if allows(action, NAMES["AWS::Logs::LogGroup"])}

    assert {action for action in of_groups if not allows(action, group)} == set()


@pytest.mark.parametrize("action", ["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"])
def test_who_makes_an_endpoint_is_asked_about_its_configuration_too(action: str) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html"""
    assert allows(action, NAMES["AWS::SageMaker::EndpointConfig"])


@pytest.mark.parametrize(
    ("instance", "allowed"),
    [
        ("ml.c5.xlarge", True),
        ("ml.m4.xlarge", True),
        ("ml.r5.large", True),
        ("ml.t2.medium", True),
        ("ml.p3.2xlarge", False),
        ("ml.g5.xlarge", False),
        ("ml.inf1.xlarge", False),
        ("ml.trn1.2xlarge", False),
    ],
)
def test_endpoints_are_made_on_cpu_instances_only(instance: str, allowed: bool) -> None:
    types = {"sagemaker:InstanceTypes": instance}

    assert allows("sagemaker:CreateEndpointConfig", NAMES["AWS::SageMaker::EndpointConfig"], **types) is allowed


@pytest.mark.parametrize("policy", [BASE, COMPANY], ids=["execution", "company"])
def test_each_policy_is_one_that_iam_takes_and_only_allows(policy: dict[str, Any]) -> None:
    assert policy.keys() == {"Version", "Statement"}
    # Of the two versions, the one that knows policy variables.
    assert policy["Version"] == "2012-10-17"
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        assert statement.keys() - {"Condition"} == {"Sid", "Effect", "Action", "Resource"}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:DeleteBucket", "arn:aws:s3:::somebody-elses"),
        ("s3:GetObject", "arn:aws:s3:::somebody-elses/secret"),
        ("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/Admin"),
        ("iam:AttachRolePolicy", ROLE),
        ("iam:CreateUser", "arn:aws:iam::123456789012:user/blazingtext-x"),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:somebody-elses"),
        ("sagemaker:DeleteEndpoint", "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/somebody-elses"),
        ("scheduler:DeleteSchedule", "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/somebody-elses"),
        ("sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:123456789012:somebody-elses"),
        ("states:UpdateStateMachine", "arn:aws:states:eu-west-1:123456789012:stateMachine:somebody-elses"),
        ("states:StartExecution", NAMES["AWS::StepFunctions::StateMachine"]),
        ("sts:AssumeRole", ROLE),
    ],
)
def test_the_policy_allows_nothing_outside_the_project(action: str, resource: str) -> None:
    assert not allows(action, resource)


def test_roles_are_passed_only_to_the_services_that_use_them() -> None:
    assert not allows("iam:PassRole", ROLE, **{"iam:PassedToService": "ec2.amazonaws.com"})
    assert not allows("iam:PassRole", ROLE)


def test_only_endpoints_are_scaled_and_no_other_service_gets_a_role_of_its_own() -> None:
    target_ = NAMES["AWS::ApplicationAutoScaling::ScalableTarget"]

    assert not allows("application-autoscaling:RegisterScalableTarget", target_, **{"application-autoscaling:service-namespace": "ecs"})
    assert not allows("application-autoscaling:PutScheduledAction", target_, **CONTEXT)
    assert not allows("iam:CreateServiceLinkedRole", SCALING_ROLE, **{"iam:AWSServiceName": "ecs.amazonaws.com"})


@pytest.mark.parametrize("policy", [BASE, COMPANY, SCALING], ids=["execution", "company", "autoscaling"])
def test_each_policy_fits_into_one_managed_policy(policy: dict[str, Any]) -> None:
    assert len(json.dumps(policy, separators=(",", ":"))) <= 6144


def test_no_statement_allows_a_whole_service_and_no_resource_names_a_partition() -> None:
    for statement in POLICY["Statement"]:
        assert not [action for action in lists(statement["Action"]) if action.endswith(":*") or action == "*"]
        assert not [resource for resource in lists(statement["Resource"]) if resource.startswith("arn:aws")]
