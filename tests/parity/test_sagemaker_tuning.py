"""Hyperparameter tuning jobs of the sandbox, with a container of our own and a small account around. Source of the words: AWS."""

import itertools
import time
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import (
    AccessDeniedException,
    ResourceInUse,
    ResourceLimitExceeded,
    ResourceNotFound,
    ValidationException,
)
from tests.parity.sagemaker_support import ENDED, ROLE, Sage, training_request, tuning_request
from tests.parity.support import wait_until

LEVELS = {"CategoricalParameterRanges": [{"Name": "level", "Values": ["0.1", "0.9", "0.5"]}]}
GRID = {"Strategy": "Grid", "ParameterRanges": LEVELS, "ResourceLimits": {"MaxParallelTrainingJobs": 1}}


def ended(sage: Sage, name: str = "tuning") -> Any:
    def look() -> Any:
        seen = sage.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName=name)
        return seen if seen["HyperParameterTuningJobStatus"] in ENDED else None

    return wait_until(look)


def tune(sage: Sage, name: str = "tuning", behaviour: str = "done", **changes: Any) -> Any:
    """Start a tuning job and describe it at its end."""
    sage.call("CreateHyperParameterTuningJob", **tuning_request(name, behaviour, **changes))
    return ended(sage, name)


def trials(sage: Sage, name: str = "tuning", **filters: Any) -> list[Any]:
    found = sage.call("ListTrainingJobsForHyperParameterTuningJob", HyperParameterTuningJobName=name, **{"MaxResults": 100, **filters})
    jobs: list[Any] = found["TrainingJobSummaries"]
    return jobs


def test_the_training_jobs_are_real_ones_with_the_values_the_tags_and_the_name_of_their_tuning_job(sage: Sage) -> None:
    described = tune(sage)

    first, second = trials(sage)
    assert [each["TrainingJobName"][:11] for each in (first, second)] == ["tuning-001-", "tuning-002-"]
    job = sage.call("DescribeTrainingJob", TrainingJobName=first["TrainingJobName"])
    assert job["TuningJobArn"] == described["HyperParameterTuningJobArn"].lower()
    assert job["HyperParameters"] == {
        "mode": "batch_skipgram",
        "behaviour": "done",
        "_tuning_objective_metric": "train:mean_rho",
        **first["TunedHyperParameters"],
    }
    assert sage.call("ListTags", ResourceArn=job["TrainingJobArn"])["Tags"] == [{"Key": "blazingtext:stage", "Value": "dev"}]
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"/{first['TrainingJobName']}/output/model.tar.gz")
    assert described["TrainingJobDefinition"]["StaticHyperParameters"]["_tuning_objective_metric"] == "train:mean_rho"


