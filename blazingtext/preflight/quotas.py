"""Whether the account may have the instances, as Service Quotas tells.

A quota is found by its name, as AWS's own refusals quote it ("The account-level service limit 'ml.m4.xlarge for training job usage' is 0
Instances"); its code is in the answer. ListServiceQuotas has what was applied to the account, ListAWSDefaultServiceQuotas the rest
(https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..aws_errors import translating_aws_errors
from .checks import Check, Outcome, Subject

_SERVICE = "sagemaker"
_LISTS = ("list_service_quotas", "list_aws_default_service_quotas")


def quotas(subject: Subject) -> Iterator[Check]:
    """Whether the quotas allow the stage's instances.

    Raises:
        LifecycleError: Service Quotas did not answer.
    """
    plan = subject.plan
    kind = "spot training job" if plan.spot else "training job"
    wanted = {
        f"{plan.training_type} for {kind} usage": plan.training_count,
        **({} if plan.serverless_mb else {f"{plan.endpoint_type} for endpoint usage": plan.endpoint_most + plan.shadow_instances}),
    }
    found = _named(subject, set(wanted))
    for name, least in wanted.items():
        yield _check(name, least, found.get(name), subject.cloud.region)


def _named(subject: Subject, names: set[str]) -> dict[str, Any]:
    """The quotas of some names; one that was applied to the account goes before AWS's default."""
    client = subject.cloud.client("service-quotas")
    found: dict[str, Any] = {}
    for operation in _LISTS:
        with translating_aws_errors("read the quotas of SageMaker"):
            for page in client.get_paginator(operation).paginate(ServiceCode=_SERVICE):
                for quota in page["Quotas"]:
                    if quota["QuotaName"] in names:
                        found.setdefault(quota["QuotaName"], quota)
                if names <= found.keys():
                    return found
    return found


def _check(name: str, least: int, quota: Any, region: str) -> Check:
    what = f"quota: {name}"
    if quota is None or "Value" not in quota:
        said = f"Service Quotas lists no such quota in {region}, so SageMaker decides. The instance type may be new, or misspelt."
        return Check(what, Outcome.UNKNOWN, said)
    value, code = quota["Value"], quota["QuotaCode"]
    if value >= least:
        return Check(what, Outcome.OK, f"{value:g} ({code}); the stage needs {least}")
    remedy = (
        f"aws service-quotas request-service-quota-increase --service-code {_SERVICE} --quota-code {code} --desired-value {least} "
        f"--region {region}"
    )
    return Check(what, Outcome.PROBLEM, f"{value:g} ({code}), and the stage needs {least}. AWS would refuse the instances.", remedy)
