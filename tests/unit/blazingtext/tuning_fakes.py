"""A stage with tuning jobs, for tests of what commands show."""

from datetime import timedelta
from typing import Any

from tests.unit.blazingtext.cloud_fakes import NOON, FakeJobs, FakeLauncher, FakePaginator

TUNING = "blazingtext-dev-wiki-0a1b2c3"
BEST, OTHER, WAITING = (f"{TUNING}-00{number}-0123abcd" for number in (2, 1, 3))


def trial(job: str, status: str = "Completed", value: float | None = None, **values: str) -> dict[str, Any]:
    """A training job as SageMaker lists it."""
    times = {} if status == "InProgress" else {"TrainingStartTime": NOON, "TrainingEndTime": NOON + timedelta(seconds=75)}
    final = {"MetricName": "train:mean_rho", "Value": value, "Type": "Maximize"}
    return {
        "TrainingJobName": job,
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:1:training-job/{job}",
        "TrainingJobStatus": status,
        "CreationTime": NOON,
        "TunedHyperParameters": values,
        **times,
        **({} if value is None else {"FinalHyperParameterTuningJobObjectiveMetric": final}),
    }


TRIALS = [
    trial(OTHER, value=0.51, learning_rate="0.0061234567"),
    trial(BEST, value=0.62, learning_rate="0.0091"),
    trial(WAITING, "InProgress", learning_rate="0.007"),
]


class FakeTunings(FakeJobs):
    """SageMaker's tuning jobs beside its training jobs; each look at one takes its next status, if there are such."""

    def __init__(self, *statuses: str, name: str = TUNING, trials: Any = None, **more: Any) -> None:
        super().__init__()
        self.statuses = list(statuses)
        self.trials = TRIALS if trials is None else trials
        self.tunings: dict[str, dict[str, Any]] = {}
        self.stopped_tunings: list[str] = []
        if statuses:
            self.add_tuning(name, statuses[0], **more)

    def add_tuning(self, name: str, status: str = "Completed", **more: Any) -> None:
        source = {"S3DataSource": {"S3Uri": "s3://bucket/corpora/wiki/train/"}}
        self.tunings[name] = {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobArn": f"arn:aws:sagemaker:us-east-1:1:hyper-parameter-tuning-job/{name}",
            "HyperParameterTuningJobStatus": status,
            "HyperParameterTuningJobConfig": {
                "Strategy": "Bayesian",
                "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "train:mean_rho"},
                "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            },
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "TrainingJobStatusCounters": {"Completed": 2, "InProgress": 1},
            "TrainingJobDefinition": {"InputDataConfig": [{"ChannelName": "train", "DataSource": source}]},
            "CreationTime": NOON,
            "HyperParameterTuningEndTime": NOON + timedelta(seconds=150),
            "BestTrainingJob": {"TrainingJobName": BEST},
            **more,
        }

    def describe_hyper_parameter_tuning_job(self, **wish: Any) -> dict[str, Any]:
        found = self.tunings.get(wish["HyperParameterTuningJobName"])
        if found is None:
            return super().describe_hyper_parameter_tuning_job()
        if self.statuses:
            found["HyperParameterTuningJobStatus"] = self.statuses.pop(0)
        return found

    def list_hyper_parameter_tuning_jobs(self, **wish: Any) -> dict[str, Any]:
        assert (wish["SortBy"], wish["SortOrder"]) == ("CreationTime", "Descending")
        found = [job for name, job in self.tunings.items() if wish["NameContains"] in name]
        return {"HyperParameterTuningJobSummaries": found[::-1]}

    def list_training_jobs_for_hyper_parameter_tuning_job(
        self,
        *,
        HyperParameterTuningJobName: str,  # noqa: N803 - AWS's names
        SortBy: str,  # noqa: N803 - likewise
        SortOrder: str,  # noqa: N803 - likewise
    ) -> dict[str, Any]:
        assert (HyperParameterTuningJobName in self.tunings, SortBy, SortOrder) == (True, "Name", "Ascending")
        return {"TrainingJobSummaries": self.trials}

    def stop_hyper_parameter_tuning_job(self, *, HyperParameterTuningJobName: str) -> None:  # noqa: N803 - AWS's names
        self.stopped_tunings.append(HyperParameterTuningJobName)
        self.tunings[HyperParameterTuningJobName]["HyperParameterTuningJobStatus"] = "Stopping"

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


def tuner(status: str = "InProgress", *, created: bool = True, dollars: float | None = 0.816, warnings: tuple[str, ...] = ()) -> Any:
    """A function that starts tuning jobs."""
    cost = {
        "instanceType": "ml.c5.xlarge",
        "instanceCount": 1,
        "maxRuntimeSeconds": 3600,
        "hourlyDollars": None if dollars is None else 0.204,
        "maximumDollars": dollars,
        "pricesOf": "" if dollars is None else "2026-04-21",
        "maxJobs": 4,
        "parallelJobs": 2,
    }
    answer = {
        "tuningJobName": TUNING,
        "tuningJobArn": "arn",
        "status": status,
        "created": created,
        "objective": "train:mean_rho",
        "warnings": list(warnings),
        "cost": cost,
    }
    return FakeLauncher(answer, function="tuner")
