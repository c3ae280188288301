"""AWS managed policies are AWS's: 1,582 documents, as `data/managed_policies` has them.

ministack has 41 of them, some older than AWS's
(https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces some

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from typing import Final

from ..emulator.internals import Json, internal

_DATA: Final = "data/managed_policies/policies.json.gz"


def apply() -> None:
    """Put AWS's documents in place of ministack's; a policy that both know keeps its description, which only ministack has."""
    iam = internal("services.iam")
    descriptions = {arn: record["Description"] for arn, record in iam._aws_managed_policies.items()}
    records = (_record(name, policy) for name, policy in load().items())
    iam._aws_managed_policies.clear()
    iam._aws_managed_policies.update({record["Arn"]: {**record, "Description": descriptions.get(record["Arn"], "")} for record in records})


def load() -> dict[str, Json]:
    """Name -> path, version, document and dates."""
    found: dict[str, Json] = json.loads(gzip.decompress(files(__package__.rpartition(".")[0]).joinpath(_DATA).read_bytes()))
    return found


def _record(name: str, policy: Json) -> Json:
    """A policy as ministack keeps one."""
    made: Json = internal("services.iam")._make_aws_managed_record(f"{policy['Path']}{name}".removeprefix("/"), policy["Document"])
    created, changed = (f"{policy[key].removesuffix('+00:00')}Z" for key in ("CreateDate", "UpdateDate"))
    version = {"Document": policy["Document"], "VersionId": policy["DefaultVersionId"], "IsDefaultVersion": True, "CreateDate": changed}
    dates = {"CreateDate": created, "UpdateDate": changed}
    return {**made, **dates, "DefaultVersionId": policy["DefaultVersionId"], "Versions": {policy["DefaultVersionId"]: version}}
