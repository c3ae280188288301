"""Runs of a stage as runs of MLflow, each once.

MLflow knows them by the job's ARN, a tag, and by when they started; SageMaker's managed servers and apps are named by their ARN
(https://docs.aws.amazon.com/sagemaker/latest/dg/mlflow-track-experiments.html).
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
import mlflow
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from blazingtext_lifecycle.errors import ConfigurationError, RequestError
from blazingtext_lifecycle.values import cut

from ..aws_errors import translating_aws_errors
from ..html_tables import table
from ..runs.records import Record
from ..runs.training_jobs import Run

_OURS = "blazingtext."
_STATUS = {"Completed": "FINISHED", "Failed": "FAILED", "Stopped": "KILLED"}
_ENDED = frozenset(_STATUS.values())
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AIMlflowConfig.html
_MANAGED = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}:mlflow-(app|tracking-server)/.+")
# What MLflow takes in one call (https://mlflow.org/docs/latest/api_reference/rest-api.html#log-batch).
_MOST_METRICS = 1000
_LONGEST_SAID = 400
_ARN = "arn:"
# MLflow keeps it as the program sets it (mlflow.set_tracking_uri).
_VARIABLE = "MLFLOW_TRACKING_URI"
# MLflow shows it as the run's description.
_NOTE = "mlflow.note.content"


@dataclass(frozen=True)
class LoggedRun:
    """A run that MLflow has.

    Attributes:
        job: the training job.
        run_id: MLflow's name for it.
        created: False when MLflow had it already.
    """

    job: str
    run_id: str
    created: bool

    @property
    def row(self) -> tuple[str, str, str]:
        """Its members, as text."""
        return self.job, self.run_id, "logged" if self.created else "was there"


class LoggedRuns(list[LoggedRun]):
    """Runs that MLflow has: a list that shows itself as a table in notebooks."""

    def _repr_html_(self) -> str:
        return table(("job", "MLflow run", ""), [each.row for each in self])


def log(
    runs: Sequence[Run],
    record: Callable[[Run], Record],
    experiment: str,
    *,
    session: boto3.Session,
    tracking_uri: str | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> LoggedRuns:
    """Logs ended runs to MLflow; one that is there already stays as it is.

    Args:
        runs: the runs.
        record: gives what is to be told of one; called for those that MLflow does not have.
        experiment: the name of MLflow's experiment; made when there is none.
        session: whose credentials a server of SageMaker is asked with.
        tracking_uri: where MLflow keeps its runs; None means MLFLOW_TRACKING_URI, or what the program has set.
        advance: called with the number of runs that are done.

    Raises:
        ConfigurationError: no place is named, or MLflow cannot work with it.
        RequestError: MLflow refused.
    """
    place = _place(tracking_uri)
    with _explained(), translating_aws_errors("log runs to MLflow"), _used(place, session):
        client = MlflowClient(place, registry_uri=place)
        kept = client.get_experiment_by_name(experiment)
        experiment_id = client.create_experiment(experiment) if kept is None else kept.experiment_id
        found = LoggedRuns()
        for run in runs:
            found.append(_logged(client, experiment_id, run, record))
            advance(1)
    return found


def _place(given: str | None) -> str:
    """The tracking URI.

    Raises:
        ConfigurationError: nobody named one, or it is an ARN of something else.
    """
    if given is None and not mlflow.is_tracking_uri_set():
        raise ConfigurationError(
            "Where MLflow keeps its runs is not known. Name it with --tracking-uri, tracking_uri= or MLFLOW_TRACKING_URI: a server's URL, "
            "or the ARN of a tracking server or an app of SageMaker."
        )
    found = mlflow.get_tracking_uri() if given is None else given
    if found.startswith(_ARN) and not _MANAGED.fullmatch(found):
        raise ConfigurationError(
            f"{cut(found)} is not the ARN of an MLflow tracking server or app of SageMaker. It must end in "
            "mlflow-tracking-server/<name> or mlflow-app/<id>; see: aws sagemaker list-mlflow-tracking-servers"
        )
    return str(found)


@contextmanager
def _used(place: str, session: boto3.Session) -> Iterator[None]:
    """Makes a place the program's own for a while: SageMaker's plugin asks MLflow where the program is, not the client."""
    from sagemaker_mlflow import use_session  # noqa: PLC0415 - it takes a second to load, which a wrong place need not wait for

    before = os.environ.get(_VARIABLE)
    # Of any other server the plugin complains at every request that its address is no ARN.
    complaints = logging.getLogger("mlflow.tracking.request_header.registry")
    disabled = complaints.disabled
    complaints.disabled = disabled or not place.startswith(_ARN)
    mlflow.set_tracking_uri(place)
    try:
        with use_session(session):
            yield
    finally:
        mlflow.set_tracking_uri(before)
        complaints.disabled = disabled


def _logged(client: Any, experiment_id: str, run: Run, record: Callable[[Run], Record]) -> LoggedRun:
    """The run in MLflow; what an earlier call left half done is replaced."""
    start = _milliseconds(run.created)
    for found in client.search_runs([experiment_id], f"tags.`{_OURS}job_arn` = '{run.arn}'"):
        if found.info.start_time == start and found.info.status in _ENDED:
            return LoggedRun(run.job, found.info.run_id, created=False)
        if found.info.start_time == start:
            client.delete_run(found.info.run_id)
    told = record(run)
    # The tag that finds it again comes with the run, its end comes last.
    tags = {f"{_OURS}{name}": value for name, value in told.tags.items()}
    made = client.create_run(experiment_id, start_time=start, tags=tags, run_name=run.job).info.run_id
    note = [RunTag(_NOTE, run.failure)] if run.failure else []
    client.log_batch(made, params=[Param(name, value) for name, value in told.params.items()], tags=note)
    for batch in _batches(told):
        client.log_batch(made, metrics=batch)
    client.set_terminated(made, _STATUS[run.status], _milliseconds(run.created if run.ended is None else run.ended))
    return LoggedRun(run.job, made, created=True)


def _batches(told: Record) -> Iterator[list[Any]]:
    metrics = [Metric(each.name, each.value, _milliseconds(each.time), each.percent) for each in told.points]
    for start in range(0, len(metrics), _MOST_METRICS):
        yield metrics[start : start + _MOST_METRICS]


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)


@contextmanager
def _explained() -> Iterator[None]:
    """Turns MLflow's errors into a sentence.

    Raises:
        RequestError: MLflow refused, or cannot work with the place that was named.
    """
    try:
        yield
    except MlflowException as error:
        said = str(error).strip().splitlines()[0][:_LONGEST_SAID].removesuffix(".")
        raise RequestError(
            f"MLflow has not logged all of it. It says: {said}. Check --tracking-uri or MLFLOW_TRACKING_URI; what is logged already "
            "is not logged twice."
        ) from error
