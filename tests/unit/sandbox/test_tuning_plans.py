"""What a tuning job's request asks for, and what is refused in it, at the edges of what AWS documents."""

from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import AwsError, ResourceLimitExceeded, ValidationException
from blazingtext_sandbox.sagemaker.programs import Program, Programs
from blazingtext_sandbox.sagemaker.tuning import plans
from tests.parity.sagemaker_support import tuning_request

PROGRAMS = Programs(train=("train",), serve=("serve",), own={"mine": Program(("mine",))})
LEVELS = {"CategoricalParameterRanges": [{"Name": "level", "Values": ["0.1", "0.9", "0.5"]}]}
RESOURCES = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}
OBJECTIVE = {"Type": "Maximize", "MetricName": "train:mean_rho"}


def ask(config: dict[str, Any] | None = None, *, without: tuple[str, ...] = (), **definition: Any) -> list[plans.Plan]:
    """The plans of a request with these members of its configuration and its definition, and without others of both."""
    request = tuning_request(config=config)
    request["TrainingJobDefinition"] |= definition
    for part in (request["TrainingJobDefinition"], request["HyperParameterTuningJobConfig"]):
        for name in without:
            part.pop(name, None)
    return plans.plans(request, PROGRAMS)


def several(*changes: dict[str, Any], **config: Any) -> list[plans.Plan]:
    """The plans of a request with several definitions, each with its own ranges and objective."""
    request = tuning_request()
    definition = request.pop("TrainingJobDefinition") | {"HyperParameterRanges": LEVELS, "TuningObjective": OBJECTIVE}
    for name in ("ParameterRanges", "HyperParameterTuningJobObjective"):
        del request["HyperParameterTuningJobConfig"][name]
    request["HyperParameterTuningJobConfig"] |= config
    request["TrainingJobDefinitions"] = [{**definition, **change} for change in changes]
    return plans.plans(request, PROGRAMS)


def refusal(error: type[AwsError], *args: Any, **given: Any) -> str:
    with pytest.raises(error) as refused:
        ask(*args, **given)
    return refused.value.message


def test_one_definition_or_several_are_given_and_not_both() -> None:
    words = "Give either TrainingJobDefinition or TrainingJobDefinitions, and not both"
    both, neither, empty = tuning_request(), tuning_request(), tuning_request()
    both["TrainingJobDefinitions"] = [both["TrainingJobDefinition"] | {"DefinitionName": "a"}]
    del neither["TrainingJobDefinition"]
    del empty["TrainingJobDefinition"]
    empty["TrainingJobDefinitions"] = []

    for request in (both, neither, empty):
        with pytest.raises(ValidationException, match=words):
            plans.plans(request, PROGRAMS)
    assert [plan.name for plan in ask()] == [None]
    assert [plan.name for plan in several({"DefinitionName": "a"}, {"DefinitionName": "b"})] == ["a", "b"]


@pytest.mark.parametrize("names", [("a", "a"), ("a", None)])
def test_each_of_several_definitions_has_a_name_of_its_own(names: tuple[str | None, ...]) -> None:
    with pytest.raises(ValidationException, match="Each of the TrainingJobDefinitions needs a DefinitionName of its own"):
        several(*({} if name is None else {"DefinitionName": name} for name in names))


@pytest.mark.parametrize(
    ("common", "own", "value"),
    [("ParameterRanges", "HyperParameterRanges", LEVELS), ("HyperParameterTuningJobObjective", "TuningObjective", OBJECTIVE)],
)
def test_ranges_and_objective_are_given_once_for_each_definition(common: str, own: str, value: dict[str, Any]) -> None:
    words = f"Give HyperParameterTuningJobConfig.{common}, and only there"
    given: dict[str, Any] = {own: value}

    assert words in refusal(ValidationException, without=(common,))
    assert words in refusal(ValidationException, **given)
    assert len(ask(without=(common,), **given)) == 1
    with pytest.raises(ValidationException, match=f"Give each definition's {own}, and only there"):
        several({"DefinitionName": "a"}, {"DefinitionName": "b"}, **{common: value})


@pytest.mark.parametrize(("kind", "maximize"), [("Maximize", True), ("Minimize", False)])
def test_a_plan_has_the_metric_and_its_direction(kind: str, maximize: bool) -> None:
    (plan,) = ask({"HyperParameterTuningJobObjective": {"Type": kind, "MetricName": "validation:accuracy"}})

    assert (plan.metric, plan.maximize) == ("validation:accuracy", maximize)


