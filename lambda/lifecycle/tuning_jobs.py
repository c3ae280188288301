"""The tuning job that a request becomes: its name and its CreateHyperParameterTuningJob request. Pure.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import costs, hyperparameters, images, limits, naming, run_names, training_jobs, tuning_names, tuning_problems, tuning_ranges
from .corpora import Corpus
from .costs import HourlyPrice
from .environments import LaunchEnvironment
from .errors import HyperparameterError, UserError, raise_all
from .limits import Several
from .tuning_problems import Parent
from .tuning_requests import TuningRequest

# "Maximum run time for a hyperparameter tuning job": https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html
_LONGEST_SECONDS = 30 * 24 * 3600
_BATCH_ADVICE = "It is recommended that you set batch_size"


@dataclass(frozen=True)
class TuningJob:
    """A tuning job to start.

    Attributes:
        stage: whose it is.
        corpus: what it trains on.
        digest: the hash of its request.
        name: what a person calls it; ``""``: the hash names it.
        definition: everything for CreateHyperParameterTuningJob but the name.
        retry: whether a failed or stopped one gets another attempt.
        warnings: what is legal but probably a mistake.
        dry_run: whether nothing is to be started.
        price: what an hour of one training job costs.
        max_runtime_seconds: how long one may run.
        several: how many there may be, and at once.
    """

    stage: str
    corpus: str
    digest: str
    name: str
    definition: dict[str, Any]
    retry: bool
    warnings: tuple[str, ...]
    dry_run: bool
    price: HourlyPrice
    max_runtime_seconds: int
    several: Several

    def attempt(self, number: int) -> str:
        """The name of the n-th attempt, counted from 1."""
        if self.name:
            return naming.attempt_name(run_names.job(self.stage, self.name), number)
        return tuning_names.tuning_job(self.stage, self.corpus, self.digest, number)

    def request(self, name: str) -> dict[str, Any]:  # noqa: ARG002 - an attempt has only its name of its own
        """Everything for the request that creates an attempt but the name."""
        return self.definition

    @property
    def is_named(self) -> bool:
        """Whether a person chose the name."""
        return bool(self.name)


def decide(
    request: TuningRequest, corpus: Corpus, environment: LaunchEnvironment, parents: Sequence[Parent], problems: list[UserError]
) -> TuningJob:
    """The tuning job for a request.

    Args:
        request: what is asked for.
        corpus: what lies in the bucket.
        environment: the stack's settings.
        parents: the tuning jobs that it is to learn from, as they are.
        problems: what is already known to be wrong.

    Raises:
        UserError: every problem at once, those of the request, of the ranges, of the hyperparameters and of the corpus.
    """
    training = request.training
    static, advice, refusals = _static(request, corpus)
    several = Several(request.most_jobs, request.parallel)
    region = images.region_of(environment.image)
    own = limits.problems(
        environment.limits, training.instance_type, training.instance_count, training.max_runtime_seconds, region, several=several
    )
    told = tuning_problems.of(request, static, corpus, parents)
    raise_all([*problems, *own, *refusals, *told, *training_jobs.data_problems(training, corpus)])
    digest = _digest(request, static, corpus, environment.bucket)
    return TuningJob(
        stage=environment.stage,
        corpus=training.corpus,
        digest=digest,
        name=training.name,
        definition=_definition(request, static, corpus, environment, parents, digest=digest),
        retry=training.retry,
        warnings=(*advice, *_warnings(request), *training_jobs.data_warnings(training, corpus, environment)),
        dry_run=training.dry_run,
        price=costs.of_training(training.instance_type, training.instance_count, region),
        max_runtime_seconds=training.max_runtime_seconds,
        several=several,
    )


def _static(request: TuningRequest, corpus: Corpus) -> tuple[dict[str, str], list[str], list[UserError]]:
    """What stays as it is, the warnings, and the problems: each mode is tried with the ends of all ranges."""
    static: dict[str, str] = {}
    advice: dict[str, None] = {}
    training, channels = request.training, training_jobs.known_channels(corpus)
    others = [each for each in request.ranges if each.name != "mode"]
    for mode in request.modes:
        for end in (0, -1):
            given = {**training.hyperparameters, **{each.name: each.ends[end] for each in others}}
            try:
                complete, found = hyperparameters.complete(mode, given, training.instance_type, training.instance_count, channels=channels)
            except HyperparameterError as refusal:
                return {}, [], [refusal]
            static |= complete
            advice |= dict.fromkeys(found)
    searched = {each.name for each in request.ranges}
    tried = [each for each in advice if not (searched & {"batch_size", "window_size"} and each.startswith(_BATCH_ADVICE))]
    return {name: value for name, value in static.items() if name not in searched}, tried, []


def _digest(request: TuningRequest, static: dict[str, str], corpus: Corpus, bucket: str) -> str:
    """A digest of all that can change the outcome: the same request over the same bytes has the same."""
    parts = {
        "training": training_jobs.request_hash(request.training, static, corpus, bucket),
        "ranges": tuning_ranges.requested(request.ranges),
        "strategy": request.strategy,
        "jobs": [request.most_jobs, request.parallel],
        "earlyStopping": request.early_stopping,
        "warmStart": list(request.parents),
        "seed": request.seed,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _definition(
    request: TuningRequest,
    static: dict[str, str],
    corpus: Corpus,
    environment: LaunchEnvironment,
    parents: Sequence[Parent],
    *,
    digest: str,
) -> dict[str, Any]:
    """CreateHyperParameterTuningJob's request; its tags are those of its training jobs, too."""
    training = training_jobs.definition(request.training, static, corpus, environment, digest)
    tags, fixed = training.pop("Tags"), training.pop("HyperParameters")
    wanted: dict[str, Any] = {
        "HyperParameterTuningJobConfig": _config(request, fixed),
        "TrainingJobDefinition": {"StaticHyperParameters": fixed, **training},
        "Tags": tags,
    }
    if parents:
        own = training_jobs.corpus_hash(corpus)
        same = all(parent.corpus_hash == own for parent in parents)
        wanted["WarmStartConfig"] = {
            "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": parent.name} for parent in parents],
            "WarmStartType": "IdenticalDataAndAlgorithm" if same else "TransferLearning",
        }
    return wanted


