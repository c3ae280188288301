"""What a stage costs: its endpoint, a training job and its storage, by the dated price list of the region."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from blazingtext_lifecycle import costs, naming, schedules
from blazingtext_lifecycle.costs import HOURS_PER_MONTH, HourlyPrice
from blazingtext_lifecycle.errors import ConfigurationError

from .aws_errors import translating_aws_errors
from .cloud import Cloud
from .errors import NotDeployedError
from .preflight.plan import Plan

_HOURS_PER_DAY = 24
_GIGABYTE = 2**30
# US dollars per GB and month of S3 Standard, the first 50 TB: rate code WP9ANXZGBYYSGJEA.JRTCKXETXF.PGHJ3S3EYE of AWS's price list of S3,
# as quoted on 2026-08-17 by several public repositories. Other regions: not known.
_STORAGE = {"us-east-1": (0.023, "2026-08-17")}


@dataclass(frozen=True)
class EndpointCosts:
    """What the endpoint costs while there is one: US dollars, None where no price is known.

    Attributes:
        price: of an hour of its instances.
        hour: for an hour.
        day: for a day.
        month: for 730 hours.
        most_instances: the most that it may have; more than in the price, if their number follows the load.
        month_at_most: for 730 hours of so many.
        scheduled_hours: the hours of such a month in which it runs by the stage's schedules; None without them.
        scheduled_month: for these.
    """

    price: HourlyPrice
    hour: float | None
    day: float | None
    month: float | None
    most_instances: int
    month_at_most: float | None
    scheduled_hours: float | None = None
    scheduled_month: float | None = None


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


def of_stage(cloud: Cloud, plan: Plan) -> StageCosts:
    """What a stage costs with the instances of a plan.

    Raises:
        ConfigurationError: the plan's schedules cannot be read.
        LifecycleError: AWS did not list the bucket's objects.
    """
    hosting = costs.of_endpoint(plan.endpoint_type, plan.endpoint_count, cloud.region)
    most = costs.of_endpoint(plan.endpoint_type, plan.endpoint_most, cloud.region)
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
