"""The stage's tuning jobs: described with their training jobs, the best first; listed, followed, stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.job_kinds import TUNING

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..figures import moment
from ..html_tables import table
from ..stages import blazingtext_command
from .following import followed
from .leaderboard import Trial, Tuning
from .stage_jobs import StageJobs

if TYPE_CHECKING:  # boto3's types are installed for development only
    from mypy_boto3_sagemaker.type_defs import (
        HyperParameterTrainingJobSummaryTypeDef,
    )


@dataclass(frozen=True)
class TuningSummary:
    """A tuning job in the list.

    Attributes:
        tuning_job: its name.
        status: HyperParameterTuningJobStatus.
        strategy: how values are chosen.
        max_jobs: how many training jobs there may be; None when that is not said.
        completed: how many have completed.
        created: when it was requested.
        ended: when it ended, or None.
    """

    tuning_job: str
    status: str
    strategy: str
    max_jobs: int | None
    completed: int
    created: datetime
    ended: datetime | None

    @property
    def progress(self) -> str:
        """How many training jobs have completed, as text."""
        return f"{self.completed}" if self.max_jobs is None else f"{self.completed} of {self.max_jobs}"


class Tunings(list[TuningSummary]):
    """Tuning jobs, newest first: a list that shows itself as a table in notebooks."""

    def _repr_html_(self) -> str:
        rows = [(each.tuning_job, each.status, each.strategy, each.progress, moment(each.created)) for each in self]
        return table(("tuning job", "status", "strategy", "completed", "created"), rows, right=(3,))


def tuning(cloud: Cloud, name: str) -> Tuning:
    """One tuning job, by its name or by a beginning that no other of the stage has, with or without the stage's own.

    Raises:
        RequestError: there is none, several begin so, or none can have that name.
    """
    return _tuning(cloud, _jobs(cloud).described(name))


def exists(cloud: Cloud, name: str) -> bool:
    """Whether a tuning job has exactly this name, with or without the stage's own beginning."""
    names = (name, naming.job_prefix(cloud.stage) + name)
    return any(_jobs(cloud).exists(each) for each in names)


def latest(cloud: Cloud) -> Tuning:
    """The stage's newest tuning job.

    Raises:
        RequestError: there is none.
    """
    for found in tunings(cloud, limit=1):
        return tuning(cloud, found.tuning_job)
    start = blazingtext_command("tune <corpus> --learning-rate 0.005:0.01", cloud.stage)
    raise RequestError(f"There is no tuning job in stage {cloud.stage}. Start one with: {start}")


def tunings(cloud: Cloud, *, limit: int) -> Tunings:
    """The stage's latest tuning jobs, newest first."""
    return Tunings(
        TuningSummary(
            tuning_job=each["HyperParameterTuningJobName"],
            status=each["HyperParameterTuningJobStatus"],
            strategy=each["Strategy"],
            max_jobs=each.get("ResourceLimits", {}).get("MaxNumberOfTrainingJobs"),
            completed=each["TrainingJobStatusCounters"].get("Completed", 0),
            created=each["CreationTime"],
            ended=each.get("HyperParameterTuningEndTime"),
        )
        for each in _jobs(cloud).newest(limit)
    )


def follow(cloud: Cloud, name: str, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[Tuning]:
    """A tuning job as it is now, and again whenever it has been looked at, until it has ended.

    Args:
        cloud: the stage.
        name: the tuning job.
        sleep: called between two looks.
    """
    return followed(lambda: tuning(cloud, name), sleep)


def stop(cloud: Cloud, name: str) -> Tuning:
    """Asks SageMaker to stop a tuning job and its training jobs; the models so far are kept.

    Raises:
        RequestError: there is no such tuning job, or it has ended.
    """
    return _tuning(cloud, _jobs(cloud).stop(name))


def _jobs(cloud: Cloud) -> StageJobs:
    return StageJobs(cloud, TUNING)


def _trials(cloud: Cloud, name: str) -> tuple[Trial, ...]:
    with translating_aws_errors(f"list the training jobs of {name}"):
        pages = cloud.sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
            HyperParameterTuningJobName=name, SortBy="Name", SortOrder="Ascending"
        )
        found = [_trial(each) for page in pages for each in page["TrainingJobSummaries"]]
    return tuple(sorted(found, key=lambda trial: (trial.objective is None, -(trial.objective or 0))))


def _trial(summary: HyperParameterTrainingJobSummaryTypeDef) -> Trial:
    final = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    started = summary.get("TrainingStartTime")
    ended = summary.get("TrainingEndTime")
    return Trial(
        job=summary["TrainingJobName"],
        status=summary["TrainingJobStatus"],
        objective=None if final is None else final["Value"],
        values=summary["TunedHyperParameters"],
        seconds=None if started is None else round(((ended or datetime.now(UTC)) - started).total_seconds(), 1),
        failure=summary.get("FailureReason", ""),
    )


def _tuning(cloud: Cloud, described: Mapping[str, Any]) -> Tuning:
    trials = _trials(cloud, described["HyperParameterTuningJobName"])
    config = described["HyperParameterTuningJobConfig"]
    limits = config["ResourceLimits"]
    return Tuning(
        tuning_job=described["HyperParameterTuningJobName"],
        status=described["HyperParameterTuningJobStatus"],
        objective=config.get("HyperParameterTuningJobObjective", {}).get("MetricName", ""),
        strategy=config["Strategy"],
        corpus=_corpus(described),
        max_jobs=limits.get("MaxNumberOfTrainingJobs", len(trials)),
        parallel_jobs=limits["MaxParallelTrainingJobs"],
        created=described["CreationTime"],
        ended=described.get("HyperParameterTuningEndTime"),
        best=described.get("BestTrainingJob", {}).get("TrainingJobName", ""),
        failure=described.get("FailureReason", ""),
        arn=described["HyperParameterTuningJobArn"],
        trials=trials,
    )


def _corpus(described: Mapping[str, Any]) -> str:
    """The corpus's name, from the channel that the training jobs read."""
    for channel in described.get("TrainingJobDefinition", {}).get("InputDataConfig", []):
        uri: str = channel["DataSource"].get("S3DataSource", {}).get("S3Uri", "")
        _, _, below = uri.partition(f"/{naming.CORPORA}")
        if below:
            return below.split("/")[0]
    return ""
