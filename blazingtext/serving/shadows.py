"""A run that is tried beside the live model: what it has been asked, and how it does, next to the live one.

Both are compared by SageMaker's own metrics of a variant (https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html) from
the first whole minute on in which both are in service, and where requests are captured, by their answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, costs, naming
from blazingtext_lifecycle.live_model import ServingStack

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from .captured_answers import Answers, compare

_NAMESPACE = "AWS/SageMaker"
_MINUTE, _HOUR = 60, 3600
# At most so much is looked back on: CloudWatch keeps minutes for fifteen days, and a day says enough.
_LONGEST = timedelta(days=1)
# Attribute of `Traffic`: metric, statistic, seconds of a data point. Percentiles cannot be added up, so there is one an hour.
_METRICS: Mapping[str, tuple[str, str, int]] = {
    "invocations": ("Invocations", "Sum", _MINUTE),
    "client_errors": ("Invocation4XXErrors", "Sum", _MINUTE),
    "server_errors": ("Invocation5XXErrors", "Sum", _MINUTE),
    "model_errors": ("InvocationModelErrors", "Sum", _MINUTE),
    "latency_p50": ("ModelLatency", "p50", _HOUR),
    "latency_p99": ("ModelLatency", "p99", _HOUR),
}
_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Traffic:
    """What a variant was asked, and how it did.

    Attributes:
        invocations: requests.
        client_errors: of them answered with 4xx.
        server_errors: of them answered with 5xx.
        model_errors: of them not answered with 2xx, or not in time.
        latency_p50: seconds that the model took for half of the requests at most, in the slowest hour; None without requests.
        latency_p99: likewise for 99 in a hundred.
    """

    invocations: int
    client_errors: int
    server_errors: int
    model_errors: int
    latency_p50: float | None
    latency_p99: float | None

    @property
    def row(self) -> tuple[str, ...]:
        """Its figures, as text."""
        counts = (self.invocations, self.client_errors, self.server_errors, self.model_errors)
        latencies = ("-" if seconds is None else f"{1000 * seconds:.1f} ms" for seconds in (self.latency_p50, self.latency_p99))
        return (*map(str, counts), *latencies)


@dataclass(frozen=True)
class Shadow:
    """A run that is tried beside the live model.

    Attributes:
        job: the run.
        instance_type: of its instances; "" while there is no endpoint.
        instance_count: how many of them.
        hourly_dollars: their list price; None when it is not known.
        percent: of the requests that are to be copied to it.
        since: from when on requests count: the first whole minute since the endpoint was changed last, at most a day ago; None without an
            endpoint.
        live: the live model's traffic since then.
        tried: the shadow's.
        answers: how the answers of both compare; None where no requests are captured.
    """

    job: str
    instance_type: str = ""
    instance_count: int = 0
    hourly_dollars: float | None = 0.0
    percent: float = 0.0
    since: datetime | None = None
    live: Traffic | None = None
    tried: Traffic | None = None
    answers: Answers | None = None

    @property
    def costs(self) -> str:
        """What it costs, in a line."""
        instances = f"{self.instance_count} x {self.instance_type}"
        if not self.instance_count:
            return "nothing while there is no endpoint"
        if self.hourly_dollars is None:
            return f"{instances}: the price of that type in this region is not known"
        return f"{instances}: {costs.dollars(self.hourly_dollars)} an hour, beside the endpoint's"

    @property
    def columns(self) -> tuple[str, ...]:
        """What `rows` tells."""
        since = "" if self.since is None else f"since {self.since:%Y-%m-%d %H:%M} UTC"
        return (since, "requests", "4xx", "5xx", "model errors", "p50", "p99")

    def rows(self, live: str) -> list[tuple[str, ...]]:
        """The live model's traffic and its own, as text; none while there is no endpoint.

        Args:
            live: the live model's run.
        """
        pairs = ((f"live: {live}", self.live), (f"shadow: {self.job}", self.tried))
        return [(name, *traffic.row) for name, traffic in pairs if traffic is not None]


def describe(cloud: Cloud, stack: ServingStack, now: datetime | None = None) -> Shadow | None:
    """The shadow of a stage; None when there is none.

    Args:
        cloud: the stage.
        stack: its serving stack.
        now: until when the traffic counts; None: the present.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    if not stack.shadow:
        return None
    job = naming.job_of_artifact(stack.shadow) or stack.shadow
    name = naming.endpoint(cloud.stage)
    with translating_aws_errors(f"look at the shadow of {name}"):
        try:
            endpoint = cloud.sagemaker.describe_endpoint(EndpointName=name)
            configuration = cloud.sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        except ClientError as error:
            if aws_errors.is_missing(error):
                return Shadow(job)
            raise
        variant = next(iter(configuration.get("ShadowProductionVariants", [])), None)
        if variant is None:
            return Shadow(job)
        until = datetime.now(UTC) if now is None else now
        # While the shadow's instances start, the live model is asked alone.
        since = _next_minute(max(configuration["CreationTime"], endpoint["LastModifiedTime"], until - _LONGEST))
        live, tried = _traffic(cloud, name, since, until)
    kind, count = variant["InstanceType"], variant["InitialInstanceCount"]
    price = costs.of_endpoint(kind, count, cloud.region)
    return Shadow(
        job,
        kind,
        count,
        None if price.dollars is None else round(price.dollars, 4),
        100 * variant["InitialVariantWeight"],
        since,
        live,
        tried,
        compare(cloud, name, endpoint.get("DataCaptureConfig", {}), since),
    )


def _next_minute(time: datetime) -> datetime:
    """The time itself when it is a whole minute, else the next one: CloudWatch counts by the minute, and would add what was before."""
    whole = time.replace(second=0, microsecond=0)
    return whole if whole == time else whole + timedelta(seconds=_MINUTE)


def _traffic(cloud: Cloud, endpoint: str, since: datetime, until: datetime) -> tuple[Traffic, Traffic]:
    """The live model's traffic, and the shadow's."""
    variants = {"live": naming.VARIANT, "tried": naming.SHADOW_VARIANT}
    queries = [
        _query(f"{whose}_{attribute}", {"EndpointName": endpoint, "VariantName": variant}, *metric)
        for whose, variant in variants.items()
        for attribute, metric in _METRICS.items()
    ]
    values: dict[str, list[float]] = {}
    # The end is not included.
    pages = cloud.client("cloudwatch").get_paginator("get_metric_data")
    for page in pages.paginate(MetricDataQueries=queries, StartTime=since, EndTime=until + timedelta(seconds=_MINUTE)):
        for result in page["MetricDataResults"]:
            values.setdefault(result["Id"], []).extend(result["Values"])
    live, tried = (_summed({name: values.get(f"{whose}_{name}", []) for name in _METRICS}) for whose in variants)
    return live, tried


def _query(id_: str, of: Mapping[str, str], metric: str, statistic: str, seconds: int) -> Any:
    dimensions = [{"Name": name, "Value": value} for name, value in of.items()]
    return {
        "Id": id_,
        "MetricStat": {
            "Metric": {"Namespace": _NAMESPACE, "MetricName": metric, "Dimensions": dimensions},
            "Period": seconds,
            "Stat": statistic,
        },
    }


def _summed(values: Mapping[str, list[float]]) -> Traffic:
    counted = {name: round(sum(values[name])) for name in ("invocations", "client_errors", "server_errors", "model_errors")}
    p50, p99 = (max(values[name]) / _MICROSECONDS if values[name] else None for name in ("latency_p50", "latency_p99"))
    return Traffic(**counted, latency_p50=p50, latency_p99=p99)
