"""What a stage costs: its endpoint, a training job and its storage, by the dated price list of the region."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from blazingtext_lifecycle import costs, naming, schedules
from blazingtext_lifecycle.costs import HOURS_PER_MONTH, HourlyPrice, dollars
from blazingtext_lifecycle.errors import ConfigurationError

from .aws_errors import translating_aws_errors
from .cloud import Cloud
from .errors import NotDeployedError
from .figures import duration, size
from .html_tables import table
from .preflight.plan import Plan

_HOURS_PER_DAY = 24
_GIGABYTE = 2**30
# US dollars per GB and month of S3 Standard, the first 50 TB: rate code WP9ANXZGBYYSGJEA.JRTCKXETXF.PGHJ3S3EYE of AWS's price list of S3,
# as quoted on 2026-08-17 by several public repositories. Other regions: not known.
_STORAGE = {"us-east-1": (0.023, "2026-08-17")}


# What `StageCosts.rows` tells.
COLUMNS = ("", "", "US dollars")


@dataclass(frozen=True)
class EndpointCosts:
    """What the endpoint costs while there is one: US dollars, None where no price is known; a serverless one bills by the request.

    Attributes:
        price: of an hour of its instances.
        hour: for an hour.
        day: for a day.
        month: for 730 hours.
        most_instances: the most that it may have; more than in the price, if their number follows the load.
        month_at_most: for 730 hours of so many.
        serverless_mb: the memory of a serverless endpoint, in MB; 0: it has instances.
        scheduled_hours: the hours of such a month in which it runs by the stage's schedules; None without them.
        scheduled_month: for these.
        shadow: the price of an hour of a shadow's instances, where one is allowed; it is paid while a run is tried.
        shadow_hour: US dollars for such an hour.
    """

    price: HourlyPrice
    hour: float | None
    day: float | None
    month: float | None
    most_instances: int
    month_at_most: float | None
    serverless_mb: int
    scheduled_hours: float | None = None
    scheduled_month: float | None = None
    shadow: HourlyPrice | None = None
    shadow_hour: float | None = None


@dataclass(frozen=True)
class TrainingCosts:
    """What a training job costs: US dollars, None where no price is known.

    Attributes:
        price: of an hour of its instances.
        max_runtime_seconds: how long it may run.
        hour: for an hour.
        at_most: for as long as it may run.
    """

    price: HourlyPrice
    max_runtime_seconds: int
    hour: float | None
    at_most: float | None


@dataclass(frozen=True)
class StorageCosts:
    """What the bucket's present objects cost; former versions, which go after a while, are not counted.

    Attributes:
        size: bytes of corpora and runs; None when there is no bucket (yet).
        month: US dollars a month; None where no price is known.
        date: the day of the price; "" when none is known.
    """

    size: int | None
    month: float | None
    date: str


@dataclass(frozen=True)
class StageCosts:
    """What a stage costs.

    Attributes:
        stage: which.
        region: where.
        endpoint: from the first promoted model on, day and night, until it is paused.
        training: of each job, by the stage's own settings.
        storage: of what is in the bucket.
    """

    stage: str
    region: str
    endpoint: EndpointCosts
    training: TrainingCosts
    storage: StorageCosts

    def __repr__(self) -> str:
        month = f", {dollars(self.endpoint.month)} a month" if self.endpoint.month is not None else ""
        return f"StageCosts({self.stage} in {self.region or 'no region'}: endpoint {instances(self.endpoint.price)}{month})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        return table(COLUMNS, self.rows(), caption=f"stage {self.stage}, {self.region or 'no region'}", right=(2,))

    def rows(self) -> list[tuple[str, str, str]]:
        """What costs, for how long, and how much, as text."""
        training, storage = self.training, self.storage
        rows = [
            *_endpoint(self.endpoint),
            (f"a training job, {instances(training.price)}", "an hour", _amount(training.hour)),
            ("", f"at most, in {duration(training.max_runtime_seconds)}", _amount(training.at_most)),
        ]
        if storage.size is not None:
            rows.append((f"bucket, {size(storage.size)}", "a month", _amount(storage.month)))
        return rows


def instances(price: HourlyPrice) -> str:
    """How many instances of which type a price is of."""
    return f"{price.instance_count} x {price.instance_type}"


def _amount(amount: float | None) -> str:
    return "not known" if amount is None else dollars(amount)


def _endpoint(endpoint: EndpointCosts) -> list[tuple[str, str, str]]:
    if endpoint.serverless_mb:
        return [(f"endpoint, serverless, {endpoint.serverless_mb} MB", "an hour", "by the request")]
    return [
        (f"endpoint, {instances(endpoint.price)}", "an hour", _amount(endpoint.hour)),
        ("", "a day", _amount(endpoint.day)),
        ("", "a month", _amount(endpoint.month)),
        *_at_most(endpoint),
        *_scheduled(endpoint),
        *_shadow(endpoint),
    ]


def _at_most(endpoint: EndpointCosts) -> list[tuple[str, str, str]]:
    """What it costs with as many instances as it may have, if their number follows the load."""
    most = endpoint.most_instances
    return [("", f"a month, with {most}", _amount(endpoint.month_at_most))] if most > endpoint.price.instance_count else []


def _shadow(endpoint: EndpointCosts) -> list[tuple[str, str, str]]:
    if endpoint.shadow is None:
        return []
    return [(f"a shadow beside it, while there is one, {instances(endpoint.shadow)}", "an hour", _amount(endpoint.shadow_hour))]


def _scheduled(endpoint: EndpointCosts) -> list[tuple[str, str, str]]:
    if endpoint.scheduled_hours is None:
        return []
    return [("", f"a month by its schedule, {endpoint.scheduled_hours:.0f} of {HOURS_PER_MONTH} hours", _amount(endpoint.scheduled_month))]


def of_stage(cloud: Cloud, plan: Plan) -> StageCosts:
    """What a stage costs with the instances of a plan.

    Raises:
        ConfigurationError: the plan's schedules cannot be read.
        LifecycleError: AWS did not list the bucket's objects.
    """
    kind, count, most_ = (costs.SERVERLESS, 0, 0) if plan.serverless_mb else (plan.endpoint_type, plan.endpoint_count, plan.endpoint_most)
    hosting, most = (costs.of_endpoint(kind, number, cloud.region) for number in (count, most_))
    shadow = costs.of_endpoint(plan.endpoint_type, plan.shadow_instances, cloud.region) if plan.shadow_instances else None
    hours = _scheduled_hours(plan, datetime.now(UTC))
    training = costs.of_training(plan.training_type, plan.training_count, cloud.region)
    runtime = plan.training_seconds
    return StageCosts(
        stage=cloud.stage,
        region=cloud.region,
        endpoint=EndpointCosts(
            price=hosting,
            hour=hosting.for_hours(1),
            day=hosting.for_hours(_HOURS_PER_DAY),
            month=hosting.for_hours(HOURS_PER_MONTH),
            most_instances=most.instance_count,
            month_at_most=most.for_hours(HOURS_PER_MONTH),
            scheduled_hours=hours,
            scheduled_month=None if hours is None else hosting.for_hours(hours),
            serverless_mb=plan.serverless_mb,
            shadow=shadow,
            shadow_hour=None if shadow is None else shadow.for_hours(1),
        ),
        training=TrainingCosts(training, runtime, training.for_hours(1), training.for_seconds(runtime)),
        storage=_storage(cloud),
    )


def _scheduled_hours(plan: Plan, now: datetime) -> float | None:
    """The hours of a month of 730 in which the endpoint runs by both of a plan's schedules; None without them.

    Raises:
        ConfigurationError: they cannot be read.
    """
    if not (plan.pause and plan.resume):
        return None
    try:
        pause, resume, zone = schedules.parse(plan.pause), schedules.parse(plan.resume), ZoneInfo(plan.time_zone)
    except (ValueError, KeyError) as error:
        raise ConfigurationError(
            f"The schedules {plan.pause} and {plan.resume} of time zone {plan.time_zone} cannot be read: {error}. "
            "Correct pauseSchedule, resumeSchedule and scheduleTimeZone in the stage's file: docs/configuration.md."
        ) from error
    return HOURS_PER_MONTH * schedules.running_share(pause, resume, now, zone)


def _storage(cloud: Cloud) -> StorageCosts:
    price, date = _STORAGE.get(cloud.region, (None, ""))
    try:
        size = sum(_sizes(cloud))
    except NotDeployedError:
        return StorageCosts(None, None, "")
    return StorageCosts(size, None if price is None else price * size / _GIGABYTE, date)


def _sizes(cloud: Cloud) -> list[int]:
    bucket = cloud.bucket
    with translating_aws_errors(f"list the objects of {bucket}"):
        pages = cloud.s3.get_paginator("list_objects_v2")
        return [
            each["Size"]
            for prefix in (naming.CORPORA, naming.RUNS)
            for page in pages.paginate(Bucket=bucket, Prefix=prefix)
            for each in page.get("Contents", [])
        ]
