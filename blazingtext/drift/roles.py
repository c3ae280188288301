"""Roles: whom they trust, and every policy on them, also those that no template names."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from ..cloud import Cloud
from ..stages import cdk_command
from .comparison import Finding, same_policy
from .template import Deployed, Resource


def roles(cloud: Cloud, stacks: tuple[Deployed, ...]) -> Iterator[Finding]:
    """What is different about the roles of some stacks."""
    for stack in stacks:
        policies = list(stack.resources("AWS::IAM::Policy"))
        for role in stack.resources("AWS::IAM::Role"):
            yield from _role(cloud, role, policies)


def _role(cloud: Cloud, role: Resource, policies: list[Resource]) -> Iterator[Finding]:
    iam = cloud.client("iam")
    found = iam.get_role(RoleName=role.id)["Role"]
    deploy = cdk_command("deploy", cloud.stage)
    if not same_policy(role.properties["AssumeRolePolicyDocument"], found["AssumeRolePolicyDocument"]):
        document = shlex.quote(json.dumps(role.properties["AssumeRolePolicyDocument"], default=str))
        remedy = f"aws iam update-assume-role-policy --role-name {role.id} --policy-document {document}"
        yield Finding("trust", role.id, "It is trusted to others than its template says.", remedy)
    boundary, wanted = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"), role.properties.get("PermissionsBoundary")
    if boundary != wanted and isinstance(wanted, str | None):
        said = f"Its permissions boundary is {boundary or 'gone'}, and its template says {wanted or 'none'}."
        put = f"aws iam put-role-permissions-boundary --role-name {role.id} --permissions-boundary {wanted}"
        remove = f"aws iam delete-role-permissions-boundary --role-name {role.id}"
        yield Finding("permissions boundary", role.id, said, put if wanted else remove)
    yield from _inline(iam, role, policies, deploy)
    yield from _attached(iam, role)


def _inline(iam: Any, role: Resource, policies: list[Resource], deploy: str) -> Iterator[Finding]:
    declared: dict[str, Any] = {each["PolicyName"]: each["PolicyDocument"] for each in role.properties.get("Policies", [])}
    declared |= {
        each.properties["PolicyName"]: each.properties["PolicyDocument"] for each in policies if role.id in each.properties["Roles"]
    }
    names = [name for page in iam.get_paginator("list_role_policies").paginate(RoleName=role.id) for name in page["PolicyNames"]]
    for name in names:
        document = iam.get_role_policy(RoleName=role.id, PolicyName=name)["PolicyDocument"]
        if name not in declared:
            remedy = f"aws iam delete-role-policy --role-name {role.id} --policy-name {shlex.quote(name)}"
            yield Finding("inline policy", role.id, f"It has the inline policy {name}, which no template has.", remedy)
        elif not same_policy(declared[name], document):
            yield Finding("inline policy", role.id, f"Its inline policy {name} is not its template's.", _again(deploy))
    for name in declared.keys() - set(names):
        yield Finding("inline policy", role.id, f"Its inline policy {name} is gone.", _again(deploy))


def _again(deploy: str) -> str:
    """CloudFormation updates only what differs between two templates, so a deployment alone puts nothing back."""
    return f"Put it back as the stack's template has it; a changed template does: {deploy}"


def _attached(iam: Any, role: Resource) -> Iterator[Finding]:
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role.id)
    attached = {each["PolicyArn"] for page in pages for each in page["AttachedPolicies"]}
    declared = set(map(str, role.properties.get("ManagedPolicyArns", [])))
    for arn in sorted(attached - declared):
        remedy = f"aws iam detach-role-policy --role-name {role.id} --policy-arn {arn}"
        yield Finding("managed policy", role.id, f"It has the managed policy {arn}, which its template does not attach.", remedy)
    for arn in sorted(declared - attached):
        remedy = f"aws iam attach-role-policy --role-name {role.id} --policy-arn {arn}"
        yield Finding("managed policy", role.id, f"Its managed policy {arn} is detached.", remedy)
