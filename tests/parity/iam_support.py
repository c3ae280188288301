"""Roles for a test, clients that act as one, and the code a call is refused with."""

import base64
import json
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox


class Roles:
    """Roles for a test, and clients that act as one of them."""

    def __init__(self, account: Sandbox) -> None:
        self.account, self.iam = account, account.boto3("iam")
        self.names: list[str] = []

    def make(self, name: str, *statements: dict[str, Any], managed: tuple[str, ...] = (), service: str = "", **options: Any) -> str:
        """A role with these permissions, for a service or for everybody here; gives its ARN."""
        trusted = {"Service": service} if service else {"AWS": "000000000000"}
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}]}
        arn: str = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), **options)["Role"]["Arn"]
        self.names.append(name)
        if statements:
            document = {"Version": "2012-10-17", "Statement": list(statements)}
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
        for policy in managed:
            self.iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        return arn

    def client(self, service: str, arn: str) -> Any:
        given = self.account.boto3("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"]}
        return self.account.boto3(service, **keys, aws_session_token=given["SessionToken"])

    def remove(self) -> None:
        for name in self.names:
            for policy in self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
                self.iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
            for policy in self.iam.list_role_policies(RoleName=name)["PolicyNames"]:
                self.iam.delete_role_policy(RoleName=name, PolicyName=policy)
            self.iam.delete_role(RoleName=name)


def code_of(call: Any, **arguments: Any) -> str:
    """The error code a call is refused with; empty when it is not."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def web_identity(subject: str, issuer: str = "https://token.actions.githubusercontent.com") -> str:
    """An OIDC token, without a signature: the sandbox looks at its claims only."""
    parts: tuple[dict[str, str], ...] = ({"alg": "none"}, {"iss": issuer, "aud": "sts.amazonaws.com", "sub": subject}, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
