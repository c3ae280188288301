"""What the stacks let each role do, action by action, and a role that for a while may do one thing less."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.faults.stage import Stage
from tests.template.matrix import Synthesis
from tests.template.references import name, named, statements

MANAGED = "AWS::IAM::ManagedPolicy"
_PSEUDO = re.compile(r"<AWS::\w+>")
_ANY_ONE = re.compile(r"^(subnet|security-group)/.*")


@dataclass(frozen=True, order=True)
class Grant:
    """One action of one statement.

    Attributes:
        role: the construct that it is given to: a role, or a managed policy for people.
        action: the action.
        on: the resources of its statement, as the tables have them.
        statement: the number of the statement in its document.
    """

    role: str
    action: str
    on: str
    statement: int

    @property
    def key(self) -> tuple[str, str, str]:
        """What an entry of the tables is found by."""
        return self.role, self.action, self.on


def grants(synthesis: Synthesis) -> Iterator[Grant]:
    """Everything that the roles of some stacks, and the managed policies for people, are granted."""
    for holder, document in documents(synthesis):
        for number, statement in enumerate(statements(synthesis, document)):
            assert statement["Effect"] == "Allow"
            on = ", ".join(sorted({_short(synthesis, resource) for resource in statement["Resource"]}))
            for action in statement["Action"]:
                yield Grant(holder, action, on, number)


def documents(synthesis: Synthesis) -> Iterator[tuple[str, dict[str, Any]]]:
    """Role, or managed policy, and its policy document."""
    for policy in named(synthesis, "AWS::IAM::Policy").values():
        (role,) = policy["Roles"]
        yield role.strip("<>"), policy["PolicyDocument"]
    for holder, policy in named(synthesis, MANAGED).items():
        yield holder, policy["PolicyDocument"]


def _short(synthesis: Synthesis, resource: str) -> str:
    """A resource as the tables name it: without partition, region and account, whatever the stage, the bucket and the key are called."""
    text = _PSEUDO.sub("", resource)
    if text.startswith("arn:"):
        text = "the key" if text.startswith("arn:aws:kms:") else text.split(":", 5)[5]
    text = text.replace("<CorporaBucket.Arn>/", "").replace("<CorporaBucket.Arn>", "the bucket").replace("<Key.Arn>", "the key")
    bucket, slash, key = text.partition("/")
    if bucket in synthesis.settings.source_buckets:
        text = f"a source bucket{slash}{key}"
    text = _ANY_ONE.sub(r"\1/...", text).replace(f"blazingtext-{synthesis.settings.stage}", "blazingtext-<stage>")
    return re.sub(r"<([A-Z]\w+)(?:\.Arn)?>", r"\1", text).removesuffix(".Arn")


class Holder:
    """A deployed role, or a stand-in for people who have a managed policy, and what it may do now.

    Args:
        stage: where it is deployed.
        role: the construct's name.
    """

    def __init__(self, stage: Stage, role: str) -> None:
        self._iam, self.stage, self.role = stage.client("iam"), stage, role
        self._clients: dict[str, Any] = {}

    @cached_property
    def document(self) -> dict[str, Any]:
        """Its policy as it was deployed."""
        if self._is_policy:
            arn = self.stage.physical(self.role, MANAGED)
            version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            return dict(self._iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])
        return dict(self._iam.get_role_policy(RoleName=self.name, PolicyName=self._policy)["PolicyDocument"])

    @cached_property
    def _is_policy(self) -> bool:
        found = [each["Type"] for template in self.stage.templates.values() for logical, each in template["Resources"].items()
                 if name(logical) == self.role]  # fmt: skip
        return MANAGED in found

    @cached_property
    def name(self) -> str:
        """The role's name; people with a managed policy are their stand-in."""
        return self.stand_in if self._is_policy else self.stage.physical(self.role, "AWS::IAM::Role")

    @cached_property
    def _policy(self) -> str:
        if self._is_policy:
            return "own"
        (policy,) = self._iam.list_role_policies(RoleName=self.name)["PolicyNames"]
        return str(policy)

    @cached_property
    def stand_in(self) -> str:
        """A role that this account may assume and that may do the same."""
        own = f"as-{self.role}-of-{self.stage.name}"
        trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self._iam.create_role(RoleName=own, AssumeRolePolicyDocument=document)
        self._put(own, "own", self.document)
        return own

    @cached_property
    def keys(self) -> dict[str, str]:
        """Credentials of the stand-in."""
        arn = self._iam.get_role(RoleName=self.stand_in)["Role"]["Arn"]
        given = self.stage.client("sts").assume_role(RoleArn=arn, RoleSessionName="attempt")["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def client(self, service: str) -> Any:
        """A client with the stand-in's credentials."""
        if service not in self._clients:
            self._clients[service] = self.stage.account.boto3(service, **self.keys)
        return self._clients[service]

    @contextmanager
    def without(self, *taken: Grant) -> Iterator[None]:
        """Takes actions out of its statements for a while, and out of those of its stand-in."""
        less = json.loads(json.dumps(self.document))
        for grant in taken:
            statement = less["Statement"][grant.statement]
            held = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert grant.action in held, f"{self.role} does not hold {grant.action}"
            statement["Action"] = [action for action in held if action != grant.action]
        for statement in less["Statement"]:
            # A statement needs an action: one that everybody may do stands in for none.
            statement["Action"] = statement["Action"] or ["sts:GetCallerIdentity"]
        self._put_all(less)
        try:
            yield
        finally:
            self._put_all(self.document)

    def _put_all(self, document: dict[str, Any]) -> None:
        for role, policy in {(self.name, self._policy), (self.stand_in, "own")}:
            self._put(role, policy, document)

    def _put(self, role: str, policy: str, document: dict[str, Any]) -> None:
        self._iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
