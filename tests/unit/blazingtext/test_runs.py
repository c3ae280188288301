"""Runs at the edges: every field that is read, every part of a request, every job that is not there."""

from datetime import timedelta
from typing import Any

import pytest

from blazingtext.errors import RunError
from blazingtext.runs import training_jobs
from blazingtext.runs.job_events import progress_of
from blazingtext.runs.launch import TrainingOrder, launch
from blazingtext.runs.training_jobs import Run
from blazingtext_lifecycle.errors import AccessDeniedError, CloudError, LifecycleError, RequestError
from tests.unit.blazingtext.cloud_fakes import BUCKET, NOON, FakeClient, FakeJobs, FakeLauncher, artifact, cloud
from tests.unit.lifecycle.aws_fakes import client_error

JOB = "blazingtext-dev-wiki-skipgram-0123456789"
ANSWER = {"jobName": JOB, "jobArn": "arn", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": []}


def test_the_launchers_event_has_every_part_of_an_order_under_its_name() -> None:
    launcher = FakeLauncher(ANSWER)
    order = TrainingOrder(
        "wiki",
        mode="supervised",
        hyperparameters={"epochs": 3},
        instance_type="ml.c5.xlarge",
        instance_count=2,
        volume_gb=5,
        max_runtime_seconds=600,
        max_wait_seconds=700,
        spot=True,
        tags={"team": "search"},
        retry=True,
    )

    launch(cloud(**{"lambda": launcher}), order)
    launch(cloud(**{"lambda": launcher}), TrainingOrder("wiki"))

    assert launcher.events == [
        {
            "corpus": "wiki",
            "mode": "supervised",
            "hyperparameters": {"epochs": 3},
            "instance": {"type": "ml.c5.xlarge", "count": 2, "volumeGb": 5},
            "limits": {"maxRuntimeSeconds": 600, "maxWaitSeconds": 700},
            "spot": True,
            "tags": {"team": "search"},
            "retry": True,
        },
        {"corpus": "wiki"},
    ]


def test_a_launcher_that_ends_without_words_is_a_failure_with_what_it_said() -> None:
    launcher = FakeLauncher({"odd": 1}, error=True)

    with pytest.raises(CloudError, match=r"The launcher function stopped. It says: : \{'odd': 1\}"):
        launch(cloud(**{"lambda": launcher}), TrainingOrder("wiki"))


@pytest.mark.parametrize("name", ["LifecycleError", "UserError", "NotReady"])
def test_every_class_of_ours_comes_back_as_itself(name: str) -> None:
    with pytest.raises(LifecycleError) as caught:
        launch(cloud(**{"lambda": FakeLauncher({"errorType": name, "errorMessage": "Words."}, error=True)}), TrainingOrder("wiki"))

    assert (type(caught.value).__name__, str(caught.value)) == (name, "Words.")


def described(**more: Any) -> Run:
    jobs = FakeJobs()
    jobs.add(JOB, **more)
    return training_jobs.run(cloud(sagemaker=jobs), JOB)


def test_a_run_is_described_with_everything_that_sagemaker_tells() -> None:
    found = described(
        phase="Completed",
        HyperParameters={"mode": "cbow", "epochs": "3"},
        ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 2},
        TrainingEndTime=NOON + timedelta(hours=1),
        TrainingTimeInSeconds=60,
        BillableTimeInSeconds=120,
        FinalMetricDataList=[{"MetricName": "train:mean_rho", "Value": 0.7}],
        FailureReason="none",
    )

    assert found == Run(
        job=JOB,
        status="Completed",
        phase="Completed",
        corpus="wiki",
        mode="cbow",
        hyperparameters={"mode": "cbow", "epochs": "3"},
        instance_type="ml.c5.xlarge",
        instance_count=2,
        created=NOON,
        ended=NOON + timedelta(hours=1),
        training_seconds=60,
        billable_seconds=120,
        metrics={"train:mean_rho": 0.7},
        artifact=artifact(JOB),
        failure="none",
        arn=f"arn:aws:sagemaker:us-east-1:1:training-job/{JOB}",
    )


@pytest.mark.parametrize(
    ("job_status", "over", "has_artifact"),
    [
        ("Completed", True, True),
        ("Stopped", True, True),
        ("Failed", True, False),
        ("InProgress", False, False),
        ("Stopping", False, False),
    ],
)
def test_a_run_has_a_model_when_it_was_completed_or_stopped(job_status: str, over: bool, has_artifact: bool) -> None:
    found = described(status=job_status)

    assert (found.over, bool(found.artifact)) == (over, has_artifact)


@pytest.mark.parametrize(
    ("uris", "corpus"),
    [
        ([f"s3://{BUCKET}/corpora/blogs/train/"], "blogs"),
        (["s3://elsewhere/data", f"s3://{BUCKET}/corpora/blogs/train/a"], "blogs"),
        (["s3://elsewhere/data"], ""),
        ([], ""),
    ],
)
def test_the_corpus_of_a_run_is_read_from_its_channels(uris: list[str], corpus: str) -> None:
    channels = [{"DataSource": {"S3DataSource": {"S3Uri": uri}}} for uri in uris]

    assert described(InputDataConfig=[{"DataSource": {}}, *channels]).corpus == corpus


def test_a_job_that_may_not_be_seen_is_no_missing_job() -> None:
    def refused(**_: Any) -> None:
        raise client_error("AccessDeniedException", "not authorized to perform: sagemaker:DescribeTrainingJob")

    with pytest.raises(AccessDeniedError, match="Could not look at the training job nope"):
        training_jobs.run(cloud(sagemaker=FakeClient(describe_training_job=refused)), "nope")
    with pytest.raises(RunError, match=r"There is no training job nope. No job in us-east-1 has that name"):
        training_jobs.run(cloud(sagemaker=FakeJobs()), "nope")


def test_a_stage_without_jobs_is_told_how_to_start_one() -> None:
    with pytest.raises(RequestError, match=r"There is no training job in stage dev\. Start one with: blazingtext train --corpus"):
        training_jobs.latest(cloud(sagemaker=FakeJobs()))
    with pytest.raises(RequestError, match="There is no completed training job in stage dev"):
        training_jobs.latest(cloud(sagemaker=FakeJobs()), completed=True)


@pytest.mark.parametrize(("limit", "found"), [(0, 0), (1, 1), (3, 3), (4, 3)])
def test_at_most_so_many_runs_are_listed(limit: int, found: int) -> None:
    jobs = FakeJobs()
    for number in range(3):
        jobs.add(f"{JOB}-{number}")

    assert len(training_jobs.runs(cloud(sagemaker=jobs), limit=limit)) == found


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        ("Alpha: 0.05  Progress: 0.00%  Million Words/sec: 0.00", (0.0, 0.0)),
        ("Progress: 100.00%  Million Words/sec: 12.34", (100.0, 12.34)),
        ("Progress: 50%", None),
        ("Million Words/sec: 1.0", None),
        ("", None),
    ],
)
def test_progress_needs_percent_and_speed(line: str, progress: tuple[float, float] | None) -> None:
    assert progress_of(line) == progress
