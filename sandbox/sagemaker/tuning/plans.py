"""A request for a tuning job, checked and read: what is searched, for which objective, with which training jobs.

Sources: CreateHyperParameterTuningJob in the SageMaker API reference; "Resource Limits for Automatic Model Tuning" and "Understand the
hyperparameter tuning strategies" in the developer guide; published answers of the service for the words of the refusals that are marked
with AWS. The other words are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ..api.contract import Parameters
from ..api.errors import QUOTA_INCREASE_HINT, ResourceLimitExceeded, ValidationException
from ..programs import Programs
from .space import Choice, Number, Space

MAX_JOBS: Final = 750
MAX_PARALLEL_JOBS: Final = 10
MAX_RANGES: Final = 30
MAX_SECONDS: Final = 30 * 24 * 3600
#: Hyperband's limit of epochs, and the hyperparameters it is read from.
MAX_EPOCHS: Final = 20_000
EPOCH_NAMES: Final = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
#: The hyperparameter by which a training job learns that it is tuned; every algorithm of AWS's takes it.
OBJECTIVE_HYPERPARAMETER: Final = "_tuning_objective_metric"
#: "Tune a BlazingText Model": the metrics that may be an objective.
BLAZINGTEXT_OBJECTIVES: Final = ("train:mean_rho", "validation:accuracy")
_COPIED: Final = (
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
)


@dataclass(frozen=True)
class Plan:
    """One training job definition: its request, its ranges, its objective."""

    definition: Parameters
    space: Space
    metric: str
    maximize: bool

    @property
    def name(self) -> str | None:
        """The definition's name."""
        name: str | None = self.definition.get("DefinitionName")
        return name

    def training_request(self, name: str, tuned: Mapping[str, str], tags: list[Parameters]) -> Parameters:
        """The CreateTrainingJob request of one training job."""
        specification = {key: value for key, value in self.definition["AlgorithmSpecification"].items() if value is not None}
        return {
            "TrainingJobName": name,
            "AlgorithmSpecification": specification,
            "HyperParameters": {**self.definition.get("StaticHyperParameters", {}), **tuned, OBJECTIVE_HYPERPARAMETER: self.metric},
            "ResourceConfig": resources(self.definition),
            **{member: self.definition[member] for member in _COPIED if member in self.definition},
            **({"Tags": tags} if tags else {}),
        }


def plans(parameters: Parameters, programs: Programs) -> list[Plan]:
    """What a request asks for, a plan for each training job definition.

    Raises:
        ResourceLimitExceeded: more jobs than AWS lets a tuning job have.
        ValidationException: what AWS's documentation rules out.
    """
    one, several = parameters.get("TrainingJobDefinition"), parameters.get("TrainingJobDefinitions")
    if (one is None) == (not several):
        raise ValidationException("Give either TrainingJobDefinition or TrainingJobDefinitions, and not both.")
    definitions: list[Parameters] = several or [one]
    names = [definition.get("DefinitionName") for definition in definitions]
    if several and (None in names or len(set(names)) < len(names)):
        raise ValidationException("Each of the TrainingJobDefinitions needs a DefinitionName of its own.")
    config = parameters["HyperParameterTuningJobConfig"]
    found = [_plan(config, definition, programs, shared=not several) for definition in definitions]
    _check_strategy(config, found)
    _check_limits(config, found)
    return found


def resources(definition: Parameters) -> Parameters:
    """The ResourceConfig of a definition's training jobs; of several instance configurations the first, for capacity is always there."""
    flexible = definition.get("HyperParameterTuningResourceConfig")
    if (flexible is None) == ("ResourceConfig" not in definition):
        raise ValidationException("Give either ResourceConfig or HyperParameterTuningResourceConfig, and not both.")
    if flexible is None:
        given: Parameters = definition["ResourceConfig"]
        return given
    alone = {"InstanceType", "InstanceCount", "VolumeSizeInGB"} & flexible.keys()
    if "InstanceConfigs" in flexible and alone:
        raise ValidationException(f"With InstanceConfigs, HyperParameterTuningResourceConfig does not take {', '.join(sorted(alone))}.")
    chosen = flexible["InstanceConfigs"][0] if "InstanceConfigs" in flexible else flexible
    members = ("InstanceType", "InstanceCount", "VolumeSizeInGB")
    kept = {member: chosen[member] for member in members if member in chosen}
    return kept | ({"VolumeKmsKeyId": flexible["VolumeKmsKeyId"]} if "VolumeKmsKeyId" in flexible else {})


def epochs(config: Parameters, plan: Plan) -> tuple[int, int]:
    """The least and the most epochs of a Hyperband job.

    Raises:
        ValidationException: the most is neither given nor among the static hyperparameters.
    """
    given = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
    static = plan.definition.get("StaticHyperParameters", {})
    inferred = next((static[name] for name in EPOCH_NAMES if static.get(name, "").isascii() and static.get(name, "").isdigit()), None)
    most = given.get("MaxResource", inferred)
    if most is None:
        raise ValidationException(
            f"Hyperband needs MaxResource. It is neither in HyperbandStrategyConfig nor one of {', '.join(EPOCH_NAMES)} of"
            " StaticHyperParameters."
        )
    least = int(given.get("MinResource", 1))
    if not least <= int(most) <= MAX_EPOCHS:
        raise ValidationException(f"MaxResource is {most}: it must be from MinResource, {least}, to {MAX_EPOCHS}.")
    return least, int(most)


def number_of_jobs(config: Parameters, found: list[Plan]) -> int:
    """How many training jobs there may be: the limit given, a grid's combinations, or AWS's quota."""
    limit: int | None = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    if limit is not None:
        return limit
    return int(sum(plan.space.combinations for plan in found)) if config["Strategy"] == "Grid" else MAX_JOBS


