"""A request that comes from the caller itself has `aws:ViaAWSService` false.

ministack gives no such key, so a policy that allows or denies by it never matches. With CloudFormation in between it is true, and
`aws:CalledVia` names it (stack_permissions).
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-viaawsservice
"""

from __future__ import annotations

from ..emulator.internals import Json, internal


def apply() -> None:
    """Give the key to the policies with every request."""
    actions = internal("core.iam_actions")
    original = actions.request_tag_context

    def request_context(service: str, iam_action: str, body: bytes, params: Json) -> Json:
        found: Json = original(service, iam_action, body, params)
        return {"aws:ViaAWSService": "false", **found}

    actions.request_tag_context = request_context
