"""The stage's training jobs: described, listed, stopped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming
from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.training_jobs import ACTIVE
from blazingtext_lifecycle.values import cut

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..errors import RunError
from ..figures import duration
from ..html_tables import facts
from ..stages import blazingtext_command

if TYPE_CHECKING:  # boto3's types are installed for development only
    from mypy_boto3_sagemaker.literals import TrainingJobStatusType
    from mypy_boto3_sagemaker.type_defs import DescribeTrainingJobResponseTypeDef

# What a run is judged by: the first of them that it has.
_SCORES = ("train:mean_rho", "validation:accuracy", "train:accuracy")
# What the container prints once, at the end of training.
_THROUGHPUT = "Average throughput in Million words/sec"


_SHORT = 12


@dataclass(frozen=True)
class Run:
    """A training job of the stage.

    Attributes:
        job: its name.
        status: TrainingJobStatus.
        phase: SecondaryStatus.
        corpus: what it trains on.
        mode: the training mode.
        hyperparameters: all that were asked for, as text.
        instance_type: of the instances.
        instance_count: how many of them.
        created: when it was requested.
        ended: when it ended, or None.
        training_seconds: how long training took, or None.
        billable_seconds: billed time, over all instances, or None.
        metrics: final values by name, such as train:mean_rho.
        artifact: the model's URI, or "" when there is none.
        failure: why it failed, or "".
        arn: its ARN.
        tuning_job: the name of the tuning job that it belongs to, or "".
        image: the URI of the container's image.
        tags: its tags; None when they were not read, see `with_tags`.
        corpus_hash: of what it read: "sha256:" and the corpus's SHA-256, or, where the upload did not tell it, "etags:" and the hash of
            keys, ETags and sizes; "" without tags.
        recipe: the key of the recipe by which its corpus was prepared, or "".
    """

    job: str
    status: str
    phase: str
    corpus: str
    mode: str
    hyperparameters: Mapping[str, str]
    instance_type: str
    instance_count: int
    created: datetime
    ended: datetime | None
    training_seconds: int | None
    billable_seconds: int | None
    metrics: Mapping[str, float]
    artifact: str
    failure: str
    arn: str
    tuning_job: str = ""
    image: str = ""
    tags: Mapping[str, str] | None = None
    corpus_hash: str = ""
    recipe: str = ""

    def __repr__(self) -> str:
        figure = "" if self.score is None else f", {self.score:.3f}"
        return f"Run({self.job}: {self.status}{figure})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        return facts(self.job, self.rows())

    @property
    def over(self) -> bool:
        """Whether the job has ended."""
        return self.status not in ACTIVE

    @property
    def score(self) -> float | None:
        """mean_rho of word vectors, accuracy of a classifier; None when it has none."""
        return score_of(self.metrics)

    def rows(self) -> list[tuple[str, str]]:
        """What is known of it, besides its name and its hyperparameters, as text; "" for what is not."""
        return [
            ("status", self.status if self.phase == self.status else f"{self.status} ({self.phase})"),
            ("corpus, mode", f"{self.corpus}, {self.mode}"),
            ("instances", f"{self.instance_count} x {self.instance_type}"),
            ("time", "" if self.training_seconds is None else duration(self.training_seconds)),
            ("billed", "" if self.billable_seconds is None else duration(self.billable_seconds)),
            *((name, f"{value:.4f}") for name, value in self.metrics.items()),
            ("artifact", self.artifact),
            ("failure", self.failure),
        ]

    @property
    def short_hash(self) -> str:
        """The beginning of the corpus's hash, for people."""
        kind, _, digest = self.corpus_hash.partition(":")
        return digest[:_SHORT] if kind == "sha256" else f"{kind}:{digest[:_SHORT]}" if kind else ""


def score_of(metrics: Mapping[str, float]) -> float | None:
    """What a model is judged by: mean_rho of word vectors, accuracy of a classifier; None without either."""
    return next((metrics[name] for name in _SCORES if name in metrics), None)


