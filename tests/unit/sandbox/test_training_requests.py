"""What CreateTrainingJob refuses before a job starts: AWS's rules at their edges."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import AwsError, ResourceLimitExceeded, ValidationException
from blazingtext_sandbox.sagemaker.programs import Program, Programs
from blazingtext_sandbox.sagemaker.store import Store, TrainingJob
from blazingtext_sandbox.sagemaker.training.jobs import TrainingJobs
from tests.parity.sagemaker_support import ROLE, FakeCloud, training_request


class Account:
    """Training jobs that start and never end."""

    def __init__(self) -> None:
        self.cloud, self.store = FakeCloud(), Store()
        self.cloud.aws.objects["bucket", "corpora/x/train/text"] = b"words"
        programs = Programs(train=("train",), serve=("serve",), own={"own": Program(("own",))})
        self.jobs = TrainingJobs(self.cloud, programs, lambda _: None)

    def create(self, name: str = "job", **changes: Any) -> TrainingJob:
        self.jobs.create(self.store, training_request(name, **changes))
        return self.store.training_jobs[name]


@pytest.fixture
def account() -> Account:
    return Account()


def instances(count: int) -> dict[str, Any]:
    return {"InstanceType": "ml.c5.xlarge", "InstanceCount": count, "VolumeSizeInGB": 30}


SPOT = {"EnableManagedSpotTraining": True}


@pytest.mark.parametrize(
    "changes",
    [
        {"StoppingCondition": {"MaxRuntimeInSeconds": 60}},
        {"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}, **SPOT},
        {"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 3600}, **SPOT},
        {"ResourceConfig": instances(4)},
    ],
)
def test_the_last_value_that_aws_takes_is_taken(account: Account, changes: dict[str, Any]) -> None:
    assert account.create(**changes).status == "InProgress"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}}, "It is only supported when EnableManagedSpot"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60}, **SPOT}, "It must be present and be greater than or equal"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 59}, **SPOT}, "It must be present and be greater"),
        ({"StoppingCondition": {"MaxWaitTimeInSeconds": 3600}, **SPOT}, "It must be present and be greater"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 3601}, **SPOT}, "above 3600 is not supported"),
        ({"ResourceConfig": instances(5)}, "utilization of 0 Instances and a request delta of 5 Instances"),
        ({"ResourceConfig": {"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1}}, "is not supported by the algorithm"),
        ({"ResourceConfig": {"VolumeSizeInGB": 1}}, "must name ResourceConfig.InstanceType, ResourceConfig.InstanceCount."),
        ({"AlgorithmSpecification": {"TrainingInputMode": "File"}}, "must name AlgorithmSpecification.TrainingImage."),
        ({"InputDataConfig": []}, "must name InputDataConfig."),
        ({"InputDataConfig": [{"ChannelName": "train", "DataSource": {}}]}, "must name InputDataConfig.DataSource.S3DataSource."),
        ({"StoppingCondition": {}}, "must name StoppingCondition."),
        ({"OutputDataConfig": {"S3OutputPath": "file:///x"}}, "Invalid S3OutputPath: file:///x"),
    ],
)
def test_the_first_value_that_aws_refuses_is_refused_and_no_job_is_there(account: Account, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(AwsError, match=words):
        account.create(**changes)
    assert account.store.training_jobs == {}
    assert account.cloud.events == []


def test_the_quota_counts_the_jobs_that_run_and_no_others(account: Account) -> None:
    running = account.create("a", ResourceConfig=instances(3))
    account.create("b")
    with pytest.raises(ResourceLimitExceeded, match="is 4 Instances, with current utilization of 4 Instances and a request delta of 1"):
        account.create("c")

    for status in ("Stopping", "Stopped"):
        running.transition(status, status, "")
        if status == "Stopping":
            with pytest.raises(ResourceLimitExceeded):
                account.create("c")
    account.create("c", ResourceConfig=instances(3))


def test_a_name_is_taken_whatever_its_case_also_after_its_job_has_ended(account: Account) -> None:
    account.create("Job").transition("Completed", "Completed", "")

    with pytest.raises(AwsError, match="a training job with this name already exists") as caught:
        account.create("jOB")
    assert caught.value.code == "ResourceInUse"


@pytest.mark.parametrize("action", ["iam:PassRole", "sagemaker:AddTags"])
def test_the_caller_needs_to_pass_the_role_and_to_tag(account: Account, action: str) -> None:
    account.cloud.forbidden.add(action)

    with pytest.raises(AwsError, match=f"not authorized to perform: {action}"):
        account.create()


def test_iam_is_asked_with_what_policies_compare(account: Account) -> None:
    account.create()

    arn = "arn:aws:sagemaker:us-east-1:000000000000:training-job/job"
    tags = {"aws:RequestTag/blazingtext:stage": "dev", "aws:TagKeys": ["blazingtext:stage"]}
    assert account.cloud.asked == [
        ("sagemaker:AddTags", arn, tags),
        ("iam:PassRole", ROLE, {"iam:PassedToService": "sagemaker.amazonaws.com"}),
    ]


def test_a_job_without_tags_needs_no_permission_to_tag(account: Account) -> None:
    account.cloud.forbidden.add("sagemaker:AddTags")

    account.create(Tags=[])


def test_a_role_that_does_not_trust_sagemaker_and_data_that_is_not_there_are_refused(account: Account) -> None:
    account.cloud.untrusting.add(ROLE)
    with pytest.raises(ValidationException, match=f"Could not assume role {ROLE}"):
        account.create()
    account.cloud.untrusting.clear()

    account.cloud.aws.objects.clear()
    with pytest.raises(ValidationException, match=r'No S3 objects found under S3 URL "s3://bucket/corpora/x/train/".*bucket "bucket"'):
        account.create()


def test_an_own_image_needs_no_data_and_may_run_anywhere(account: Account) -> None:
    job = account.create(
        AlgorithmSpecification={"TrainingImage": "own:1", "TrainingInputMode": "File"},
        InputDataConfig=[],
        ResourceConfig={"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1},
    )

    assert list(job.metric_definitions) == []


def test_a_job_is_stopped_once_and_deleted_only_when_it_has_ended(account: Account) -> None:
    job = account.create()
    asked = {"TrainingJobName": "job"}
    with pytest.raises(ValidationException, match="in status InProgress"):
        account.jobs.delete(account.store, asked)

    account.jobs.stop(account.store, asked)
    account.jobs.stop(account.store, asked)
    assert (job.status, job.stop_requested.is_set()) == ("Stopping", True)
    assert [detail["TrainingJobStatus"] for _, _, detail in account.cloud.events] == ["InProgress", "Stopping"]
    with pytest.raises(ValidationException, match="in status Stopping"):
        account.jobs.delete(account.store, asked)

    job.transition("Stopped", "Stopped", "")
    with pytest.raises(ValidationException, match="in status Stopped"):
        account.jobs.stop(account.store, asked)
    assert account.jobs.delete(account.store, asked) == {}
    for operation in (account.jobs.stop, account.jobs.delete, account.jobs.describe):
        with pytest.raises(ValidationException, match="Requested resource not found"):
            operation(account.store, asked)


def test_the_oldest_job_is_listed_first(account: Account) -> None:
    account.create("a")
    account.create("b").created -= dt.timedelta(hours=1)

    listed = account.jobs.list_(account.store, {})["TrainingJobSummaries"]
    assert [each["TrainingJobName"] for each in listed] == ["b", "a"]


def test_the_events_of_a_job_are_shaped_as_awss(account: Account, tmp_path: Path) -> None:
    job = account.create()

    ((kind, arn, detail),) = account.cloud.events
    assert (kind, arn) == ("SageMaker Training Job State Change", job.arn)
    # https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
    assert detail.keys() == {
        "TrainingJobName",
        "TrainingJobArn",
        "TrainingJobStatus",
        "SecondaryStatus",
        "HyperParameters",
        "AlgorithmSpecification",
        "RoleArn",
        "InputDataConfig",
        "OutputDataConfig",
        "ResourceConfig",
        "StoppingCondition",
        "SecondaryStatusTransitions",
        "CreationTime",
        "LastModifiedTime",
        "Tags",
    }
    assert detail["Tags"] == {"blazingtext:stage": "dev"}
    assert detail["CreationTime"] == int(job.created.timestamp() * 1000)
