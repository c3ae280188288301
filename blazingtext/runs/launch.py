"""Training jobs are started through the launcher function, which checks the request before it costs anything."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from blazingtext_lifecycle import errors, naming, run_names
from blazingtext_lifecycle.costs import dollars
from blazingtext_lifecycle.errors import CloudError, LifecycleError
from blazingtext_lifecycle.job_kinds import TRAINING

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..errors import NotDeployedError
from ..figures import duration
from ..html_tables import facts


@dataclass(frozen=True)
class TrainingOrder:
    """What to train; None means the stage's default.

    Attributes:
        corpus: the name of an uploaded corpus.
        mode: batch_skipgram, skipgram, cbow or supervised.
        hyperparameters: by BlazingText's names.
        instance_type: such as ml.c5.xlarge.
        instance_count: how many of them.
        volume_gb: disk of each.
        max_runtime_seconds: when to stop at the latest.
        max_wait_seconds: with spot, waiting included.
        spot: use spot instances.
        tags: on the job.
        retry: start another attempt when the same job failed or was stopped.
        dry_run: check and price everything, start nothing.
        promote: whether the model may go live by itself.
        name: what to call the run; None: the request's hash names it.
    """

    corpus: str
    mode: str | None = None
    hyperparameters: Mapping[str, object] = field(default_factory=dict)
    instance_type: str | None = None
    instance_count: int | None = None
    volume_gb: int | None = None
    max_runtime_seconds: int | None = None
    max_wait_seconds: int | None = None
    spot: bool | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    retry: bool = False
    dry_run: bool = False
    promote: bool = True
    name: str | None = None

    def event(self) -> dict[str, Any]:
        """The launcher's event: only what was given."""
        instance = {"type": self.instance_type, "count": self.instance_count, "volumeGb": self.volume_gb}
        limits = {"maxRuntimeSeconds": self.max_runtime_seconds, "maxWaitSeconds": self.max_wait_seconds}
        parameters = {
            "name": self.name,
            "mode": self.mode,
            "hyperparameters": {name: _sendable(value) for name, value in self.hyperparameters.items()} or None,
            "instance": _given(instance) or None,
            "limits": _given(limits) or None,
            "spot": self.spot,
            "tags": dict(self.tags) or None,
            "retry": self.retry or None,
            "dryRun": self.dry_run or None,
            "promote": None if self.promote else False,
        }
        return {"corpus": self.corpus, **_given(parameters)}


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _sendable(value: object) -> object:
    """A value that JSON has: the launcher refuses the text of a number that is not finite in its own words."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class Cost:
    """What a job costs on demand, all its instances together.

    Attributes:
        instance_type: of the instances.
        instance_count: how many of them.
        max_runtime_seconds: how long it may run.
        hourly_dollars: US dollars an hour; None when no price is known.
        maximum_dollars: US dollars when it runs as long as it may; likewise.
        prices_of: the day of the price, or "".
    """

    instance_type: str
    instance_count: int
    max_runtime_seconds: int
    hourly_dollars: float | None
    maximum_dollars: float | None
    prices_of: str

    def rows(self) -> list[tuple[str, str]]:
        """The instances, and what they cost, as text."""
        known = self.hourly_dollars is not None and self.maximum_dollars is not None
        hourly, most = dollars(self.hourly_dollars or 0), dollars(self.maximum_dollars or 0)
        amount = f"{hourly} an hour, at most {most} in {duration(self.max_runtime_seconds)} (prices of {self.prices_of})"
        return [("instances", f"{self.instance_count} x {self.instance_type}"), ("costs", amount if known else "not known")]


@dataclass(frozen=True)
class Launch:
    """The launcher's answer.

    Attributes:
        job: the training job's name.
        arn: its ARN.
        status: SageMaker's TrainingJobStatus.
        created: False when the same request already had a job.
        artifact: where the model will be.
        warnings: what is allowed but probably a mistake.
        cost: what it costs.
    """

    job: str
    arn: str
    status: str
    created: bool
    artifact: str
    warnings: tuple[str, ...]
    cost: Cost

    @property
    def name(self) -> str:
        """The job's name, as every kind of launch has it."""
        return self.job

    def __repr__(self) -> str:
        return f"Launch({self.job}: {self.status or 'not started'}{'' if self.created else ', of an earlier request'})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        rows = [("status", self.status), ("artifact", self.artifact), *self.cost.rows(), *(("warning", each) for each in self.warnings)]
        return facts(self.job, rows)


