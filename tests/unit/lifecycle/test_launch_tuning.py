"""A tuning request is checked completely, and becomes one tuning job however often it is sent."""

import dataclasses
from typing import Any, cast

import pytest

import launch_tuning
from blazingtext_lifecycle import naming, tuning_names
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.errors import HyperparameterError, RequestError, UserError
from blazingtext_lifecycle.job_protection import JobProtection
from blazingtext_lifecycle.launching import Clients
from blazingtext_lifecycle.limits import Limits
from tests.unit.lifecycle import test_launch_training
from tests.unit.lifecycle.aws_fakes import FakeContext, client_error
from tests.unit.lifecycle.test_launch_training import ENVIRONMENT
from tests.unit.lifecycle.tuning_fakes import FakeTuning

RATES = {"learning_rate": {"from": 0.005, "to": 0.01}}
WINDOWS = {"window_size": {"from": 5, "to": 10}}


class Account:
    """A bucket with one corpus of each kind, and SageMaker."""

    def __init__(self) -> None:
        self.s3 = test_launch_training.Account().s3
        self.sagemaker = FakeTuning()

    def launch(self, environment: LaunchEnvironment = ENVIRONMENT, tuning: Any = None, **event: Any) -> dict[str, Any]:
        wanted = {"ranges": RATES} if tuning is None else tuning
        clients = Clients(cast("Any", self.s3), cast("Any", self.sagemaker))
        return launch_tuning.launch({"corpus": "wiki", "tuning": wanted, **event}, environment, clients)

    def job(self, answer: dict[str, Any]) -> dict[str, Any]:
        return self.sagemaker.tunings[answer["tuningJobName"]]

    def config(self, tuning: Any = None, **event: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.job(self.launch(tuning=tuning, **event))["HyperParameterTuningJobConfig"]
        return found

    def refusal(self, tuning: Any = None, environment: LaunchEnvironment = ENVIRONMENT, **event: Any) -> str:
        with pytest.raises(UserError) as caught:
            self.launch(environment, tuning, **event)
        assert not self.sagemaker.tunings
        return str(caught.value)


def test_ranges_are_all_a_request_needs() -> None:
    account = Account()

    answer = account.launch(tuning={"ranges": {**RATES, **WINDOWS, "mode": ["skipgram", "cbow"]}})

    job = account.job(answer)
    assert job["HyperParameterTuningJobConfig"] == {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "train:mean_rho"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {
            "CategoricalParameterRanges": [{"Name": "mode", "Values": ["skipgram", "cbow"]}],
            "ContinuousParameterRanges": [{"Name": "learning_rate", "MinValue": "0.005", "MaxValue": "0.01", "ScalingType": "Auto"}],
            "IntegerParameterRanges": [{"Name": "window_size", "MinValue": "5", "MaxValue": "10", "ScalingType": "Auto"}],
        },
        "TrainingJobEarlyStoppingType": "Off",
    }
    static = job["TrainingJobDefinition"]["StaticHyperParameters"]
    assert static["evaluation"] == "True"
    assert not {"mode", "learning_rate", "window_size"} & set(static)
    assert "WarmStartConfig" not in job


def test_the_answer_tells_the_objective_and_what_all_training_jobs_may_cost() -> None:
    account = Account()

    answer = account.launch(tuning={"ranges": RATES, "maxJobs": 12, "parallelJobs": 3})

    name = answer["tuningJobName"]
    assert answer == {
        "tuningJobName": name,
        "tuningJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/{name}",
        "status": "InProgress",
        "created": True,
        "objective": "train:mean_rho",
        "warnings": [],
        "cost": {
            "instanceType": "ml.c5.xlarge",
            "instanceCount": 1,
            "maxRuntimeSeconds": 3600,
            "hourlyDollars": 0.204,
            "maximumDollars": pytest.approx(12 * 0.204),
            "pricesOf": "2026-04-21",
            "maxJobs": 12,
            "parallelJobs": 3,
        },
    }


def test_classifiers_are_compared_by_their_accuracy_on_the_validation_part() -> None:
    account = Account()

    answer = account.launch(corpus="reviews", mode="supervised")

    assert answer["objective"] == "validation:accuracy"
    definition = account.job(answer)["TrainingJobDefinition"]
    assert [channel["ChannelName"] for channel in definition["InputDataConfig"]] == ["train", "validation"]
    assert definition["StaticHyperParameters"]["mode"] == "supervised"


def test_classifiers_without_a_validation_part_are_refused() -> None:
    account = Account()
    del account.s3.objects["corpora/reviews/validation/reviews"]

    assert "no validation part" in account.refusal(corpus="reviews", mode="supervised")


def test_the_same_request_over_the_same_data_has_the_same_tuning_job() -> None:
    account = Account()
    first = account.launch()

    again = account.launch(tags={"team": "search"})

    assert (first["created"], again["created"]) == (True, False)
    assert first["tuningJobName"] == again["tuningJobName"]
    assert len(account.sagemaker.tunings) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"tuning": {"ranges": {"learning_rate": {"from": 0.005, "to": 0.009}}}},
        {"tuning": {"ranges": {"learning_rate": {"from": 0.005, "to": 0.01, "scaling": "Logarithmic"}}}},
        {"tuning": {"ranges": RATES, "strategy": "Random"}},
        {"tuning": {"ranges": RATES, "maxJobs": 11}},
        {"tuning": {"ranges": RATES, "parallelJobs": 3}},
        {"tuning": {"ranges": RATES, "earlyStopping": True}},
        {"tuning": {"ranges": RATES, "seed": 0}},
        {"hyperparameters": {"epochs": 6}},
        {"instance": {"type": "ml.c5.2xlarge"}},
    ],
)
def test_all_that_can_change_the_outcome_changes_the_name(other: dict[str, Any]) -> None:
    account = Account()

    assert account.launch(**other)["tuningJobName"] != account.launch()["tuningJobName"]