def run(cloud: Cloud, job: str) -> Run:
    """One training job, by its name or by a beginning that no other job of the stage has, with or without the stage's own.

    Raises:
        RequestError: there is no such job, several begin so, or no job can have that name.
    """
    if not naming.TRAINING_JOB_PATTERN.fullmatch(job.rstrip("-")):
        raise RunError(f'"{cut(job)}" is not the name of a training job: those are up to 63 letters, digits and hyphens.', cloud.stage)
    with translating_aws_errors(f"look at the training job {job}"):
        try:
            name = _completed_name(cloud, job) if job.endswith("-") else job
            described = cloud.sagemaker.describe_training_job(TrainingJobName=name)
        except ClientError as error:
            if not aws_errors.is_missing(error):
                raise
            described = cloud.sagemaker.describe_training_job(TrainingJobName=_completed_name(cloud, job))
    return _run(described)


def _completed_name(cloud: Cloud, beginning: str) -> str:
    """The job of the stage that was named without the stage's own beginning, or the only one whose name begins so.

    Raises:
        RequestError: there is none, or there are several.
    """
    own = naming.job_prefix(cloud.stage)
    pages = cloud.sagemaker.get_paginator("list_training_jobs").paginate(NameContains=beginning)
    listed = (summary["TrainingJobName"] for page in pages for summary in page["TrainingJobSummaries"])
    found = [name for name in listed if name.startswith(own) and name.startswith((beginning, own + beginning))]
    if own + beginning in found:
        return own + beginning
    if not found:
        raise RunError(f"There is no training job {beginning}. No job in {cloud.region} has that name, or begins so.", cloud.stage)
    if len(found) > 1:
        some = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        raise RunError(f"{beginning} is the beginning of several training jobs: {some}. Type more of it.", cloud.stage)
    return found[0]


def _run(described: DescribeTrainingJobResponseTypeDef) -> Run:
    resources = described.get("ResourceConfig", {})
    # SageMaker adds names of its own to those of a tuning job's trials: _tuning_objective_metric.
    hyperparameters = {name: value for name, value in described.get("HyperParameters", {}).items() if not name.startswith("_")}
    artifacts = described.get("ModelArtifacts", {})
    return Run(
        job=described["TrainingJobName"],
        status=described["TrainingJobStatus"],
        phase=described["SecondaryStatus"],
        corpus=_corpus(described),
        mode=hyperparameters.get("mode", ""),
        hyperparameters=hyperparameters,
        instance_type=resources.get("InstanceType", ""),
        instance_count=resources.get("InstanceCount", 1),
        created=described["CreationTime"],
        ended=described.get("TrainingEndTime"),
        training_seconds=described.get("TrainingTimeInSeconds"),
        billable_seconds=described.get("BillableTimeInSeconds"),
        metrics={metric["MetricName"]: metric["Value"] for metric in described.get("FinalMetricDataList", [])},
        artifact=artifacts.get("S3ModelArtifacts", "") if described["TrainingJobStatus"] in {"Completed", "Stopped"} else "",
        failure=described.get("FailureReason", ""),
        arn=described["TrainingJobArn"],
        tuning_job=described.get("TuningJobArn", "").rpartition("/")[2],
        image=described.get("AlgorithmSpecification", {}).get("TrainingImage", ""),
    )


def _corpus(described: DescribeTrainingJobResponseTypeDef) -> str:
    """The corpus's name, from the channel that the job reads."""
    for channel in described.get("InputDataConfig", []):
        uri = channel["DataSource"].get("S3DataSource", {}).get("S3Uri", "")
        _, _, below = uri.partition(f"/{naming.CORPORA}")
        if below:
            return below.split("/")[0]
    return ""


def runs(cloud: Cloud, *, limit: int, status: TrainingJobStatusType | None = None) -> list[Run]:
    """The stage's latest training jobs, newest first; with `status`, those in that state only."""
    return list(_described(cloud, limit, status))


def _described(cloud: Cloud, limit: int, status: TrainingJobStatusType | None) -> Iterator[Run]:
    """Jobs one by one: whoever has found what was looked for asks for no more."""
    with translating_aws_errors("list the training jobs"):
        for job in _names(cloud, limit, status):
            yield _run(cloud.sagemaker.describe_training_job(TrainingJobName=job))


def _names(cloud: Cloud, limit: int, status: TrainingJobStatusType | None) -> Iterator[str]:
    # NameContains narrows the listing on the server; only the prefix tells which stage a job belongs to.
    prefix = naming.job_prefix(cloud.stage)
    wish: dict[str, Any] = {"NameContains": prefix, "SortBy": "CreationTime", "SortOrder": "Descending"}
    if status is not None:
        wish["StatusEquals"] = status
    pages = cloud.sagemaker.get_paginator("list_training_jobs").paginate(**wish)
    left = limit
    for page in pages:
        for summary in page["TrainingJobSummaries"]:
            if left and summary["TrainingJobName"].startswith(prefix):
                left -= 1
                yield summary["TrainingJobName"]
        if not left:
            return


