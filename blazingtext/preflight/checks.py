"""The checks before a deployment: who asks, where, with what bootstrap, within which quotas, and with which permissions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from blazingtext_lifecycle import availability, images
from blazingtext_lifecycle.errors import ConfigurationError, LifecycleError

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..stages import cdk_command
from .plan import Plan


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "could not be read"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        what: what was looked at.
        outcome: how that ended.
        said: what was found.
        remedy: what to request or run; "" when there is nothing to do.
    """

    what: str
    outcome: Outcome
    said: str
    remedy: str = ""


@dataclass(frozen=True)
class Caller:
    """Who asks AWS.

    Attributes:
        account: the account's number.
        arn: the caller's ARN.
    """

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """The partition of the account: aws, aws-cn, aws-us-gov, ..."""
        return self.arn.split(":")[1]


@dataclass(frozen=True)
class Subject:
    """What is checked: a stage that is to be deployed by somebody."""

    cloud: Cloud
    plan: Plan
    caller: Caller

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the account and region."""
        return f"arn:{self.caller.partition}:{service}:{self.cloud.region}:{self.caller.account}:{resource}"


Checker = Callable[[Subject], Iterator[Check]]


def guarded(what: str, checker: Checker, subject: Subject) -> list[Check]:
    """The results of a checker; when AWS does not answer, one that says so."""
    found: list[Check] = []
    try:
        # One by one: what was found before AWS stopped answering stays.
        found.extend(checker(subject))
    except LifecycleError as error:
        found.append(Check(what, Outcome.UNKNOWN, str(error)))
    return found


def caller(cloud: Cloud) -> Caller:
    """Whose credentials these are.

    Raises:
        LifecycleError: there are none, or AWS does not accept them.
    """
    with translating_aws_errors("read whose credentials these are"):
        found = cloud.client("sts").get_caller_identity()
    return Caller(found["Account"], found["Arn"])


def region(cloud: Cloud, plan: Plan) -> Iterator[Check]:
    """Whether BlazingText and the instances are in the region; asks nobody."""
    try:
        images.image_uri(cloud.region)
    except ConfigurationError as error:
        yield Check("region", Outcome.PROBLEM, str(error), "Choose a region: --region us-east-1, or AWS_DEFAULT_REGION.")
        return
    doubt = availability.region_doubt(cloud.region)
    yield Check("region", Outcome.UNKNOWN if doubt else Outcome.OK, doubt or f"AWS offers BlazingText in {cloud.region}")
    if plan.serverless_mb:
        yield Check("endpoint", Outcome.OK, f"serverless, with {plan.serverless_mb} MB: there is no instance that the region could lack")
    else:
        yield _hosting(plan.endpoint_type, cloud)
    doubt = availability.training_doubt(plan.training_type, cloud.region)
    said = doubt or f"{plan.training_type} trains in {cloud.region}, as far as the price list tells"
    yield Check("training instance", Outcome.UNKNOWN if doubt else Outcome.OK, said)


def _hosting(instance_type: str, cloud: Cloud) -> Check:
    where = cloud.region
    try:
        availability.check_hosting(instance_type, where)
    except ConfigurationError as error:
        remedy = f"{cdk_command('deploy', cloud.stage)} -c endpointInstanceType={availability.HOSTS_EVERYWHERE}"
        return Check("endpoint instance", Outcome.PROBLEM, str(error), remedy)
    return Check("endpoint instance", Outcome.OK, f"{instance_type} hosts in {where}, as far as the price list tells")
