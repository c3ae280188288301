"""All checks before a deployment, in the order in which a person would meet their problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from blazingtext_lifecycle.errors import LifecycleError

from ..cloud import Cloud
from ..html_tables import table
from . import checks
from .bootstrap import bootstrap
from .checks import Check, Checker, Outcome, Subject
from .made_key import made_key
from .permissions import execution_role, permissions
from .plan import Plan
from .quotas import quotas


@dataclass(frozen=True)
class Preflight:
    """What was found before a deployment.

    Attributes:
        stage: the stage that is to be deployed.
        region: where.
        account: the account's number, or "" when there are no usable credentials.
        caller: the caller's ARN, likewise.
        plan: which instances the stage asks for.
        checks: what was looked at.
    """

    stage: str
    region: str
    account: str
    caller: str
    plan: Plan
    checks: tuple[Check, ...]

    def __repr__(self) -> str:
        return f"Preflight({self.stage} in {self.region}, checks: {len(self.checks)}, problems: {len(self.problems)})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        rows = [(each.outcome.value, each.what, each.said, each.remedy) for each in self.checks]
        return table(("", "what", "found", "what to do"), rows, caption=f"stage {self.stage}, {self.region}")

    @property
    def problems(self) -> tuple[Check, ...]:
        """What has to be dealt with first."""
        return tuple(check for check in self.checks if check.outcome is Outcome.PROBLEM)


CHECKERS: Mapping[str, Checker] = {
    "bootstrap": bootstrap,
    "execution policy": execution_role,
    "quotas": quotas,
    "permissions": permissions,
    "key": made_key,
}


def preflight(cloud: Cloud, plan: Plan, *, on_progress: Callable[[str], None] = lambda _: None) -> Preflight:
    """Looks at everything that a deployment and a training need, and creates nothing.

    Args:
        cloud: the stage.
        plan: the instances that it asks for.
        on_progress: called with what is being looked at.
    """
    on_progress("looking at the credentials")
    found = list(checks.region(cloud, plan))
    placed = all(check.outcome is not Outcome.PROBLEM for check in found[:1])
    try:
        caller = checks.caller(cloud)
    except LifecycleError as error:
        said = Check("credentials", Outcome.PROBLEM, str(error), "Sign in, then run this again.")
        return Preflight(cloud.stage, cloud.region, "", "", plan, (said, *found))
    found.insert(0, Check("credentials", Outcome.OK, f"account {caller.account}, {caller.arn}"))
    subject = Subject(cloud, plan, caller)
    for what, checker in CHECKERS.items() if placed else ():
        on_progress(f"looking at {what}")
        found += checks.guarded(what, checker, subject)
    return Preflight(cloud.stage, cloud.region, caller.account, caller.arn, plan, tuple(found))
