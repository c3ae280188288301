"""Service-linked roles: made by a service for itself, in the account of whoever uses it."""

# ruff: noqa: SLF001 - see internals.py: this file uses one

from __future__ import annotations

import json
import secrets
import string
import time
from dataclasses import dataclass

from ..arns import arn
from .identity import account_id
from .internals import internal


@dataclass(frozen=True)
class ServiceLinkedRole:
    """A role that only one service may assume.

    Args:
        name: the role's.
        service: the service's, for example `sagemaker.application-autoscaling.amazonaws.com`.
    """

    name: str
    service: str

    def find(self) -> str | None:
        """Its ARN; None before it is made."""
        role = internal("services.iam")._roles.get(self.name)
        return None if role is None else str(role["Arn"])

    def make(self) -> str:
        """Make it, as IAM's CreateServiceLinkedRole would; its ARN."""
        path = f"/aws-service-role/{self.service}/"
        trust = {"Effect": "Allow", "Principal": {"Service": self.service}, "Action": "sts:AssumeRole"}
        role = {
            "RoleName": self.name,
            "Arn": arn("iam", "", account_id(), f"role{path}{self.name}"),
            "RoleId": "AROA" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(17)),
            "CreateDate": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "Path": path,
            "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            "Description": "",
            "MaxSessionDuration": 3600,
            "AttachedPolicies": [],
            "InlinePolicies": {},
            "Tags": [],
        }
        internal("services.iam")._roles[self.name] = role
        return str(role["Arn"])
