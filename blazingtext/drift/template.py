"""A deployed template with its values put in: what CloudFormation was told, as the services should have it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..errors import NotDeployedError


class Unknown:
    """A value that only CloudFormation can tell; it equals every other."""

    def __repr__(self) -> str:
        return "(known to CloudFormation only)"


UNKNOWN = Unknown()
# What Fn::GetAtt gives, by the resource's type and the attribute: from its physical id.
_ARNS: Mapping[str, str] = {
    "AWS::IAM::Role": "iam::{account}:role/{id}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{id}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
    "AWS::S3::Bucket": "s3:::{id}",
    "AWS::Events::Rule": "events:{region}:{account}:rule/{name}",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{id}:*",
    "AWS::KMS::Key": "kms:{region}:{account}:key/{id}",
    "AWS::CloudWatch::Alarm": "cloudwatch:{region}:{account}:alarm:{id}",
    "AWS::Scheduler::ScheduleGroup": "scheduler:{region}:{account}:schedule-group/{id}",
}
_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True)
class Resource:
    """A resource of a stack that exists.

    Attributes:
        logical_id: its name in the template.
        type: for example ``AWS::IAM::Role``.
        id: its physical id.
        properties: those of the template, with values put in; `UNKNOWN` where only CloudFormation knows.
    """

    logical_id: str
    type: str
    id: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Deployed:
    """A deployed stack.

    Args:
        cloud: the stage.
        name: the stack's name.
    """

    cloud: Cloud
    name: str

    def resources(self, *types: str) -> Iterator[Resource]:
        """Those of some types, as far as the stack has made them."""
        for logical_id, resource in self._template["Resources"].items():
            if resource["Type"] in types and logical_id in self._ids:
                yield Resource(logical_id, resource["Type"], self._ids[logical_id], self._resolved(resource.get("Properties", {})))

    def arn(self, resource: Resource) -> str:
        """The ARN of one of its resources; that of a log group without what is in it, as its tags are kept."""
        return resource.id if resource.id.startswith("arn:") else self._arn(resource.type, resource.id).removesuffix(":*")

    @cached_property
    def _stack(self) -> Mapping[str, Any]:
        found = self.cloud.find_stack(self.name)
        if found is None:
            raise NotDeployedError(f"There is no stack {self.name}, so nothing to compare the account with.", self.cloud.stage)
        return found

    @cached_property
    def _template(self) -> Mapping[str, Any]:
        with translating_aws_errors(f"read the template of {self.name}"):
            body: Any = self.cloud.cloudformation.get_template(StackName=self.name, TemplateStage="Processed")["TemplateBody"]
        found: Mapping[str, Any] = json.loads(body) if isinstance(body, str) else body
        return found

    @cached_property
    def _ids(self) -> Mapping[str, str]:
        self._stack  # noqa: B018 - a stack that is not there is said to be so
        with translating_aws_errors(f"read the resources of {self.name}"):
            pages = self.cloud.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
            listed = [each for page in pages for each in page["StackResourceSummaries"]]
        gone = "DELETE_COMPLETE"
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed
                if each.get("PhysicalResourceId") and each["ResourceStatus"] != gone}  # fmt: skip

    @cached_property
    def _values(self) -> Mapping[str, Any]:
        """What `Ref` gives beside resources."""
        _, partition, _, region, account, *_ = self._stack["StackId"].split(":")
        given = {
            each["ParameterKey"]: each.get("ResolvedValue", each.get("ParameterValue", "")) for each in self._stack.get("Parameters", [])
        }
        pseudo = {"Partition": partition, "Region": region, "AccountId": account, "StackName": self.name, "StackId": self._stack["StackId"]}
        pseudo["URLSuffix"] = _SUFFIXES.get(partition, "amazonaws.com")
        return {**given, **{f"AWS::{key}": value for key, value in pseudo.items()}}

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self._resolved, value) if each is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref":
                return self._referred(argument)
            if function.startswith("Fn::"):
                known = self._functions.get(function)
                return known(argument) if known else UNKNOWN
        # `AWS::NoValue` leaves a property out.
        return {key: each for key, part in value.items() if (each := self._resolved(part)) is not None}

    @property
    def _functions(self) -> Mapping[str, Callable[[Any], Any]]:
        return {"Fn::Join": self._joined, "Fn::GetAtt": self._attribute, "Fn::If": self._chosen, "Fn::GetStackOutput": self._output}

    def _referred(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return None
        return self._ids.get(name, self._values.get(name, UNKNOWN))

    def _joined(self, argument: Any) -> Any:
        separator, parts = argument
        found = self._resolved(parts)
        return UNKNOWN if not isinstance(found, list) or UNKNOWN in found else separator.join(map(str, found))

    def _attribute(self, argument: Any) -> Any:
        logical_id, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        resource, id_ = self._template["Resources"].get(logical_id, {}), self._ids.get(logical_id, "")
        form = _ARNS.get(resource.get("Type", ""))
        name = id_.rsplit("/", 1)[-1]
        if not id_ or attribute not in {"Arn", "QueueName", "TopicName"} or (attribute == "Arn" and form is None):
            return UNKNOWN
        return self._arn(resource["Type"], id_) if attribute == "Arn" else name.rsplit(":", 1)[-1]

    def _arn(self, type_: str, id_: str) -> str:
        values = self._values
        return f"arn:{values['AWS::Partition']}:" + _ARNS[type_].format(
            id=id_, name=id_.rsplit("/", 1)[-1], region=values["AWS::Region"], account=values["AWS::AccountId"]
        )

    def _chosen(self, argument: Any) -> Any:
        condition, then, otherwise = argument
        holds = self._holds(self._template.get("Conditions", {}).get(condition))
        return UNKNOWN if holds is None else self._resolved(then if holds else otherwise)

    def _holds(self, condition: Any) -> bool | None:
        """Whether a condition does; None when that cannot be told."""
        if not isinstance(condition, dict) or len(condition) != 1:
            return None
        ((function, argument),) = condition.items()
        if function == "Condition":
            return self._holds(self._template["Conditions"].get(argument))
        if function == "Fn::Equals":
            left, right = self._resolved(argument)
            return None if UNKNOWN in (left, right) else left == right
        parts = [self._holds(each) for each in argument]
        if None in parts:
            return None
        return {"Fn::Not": lambda: not parts[0], "Fn::And": lambda: all(parts), "Fn::Or": lambda: any(parts)}.get(function, lambda: None)()

    def _output(self, argument: Any) -> Any:
        """Of another stack of the account and region."""
        name = self._resolved(argument["StackName"])
        return self.cloud.outputs(name).get(argument["OutputName"], UNKNOWN)
