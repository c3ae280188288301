"""ListPolicies comes in pages of 100, as `MaxItems` and `Marker` say, and knows `OnlyAttached` and `PolicyUsageFilter`.

ministack lists everything at once (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from xml.sax.saxutils import escape

from ..emulator.internals import Json, internal

_PAGE: Final = 100
_LARGEST: Final = 1000


def apply() -> None:
    """List policies page by page."""
    internal("services.iam")._IAM_HANDLERS["ListPolicies"] = _list


def _list(parameters: Json) -> Any:
    iam = internal("services.iam")
    size, start = iam._p(parameters, "MaxItems") or str(_PAGE), iam._p(parameters, "Marker") or "0"
    if not size.isdecimal() or not 1 <= int(size) <= _LARGEST:
        words = f"Value '{size}' at 'maxItems' failed to satisfy constraint: Member must be between 1 and {_LARGEST}"
        return iam._error(400, "ValidationError", f"1 validation error detected: {escape(words)}", ns="iam")
    if not start.isdecimal():
        return iam._error(400, "ValidationError", f"Invalid Marker: {escape(start)}", ns="iam")
    usage, end = iam._boundary_usage_counts(), int(start) + int(size)
    found = [arn for arn in _asked_for(parameters) if _in_use(arn, parameters, usage)]
    members = "".join(f"<member>{iam._managed_policy_xml(arn, usage)}</member>" for arn in found[int(start) : end])
    more = end < len(found)
    marker = f"<Marker>{end}</Marker>" if more else ""
    body = f"<ListPoliciesResult><Policies>{members}</Policies><IsTruncated>{str(more).lower()}</IsTruncated>{marker}</ListPoliciesResult>"
    return iam._xml(200, "ListPoliciesResponse", body, ns="iam")


def _asked_for(parameters: Json) -> Iterator[str]:
    """The ARNs of the policies in the scope and below the path asked for."""
    iam = internal("services.iam")
    scope, prefix = iam._p(parameters, "Scope") or "All", iam._p(parameters, "PathPrefix") or "/"
    for kind, records in (("Local", iam._policies), ("AWS", iam._aws_managed_policies)):
        if scope in {"All", kind}:
            yield from (arn for arn, record in records.items() if record.get("Path", "/").startswith(prefix))


def _in_use(arn: str, parameters: Json, boundaries: dict[str, int]) -> bool:
    """Whether a policy is used in the way asked for; every one is when nothing is asked."""
    iam = internal("services.iam")
    filtered = iam._p(parameters, "PolicyUsageFilter")
    if filtered == "PermissionsBoundary":
        return bool(boundaries.get(arn))
    attached = (
        iam._aws_managed_attachment_counts.get(arn, 0) if iam._is_aws_managed_arn(arn) else iam._policies[arn]["AttachmentCount"]
    ) > 0
    return bool(attached or not (filtered == "PermissionsPolicy" or iam._p(parameters, "OnlyAttached").lower() == "true"))