@dataclass(frozen=True)
class JobLaunch:
    """The answer of a function that starts transform or processing jobs.

    Attributes:
        job: the job's name.
        arn: its ARN.
        status: SageMaker's TransformJobStatus or ProcessingJobStatus.
        created: False when the same request already had a job.
        output: where its results will be, or the file that it makes.
        warnings: what is allowed but probably a mistake.
        cost: what it costs; the longest time of a transform job is that of one whose every request takes as long as it may.
    """

    job: str
    arn: str
    status: str
    created: bool
    output: str
    warnings: tuple[str, ...]
    cost: Cost

    @property
    def name(self) -> str:
        """The job's name, as every kind of launch has it."""
        return self.job


def launch(cloud: Cloud, order: TrainingOrder) -> Launch:
    """Has the launcher function start a training job; the same request with the same data gets the same job.

    Raises:
        UserError: the request is wrong; the message names every problem. Nothing was started.
        CloudError: the function or AWS failed.
    """
    naming.check_corpus(order.corpus)
    if order.name is not None:
        run_names.check(order.name, TRAINING, cloud.stage)
    payload = invoke(cloud, cloud.launcher, order.event(), f"start training on {order.corpus}")
    return Launch(
        job=payload["jobName"],
        arn=payload["jobArn"],
        status=payload["status"],
        created=payload["created"],
        artifact=payload["artifact"],
        warnings=tuple(payload["warnings"]),
        cost=cost(payload["cost"]),
    )


def launch_job(cloud: Cloud, function: str, event: Mapping[str, Any], doing: str) -> JobLaunch:
    """Has a function start a transform or processing job; for arguments and errors see `invoke`."""
    payload = invoke(cloud, function, event, doing)
    return JobLaunch(
        job=payload["jobName"],
        arn=payload["jobArn"],
        status=payload["status"],
        created=payload["created"],
        output=payload["output"],
        warnings=tuple(payload["warnings"]),
        cost=cost(payload["cost"]),
    )


def invoke(cloud: Cloud, function: str, event: Mapping[str, Any], doing: str) -> dict[str, Any]:
    """The answer of one of the functions that start jobs.

    Args:
        cloud: the stage.
        function: its name.
        event: what is asked for.
        doing: what that is, to be read after "Could not".

    Raises:
        UserError: the request is wrong; the message names every problem. Nothing was started.
        CloudError: the function or AWS failed.
    """
    with translating_aws_errors(doing):
        answer = cloud.functions.invoke(FunctionName=function, Payload=json.dumps(event, allow_nan=False).encode())
        payload: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise _older(cloud.stage, event, payload) or _refusal(payload)
    return payload


def cost(found: Mapping[str, Any]) -> Cost:
    """The costs in a function's answer."""
    return Cost(
        found["instanceType"],
        found["instanceCount"],
        found["maxRuntimeSeconds"],
        found["hourlyDollars"],
        found["maximumDollars"],
        found["pricesOf"],
    )


def _older(stage: str, event: Mapping[str, Any], payload: Mapping[str, Any]) -> NotDeployedError | None:
    """What to do about a launcher that does not know a field which this command line sends; None when it knows them all."""
    unknown = [key for key in event if f'"{key}" is unknown' in str(payload.get("errorMessage", ""))]
    if not unknown:
        return None
    happened = f"The stack {naming.training_stack(stage)} is older than this command line: its launcher does not know {', '.join(unknown)}."
    return NotDeployedError(f"{happened} Nothing was started.", stage)


def _refusal(payload: Mapping[str, Any]) -> LifecycleError:
    """The launcher's exception, with its own class when it is one of ours."""
    kind, message = str(payload.get("errorType", "")), str(payload.get("errorMessage", payload))
    family = getattr(errors, kind, None)
    if isinstance(family, type) and issubclass(family, LifecycleError):
        return family(message)
    return CloudError(f"The launcher function stopped. It says: {kind}: {message}. Read its log group in CloudWatch, or deploy again.")
