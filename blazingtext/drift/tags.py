"""Tags: those that the templates give, on everything that has some; tags of other keys, and AWS's own, are nobody's concern here."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from ..cloud import Cloud
from .comparison import Finding, same
from .template import Deployed, Resource

_ROLE = "AWS::IAM::Role"
# Those that the Resource Groups Tagging API knows by the same ARN as their stack does, and that people look for by their tags:
# https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
_TYPES = (
    "AWS::CloudWatch::Alarm",
    "AWS::Events::Rule",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::StepFunctions::StateMachine",
)
# https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
_MOST_ARNS = 100


def tags(cloud: Cloud, stacks: tuple[Deployed, ...]) -> Iterator[Finding]:
    """Which tags of some stacks' resources are gone, or have another value."""
    tagged = [(stack.arn(each), each) for stack in stacks for each in stack.resources(*_TYPES) if "Tags" in each.properties]
    found = _of_resources(cloud, [arn for arn, _ in tagged])
    for arn, resource in tagged:
        yield from _different(resource, found.get(arn, {}), f"aws resourcegroupstaggingapi tag-resources --resource-arn-list {arn} --tags")
    for role in (each for stack in stacks for each in stack.resources(_ROLE) if "Tags" in each.properties):
        listed = cloud.client("iam").get_role(RoleName=role.id)["Role"].get("Tags", [])
        yield from _different(role, _by_key(listed), f"aws iam tag-role --role-name {role.id} --tags")


def _of_resources(cloud: Cloud, arns: list[str]) -> dict[str, dict[str, str]]:
    """The tags of some resources, by ARN; one without tags may be missing."""
    client = cloud.client("resourcegroupstaggingapi")
    parts = [arns[begin : begin + _MOST_ARNS] for begin in range(0, len(arns), _MOST_ARNS)]
    answers = [client.get_resources(ResourceARNList=part) for part in parts]
    return {each["ResourceARN"]: _by_key(each["Tags"]) for answer in answers for each in answer["ResourceTagMappingList"]}


def _by_key(listed: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {each["Key"]: each["Value"] for each in listed}


def _different(resource: Resource, actual: Mapping[str, str], command: str) -> Iterator[Finding]:
    declared = _by_key(resource.properties["Tags"])
    wrong = {key: value for key, value in declared.items() if key not in actual or not same(value, actual[key])}
    if not wrong:
        return
    said = "; ".join(
        f'its tag {key} is "{actual[key]}", and its template says "{value}"' if key in actual else f"its tag {key} is gone"
        for key, value in wrong.items()
    )
    yield Finding("tags", _name(resource.id), f"{said[0].upper()}{said[1:]}.", f"{command} {shlex.quote(_given(resource.type, wrong))}")


def _given(type_: str, wanted: Mapping[str, Any]) -> str:
    """Tags as the command line of AWS takes them."""
    as_list = [{"Key": key, "Value": value} for key, value in wanted.items()]
    return json.dumps(as_list if type_ == _ROLE else dict(wanted), default=str)


def _name(id_: str) -> str:
    """The end of an ARN or of a queue's address."""
    return id_ if id_.startswith("/") else id_.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