def test_a_failed_tuning_job_is_tried_again_only_when_asked_and_under_another_name() -> None:
    account = Account()
    first = account.launch()
    account.job(first)["HyperParameterTuningJobStatus"] = "Failed"

    kept, second = account.launch(), account.launch(retry=True)

    assert (kept["tuningJobName"], kept["status"], kept["created"]) == (first["tuningJobName"], "Failed", False)
    assert second["created"]
    assert second["tuningJobName"] != first["tuningJobName"]
    assert account.launch()["tuningJobName"] == second["tuningJobName"]


def test_a_dry_run_names_the_job_and_starts_nothing() -> None:
    account = Account()

    checked = account.launch(dryRun=True)

    assert not account.sagemaker.tunings
    assert (checked["status"], checked["tuningJobArn"], checked["created"]) == ("", "", False)
    assert account.launch()["tuningJobName"] == checked["tuningJobName"]


@pytest.mark.parametrize("stage", ["a", "dev", "abcdefghijkl"])
@pytest.mark.parametrize("corpus", ["w", "blogs-2020", "x" * 32, "a-b-c-d-e-f-g-h-i-j-k-l"])
@pytest.mark.parametrize("attempt", [1, 99])
def test_a_name_has_the_32_characters_that_sagemaker_takes_and_is_its_stages(stage: str, corpus: str, attempt: int) -> None:
    name = tuning_names.tuning_job(stage, corpus, "0123456789abcdef" * 4, attempt)

    assert tuning_names.is_name(name)
    assert name.startswith(naming.job_prefix(stage))
    assert len(name) <= 32
    assert "--" not in name


def test_the_longest_stage_leaves_just_the_letters_of_the_hash() -> None:
    name = tuning_names.tuning_job("abcdefghijkl", "wiki", "0" * 64)

    assert len(name) == 32
    assert len(name.removeprefix("blazingtext-abcdefghijkl-")) == 7


