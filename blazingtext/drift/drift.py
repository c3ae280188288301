"""What of a stage is not as its stacks say, also where CloudFormation does not look.

CloudFormation compares only what a template declares (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html):
a policy that somebody has added to a role, or one more target of a rule, is none of its business. `cdk drift` says what it sees;
this says the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from blazingtext_lifecycle import naming

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..html_tables import table
from .comparison import Finding
from .data import buckets
from .messages import queues, topics
from .roles import roles
from .tags import tags
from .template import Deployed
from .work import alarms, functions, machines, rules

Checker = Callable[[Cloud, tuple[Deployed, ...]], Iterator[Finding]]
CHECKERS: Mapping[str, Checker] = {
    "roles": roles,
    "buckets": buckets,
    "functions": functions,
    "rules": rules,
    "queues": queues,
    "topics": topics,
    "state machines": machines,
    "alarms": alarms,
    "tags": tags,
}


@dataclass(frozen=True)
class Drift:
    """What was found.

    Attributes:
        stage: whose.
        region: where.
        looked_at: the kinds of resources that were compared.
        findings: what differs.
    """

    stage: str
    region: str
    looked_at: tuple[str, ...]
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        return f"Drift({self.stage} in {self.region}, differences: {len(self.findings)})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        rows = [(each.kind, each.resource, each.said, each.remedy) for each in self.findings]
        caption = f"stage {self.stage}, {self.region}, differences: {len(self.findings)}"
        return table(("what", "resource", "difference", "what to do"), rows, caption=caption)


def drift(cloud: Cloud, on_progress: Callable[[str], None] = lambda _: None) -> Drift:
    """Compares what a stage's stacks made with their deployed templates; changes nothing.

    Raises:
        NotDeployedError: a stack is missing.
        LifecycleError: AWS did not show something, so the comparison would not be complete.
    """
    names = (naming.storage_stack(cloud.stage), naming.training_stack(cloud.stage), naming.serving_stack(cloud.stage))
    stacks = tuple(Deployed(cloud, name) for name in names)
    findings: list[Finding] = []
    for what, checker in CHECKERS.items():
        on_progress(f"comparing {what}")
        with translating_aws_errors(f"compare {what} with the templates"):
            findings += checker(cloud, stacks)
    return Drift(cloud.stage, cloud.region, tuple(CHECKERS), tuple(findings))