@pytest.mark.parametrize(
    ("image", "metric", "words"),
    [
        ("blazingtext", "train:mean_rho", None),
        ("blazingtext", "validation:accuracy", None),
        (
            "blazingtext",
            "train:accuracy",
            "train:accuracy cannot be an objective of BlazingText: train:mean_rho and validation:accuracy can.",
        ),
        ("mine", "loss", None),
        ("mine", "train:mean_rho", "A metric is required for this hyperparameter tuning job objective"),
    ],
)
def test_an_objective_is_a_metric_of_the_algorithm(image: str, metric: str, words: str | None) -> None:
    own = {"TrainingImage": "mine", "TrainingInputMode": "File", "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}]}
    given: dict[str, Any] = {"AlgorithmSpecification": own} if image == "mine" else {}
    config = {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": metric}}

    if words is None:
        assert ask(config, **given)[0].metric == metric
    else:
        assert words in refusal(ValidationException, config, **given)


@pytest.mark.parametrize(
    ("flexible", "resources"),
    [
        (RESOURCES, RESOURCES),
        ({**RESOURCES, "VolumeKmsKeyId": "key", "AllocationStrategy": "Prioritized"}, {**RESOURCES, "VolumeKmsKeyId": "key"}),
        ({"InstanceConfigs": [RESOURCES, RESOURCES | {"InstanceCount": 2}]}, RESOURCES),
        ({"InstanceConfigs": [RESOURCES], "VolumeKmsKeyId": "key"}, {**RESOURCES, "VolumeKmsKeyId": "key"}),
    ],
)
def test_resources_may_be_given_as_those_of_tuning(flexible: dict[str, Any], resources: dict[str, Any]) -> None:
    (plan,) = ask(without=("ResourceConfig",), HyperParameterTuningResourceConfig=flexible)

    assert plan.training_request("job", {}, [])["ResourceConfig"] == resources


def test_resources_are_given_in_one_way() -> None:
    words = "Give either ResourceConfig or HyperParameterTuningResourceConfig, and not both"
    assert words in refusal(ValidationException, HyperParameterTuningResourceConfig=RESOURCES)
    assert words in refusal(ValidationException, without=("ResourceConfig",))
    for name, value in RESOURCES.items():
        flexible = {"InstanceConfigs": [RESOURCES], name: value}
        refused = refusal(ValidationException, without=("ResourceConfig",), HyperParameterTuningResourceConfig=flexible)
        assert f"With InstanceConfigs, HyperParameterTuningResourceConfig does not take {name}." in refused


def ranges(kind: str, low: str, high: str, scaling: str = "Auto", name: str = "n") -> dict[str, Any]:
    return {f"{kind}ParameterRanges": [{"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (ranges("Integer", "2", "2"), None),
        (ranges("Integer", "3", "2"), "The range of n is empty: MinValue is 3.0 and MaxValue 2.0."),
        (ranges("Continuous", "1", "1e999"), "The range of n is empty"),
        (ranges("Integer", "1.5", "2"), "The range of n is one of integers"),
        (ranges("Integer", "1", "2.5"), "The range of n is one of integers"),
        (ranges("Continuous", "1.5", "2.5"), None),
        (ranges("Integer", "x", "2"), "A range's MinValue and MaxValue must be numbers"),
        (ranges("Continuous", "0", "1", "Logarithmic"), "Logarithmic scaling needs values greater than 0; the range of n begins at 0.0."),
        (ranges("Continuous", "0.001", "1", "Logarithmic"), None),
        (ranges("Continuous", "0", "0.999", "ReverseLogarithmic"), None),
        (ranges("Continuous", "0", "1", "ReverseLogarithmic"), "ReverseLogarithmic scaling needs a continuous range within 0<=x<1"),
        (ranges("Continuous", "-0.1", "0.9", "ReverseLogarithmic"), "ReverseLogarithmic scaling needs a continuous range"),
        (ranges("Integer", "0", "0", "ReverseLogarithmic"), "ReverseLogarithmic scaling needs a continuous range"),
        ({}, "A tuning job searches 1 to 30 hyperparameters, not 0."),
        ({"CategoricalParameterRanges": [{"Name": f"n{number}", "Values": ["1"]} for number in range(30)]}, None),
        (
            {"CategoricalParameterRanges": [{"Name": f"n{number}", "Values": ["1"]} for number in range(31)]},
            "A tuning job searches 1 to 30 hyperparameters, not 31.",
        ),
        (ranges("Integer", "1", "2") | ranges("Continuous", "1", "2"), "A hyperparameter has one range"),
        (ranges("Integer", "1", "2", name="mode"), "and is not in StaticHyperParameters as well."),
    ],
)
def test_ranges_are_refused_beyond_their_edges(given: dict[str, Any], words: str | None) -> None:
    config = {"ParameterRanges": given, "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}}

    if words is None:
        assert len(ask(config)) == 1
    else:
        assert words in refusal(ValidationException, config)


@pytest.mark.parametrize(
    ("given", "static", "least_and_most"),
    [
        ({"MaxResource": 9}, {}, (1, 9)),
        ({"MinResource": 9, "MaxResource": 9}, {}, (9, 9)),
        ({"MinResource": 3, "MaxResource": 20_000}, {}, (3, 20_000)),
        *(({}, {name: "7"}, (1, 7)) for name in ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")),
        ({"MaxResource": 9}, {"epochs": "7"}, (1, 9)),
        ({}, {"epochs": "many", "num_epochs": "7"}, (1, 7)),
        ({}, {"epochs": "\u0669", "num_epochs": "7"}, (1, 7)),
    ],
)
def test_the_epochs_of_hyperband_are_given_or_read_from_the_hyperparameters(
    given: dict[str, int], static: dict[str, str], least_and_most: tuple[int, int]
) -> None:
    config = {"Strategy": "Hyperband", "StrategyConfig": {"HyperbandStrategyConfig": given}, "TrainingJobEarlyStoppingType": "Off"}
    (plan,) = ask(config, StaticHyperParameters=static)

    assert plans.epochs(config, plan) == least_and_most


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {},
            "Hyperband needs MaxResource. It is neither in HyperbandStrategyConfig nor one of epochs, numepochs, n-epochs, n_epochs,",
        ),
        (
            {"StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 20_001}}},
            "MaxResource is 20001: it must be from MinResource, 1, to 20000",
        ),
        ({"StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 10, "MaxResource": 9}}}, "must be from MinResource, 10, to 20000"),
        (
            {"StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 9}}, "TrainingJobEarlyStoppingType": "Auto"},
            "Hyperband stops jobs by itself: TrainingJobEarlyStoppingType must be Off",
        ),
        ({"Strategy": "Random", "StrategyConfig": {}}, "StrategyConfig is for the strategy Hyperband, and the strategy is Random"),
    ],
)
def test_what_hyperband_cannot_take_is_refused(config: dict[str, Any], words: str) -> None:
    assert words in refusal(ValidationException, {"Strategy": "Hyperband"} | config)


@pytest.mark.parametrize(
    ("strategy", "limit", "jobs"), [("Grid", None, 3), ("Grid", 3, 3), ("Random", 2, 2), ("Random", None, 750), ("Bayesian", 1, 1)]
)
def test_the_number_of_jobs_is_the_limit_the_grids_or_awss(strategy: str, limit: int | None, jobs: int) -> None:
    limits = {"MaxParallelTrainingJobs": 1} | ({} if limit is None else {"MaxNumberOfTrainingJobs": limit})
    config = {"Strategy": strategy, "ParameterRanges": LEVELS, "ResourceLimits": limits}

    assert plans.number_of_jobs(config, ask(config)) == jobs


def test_a_grid_is_of_categories_and_whole() -> None:
    limits = {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1}

    assert "Grid search takes categorical ranges only" in refusal(ValidationException, {"Strategy": "Grid"})
    refused = refusal(ValidationException, {"Strategy": "Grid", "ParameterRanges": LEVELS, "ResourceLimits": limits})
    assert "Grid search trains every combination, 3: MaxNumberOfTrainingJobs must be that, or absent" in refused


def test_there_are_as_many_combinations_as_jobs() -> None:
    limits = {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 1}

    assert len(ask({"ParameterRanges": LEVELS, "ResourceLimits": limits})) == 1
    refused = refusal(ValidationException, {"ParameterRanges": LEVELS, "ResourceLimits": limits | {"MaxNumberOfTrainingJobs": 4}})
    assert "combinations for the provided ranges [3.0] must be equal or greater than the value of MaxNumberOfJobs, [4]" in refused


@pytest.mark.parametrize(
    ("limit", "most", "quota"),
    [
        ("MaxNumberOfTrainingJobs", 750, "Number of training jobs per hyperparameter tuning job"),
        ("MaxParallelTrainingJobs", 10, "Number of parallel training jobs per hyperparameter tuning job"),
        ("MaxRuntimeInSeconds", 2_592_000, "Maximum run time for a hyperparameter tuning job"),
    ],
)
def test_the_largest_job_is_taken_and_a_larger_one_is_beyond_a_quota(limit: str, most: int, quota: str) -> None:
    limits = {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 1}
    config = {"ParameterRanges": ranges("Continuous", "0", "1")}

    assert len(ask(config | {"ResourceLimits": limits | {limit: most}})) == 1
    refused = refusal(ResourceLimitExceeded, config | {"ResourceLimits": limits | {limit: most + 1}})
    assert f"The account-level service limit '{quota}' is {most}, and the request asks for {most + 1}." in refused


def test_a_training_jobs_request_has_what_is_tuned_what_is_static_and_the_objective() -> None:
    (plan,) = ask()

    request = plan.training_request("job-001", {"window_size": "5"}, [])

    assert request["HyperParameters"] == {
        "mode": "batch_skipgram",
        "behaviour": "done",
        "window_size": "5",
        "_tuning_objective_metric": "train:mean_rho",
    }
    assert (request["TrainingJobName"], "Tags" in request) == ("job-001", False)
    assert plan.training_request("job-002", {}, [{"Key": "a", "Value": "b"}])["Tags"] == [{"Key": "a", "Value": "b"}]
