"""Which requests hand a role to a service, and whom the role must trust.

AWS's Service Authorization Reference lists the actions that depend on `iam:PassRole`; EventBridge's targets and Lambda's
`UpdateFunctionConfiguration` are missing there, and stand in their own guides. A resource type whose handlers list `iam:PassRole` says so
for the operations behind them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from .handler_permissions import main_action, table

#: Services that check their roles themselves: the SageMaker written here, and patches/state_machine_roles.py; CloudFormation's stack
#: roles are in patches/stack_roles.py. IAM's instance profiles name roles without an ARN, and S3's requests are XML: neither is asked
#: about.
ELSEWHERE: Final = frozenset({"sagemaker", "states", "cloudformation", "iam", "s3"})
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-iam-roles.html,
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
_ALSO: Final = frozenset({"events:PutTargets", "lambda:UpdateFunctionConfiguration"})
_PRINCIPALS: Final[Mapping[str, str]] = {"ecs": "ecs-tasks.amazonaws.com", "rds": "monitoring.rds.amazonaws.com"}


@dataclass(frozen=True)
class Trust:
    """How a service that looks at a role's trust refuses one that does not trust it.

    Args:
        code: the error's name.
        words: its message; `{role}` stands for the role's ARN.
    """

    code: str
    words: str


#: The services that refuse at once a role they cannot assume. The words are AWS's, as people report them: EventBridge's in
#: https://github.com/Miserlou/Zappa/issues/381.
TRUST: Final[Mapping[str, Trust]] = {
    "lambda": Trust("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
    "events": Trust("ValidationException", "Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'."),
    "scheduler": Trust("ValidationException", "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."),
}


def principal(service: str) -> str:
    """The service principal that a role is passed to."""
    return _PRINCIPALS.get(service, f"{service}.amazonaws.com")


@cache
def passing_actions() -> frozenset[str]:
    """Every action that hands a role over."""
    derived = set()
    for type_name, schema in table()["types"].items():
        for handler in ("create", "update"):
            if "iam:PassRole" in schema[handler]:
                known = [action for action in schema[handler] if action in table()["actions"] and action != "iam:PassRole"]
                derived.update(main_action(handler, known, type_name))
    return frozenset({*table()["passing"], *derived, *_ALSO})