def test_a_training_job_has_what_its_definition_says_of_it(sage: Sage) -> None:
    given = {
        "Environment": {"A": "1"},
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/tuned", "KmsKeyId": "key"},
        "CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints"},
        "RetryStrategy": {"MaximumRetryAttempts": 2},
        "StoppingCondition": {"MaxRuntimeInSeconds": 50, "MaxWaitTimeInSeconds": 55},
        "EnableManagedSpotTraining": True,
        "EnableInterContainerTrafficEncryption": True,
        "EnableNetworkIsolation": True,
    }
    request = tuning_request(config={"ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}})
    definition = request["TrainingJobDefinition"] | given
    sage.call("CreateHyperParameterTuningJob", **request | {"TrainingJobDefinition": definition})
    ended(sage)

    (trial,) = trials(sage)
    job = sage.call("DescribeTrainingJob", TrainingJobName=trial["TrainingJobName"])
    left = ("AlgorithmSpecification", "InputDataConfig", "StaticHyperParameters")
    assert {name: job[name] for name in definition if name not in left} == {
        name: value for name, value in definition.items() if name not in left
    }
    assert job["AlgorithmSpecification"]["TrainingImage"] == definition["AlgorithmSpecification"]["TrainingImage"]
    assert [each["ChannelName"] for each in job["InputDataConfig"]] == ["train"]


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_as_many_jobs_run_as_are_allowed_and_no_more_at_once(sage: Sage, strategy: str) -> None:
    described = tune(sage, config={"Strategy": strategy, "ResourceLimits": {"MaxNumberOfTrainingJobs": 7, "MaxParallelTrainingJobs": 3}})

    found = trials(sage)
    spans = [(each["CreationTime"], each["TrainingEndTime"]) for each in found]
    together = max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["Completed"] == described["ObjectiveStatusCounters"]["Succeeded"] == 7
    assert 1 < together <= 3
    assert len({each["TunedHyperParameters"]["window_size"] for each in found}) == 7


def test_the_same_seed_chooses_the_same_values(sage: Sage) -> None:
    for name in ("one", "two"):
        tune(sage, name)

    assert [each["TunedHyperParameters"] for each in trials(sage, "one")] == [each["TunedHyperParameters"] for each in trials(sage, "two")]


def test_a_grid_trains_every_combination_and_the_best_is_told(sage: Sage) -> None:
    described = tune(sage, behaviour="curve", config=GRID)

    best = described["BestTrainingJob"]
    assert [each["TunedHyperParameters"]["level"] for each in trials(sage)] == ["0.1", "0.9", "0.5"]
    assert (best["TunedHyperParameters"], best["ObjectiveStatus"]) == ({"level": "0.9"}, "Succeeded")
    assert best["FinalHyperParameterTuningJobObjectiveMetric"] == {"Type": "Maximize", "MetricName": "train:mean_rho", "Value": 0.9}
    assert "OverallBestTrainingJob" not in described


def test_the_least_is_the_best_when_the_objective_is_minimised(sage: Sage) -> None:
    described = tune(sage, behaviour="curve", config={**GRID, "HyperParameterTuningJobObjective": objective("Minimize")})

    assert described["BestTrainingJob"]["TunedHyperParameters"] == {"level": "0.1"}


def objective(kind: str = "Maximize") -> dict[str, str]:
    return {"Type": kind, "MetricName": "train:mean_rho"}


def test_training_jobs_are_listed_by_objective_name_and_page(sage: Sage) -> None:
    tune(sage, behaviour="curve", config=GRID)

    by_value = trials(sage, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    page = sage.call("ListTrainingJobsForHyperParameterTuningJob", HyperParameterTuningJobName="tuning", MaxResults=2)
    rest = trials(sage, NextToken=page["NextToken"], MaxResults=2)

    assert [each["TunedHyperParameters"]["level"] for each in by_value] == ["0.9", "0.5", "0.1"]
    assert [each["TrainingJobName"][7:10] for each in (*page["TrainingJobSummaries"], *rest)] == ["001", "002", "003"]
    assert trials(sage, StatusEquals="Failed") == []


def test_every_change_of_status_is_an_event(sage: Sage) -> None:
    tune(sage)

    told = [(arn, detail) for kind, arn, detail in sage.cloud.events if kind == "SageMaker HyperParameter Tuning Job State Change"]
    assert [detail["HyperParameterTuningJobStatus"] for _, detail in told] == ["InProgress", "Completed"]
    arn, last = told[-1]
    assert arn == last["HyperParameterTuningJobArn"] == "arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/tuning"
    assert last["TrainingJobStatusCounters"]["Completed"] == 2
    assert (last["Tags"], isinstance(last["CreationTime"], int)) == ({"blazingtext:stage": "dev"}, True)


def test_stopping_stops_what_runs_and_starts_nothing_more(sage: Sage) -> None:
    sage.call("CreateHyperParameterTuningJob", **tuning_request(behaviour="stop"))
    wait_until(lambda: trials(sage) and "waiting" in sage.lines("tuning-001"))

    sage.call("StopHyperParameterTuningJob", HyperParameterTuningJobName="tuning")

    described = ended(sage)
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    assert described["TrainingJobStatusCounters"] == {
        "Completed": 0,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 1,
    }
    statuses = [detail["HyperParameterTuningJobStatus"] for kind, _, detail in sage.cloud.events if "Tuning" in kind]
    assert statuses == ["InProgress", "Stopping", "Stopped"]
    with pytest.raises(ValidationException, match="cannot be stopped: it is in status Stopped"):
        sage.call("StopHyperParameterTuningJob", HyperParameterTuningJobName="tuning")


def test_five_failures_at_the_start_are_the_end(sage: Sage) -> None:
    described = tune(
        sage, behaviour="customer-error", config={"ResourceLimits": {"MaxNumberOfTrainingJobs": 9, "MaxParallelTrainingJobs": 1}}
    )

    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("No training job succeeded after 5 attempts.")
    assert (described["TrainingJobStatusCounters"]["NonRetryableError"], described["ObjectiveStatusCounters"]["Failed"]) == (5, 5)
    assert "the words are wrong" in trials(sage)[0]["FailureReason"]


def test_jobs_that_report_no_objective_do_not_count(sage: Sage) -> None:
    described = tune(sage, config={"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:accuracy"}})

    assert described["FailureReason"].startswith("No objective metrics found after running 2 training jobs.")
    assert described["TrainingJobStatusCounters"]["Completed"] == described["ObjectiveStatusCounters"]["Failed"] == 2
    assert "BestTrainingJob" not in described
    assert trials(sage, SortBy="FinalObjectiveMetricValue") == []


def test_a_role_that_may_not_store_the_artifact_fails_the_training_jobs(sage: Sage) -> None:
    sage.cloud.aws.refused.add("PutObject")

    described = tune(sage)

    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert "Artifact upload failed" in trials(sage)[0]["FailureReason"]


def slow(levels: list[str], **config: Any) -> dict[str, Any]:
    """One job after the other, six epochs each."""
    ranges = {"CategoricalParameterRanges": [{"Name": "level", "Values": levels}, {"Name": "epochs", "Values": ["6"]}]}
    return {**GRID, "ParameterRanges": ranges, **config}


def test_a_job_that_does_worse_than_the_others_did_is_stopped_early_and_still_counts(sage: Sage) -> None:
    described = tune(sage, behaviour="curve", config=slow(["0.9", "0.1", "0.95"], TrainingJobEarlyStoppingType="Auto"))

    first, second, third = trials(sage)
    assert [each["TrainingJobStatus"] for each in (first, second, third)] == ["Completed", "Stopped", "Completed"]
    assert second["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] < 0.1
    assert described["TrainingJobStatusCounters"]["Stopped"] == 1
    assert described["ObjectiveStatusCounters"]["Succeeded"] == 3


def test_hyperband_stops_what_falls_behind_and_every_job_at_its_last_epoch(sage: Sage) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "level", "Values": ["0.1", "0.2", "0.3", "0.9"]}]}
    request = tuning_request(
        behaviour="curve",
        config={
            "Strategy": "Hyperband",
            "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 2}},
            "ParameterRanges": ranges,
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 1},
            "RandomSeed": 3,
        },
    )
    request["TrainingJobDefinition"]["StaticHyperParameters"]["epochs"] = "9"
    sage.call("CreateHyperParameterTuningJob", **request)

    described = ended(sage)

    assert described["HyperParameterTuningJobStatus"] == "Completed"
    emitted = {each["TunedHyperParameters"]["level"]: len(sage.lines(each["TrainingJobName"])) for each in trials(sage)}
    assert emitted["0.9"] > min(emitted.values())
    assert described["BestTrainingJob"]["TunedHyperParameters"] == {"level": "0.9"}
    assert described["TrainingJobStatusCounters"]["Stopped"] >= 1


