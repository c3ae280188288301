"""CloudFormation makes, changes and deletes one resource of a stage's after another, with a role that lacks one action of its policies.

A stack of its own for each, so that an action costs one operation, not a deployment. What a resource refers to is the deployed stage's.
"""

import copy
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3

from blazingtext.cloud import Cloud
from blazingtext.drift.template import Deployed as DeployedStack
from blazingtext.drift.template import Unknown
from tests.faults.deployed_stacks import ASSETS, deployment_role, policy_of
from tests.faults.stage import IMAGE, Stage
from tests.parity.support import wait_until
from tests.template.matrix import lists

POLICIES = ("execution", "company", "autoscaling")
ROLE = "blazingtext-handlers"
ANYBODYS = "sts:GetCallerIdentity"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
# The property with the name, of the types that have one here.
NAMES = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": "PolicyName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::IAM::Policy": "PolicyName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
COPY = "copy.zip"
KEY_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
                                                      "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}]}  # fmt: skip
# How a template that reads another stack's output is called here.
OUTPUTS = "Fn::GetStackOutput"
MARK = {"Key": "owner", "Value": "search"}
# Each type, and what an update changes of it beside its tags.
CHANGES: dict[str, dict[str, Any]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": {"MaxCapacity": 3},
    "AWS::ApplicationAutoScaling::ScalingPolicy": {"PolicyName": "another"},
    "AWS::Budgets::Budget": {"ResourceTags": [{"Key": "team", "Value": "search"}]},
    "AWS::CloudWatch::Alarm": {"AlarmDescription": "another"},
    "AWS::CloudWatch::Dashboard": {"DashboardBody": '{"widgets": []}'},
    "AWS::Events::Rule": {"Description": "another"},
    "AWS::IAM::ManagedPolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ANYBODYS,
                                                                                          "Resource": "*"}]}},
    "AWS::IAM::Policy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ANYBODYS,
                                                                                   "Resource": "*"}]}},
    "AWS::IAM::Role": {
        "Description": "another",
        "PermissionsBoundary": None,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                                             "Principal": {"Service": "events.amazonaws.com"}}]},
    },
    "AWS::KMS::Key": {"Description": "another", "EnableKeyRotation": False, "Enabled": False, "KeyPolicy": KEY_POLICY},
    "AWS::Lambda::EventInvokeConfig": {"MaximumRetryAttempts": 1},
    "AWS::Lambda::EventSourceMapping": {"BatchSize": 2},
    "AWS::Lambda::Function": {"Timeout": 7, "Code": {"S3Bucket": ASSETS, "S3Key": COPY}},
    "AWS::Lambda::Permission": {},
    "AWS::Logs::LogGroup": {"RetentionInDays": None, "KmsKeyId": None},
    "AWS::S3::Bucket": {"NotificationConfiguration": None, "VersioningConfiguration": {"Status": "Suspended"}},
    "AWS::S3::BucketPolicy": {},
    "AWS::SNS::Subscription": {},
    "AWS::SNS::Topic": {"DisplayName": "another"},
    "AWS::SNS::TopicPolicy": {},
    "AWS::SQS::Queue": {"DelaySeconds": 1},
    "AWS::SQS::QueuePolicy": {},
    "AWS::SageMaker::Endpoint": {"EndpointConfigName": ROLE},
    "AWS::SageMaker::EndpointConfig": {},
    "AWS::SageMaker::Model": {},
    "AWS::SageMaker::ModelPackageGroup": {},
    "AWS::Scheduler::Schedule": {"Description": "another"},
    "AWS::Scheduler::ScheduleGroup": {},
    "AWS::StepFunctions::StateMachine": {"Definition": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}},
    "Custom::StopTrainingJobs": {},
    OUTPUTS: {},
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A resource as it is made, and as it is changed.

    Attributes:
        type: its type.
        properties: its properties.
        after: the properties that an update changes, with their values.
    """

    type: str
    properties: Mapping[str, Any]
    after: Mapping[str, Any] = field(default_factory=dict)

    @property
    def before(self) -> dict[str, Any]:
        """The resource as it is made."""
        return self._with(self.properties)

    @property
    def changed(self) -> dict[str, Any]:
        """The resource after the update."""
        return self._with({**self.properties, **self.after})

    def _with(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        given = {key: value for key, value in properties.items() if value is not None}
        return {"Type": "AWS::SNS::Topic" if self.type == OUTPUTS else self.type, "Properties": given}


class Handlers:
    """Stacks of one resource, and the role that CloudFormation has for them.

    Args:
        stage: the stage whose resources these are like; its model is live.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage, self._client = stage, stage.client("cloudformation")
        self.policies = {name: policy_of(name) for name in POLICIES}
        self._role = deployment_role(stage.account, ROLE, *self.policies.values())
        self._numbers = itertools.count()
        self._documents: dict[int, str] = {}

    @cached_property
    def samples(self) -> dict[str, Sample]:
        """A resource of each type."""
        return {each.type: each for each in samples(self._stage)}

    def without(self, *taken: tuple[str, str]) -> None:
        """From now on the role may do all that the policies say, but these actions, each of a statement by its Sid."""
        for number, policy in enumerate(self.policies.values()):
            less = copy.deepcopy(policy)
            for statement in less["Statement"]:
                # A statement needs an action: one that everybody may do stands in for none.
                statement["Action"] = [each for each in lists(statement["Action"]) if (statement["Sid"], each) not in taken] or [ANYBODYS]
            document = json.dumps(less)
            if document != self._documents.get(number):
                self._stage.client("iam").put_role_policy(RoleName=ROLE, PolicyName=f"policy-{number}", PolicyDocument=document)
                self._documents[number] = document

    def life(self, sample: Sample, *taken: tuple[str, str]) -> str:
        """What fails when a resource is made, changed and deleted without some actions; empty when nothing does."""
        stack = f"{ROLE}-{next(self._numbers)}"
        self.without(*taken)
        said = self._run("create", stack, sample.before)
        if not said and sample.after:
            said = self._run("update", stack, sample.changed)
        said = said or self._run("delete", stack)
        self.without()
        return said + self._run("delete", stack) if said else ""

    def remove(self) -> None:
        """Delete what was made beside the stage for the samples."""
        sagemaker = self._stage.client("sagemaker")
        sagemaker.delete_endpoint(EndpointName=ROLE)
        sagemaker.delete_endpoint_config(EndpointConfigName=ROLE)

    def _run(self, operation: str, stack: str, resource: Mapping[str, Any] | None = None) -> str:
        """One operation; why it failed, or an empty text."""
        asked: dict[str, Any] = {"StackName": stack, "RoleARN": self._role}
        if resource is not None:
            body = json.dumps({"Resources": {"One": resource}})
            asked |= {"TemplateBody": body, "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]}
        known = "" if operation == "create" else self._client.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
        begun = getattr(self._client, f"{operation}_stack")(**asked)
        identity = known or begun["StackId"]
        status = self._stage.settled(identity)
        return "" if status == f"{operation.upper()}_COMPLETE" else f"{status}: {self._stage.reasons(identity)}"


def samples(stage: Stage) -> Iterator[Sample]:
    """A resource of each type of the stage's templates, with another name; and those that only settings of other stages have."""
    found = _deployed(stage)
    given = _given(stage, _trusted_role(stage))
    for type_, changes in CHANGES.items():
        properties = found.get(type_, {}) | given.get(type_, {})
        if type_ in NAMES:
            properties[NAMES[type_]] = f"{ROLE}-{type_.rpartition(':')[2].lower()}"
        after = dict(changes)
        if isinstance(properties.get("Tags"), list):
            after["Tags"] = [MARK]
        yield Sample(type_, properties, after)


def _deployed(stage: Stage) -> dict[str, dict[str, Any]]:
    """The properties of one resource of each type, as the stage's stacks have them; what only CloudFormation knows is some text."""
    cloud = Cloud(stage.name, boto3.Session(region_name="us-east-1"))
    vars(cloud)["cloudformation"] = stage.client("cloudformation")
    found: dict[str, dict[str, Any]] = {}
    for name in stage.templates:
        stack = DeployedStack(cloud, name)
        for type_ in CHANGES:
            for each in stack.resources(type_):
                found.setdefault(type_, _known(each.properties))
    return found


def _known(value: Any) -> Any:
    if isinstance(value, Unknown):
        return "unknown"
    if isinstance(value, Mapping):
        return {key: _known(each) for key, each in value.items()}
    return [_known(each) for each in value] if isinstance(value, list) else value


def _trusted_role(stage: Stage) -> str:
    """A role that every service may assume, whatever its resource is called."""
    name = f"{ROLE}-trusted"
    services = [f"{each}.amazonaws.com" for each in ("lambda", "scheduler", "states", "sagemaker")]
    trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn: str = stage.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    return arn


def _another_endpoint(stage: Stage, live: str) -> tuple[str, dict[str, Any]]:
    """The live endpoint's configuration and its variant; there is a copy of both afterwards, and the copy can be scaled."""
    sagemaker = stage.client("sagemaker")
    config = str(sagemaker.describe_endpoint(EndpointName=live)["EndpointConfigName"])
    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    sagemaker.create_endpoint_config(EndpointConfigName=ROLE, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=ROLE, EndpointConfigName=ROLE)
    wait_until(lambda: sagemaker.describe_endpoint(EndpointName=ROLE)["EndpointStatus"] == "InService")
    stage.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker", ResourceId=f"endpoint/{ROLE}/variant/AllTraffic", MinCapacity=1, MaxCapacity=2,
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )  # fmt: skip
    return config, variant