def latest(cloud: Cloud, *, completed: bool = False) -> Run:
    """The stage's newest job.

    Args:
        cloud: the stage.
        completed: skip jobs that have no model.

    Raises:
        RequestError: there is none.
    """
    for found in runs(cloud, limit=1, status="Completed" if completed else None):
        return found
    kind = "completed training job" if completed else "training job"
    start = blazingtext_command("train --corpus <name> --watch", cloud.stage)
    raise RequestError(f"There is no {kind} in stage {cloud.stage}. Start one with: {start}")


def latest_own(cloud: Cloud) -> Run:
    """The newest completed job that carries this stage's tags, as every job of its launcher does.

    A job that somebody made by hand has at most its name in common with the stage, and of the jobs of a tuning job the newest is hardly
    ever the best: they are used when they are named.

    Raises:
        RequestError: there is none.
    """
    for found in _described(cloud, 50, "Completed"):
        if not found.tuning_job and naming.is_tagged(tags(cloud, found), cloud.stage):
            return found
    raise RunError(f"There is no completed training job of stage {cloud.stage} with its tags. Name the run to use.", cloud.stage)


def with_tags(cloud: Cloud, found: Iterable[Run]) -> list[Run]:
    """Runs with their tags, which tell the corpus's hash, the recipe and the promoter's note; one call for each.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    return [_with_tags(run, tags(cloud, run)) for run in found]


def _with_tags(run: Run, tags: Mapping[str, str]) -> Run:
    kinds = (("sha256", naming.CORPUS_SHA256_TAG), ("etags", naming.CORPUS_HASH_TAG))
    told = next((f"{kind}:{tags[tag]}" for kind, tag in kinds if tag in tags), "")
    return replace(run, tags=dict(tags), corpus_hash=told, recipe=tags.get(naming.RECIPE_TAG, ""))


def not_promoted(found: Iterable[Run], live: Collection[str] = ()) -> dict[str, str]:
    """Why completed runs did not go live by themselves, by job, as the promoter noted it.

    Args:
        found: the runs, with their tags.
        live: artifacts that are live or were; whoever promoted them by name knew better.
    """
    judged = [run for run in found if run.status == "Completed" and run.artifact not in live]
    notes = {run.job: (run.tags or {}).get(naming.PROMOTION_TAG, "") for run in judged}
    return {job: note for job, note in notes.items() if note}


def tags(cloud: Cloud, found: Run) -> dict[str, str]:
    """The tags of a run's job."""
    with translating_aws_errors(f"read the tags of {found.job}"):
        pages = cloud.sagemaker.get_paginator("list_tags").paginate(ResourceArn=found.arn)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def throughput(cloud: Cloud, job: str) -> float | None:
    """A run's average million words a second, which only its log holds; None when it does not (yet)."""
    with translating_aws_errors(f"read the log of {job}"):
        try:
            # A page may be empty and not the last: CloudWatch counts what it has searched, not what it has found.
            pages = cloud.logs.get_paginator("filter_log_events").paginate(
                logGroupName=naming.TRAINING_LOG_GROUP, logStreamNamePrefix=f"{job}/", filterPattern=f'"{_THROUGHPUT}"'
            )
            messages = [event["message"] for page in pages for event in page["events"]]
        except ClientError as error:
            if aws_errors.is_missing(error):
                return None
            raise
    speeds = [message.rpartition(":")[2] for message in messages if _THROUGHPUT in message]
    return float(speeds[-1]) if speeds else None


def stop(cloud: Cloud, job: str) -> Run:
    """Asks SageMaker to stop a job; the model so far is kept.

    Raises:
        RequestError: there is no such job, or it has ended.
    """
    found = run(cloud, job)
    if not found.job.startswith(naming.job_prefix(cloud.stage)):
        raise RunError(f"{found.job} is not a job of stage {cloud.stage}. Only jobs of the chosen stage can be stopped.", cloud.stage)
    if found.over:
        raise RunError(f"{found.job} cannot be stopped. It is {found.status} already.", cloud.stage)
    with translating_aws_errors(f"stop the training job {found.job}"):
        cloud.sagemaker.stop_training_job(TrainingJobName=found.job)
    return run(cloud, found.job)