def test_a_target_ends_the_job(sage: Sage) -> None:
    described = tune(sage, behaviour="curve", config={**GRID, "TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.8}})

    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert [each["TunedHyperParameters"]["level"] for each in trials(sage)] == ["0.1", "0.9"]


def test_jobs_that_improve_nothing_end_the_job(sage: Sage) -> None:
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    levels = ["0.9", "0.8", "0.905", "0.7", "0.95"]
    ranges = {"CategoricalParameterRanges": [{"Name": "level", "Values": levels}]}

    described = tune(sage, behaviour="curve", config={**GRID, "ParameterRanges": ranges, "TuningJobCompletionCriteria": criteria})

    assert len(trials(sage)) == 4
    assert described["TuningJobCompletionDetails"] == {"NumberOfTrainingJobsObjectiveNotImproving": 3}


def test_a_warm_start_compares_with_its_parents(sage: Sage) -> None:
    tune(sage, "parent", "curve", config=GRID)
    again = {**GRID, "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "level", "Values": ["0.2"]}]}}
    parents = [{"HyperParameterTuningJobName": "parent"}]

    described = tune(
        sage,
        "child",
        "curve",
        config=again,
        WarmStartConfig={"ParentHyperParameterTuningJobs": parents, "WarmStartType": "IdenticalDataAndAlgorithm"},
    )

    assert described["BestTrainingJob"]["TunedHyperParameters"] == {"level": "0.2"}
    overall = described["OverallBestTrainingJob"]
    assert (overall["TunedHyperParameters"], overall["TuningJobName"]) == ({"level": "0.9"}, "parent")
    other = tuning_request("other", WarmStartConfig={"ParentHyperParameterTuningJobs": parents, "WarmStartType": "TransferLearning"})
    with pytest.raises(ValidationException, match="other static and tunable hyperparameters"):
        sage.call("CreateHyperParameterTuningJob", **other)


def test_several_definitions_take_turns(sage: Sage) -> None:
    request = tuning_request(behaviour="curve", config={"ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1}})
    config, definition = request["HyperParameterTuningJobConfig"], request.pop("TrainingJobDefinition")
    config.pop("ParameterRanges")
    own = {"TuningObjective": config.pop("HyperParameterTuningJobObjective")}
    request["TrainingJobDefinitions"] = [
        {**definition, **own, "DefinitionName": name, "HyperParameterRanges": one_level(level)}
        for name, level in (("low", "0.1"), ("high", "0.7"))
    ]
    sage.call("CreateHyperParameterTuningJob", **request)

    described = ended(sage)

    assert [each["TrainingJobDefinitionName"] for each in trials(sage)] == ["low", "high"]
    assert described["BestTrainingJob"]["TrainingJobDefinitionName"] == "high"


def one_level(value: str) -> dict[str, Any]:
    return {"CategoricalParameterRanges": [{"Name": "level", "Values": [value]}]}


def test_jobs_wait_for_instances_that_others_use(sage: Sage) -> None:
    for number in range(4):
        sage.call("CreateTrainingJob", **training_request(f"other-{number}", "stop"))
    sage.call("CreateHyperParameterTuningJob", **tuning_request())
    time.sleep(0.3)
    assert trials(sage) == []

    sage.call("StopTrainingJob", TrainingJobName="other-0")

    assert ended(sage)["HyperParameterTuningJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"ResourceLimits": {"MaxNumberOfTrainingJobs": 11, "MaxParallelTrainingJobs": 1}},
            r"The total number of hyperparameter combinations for the provided ranges \[10.0\] must be equal or greater",
        ),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "train:accuracy"}},
            "cannot be an objective of BlazingText",
        ),
        ({"Strategy": "Grid"}, "Grid search takes categorical ranges only"),
        ({**GRID, "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1}}, "trains every combination, 3"),
        ({"Strategy": "Hyperband"}, "Hyperband needs MaxResource"),
        ({"Strategy": "Hyperband", "TrainingJobEarlyStoppingType": "Auto"}, "must be Off"),
        ({"ParameterRanges": {}}, "searches 1 to 30 hyperparameters, not 0"),
        (
            {"ParameterRanges": {"IntegerParameterRanges": [{"Name": "epochs", "MinValue": "9", "MaxValue": "2"}]}},
            "The range of epochs is empty",
        ),
        (
            {
                "ParameterRanges": {
                    "IntegerParameterRanges": [{"Name": "e", "MinValue": "0", "MaxValue": "2", "ScalingType": "Logarithmic"}]
                }
            },
            "needs values greater than 0",
        ),
        (
            {"ParameterRanges": {"CategoricalParameterRanges": [{"Name": "mode", "Values": ["cbow"]}]}},
            "not in StaticHyperParameters as well",
        ),
        (
            {"TuningJobCompletionCriteria": {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}},
            "does not emulate.*CompleteOnConvergence",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_runs(sage: Sage, config: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationException, match=words):
        sage.call("CreateHyperParameterTuningJob", **tuning_request(config=config))

    assert sage.cloud.events == []


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 11}, "parallel training jobs per hyperparameter tuning job' is 10"),
        ({"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 5}, "request delta of 5 Instances"),
    ],
)
def test_quotas_hold(sage: Sage, limits: dict[str, int], words: str) -> None:
    with pytest.raises(ResourceLimitExceeded, match=words):
        sage.call("CreateHyperParameterTuningJob", **tuning_request(config={"ResourceLimits": limits}))


@pytest.mark.parametrize("action", ["iam:PassRole", "sagemaker:AddTags"])
def test_a_tuning_job_needs_the_permissions_of_whoever_creates_it(sage: Sage, action: str) -> None:
    sage.cloud.forbidden.add(action)

    with pytest.raises(AccessDeniedException, match=action):
        sage.call("CreateHyperParameterTuningJob", **tuning_request())


def test_the_creator_needs_no_permission_for_the_training_jobs_themselves(sage: Sage) -> None:
    sage.cloud.forbidden.add("sagemaker:CreateTrainingJob")

    assert tune(sage)["HyperParameterTuningJobStatus"] == "Completed"
    assert ("iam:PassRole", ROLE, {"iam:PassedToService": "sagemaker.amazonaws.com"}) in sage.cloud.asked


def test_a_job_is_found_by_name_listed_and_deleted_when_it_has_ended(sage: Sage) -> None:
    for name in ("b-job", "a-job"):
        tune(sage, name)

    listed = sage.call("ListHyperParameterTuningJobs")["HyperParameterTuningJobSummaries"]
    assert [each["HyperParameterTuningJobName"] for each in listed] == ["a-job", "b-job"]
    assert listed[0]["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1}
    with pytest.raises(ResourceInUse, match="with the name, A-JOB, already exists"):
        sage.call("CreateHyperParameterTuningJob", **tuning_request("A-JOB"))
    found = sage.call(
        "Search",
        Resource="HyperParameterTuningJob",
        SearchExpression={"Filters": [{"Name": "Tags.blazingtext:stage", "Operator": "Equals", "Value": "dev"}]},
    )
    assert len(found["Results"]) == 2

    sage.call("DeleteHyperParameterTuningJob", HyperParameterTuningJobName="a-job")

    with pytest.raises(ResourceNotFound, match="Amazon SageMaker can't find a tuning job called a-job"):
        sage.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName="a-job")
    assert sage.call("ListTrainingJobs", NameContains="a-job-001")["TrainingJobSummaries"]


def test_a_running_job_is_not_deleted(sage: Sage) -> None:
    sage.call("CreateHyperParameterTuningJob", **tuning_request(behaviour="stop"))

    with pytest.raises(ValidationException, match="cannot be deleted: it is in status InProgress"):
        sage.call("DeleteHyperParameterTuningJob", HyperParameterTuningJobName="tuning")
    with pytest.raises(ValidationException, match="must have ended"):
        sage.call(
            "CreateHyperParameterTuningJob",
            **tuning_request(
                "child",
                WarmStartConfig={
                    "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "tuning"}],
                    "WarmStartType": "TransferLearning",
                },
            ),
        )


def test_of_several_instance_configurations_the_first_is_used(sage: Sage) -> None:
    request = tuning_request()
    del request["TrainingJobDefinition"]["ResourceConfig"]
    configs = [{"InstanceType": kind, "InstanceCount": 2, "VolumeSizeInGB": 9} for kind in ("ml.m5.xlarge", "ml.c5.xlarge")]
    request["TrainingJobDefinition"]["HyperParameterTuningResourceConfig"] = {
        "AllocationStrategy": "Prioritized",
        "InstanceConfigs": configs,
    }
    sage.call("CreateHyperParameterTuningJob", **request)
    ended(sage)

    for each in itertools.islice(trials(sage), 1):
        job = sage.call("DescribeTrainingJob", TrainingJobName=each["TrainingJobName"])
        assert job["ResourceConfig"] == configs[0]
