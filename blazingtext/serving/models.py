"""The models of a stage that can be live: the versions in its model registry, or, where nobody has to approve them, its completed runs."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from blazingtext_lifecycle import live_model, naming, registration, values
from blazingtext_lifecycle.errors import NotReady, RequestError
from blazingtext_lifecycle.live_model import ServingStack
from blazingtext_lifecycle.model_registry import LONGEST_COMMENT, ApprovalStatus, Registry, Version

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..figures import moment
from ..html_tables import table
from ..runs import training_jobs
from ..stages import blazingtext_command
from .servable import servable

_METRIC = "metric/"
# A message is worked on within seconds.
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Model:
    """One model of the stage.

    Attributes:
        version: its number in the model registry; None where nobody has to approve models.
        job: the run that made it; "" for a version whose artifact is no run's.
        approval: SageMaker's ModelApprovalStatus: Approved, Rejected, PendingManualApproval; "" without a registry.
        comment: why it was approved or rejected, or "".
        metrics: final values by name, such as train:mean_rho.
        created: when the run was started, or the version registered.
        artifact: its URI.
        live: whether it is the live model.
        previous: whether a rollback goes to it.
    """

    version: int | None
    job: str
    approval: str
    comment: str
    metrics: Mapping[str, float]
    created: datetime
    artifact: str
    live: bool
    previous: bool

    @property
    def row(self) -> tuple[str, str, str, str]:
        """Its mark, its run, its score and when it was made, as text."""
        score = training_jobs.score_of(self.metrics)
        mark = "*" if self.live else "-" if self.previous else " "
        return mark, self.job or self.artifact, "" if score is None else f"{score:.3f}", moment(self.created)


@dataclass(frozen=True)
class Models:
    """The newest models of a stage.

    Attributes:
        group: its model package group; "" where nobody has to approve models.
        models: newest first.
    """

    group: str
    models: tuple[Model, ...]

    def __repr__(self) -> str:
        live = next((each.job or each.artifact for each in self.models if each.live), "none of them")
        return f"Models({f'{self.group}, ' if self.group else ''}{len(self.models)} shown, live: {live})"

    def _repr_html_(self) -> str:
        """A table, for notebooks: * marks the live model, - the one that a rollback goes to."""
        if self.group:
            heads = ("", "version", "job", "score", "approval", "why", "created")
            rows = [(*each.row[:1], str(each.version), *each.row[1:3], each.approval, each.comment, each.row[3]) for each in self.models]
            return table(heads, rows, caption=self.group, right=(1, 3))
        return table(("", "job", "score", "created"), [each.row for each in self.models], right=(2,))


@dataclass(frozen=True)
class Judged:
    """A version that was approved or rejected.

    Attributes:
        version: its number.
        job: the run.
        approval: what it is now.
        comment: why.
        live: whether it is the live model.
        goes_live: whether the approval puts it into service by itself; an older model than was promoted stays out.
    """

    version: int
    job: str
    approval: str
    comment: str
    live: bool
    goes_live: bool


def registry(cloud: Cloud) -> Registry | None:
    """The stage's model registry; None where nobody has to approve models.

    Raises:
        NotDeployedError: the stage is not deployed.
    """
    group = cloud.outputs(naming.training_stack(cloud.stage)).get(naming.Output.MODEL_PACKAGE_GROUP_NAME, "")
    return Registry(cloud.sagemaker, group) if group else None


def listed(cloud: Cloud, limit: int) -> Models:
    """The newest models.

    Args:
        cloud: the stage.
        limit: how many at most.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    versions, stack = registry(cloud), live_model.describe(cloud.cloudformation, cloud.stage)
    if versions is None:
        return Models("", tuple(_of_run(run, stack) for run in training_jobs.runs(cloud, limit=limit, status="Completed")))
    return Models(versions.group, tuple(_of_version(each, stack) for each in islice(_described(versions), limit)))


def _described(versions: Registry) -> Iterator[Version]:
    for each in versions.listed():
        found = versions.version(each.arn)
        if found is not None:
            yield found


def _of_run(run: training_jobs.Run, stack: ServingStack) -> Model:
    return Model(None, run.job, "", "", run.metrics, run.created, run.artifact, run.artifact == stack.live, run.artifact == stack.previous)


def _of_version(version: Version, stack: ServingStack) -> Model:
    metrics = {name.removeprefix(_METRIC): value for name, value in _numbers(version.metadata) if name.startswith(_METRIC)}
    return Model(
        version.number,
        version.job,
        version.approval,
        version.comment,
        metrics,
        version.created,
        version.artifact,
        bool(version.artifact) and version.artifact == stack.live,
        bool(version.artifact) and version.artifact == stack.previous,
    )