def _given(stage: Stage, role: str) -> dict[str, dict[str, Any]]:
    """What is given to a type instead of, or beside, what the stage has."""
    live = f"blazingtext-{stage.name}"
    config, variant = _another_endpoint(stage, live)
    (function,) = {each["Properties"]["Code"]["S3Key"] for template in stage.templates.values()
                   for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function"}  # fmt: skip
    stage.client("s3").copy_object(Bucket=ASSETS, Key=COPY, CopySource={"Bucket": ASSETS, "Key": function})
    scalable = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
    topic = stage.output("training", "NotificationsTopicArn")
    return {
        "AWS::ApplicationAutoScaling::ScalableTarget": {
            **scalable, "ResourceId": f"endpoint/{live}/variant/AllTraffic", "MinCapacity": 1, "MaxCapacity": 2,
            "Tags": [{"Key": "stage", "Value": "handlers"}],
        },
        "AWS::ApplicationAutoScaling::ScalingPolicy": {
            **scalable, "ResourceId": f"endpoint/{ROLE}/variant/AllTraffic", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 100,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            },
        },
        "AWS::Budgets::Budget": {"Budget": {"BudgetName": f"{ROLE}-budget", "BudgetType": "COST", "TimeUnit": "MONTHLY",
                                            "BudgetLimit": {"Amount": 50, "Unit": "USD"}}, "ResourceTags": [MARK]},
        "AWS::IAM::Role": {"PermissionsBoundary": BOUNDARY},
        "AWS::Lambda::Function": {"Code": {"S3Bucket": ASSETS, "S3Key": function}, "Role": role},
        "AWS::S3::Bucket": {"LoggingConfiguration": {"DestinationBucketName": stage.bucket}},
        "AWS::SNS::Subscription": {"TopicArn": topic, "Protocol": "email", "Endpoint": "someone@example.org"},
        "AWS::SageMaker::Endpoint": {"EndpointConfigName": config, "DeploymentConfig": None},
        "AWS::SageMaker::EndpointConfig": {"ProductionVariants": [variant]},
        "AWS::SageMaker::Model": {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": stage.parameters()["ModelDataUrl"]}},
        "AWS::SageMaker::ModelPackageGroup": {"Tags": [{"Key": "stage", "Value": "handlers"}]},
        "AWS::StepFunctions::StateMachine": {"RoleArn": role},
        OUTPUTS: {"DisplayName": {"Fn::GetStackOutput": {"StackName": stage.stack("storage"), "OutputName": "BucketName"}}},
        "Custom::StopTrainingJobs": {"Stage": "handlers", "DeleteJobs": "false"},
    }  # fmt: skip
