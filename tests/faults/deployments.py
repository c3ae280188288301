"""The tables of docs/permissions.md about CloudFormation: for every action of `bootstrap/*.json`, what it cannot do without it.

Which handler of which type needs an action is AWS's own statement, in its resource schemas. What the sandbox does not ask for is listed
here; `test_deployments.py` shows that it asks for everything else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from tests.faults.deployed_stacks import policy_of
from tests.faults.handlers import OUTPUTS, POLICIES
from tests.template.deployment import resource_schema
from tests.template.matrix import lists
from tests.template.test_bootstrap import NAMES, UNUSED, target

SCHEMA_PAGE = "https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html"
_VERBS = {"create": "make", "update": "change", "delete": "delete", "read": "look at"}
_ENDPOINT = "AWS::SageMaker::Endpoint"
# What no handler of a type names: the words, and the type that shows it.
BESIDE: dict[tuple[str, str], tuple[str, str]] = {
    ("BootstrapVersion", "ssm:GetParameter"): ("see whether the bootstrap is recent enough", ""),
    ("BootstrapVersion", "ssm:GetParameters"): ("see whether the bootstrap is recent enough", ""),
    ("OutputsOfOurOtherStacks", "cloudformation:DescribeStacks"): ("read what another stack of the stage gives out", OUTPUTS),
    ("Functions", "lambda:InvokeFunction"): (
        "call the functions that stop jobs, empty the bucket and delete versions when a stack goes", "Custom::StopTrainingJobs",
    ),
    ("ModelsAndConfigurationsHaveMadeUpNames", "sagemaker:CreateEndpoint"): (
        "make an endpoint: who does is asked about its configuration, too", _ENDPOINT,
    ),
    ("ModelsAndConfigurationsHaveMadeUpNames", "sagemaker:UpdateEndpoint"): ("change an endpoint: likewise", _ENDPOINT),
    ("KeysOfEndpointVolumes", "kms:CreateGrant"): ("configure an endpoint whose volumes the stage's key encrypts", ""),
}  # fmt: skip
# By the gap of sandbox/data/unenforced.json: what CloudFormation reads of what it has made, a volume's key, and what it does
# besides its main action for types whose handlers the sandbox does not know in detail.
NOT_ASKED = {
    "stack-reads": {
        "application-autoscaling:DescribeScheduledActions", "application-autoscaling:ListTagsForResource", "budgets:ListTagsForResource",
        "budgets:ViewBudget", "cloudwatch:ListTagsForResource", "events:ListTagsForResource", "iam:GetPolicyVersion", "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus", "kms:ListResourceTags", "lambda:GetPolicy", "lambda:GetRuntimeManagementConfig", "lambda:ListTags",
        "logs:DescribeIndexPolicies", "logs:DescribeResourcePolicies", "logs:GetDataProtectionPolicy", "logs:ListTagsForResource",
        "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:ListTagsForResource",
        "sagemaker:GetModelPackageGroupPolicy", "sagemaker:ListTags", "scheduler:GetSchedule",
        "scheduler:GetScheduleGroup", "scheduler:ListTagsForResource", "sns:GetDataProtectionPolicy", "sns:ListSubscriptionsByTopic",
        "sns:ListTagsForResource", "sqs:ListQueueTags", "ssm:GetParameter", "ssm:GetParameters", "states:ListTagsForResource",
    },
    "volumes": {"kms:CreateGrant"},
    "stack-handlers": {
        "budgets:TagResource", "budgets:UntagResource", "s3:TagResource", "s3:UntagResource", "sagemaker:DeleteModelPackageGroupPolicy",
    },
}  # fmt: skip
# Asked for, but about an alarm.
_OF_DASHBOARDS = {("Dashboards", "cloudwatch:TagResource"), ("Dashboards", "cloudwatch:UntagResource")}


@dataclass(frozen=True)
class Action:
    """An action of a statement.

    Attributes:
        policy: which of the policies.
        sid: the statement's Sid.
        action: the action, perhaps with a wildcard.
    """

    policy: str
    sid: str
    action: str

    @property
    def is_asked(self) -> bool:
        """Whether the sandbox asks for it."""
        return (self.sid, self.action) not in _OF_DASHBOARDS and not any(self.action in actions for actions in NOT_ASKED.values())

    @property
    def types(self) -> list[str]:
        """The types of which some handler names it, and what shows it besides."""
        beside = BESIDE.get((self.sid, self.action), ("", ""))[1]
        return [*([beside] if beside else []), *self._needs]

    @property
    def fails(self) -> str:
        """What CloudFormation cannot do without it."""
        if (self.sid, self.action) in BESIDE:
            return BESIDE[self.sid, self.action][0]
        by_verbs: dict[tuple[str, ...], list[str]] = {}
        for type_, verbs in self._needs.items():
            by_verbs.setdefault(verbs, []).append(f"`{type_.removeprefix('AWS::')}`")
        return "; ".join(f"{', '.join(_VERBS[verb] for verb in verbs)} {', '.join(types)}" for verbs, types in by_verbs.items())

    @property
    def _needs(self) -> dict[str, tuple[str, ...]]:
        """The handlers that name it, by type: of types whose resources its statement is about."""
        statement = next(each for each in policy_of(self.policy)["Statement"] if each["Sid"] == self.sid)
        found = {}
        for type_ in sorted(NAMES):
            handlers = _handlers(type_)
            verbs = tuple(verb for verb in _VERBS if any(fnmatchcase(each, self.action) for each in handlers.get(verb, ())))
            about = target(type_, self.action)
            if verbs and any(fnmatchcase(about, pattern) or "*" in (about, pattern) for pattern in lists(statement["Resource"])):
                found[type_] = verbs
        return found


@cache
def _handlers(type_: str) -> dict[str, list[str]]:
    """What AWS's schema says that the handlers of a type need, but for features that are not used here."""
    handlers: dict[str, dict[str, Any]] = dict(resource_schema(type_)["handlers"])
    return {
        verb: [each for each in handler.get("permissions", []) if not any(fnmatchcase(each, unused) for unused in UNUSED)]
        for verb, handler in handlers.items()
    }


def actions() -> Iterator[Action]:
    """Every action of every statement of the policies."""
    for policy in POLICIES:
        for statement in policy_of(policy)["Statement"]:
            yield from (Action(policy, statement["Sid"], action) for action in lists(statement["Action"]))