def _config(request: TuningRequest, fixed: Mapping[str, str]) -> dict[str, Any]:
    config: dict[str, Any] = {
        "Strategy": request.strategy,
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": request.objective},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": request.most_jobs, "MaxParallelTrainingJobs": request.parallel},
        "ParameterRanges": tuning_ranges.requested(request.ranges),
        "TrainingJobEarlyStoppingType": "Auto" if request.early_stopping else "Off",
    }
    if request.strategy == "Hyperband":
        config["StrategyConfig"] = {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": int(fixed["epochs"])}}
    if request.seed is not None:
        config["RandomSeed"] = request.seed
    return config


def _warnings(request: TuningRequest) -> list[str]:
    found = list(dict.fromkeys(each for mode in request.modes for each in tuning_ranges.warnings(mode, request.ranges)))
    if request.of_vectors and (request.early_stopping or request.strategy == "Hyperband"):
        what = "Hyperband" if request.strategy == "Hyperband" else "Early stopping"
        # https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-early-stopping.html
        found.append(
            f"{what} stops no job of word vectors: it compares the objective epoch by epoch, and train:mean_rho is known at the end only. "
            "It does for classifiers."
        )
    longest = -(-request.most_jobs // request.parallel) * request.training.max_runtime_seconds
    if longest > _LONGEST_SECONDS:
        found.append(
            f"The tuning job may need {longest:,} seconds, and SageMaker ends it after {_LONGEST_SECONDS:,} (30 days). "
            "Raise tuning.parallelJobs, or lower limits.maxRuntimeSeconds."
        )
    return found