def _numbers(metadata: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """What of a version's notes is a number; anybody may add notes of any kind."""
    for name, text in metadata.items():
        with suppress(ValueError):
            yield name, values.number(text)


def version(cloud: Cloud, versions: Registry, wanted: str) -> Version:
    """The version of a number, or of a run's name or a beginning that no other run has.

    Raises:
        RequestError: there is none.
    """
    found = versions.numbered(int(wanted)) if is_number(wanted) else versions.of_run(wanted) or _of_beginning(cloud, versions, wanted)
    if found is None:
        group = versions.group
        missing = (
            f"There is no version {wanted} in {group}" if is_number(wanted) else f"There is no version of {values.cut(wanted)} in {group}"
        )
        raise RequestError(
            f"{missing}. Runs are registered when they complete, but not those of a tuning job, nor any from "
            f"before approval was manual. Register one with: {blazingtext_command('models register <job>', cloud.stage)}. "
            f"List the versions with: {blazingtext_command('models list', cloud.stage)}"
        )
    return found


def _of_beginning(cloud: Cloud, versions: Registry, wanted: str) -> Version | None:
    """The version of the only run whose name begins so; None when there is none, or several."""
    with suppress(RequestError):
        return versions.of_run(training_jobs.run(cloud, wanted).job)
    return None


def no_run(cloud: Cloud, found: Version) -> RequestError:
    """What is wrong with a version that somebody else has added."""
    reject = blazingtext_command(f"models reject {found.number}", cloud.stage)
    artifact = found.artifact or "(none)"
    return RequestError(
        f"Version {found.number} cannot go live. Its artifact {artifact} is no run's of stage {cloud.stage}. Reject it, with: {reject}"
    )


def is_number(wanted: str) -> bool:
    """Whether a version is asked for, not a run: runs have longer names."""
    return wanted.isascii() and wanted.isdigit()


def required(cloud: Cloud, wanted: str) -> Registry:
    """The stage's model registry, without which what is wanted has no meaning.

    Raises:
        RequestError: the stage has none.
    """
    found = registry(cloud)
    if found is None:
        raise RequestError(
            f"Stage {cloud.stage} has no {wanted}: its setting approval is none, so nobody approves models and they have no versions. "
            "Name a run instead, or deploy the stage with approval manual."
        )
    return found


def judge(cloud: Cloud, wanted: str, approval: ApprovalStatus, comment: str = "") -> Judged:
    """Approves or rejects a version; an approval of one that is newer than what was promoted puts it into service, within a minute.

    Args:
        cloud: the stage.
        wanted: a version's number, or a run's name.
        approval: what it becomes.
        comment: why.

    Raises:
        RequestError: no registry, no such version, or a comment that SageMaker does not take.
    """
    if len(comment) > LONGEST_COMMENT:
        raise RequestError(f"The comment has {len(comment)} letters. SageMaker takes {LONGEST_COMMENT}. Shorten it.")
    versions = required(cloud, f"version {wanted}")
    found = version(cloud, versions, wanted)
    stack = live_model.describe(cloud.cloudformation, cloud.stage)
    goes_live = False
    if approval is ApprovalStatus.APPROVED and found.artifact != stack.live:
        if not found.job:
            raise no_run(cloud, found)
        goes_live = live_model.is_newer(stack, training_jobs.run(cloud, found.job).created)
    versions.decide(found, approval, comment)
    return Judged(found.number, found.job, str(approval), comment, found.artifact == stack.live, goes_live)


def register(
    cloud: Cloud,
    job: str,
    *,
    timeout_seconds: float = 120,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Version:
    """Has a run registered that has no version: from before models needed approval, of a tuning job, or whose version was deleted.

    Args:
        cloud: the stage.
        job: the run.
        timeout_seconds: when to give up.
        sleep: called between two looks.
        clock: the time in seconds.

    Raises:
        RequestError: no registry, no such run, or it has no complete model.
        NotReady: it has not ended, or was not registered in time.
    """
    versions, run = required(cloud, f"version of {values.cut(job)}"), servable(cloud, training_jobs.run(cloud, job))
    found, deadline = versions.of_run(run.job), clock() + timeout_seconds
    if found is not None:
        return found
    body = json.dumps(registration.request_event(run.job, uuid.uuid4().hex))
    queue = cloud.output(naming.training_stack(cloud.stage), naming.Output.PROMOTION_QUEUE_URL)
    with translating_aws_errors(f"ask for the registration of {run.job}"):
        cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
    while found is None:
        if clock() > deadline:
            status = blazingtext_command("status", cloud.stage)
            raise NotReady(
                f"{run.job} is not registered after {timeout_seconds:.0f} s. The promoter may be waiting for the serving stack, or have "
                f"refused: its log and the dead letters say which. Look with: {status}"
            )
        sleep(_POLL_SECONDS)
        found = versions.of_run(run.job)
    return found


def waiting(versions: Registry, live: str) -> tuple[int | None, tuple[int, ...]]:
    """The live version, if it is one, and those that wait for approval, newest first; by one listing.

    Args:
        versions: the registry.
        live: the run whose model is live, or "".
    """
    known = list(versions.listed())
    number = next((each.number for each in known if live and each.description == live), None)
    return number, tuple(each.number for each in known if each.approval == ApprovalStatus.PENDING)