def test_the_training_jobs_are_protected_and_tagged_as_any_other() -> None:
    account = Account()
    protection = JobProtection(
        key_arn="arn:aws:kms:us-east-1:123456789012:key/k",
        vpc={"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        network_isolation=True,
        traffic_encryption=True,
        tags={"cost-center": "42"},
    )

    job = account.job(account.launch(dataclasses.replace(ENVIRONMENT, protection=protection), tags={"team": "search"}, promote=False))

    definition, tags = job["TrainingJobDefinition"], {tag["Key"]: tag["Value"] for tag in job["Tags"]}
    assert definition["OutputDataConfig"]["KmsKeyId"] == definition["ResourceConfig"]["VolumeKmsKeyId"] == protection.key_arn
    assert definition["VpcConfig"] == protection.vpc
    assert definition["EnableNetworkIsolation"]
    assert definition["EnableInterContainerTrafficEncryption"]
    expected = {**naming.tags("dev"), "team": "search", "cost-center": "42", "blazingtext:promotion": "trained with --no-promote"}
    assert expected.items() <= tags.items()
    assert {"blazingtext:request", "blazingtext:corpus", "blazingtext:corpus-hash"} <= set(tags)


def test_spot_training_jobs_wait_as_long_as_asked() -> None:
    account = Account()

    job = account.job(account.launch(spot=True, limits={"maxRuntimeSeconds": 600, "maxWaitSeconds": 900}))

    assert job["TrainingJobDefinition"]["EnableManagedSpotTraining"]
    assert job["TrainingJobDefinition"]["StoppingCondition"] == {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 900}


def test_a_range_goes_before_a_default_of_the_stage() -> None:
    account = Account()
    environment = dataclasses.replace(ENVIRONMENT, hyperparameters={"mode": "skipgram", "learning_rate": 0.02, "epochs": 7})

    static = account.job(account.launch(environment))["TrainingJobDefinition"]["StaticHyperParameters"]

    assert (static["mode"], static["epochs"], "learning_rate" in static) == ("skipgram", "7", False)


def test_defaults_of_a_stage_for_classifiers_do_not_spoil_a_search_among_modes_of_vectors() -> None:
    environment = dataclasses.replace(ENVIRONMENT, hyperparameters={"mode": "supervised", "word_ngrams": 3})

    answer = Account().launch(environment, {"ranges": {"mode": ["skipgram", "cbow"]}, "maxJobs": 2})

    assert answer["objective"] == "train:mean_rho"


@pytest.mark.parametrize(
    ("tuning", "event", "words"),
    [
        ({"ranges": {"learning_rte": {"from": 1, "to": 2}}}, {}, 'Did you mean "learning_rate"?'),
        ({"ranges": {"word_ngrams": {"from": 1, "to": 2}}}, {}, "It belongs to text classification"),
        ({"ranges": {"subwords": ["True", "False"]}}, {"mode": "skipgram"}, "subwords: BlazingText does not let it be searched"),
        ({"ranges": {"vector_dim": {"from": 10, "to": 4096}}}, {}, "Parameter 'vector_dim' should be <= 2048"),
        ({"ranges": {"window_size": {"from": 0, "to": 5}}}, {}, "Parameter 'window_size' should be > 0"),
        ({"ranges": {"window_size": {"from": 2.5, "to": 5}}}, {}, "Parameter 'window_size' expects integer input"),
        ({"ranges": {"window_size": {"from": 5, "to": 5}}}, {}, "it goes from 5 to 5, so there is nothing to search"),
        ({"ranges": {"window_size": {"from": 6, "to": 5}}}, {}, "it goes from 6 to 5"),
        ({"ranges": {"window_size": {"from": 6}}}, {}, "tuning.ranges.window_size: {'from': 6} is neither a range nor a list"),
        ({"ranges": {"window_size": {"from": 6, "to": 7, "by": 1}}}, {}, "is neither a range nor a list"),
        ({"ranges": {"window_size": 6}}, {}, "tuning.ranges.window_size: 6 is neither a range nor a list"),
        ({"ranges": {"window_size": [6]}}, {}, "tuning.ranges.window_size: 6 is no choice. A list holds 2 to 30 different values"),
        ({"ranges": {"window_size": [6, 6]}}, {}, "6, 6 is no choice"),
        ({"ranges": {"window_size": list(range(1, 32))}}, {}, "is no choice"),
        ({"ranges": {"window_size": [6, 0]}}, {}, "Parameter 'window_size' should be > 0"),
        ({"ranges": {"min_count": {"from": 0, "to": 9, "scaling": "Logarithmic"}}}, {}, "Logarithmic scaling needs values above 0"),
        ({"ranges": {"min_count": {"from": 0, "to": 9, "scaling": "ReverseLogarithmic"}}}, {}, "ReverseLogarithmic scaling is for"),
        ({"ranges": {"learning_rate": {"from": 0.5, "to": 1, "scaling": "ReverseLogarithmic"}}}, {}, "from 0 to below 1"),
        ({"ranges": {"learning_rate": {"from": 0.5, "to": 0.6, "scaling": "log"}}}, {}, "'log' is none of SageMaker's"),
        ({"ranges": {"mode": "cbow"}}, {}, "tuning.ranges.mode: 'cbow' is no list of modes"),
        ({"ranges": {"mode": ["cbow", "glove"]}}, {}, "is no list of modes"),
        ({"ranges": {"mode": ["cbow", 1]}}, {}, "is no list of modes"),
        ({"ranges": {"mode": ["cbow", "supervised"]}}, {}, "supervised is not searched beside others"),
        ({"ranges": {"mode": ["cbow", "skipgram"]}}, {"mode": "cbow"}, "mode is both fixed and searched"),
        ({"ranges": WINDOWS}, {"hyperparameters": {"window_size": 3}}, "window_size is both fixed and searched"),
        ({"ranges": {}}, {}, "tuning.ranges: nothing is searched"),
        ({}, {}, "tuning.ranges: nothing is searched"),
        ({"ranges": RATES}, {"hyperparameters": {"evaluation": False}}, "evaluation is False"),
        ({"ranges": RATES, "strategy": "bayesian"}, {}, "tuning.strategy: 'bayesian' is none of SageMaker's"),
        ({"ranges": RATES, "maxJobs": 751}, {}, "tuning.maxJobs: 751 is not allowed. It must be a whole number from 1 to 750"),
        ({"ranges": RATES, "maxJobs": 0}, {}, "tuning.maxJobs: 0 is not allowed"),
        ({"ranges": RATES, "parallelJobs": 11, "maxJobs": 20}, {}, "It must be a whole number from 1 to 10."),
        ({"ranges": RATES, "parallelJobs": 3, "maxJobs": 2}, {}, "tuning.parallelJobs: 3 at once are more than there may be (2)"),
        ({"ranges": RATES, "earlyStopping": "yes"}, {}, "earlyStopping: 'yes' is neither true nor false"),
        ({"ranges": RATES, "seed": -1}, {}, "tuning.seed: -1 is not allowed"),
        ({"ranges": RATES, "seed": True}, {}, "tuning.seed: True is not allowed"),
        ({"ranges": RATES, "seed": 2**31}, {}, "tuning.seed: 2147483648 is not allowed"),
        ({"ranges": RATES, "jobs": 3}, {}, '"tuning.jobs" is unknown.'),
        ({"ranges": RATES}, {"corpse": "x"}, '"corpse" is unknown'),
        ({"ranges": WINDOWS, "maxJobs": 7}, {}, "tuning.maxJobs: 7 training jobs are more than there are combinations of values (6)"),
        ({"ranges": RATES, "strategy": "Grid"}, {}, "Grid takes lists only, and learning_rate is a range"),
        ({"ranges": {**RATES, **WINDOWS}, "strategy": "Grid"}, {}, "learning_rate, window_size are ranges"),
        ({"ranges": {"window_size": [2, 3], "epochs": [1, 2, 3]}, "strategy": "Grid", "maxJobs": 5}, {}, "trains every combination, 6"),
        (
            {"ranges": {"window_size": list(range(1, 29)), "epochs": list(range(1, 29))}, "strategy": "Grid"},
            {},
            "the grid has 784 combinations",
        ),
        ({"ranges": RATES, "strategy": "Hyperband", "earlyStopping": True}, {}, "Hyperband stops jobs by a rule of its own"),
        ({"ranges": {"epochs": {"from": 2, "to": 20}}, "strategy": "Hyperband"}, {}, "Hyperband itself decides how many epochs"),
        ({"ranges": RATES, "strategy": "Hyperband"}, {"hyperparameters": {"epochs": 20_001}}, "Hyperband spreads 20,000 at most"),
        ({"ranges": RATES, "warmStart": "other"}, {}, 'tuning.warmStart: "other" is no tuning job of stage dev'),
        ({"ranges": RATES, "warmStart": ["blazingtext-dev-" + "x" * 17]}, {}, "have 32 characters at most"),
        ({"ranges": RATES, "warmStart": [f"blazingtext-dev-{each}" for each in range(6)]}, {}, "It holds 1 to 5 names"),
        ({"ranges": RATES, "warmStart": 3}, {}, "tuning.warmStart: 3 is not allowed"),
        ({"ranges": {"mode": ["cbow", "batch_skipgram"]}, "maxJobs": 2}, {"instance": {"count": 2}}, "Only batch_skipgram is available"),
        ({"ranges": {"mode": ["batch_skipgram", "cbow"]}, "maxJobs": 2}, {"instance": {"count": 2}}, "Only batch_skipgram is available"),
        ("all", {}, "tuning: 'all' is not an object"),
        ({"ranges": []}, {}, "ranges: [] is not an object"),
    ],
)  # fmt: skip
def test_what_cannot_be_tuned_is_refused_before_it_costs_anything(tuning: Any, event: dict[str, Any], words: str) -> None:
    assert words in Account().refusal(tuning, **event)


@pytest.mark.parametrize(
    ("tuning", "event"),
    [
        ({"ranges": RATES, "maxJobs": 1, "parallelJobs": 1}, {}),
        ({"ranges": RATES, "maxJobs": 750, "parallelJobs": 10}, {}),
        ({"ranges": RATES, "maxJobs": 2, "parallelJobs": 2}, {}),
        ({"ranges": RATES, "seed": 0}, {}),
        ({"ranges": RATES, "seed": 2**31 - 1}, {}),
        ({"ranges": WINDOWS, "maxJobs": 6}, {}),
        ({"ranges": {"window_size": [2, 3], "epochs": [1, 2, 3]}, "strategy": "Grid", "maxJobs": 6}, {}),
        ({"ranges": {"window_size": list(range(1, 31)), "epochs": list(range(1, 26))}, "strategy": "Grid"}, {}),
        ({"ranges": RATES, "strategy": "Hyperband"}, {"hyperparameters": {"epochs": 20_000}}),
    ],
    ids=str,
)
def test_the_most_and_the_least_that_aws_takes_are_taken(tuning: Any, event: dict[str, Any]) -> None:
    assert Account().launch(tuning=tuning, **event)["created"]


def test_every_problem_is_told_at_once() -> None:
    said = Account().refusal(
        {"ranges": {"window_size": 6, "epochs": [1]}, "maxJobs": 0, "seed": "x"}, corpus="none", instance={"type": "m"}
    )

    words = ("window_size", "epochs: 1 is no choice", "tuning.maxJobs", "tuning.seed", "instance.type", "none")
    assert [word for word in words if word not in said] == []


def test_the_handler_answers_with_the_tuning_job(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    for name, value in ENVIRONMENT.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("blazingtext_lifecycle.aws_clients.connect", lambda service, *_: getattr(account, service))

    answer = launch_tuning.handler({"corpus": "wiki", "tuning": {"ranges": RATES}}, FakeContext())

    assert list(account.sagemaker.tunings) == [answer["tuningJobName"]]


@pytest.mark.parametrize("payload", [None, 3, "x", [], {"corpus": "wiki"}])
def test_no_json_is_a_tuning_request_by_chance(payload: object) -> None:
    account = Account()

    with pytest.raises(RequestError, match=r"tuning\.ranges: nothing is searched"):
        launch_tuning.launch(payload, ENVIRONMENT, Clients(cast("Any", account.s3), cast("Any", account.sagemaker)))


def test_a_hyperparameter_that_is_wrong_keeps_the_class_of_its_error() -> None:
    with pytest.raises(HyperparameterError, match="epochs"):
        Account().launch(hyperparameters={"epochs": 0})


@pytest.mark.parametrize(
    ("limits", "tuning", "words"),
    [
        ({"maximum_training_cost": 1.0}, {"ranges": RATES, "maxJobs": 5}, "the tuning job with its 5 training jobs may cost $1.02"),
        (
            {"maximum_training_instances": 2},
            {"ranges": RATES, "parallelJobs": 3},
            (
                "tuning.parallelJobs: 3 jobs at once with 1 each is not allowed. The stage's setting maximumTrainingInstances is 2. "
                "Ask for what it allows, or have maximumTrainingInstances changed"
            ),
        ),
        ({"maximum_training_seconds": 60}, {"ranges": RATES}, "maximumTrainingSeconds is 60"),
        ({"allowed_instance_types": ("ml.m5.*",)}, {"ranges": RATES}, "allowedInstanceTypes is ml.m5.*"),
    ],
)
def test_the_limits_of_a_stage_hold_for_all_training_jobs_together(limits: dict[str, Any], tuning: Any, words: str) -> None:
    limited = dataclasses.replace(ENVIRONMENT, limits=Limits(**limits))

    assert words in Account().refusal(tuning, limited)


def test_a_tuning_job_that_just_costs_what_a_stage_allows_is_started() -> None:
    limited = dataclasses.replace(ENVIRONMENT, limits=Limits(maximum_training_cost=1.02))

    assert Account().launch(limited, {"ranges": RATES, "maxJobs": 5})["created"]


def test_by_default_no_more_jobs_run_at_once_than_a_stage_has_room_for() -> None:
    limited = dataclasses.replace(ENVIRONMENT, limits=Limits(maximum_training_instances=1))

    assert Account().launch(limited)["cost"]["parallelJobs"] == 1


def test_a_grid_has_as_many_jobs_as_combinations() -> None:
    tuning = {"ranges": {"window_size": [2, 3], "epochs": [1, 2, 3]}, "strategy": "Grid"}

    limits = Account().config(tuning)["ResourceLimits"]

    assert limits == {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 2}


def test_hyperband_spreads_the_epochs_that_are_fixed() -> None:
    config = Account().config({"ranges": RATES, "strategy": "Hyperband"}, hyperparameters={"epochs": 12})

    assert config["StrategyConfig"] == {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 12}}


def test_seed_and_early_stopping_reach_sagemaker() -> None:
    config = Account().config({"ranges": RATES, "seed": 7, "earlyStopping": True})

    assert (config["RandomSeed"], config["TrainingJobEarlyStoppingType"]) == (7, "Auto")


@pytest.mark.parametrize(
    ("tuning", "event", "words"),
    [
        ({"ranges": {"learning_rate": {"from": 0.001, "to": 0.01}}}, {}, "searched from 0.001 to 0.01; AWS recommends 0.005"),
        ({"ranges": {"window_size": [5, 11]}, "maxJobs": 2}, {}, "window_size is searched from 5 to 11; AWS recommends 1 to 10"),
        ({"ranges": RATES, "earlyStopping": True}, {}, "Early stopping stops no job of word vectors"),
        ({"ranges": RATES, "strategy": "Hyperband"}, {}, "Hyperband stops no job of word vectors"),
        ({"ranges": RATES, "maxJobs": 750, "parallelJobs": 1}, {}, "and SageMaker ends it after 2,592,000 (30 days)"),
        ({"ranges": {"vector_dim": {"from": 100, "to": 1500}}}, {}, "You are using a big vector dimension"),
    ],
)  # fmt: skip
def test_what_is_legal_but_probably_a_mistake_is_warned_about(tuning: Any, event: dict[str, Any], words: str) -> None:
    assert [warning for warning in Account().launch(tuning=tuning, **event)["warnings"] if words in warning]


def test_ranges_that_aws_recommends_are_not_warned_about() -> None:
    ranges = {
        "batch_size": {"from": 8, "to": 32},
        "epochs": {"from": 5, "to": 15},
        "learning_rate": {"from": 0.005, "to": 0.01},
        "min_count": {"from": 0, "to": 100},
        "negative_samples": {"from": 5, "to": 25},
        "sampling_threshold": {"from": 0.0001, "to": 0.001},
        "vector_dim": {"from": 32, "to": 300},
        "window_size": {"from": 1, "to": 10},
        "mode": ["batch_skipgram", "skipgram", "cbow"],
    }

    assert [each for each in Account().launch(tuning={"ranges": ranges})["warnings"] if "AWS recommends" in each] == []


def test_early_stopping_of_classifiers_is_not_warned_about() -> None:
    answer = Account().launch(corpus="reviews", mode="supervised", tuning={"ranges": RATES, "earlyStopping": True})

    assert answer["warnings"] == []


# --- warm start -------------------------------------------------------------------------------------------------------


def ended(account: Account, status: str = "Completed", **changes: Any) -> str:
    """An earlier tuning job, which has ended."""
    first = account.launch()
    # SageMaker adds it, and shows it.
    account.job(first)["TrainingJobDefinition"]["StaticHyperParameters"]["_tuning_objective_metric"] = "train:mean_rho"
    account.job(first).update({"HyperParameterTuningJobStatus": status, "TrainingJobStatusCounters": {"Completed": 10}, **changes})
    return str(first["tuningJobName"])


def test_a_tuning_job_learns_from_an_earlier_one_over_the_same_data() -> None:
    account = Account()
    parent = ended(account)

    second = account.job(account.launch(tuning={"ranges": {"learning_rate": {"from": 0.006, "to": 0.008}}, "warmStart": parent}))

    assert second["WarmStartConfig"] == {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": parent}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
@pytest.mark.parametrize("strategy", ["Bayesian", "Random"])
def test_every_job_that_has_ended_can_be_learnt_from_up_to_750_training_jobs_in_all(strategy: str, status: str) -> None:
    account = Account()
    parent = ended(account, status, TrainingJobStatusCounters={"Completed": 700, "Stopped": 40})

    assert account.launch(tuning={"ranges": RATES, "strategy": strategy, "warmStart": parent})["created"]


def test_what_is_learnt_from_changes_the_name() -> None:
    account = Account()
    parent = ended(account)

    assert account.launch(tuning={"ranges": RATES, "warmStart": parent})["tuningJobName"] != account.launch()["tuningJobName"]


def test_over_other_data_it_is_transfer_learning() -> None:
    account = Account()
    parent = ended(account, "Stopped")
    account.s3.objects["corpora/wiki/train/text"] += b"and another line of text about something else\n"

    second = account.job(account.launch(tuning={"ranges": RATES, "warmStart": [parent]}))

    assert second["WarmStartConfig"]["WarmStartType"] == "TransferLearning"


@pytest.mark.parametrize(
    ("changes", "tuning", "event", "words"),
    [
        ({"HyperParameterTuningJobStatus": "InProgress"}, {}, {}, "is InProgress. Only a tuning job that has ended can be learnt from"),
        ({}, {}, {"corpus": "reviews", "mode": "supervised"}, "maximised train:mean_rho, and this one is to maximise validation:accuracy"),
        ({}, {}, {"mode": "skipgram"}, "do not fix and search the same hyperparameters: batch_size"),
        ({}, {"strategy": "Hyperband"}, {}, "Hyperband learns nothing from earlier jobs"),
        ({}, {"strategy": "Grid", "ranges": {"window_size": [2, 3]}}, {}, "Grid learns nothing from earlier jobs"),
        ({"TrainingJobStatusCounters": {"Completed": 700, "Stopped": 41}}, {}, {}, "there would be 751 training jobs"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(changes: dict[str, Any], tuning: Any, event: dict[str, Any], words: str) -> None:
    account = Account()
    parent = ended(account, **{"status": "Completed", **changes})

    with pytest.raises(RequestError) as caught:
        account.launch(tuning={"ranges": RATES, "warmStart": parent, **tuning}, **event)

    assert words in str(caught.value)
    assert len(account.sagemaker.tunings) == 1


def test_a_parent_that_is_not_there_is_refused() -> None:
    assert "blazingtext-dev-none does not exist" in Account().refusal({"ranges": RATES, "warmStart": "blazingtext-dev-none"})


def test_two_equal_requests_at_once_have_one_tuning_job(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    first = account.launch()
    described, looks = account.sagemaker.describe_hyper_parameter_tuning_job, []

    def late(**wish: Any) -> Any:
        looks.append(wish)
        if len(looks) == 1:
            raise client_error("ResourceNotFound", "Amazon SageMaker can't find it.")
        return described(**wish)

    monkeypatch.setattr(account.sagemaker, "describe_hyper_parameter_tuning_job", late)

    again = account.launch()

    assert (again["tuningJobName"], again["created"]) == (first["tuningJobName"], False)


def test_the_log_says_what_was_started_and_what_was_found(caplog: pytest.LogCaptureFixture) -> None:
    account = Account()
    with caplog.at_level("INFO"):
        name = account.launch()["tuningJobName"]
        account.launch()
        checked = account.launch(dryRun=True, corpus="wiki", tuning={"ranges": {"learning_rate": {"from": 0.005, "to": 0.009}}})[
            "tuningJobName"
        ]

    assert caplog.messages == [f"started {name} (InProgress)", f"found {name} (InProgress)", f"found {checked} (not started)"]
