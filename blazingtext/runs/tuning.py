"""Tuning jobs are started through a function of the stage, which checks and prices the request before it costs anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from blazingtext_lifecycle import naming, run_names
from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.job_kinds import TUNING
from blazingtext_lifecycle.values import cut

from ..cloud import Cloud
from ..html_tables import facts
from .launch import Cost, TrainingOrder, cost, invoke

# How a range is searched, as it is typed, and as SageMaker calls it.
SCALINGS: Mapping[str, str] = {"auto": "Auto", "linear": "Linear", "log": "Logarithmic", "reverse-log": "ReverseLogarithmic"}


@dataclass(frozen=True)
class TuningOrder:
    """What to tune; None means the default.

    Attributes:
        training: what all training jobs have; its hyperparameters stay as they are.
        ranges: what is searched: name to a list of values, or to an object with from, to and maybe scaling.
        strategy: Bayesian, Random, Grid or Hyperband.
        max_jobs: how many training jobs at most.
        parallel_jobs: how many of them at once.
        early_stopping: whether SageMaker may stop those that are not promising.
        warm_start: earlier tuning jobs to learn from.
        seed: where chance begins.
    """

    training: TrainingOrder
    ranges: Mapping[str, object] = field(default_factory=dict)
    strategy: str | None = None
    max_jobs: int | None = None
    parallel_jobs: int | None = None
    early_stopping: bool = False
    warm_start: Sequence[str] = ()
    seed: int | None = None

    def event(self) -> dict[str, Any]:
        """The function's event: only what was given."""
        tuning = {
            "ranges": dict(self.ranges),
            "strategy": self.strategy,
            "maxJobs": self.max_jobs,
            "parallelJobs": self.parallel_jobs,
            "earlyStopping": self.early_stopping or None,
            "warmStart": list(self.warm_start) or None,
            "seed": self.seed,
        }
        return {**self.training.event(), "tuning": {name: value for name, value in tuning.items() if value is not None}}


@dataclass(frozen=True)
class TuningLaunch:
    """The function's answer.

    Attributes:
        tuning_job: the tuning job's name.
        arn: its ARN.
        status: SageMaker's HyperParameterTuningJobStatus.
        created: False when the same request already had one.
        objective: the metric that is maximised.
        warnings: what is allowed but probably a mistake.
        cost: what an hour of one training job costs, and all of them at most.
        max_jobs: how many training jobs there may be.
        parallel_jobs: how many of them at once.
    """

    tuning_job: str
    arn: str
    status: str
    created: bool
    objective: str
    warnings: tuple[str, ...]
    cost: Cost
    max_jobs: int
    parallel_jobs: int

    @property
    def name(self) -> str:
        """The job's name, as every kind of launch has it."""
        return self.tuning_job

    def __repr__(self) -> str:
        return f"TuningLaunch({self.tuning_job}: {self.status or 'not started'}{'' if self.created else ', of an earlier request'})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        jobs = f"{self.max_jobs}, {self.parallel_jobs} at a time"
        warnings = [("warning", each) for each in self.warnings]
        rows = [("status", self.status), ("objective", self.objective), ("training jobs", jobs), *self.cost.rows(), *warnings]
        return facts(self.tuning_job, rows)


def launch(cloud: Cloud, order: TuningOrder) -> TuningLaunch:
    """Has the stage's function start a tuning job; the same request with the same data gets the same one.

    Raises:
        UserError: the request is wrong; the message names every problem. Nothing was started.
        CloudError: the function or AWS failed.
    """
    naming.check_corpus(order.training.corpus)
    if order.training.name is not None:
        run_names.check(order.training.name, TUNING, cloud.stage)
    payload = invoke(cloud, cloud.tuner, order.event(), f"start tuning on {order.training.corpus}")
    return TuningLaunch(
        tuning_job=payload["tuningJobName"],
        arn=payload["tuningJobArn"],
        status=payload["status"],
        created=payload["created"],
        objective=payload["objective"],
        warnings=tuple(payload["warnings"]),
        cost=cost(payload["cost"]),
        max_jobs=payload["cost"]["maxJobs"],
        parallel_jobs=payload["cost"]["parallelJobs"],
    )


def wish(name: str, text: str) -> object:
    """What a text asks of a hyperparameter: a range, a list, or, as the text itself, a value.

    Args:
        name: the hyperparameter.
        text: ``from:to``, ``from:to:scaling``, ``a,b,c`` or a value.

    Raises:
        RequestError: it is none of these.
    """
    if ":" in text:
        low, high, *scaling = (part.strip() for part in text.split(":"))
        if len(scaling) > 1 or (scaling and scaling[0] not in SCALINGS) or not low or not high:
            raise RequestError(
                f'{name}: "{cut(text)}" is not a range. It has two ends, and maybe a scale. '
                f"Write from:to, or from:to:scale with {', '.join(SCALINGS)}."
            )
        return {"from": low, "to": high, **({"scaling": SCALINGS[scaling[0]]} if scaling else {})}
    if "," in text:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