def _plan(config: Parameters, definition: Parameters, programs: Programs, *, shared: bool) -> Plan:
    ranges = _one_of(config, "ParameterRanges", definition, "HyperParameterRanges", shared=shared)
    objective = _one_of(config, "HyperParameterTuningJobObjective", definition, "TuningObjective", shared=shared)
    space = _space(ranges, definition.get("StaticHyperParameters", {}))
    _check_objective(objective["MetricName"], definition, programs)
    resources(definition)
    return Plan(definition, space, objective["MetricName"], objective["Type"] == "Maximize")


def _one_of(config: Parameters, common: str, definition: Parameters, own: str, *, shared: bool) -> Parameters:
    """What a definition has of its own, or, with one definition, what the tuning job has."""
    given = [each for each in (config.get(common), definition.get(own)) if each is not None]
    if len(given) != 1 or (not shared and own not in definition):
        where = f"HyperParameterTuningJobConfig.{common}" if shared else f"each definition's {own}"
        raise ValidationException(f"Give {where}, and only there: a tuning job needs it exactly once for each training job definition.")
    found: Parameters = given[0]
    return found


def _space(ranges: Parameters, static: Mapping[str, str]) -> Space:
    try:
        space = Space.of(ranges)
    except ValueError as problem:
        raise ValidationException(f"A range's MinValue and MaxValue must be numbers: {problem}.") from problem
    names = [each.name for each in space.ranges]
    problems = list(_range_problems(space))
    if not 1 <= len(names) <= MAX_RANGES:
        problems.append(f"A tuning job searches 1 to {MAX_RANGES} hyperparameters, not {len(names)}.")
    if len(set(names)) < len(names) or set(names) & static.keys():
        problems.append("A hyperparameter has one range, and is not in StaticHyperParameters as well.")
    if problems:
        raise ValidationException(" ".join(problems))
    return space


def _range_problems(space: Space) -> Iterator[str]:
    for each in space.ranges:
        if isinstance(each, Choice):
            continue
        if not each.low <= each.high or each.high in (float("inf"), float("-inf")):
            yield f"The range of {each.name} is empty: MinValue is {each.low} and MaxValue {each.high}."
        if each.integer and not (each.low.is_integer() and each.high.is_integer()):
            yield f"The range of {each.name} is one of integers: MinValue and MaxValue must be integers."
        if each.scaling == "Logarithmic" and each.low <= 0:
            yield f"Logarithmic scaling needs values greater than 0; the range of {each.name} begins at {each.low}."
        if each.scaling == "ReverseLogarithmic" and (each.integer or not 0 <= each.low <= each.high < 1):
            yield f"ReverseLogarithmic scaling needs a continuous range within 0<=x<1; that of {each.name} is not."


def _check_objective(metric: str, definition: Parameters, programs: Programs) -> None:
    specification = definition["AlgorithmSpecification"]
    image = specification.get("TrainingImage", "")
    if not programs.is_own(image):
        if metric not in BLAZINGTEXT_OBJECTIVES:
            known = " and ".join(BLAZINGTEXT_OBJECTIVES)
            raise ValidationException(f"The metric {metric} cannot be an objective of BlazingText: {known} can.")
        return
    if metric not in [each["Name"] for each in programs.metric_definitions(specification)]:
        # AWS
        raise ValidationException(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions."
        )


def _check_strategy(config: Parameters, found: list[Plan]) -> None:
    strategy = config["Strategy"]
    if strategy == "Hyperband":
        if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
            raise ValidationException("Hyperband stops jobs by itself: TrainingJobEarlyStoppingType must be Off.")
        for plan in found:
            epochs(config, plan)
    elif "StrategyConfig" in config:
        raise ValidationException(f"StrategyConfig is for the strategy Hyperband, and the strategy is {strategy}.")
    if strategy != "Grid":
        return
    if any(isinstance(each, Number) for plan in found for each in plan.space.ranges):
        raise ValidationException("Grid search takes categorical ranges only: give the values to try as CategoricalParameterRanges.")
    limit, all_of_them = config["ResourceLimits"].get("MaxNumberOfTrainingJobs"), int(sum(plan.space.combinations for plan in found))
    if limit is not None and limit != all_of_them:
        raise ValidationException(f"Grid search trains every combination, {all_of_them}: MaxNumberOfTrainingJobs must be that, or absent.")


def _check_limits(config: Parameters, found: list[Plan]) -> None:
    limits, jobs = config["ResourceLimits"], number_of_jobs(config, found)
    combinations = sum(plan.space.combinations for plan in found)
    if combinations < jobs and "MaxNumberOfTrainingJobs" in limits:
        # AWS
        raise ValidationException(
            "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter combinations for the provided"
            f" ranges [{float(combinations)}] must be equal or greater than the value of MaxNumberOfJobs, [{jobs}]. Provide additional"
            " ranges."
        )
    asked = (
        ("Number of training jobs per hyperparameter tuning job", jobs, MAX_JOBS),
        ("Number of parallel training jobs per hyperparameter tuning job", limits["MaxParallelTrainingJobs"], MAX_PARALLEL_JOBS),
        ("Maximum run time for a hyperparameter tuning job", limits.get("MaxRuntimeInSeconds", 0), MAX_SECONDS),
    )
    for quota, wanted, most in asked:
        if wanted > most:
            raise ResourceLimitExceeded(
                f"The account-level service limit '{quota}' is {most}, and the request asks for {wanted}. {QUOTA_INCREASE_HINT}"
            )
