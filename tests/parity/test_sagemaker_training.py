"""Training jobs of the sandbox, with a container of our own and a small account around. Source of the words: AWS documentation."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import AccessDeniedException, ResourceInUse, ResourceLimitExceeded, ValidationException
from tests.parity.sagemaker_support import ENDED, ROLE, Sage, training_request
from tests.parity.support import wait_until


def test_a_job_goes_through_every_state_with_times_and_words(sage: Sage) -> None:
    job = sage.train()

    passed = [(each["Status"], each["StatusMessage"]) for each in job["SecondaryStatusTransitions"]]
    assert passed == [
        ("Starting", "Starting the training job"),
        ("Downloading", "Downloading input data"),
        ("Training", "Training image download completed. Training in progress."),
        ("Uploading", "Uploading generated training model"),
        ("Completed", "Training job completed"),
    ]
    times = [time for each in job["SecondaryStatusTransitions"] for time in (each["StartTime"], each["EndTime"])]
    assert times == sorted(times)
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"] >= 1


def test_the_artifact_is_a_flat_archive_named_by_the_job_and_is_there_when_it_is_named(sage: Sage) -> None:
    job = sage.train("job-a")

    assert job["ModelArtifacts"] == {"S3ModelArtifacts": "s3://bucket/runs/job-a/output/model.tar.gz"}
    with tarfile.open(fileobj=io.BytesIO(sage.cloud.aws.objects["bucket", "runs/job-a/output/model.tar.gz"])) as tar:
        assert tar.getnames() == ["vectors.bin", "eval.json", "vectors.txt"]


def test_output_of_both_streams_reaches_the_log_in_order_and_the_last_value_of_a_metric_is_the_final_one(sage: Sage) -> None:
    job = sage.train()

    assert sage.lines("job/algo-1-") == [
        "Arguments: train on algo-1",
        "read ['text']",
        "#mean_rho: 0.5",
        "#mean_rho: 0.7164745137513052",
        "#train_accuracy: nan-ish",
    ]
    assert [(each["MetricName"], each["Value"]) for each in job["FinalMetricDataList"]] == [("train:mean_rho", 0.7164745137513052)]
    (published,) = sage.cloud.aws.metric_data
    assert published["Namespace"] == "/aws/sagemaker/TrainingJobs"
    assert published["MetricData"][0]["Dimensions"] == [{"Name": "TrainingJobName", "Value": "job"}]


def test_the_regexes_of_the_algorithm_are_shown_though_nobody_sent_them(sage: Sage) -> None:
    job = sage.train()

    shown = {each["Name"]: each["Regex"] for each in job["AlgorithmSpecification"]["MetricDefinitions"]}
    assert shown == {
        "train:mean_rho": r"#mean_rho: (\S+)",
        "train:accuracy": r"#train_accuracy: (\S+)",
        "validation:accuracy": r"#validation_accuracy: (\S+)",
    }


def test_every_change_is_an_event_with_tags_as_a_map(sage: Sage) -> None:
    job = sage.train()

    told = [detail for kind, arn, detail in sage.cloud.events if kind == "SageMaker Training Job State Change"]
    assert [each["SecondaryStatus"] for each in told] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert {each["TrainingJobStatus"] for each in told[:-1]} == {"InProgress"}
    last = told[-1]
    assert (last["TrainingJobArn"], last["Tags"]) == (job["TrainingJobArn"], {"blazingtext:stage": "dev"})
    assert isinstance(last["CreationTime"], int)
    assert not {"ModelArtifacts", "FinalMetricDataList", "FailureReason"} & set(last)


def test_a_stopped_job_keeps_what_its_container_wrote_when_told_to_end(sage: Sage) -> None:
    sage.call("CreateTrainingJob", **training_request(behaviour="stop"))
    wait_until(lambda: "waiting" in sage.lines("job"))

    sage.call("StopTrainingJob", TrainingJobName="job")

    job = sage.ended("job")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert [each["Status"] for each in job["SecondaryStatusTransitions"]][-2:] == ["Stopping", "Stopped"]
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith("/job/output/model.tar.gz")


def test_a_container_that_ignores_the_signal_is_killed_after_the_grace_and_leaves_no_artifact(tmp_path: Path) -> None:
    sage = Sage.make(tmp_path, grace=0.3)
    sage.call("CreateTrainingJob", **training_request(behaviour="ignore-stop"))
    wait_until(lambda: "waiting" in sage.lines("job"))

    sage.call("StopTrainingJob", TrainingJobName="job")

    job = sage.ended("job")
    assert job["TrainingJobStatus"] == "Stopped"
    assert "ModelArtifacts" not in job


def test_a_job_past_its_time_is_stopped_with_its_artifact(sage: Sage) -> None:
    job = sage.train(behaviour="stop", StoppingCondition={"MaxRuntimeInSeconds": 1})

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["SecondaryStatusTransitions"][-1]["StatusMessage"] == "Training job runtime exceeded MaxRuntimeInSeconds provided"
    assert "ModelArtifacts" in job


@pytest.mark.parametrize(
    ("behaviour", "begin", "end"),
    [
        ("customer-error", "ClientError: the words are wrong.", "x"),
        ("platform-error", "AlgorithmError: the words are wrong.", ", exit code: 1"),
        ("crash", "AlgorithmError: ", ", exit code: 139"),
    ],
)
def test_a_container_that_fails_fails_the_job_with_its_own_words(sage: Sage, behaviour: str, begin: str, end: str) -> None:
    job = sage.train(behaviour=behaviour)

    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"].startswith(begin)
    assert job["FailureReason"].endswith(end)
    assert len(job["FailureReason"]) <= 1024
    assert "ModelArtifacts" not in job
    assert ("bucket", "runs/job/output/model.tar.gz") not in sage.cloud.aws.objects


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ("GetObject", "ClientError: Data download failed:Unable to download object s3://bucket/corpora/x/train/text (AccessDenied"),
        ("PutObject", "ClientError: Artifact upload failed:Unable to upload object s3://bucket/runs/job/output/model.tar.gz (AccessDenied"),
    ],
)
def test_a_role_that_may_not_read_or_write_fails_the_job(sage: Sage, operation: str, reason: str) -> None:
    sage.cloud.aws.refused.add(operation)

    job = sage.train()

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(reason)


def test_a_role_without_logs_trains_all_the_same(sage: Sage, caplog: pytest.LogCaptureFixture) -> None:
    sage.cloud.aws.refused.add("PutLogEvents")

    job = sage.train()

    assert job["TrainingJobStatus"] == "Completed"
    assert "gets no log lines" in caplog.text


@pytest.mark.parametrize("cause", ["empty prefix", "no s3:ListBucket"])
def test_a_prefix_the_role_sees_nothing_under_is_refused_before_anything_starts(sage: Sage, cause: str) -> None:
    if cause == "empty prefix":
        sage.cloud.aws.objects.clear()
    else:
        sage.cloud.aws.refused.add("ListObjectsV2")

    with pytest.raises(ValidationException) as refusal:
        sage.call("CreateTrainingJob", **training_request())

    assert refusal.value.message == (
        'No S3 objects found under S3 URL "s3://bucket/corpora/x/train/" given in input data source. Please ensure that the bucket exists'
        " in the selected region (us-east-1), that objects exist under that S3 prefix, and that the role"
        f' "{ROLE}" has "s3:ListBucket" permissions on bucket "bucket".'
    )
    assert sage.cloud.events == []


def test_handing_the_role_over_needs_pass_role_to_sagemaker(sage: Sage) -> None:
    sage.cloud.forbidden.add("iam:PassRole")

    with pytest.raises(AccessDeniedException, match="iam:PassRole"):
        sage.call("CreateTrainingJob", **training_request())

    assert ("iam:PassRole", ROLE, {"iam:PassedToService": "sagemaker.amazonaws.com"}) in sage.cloud.asked


def test_a_role_that_does_not_trust_sagemaker_is_refused(sage: Sage) -> None:
    sage.cloud.untrusting.add(ROLE)

    with pytest.raises(ValidationException, match=r"allows principal 'sagemaker\.amazonaws\.com' to assume the role"):
        sage.call("CreateTrainingJob", **training_request())


def test_tags_on_creation_need_the_permission_to_tag(sage: Sage) -> None:
    sage.cloud.forbidden.add("sagemaker:AddTags")

    with pytest.raises(AccessDeniedException, match="sagemaker:AddTags"):
        sage.call("CreateTrainingJob", **training_request())


def test_a_name_is_used_once(sage: Sage) -> None:
    sage.train()

    with pytest.raises(ResourceInUse, match="already exists"):
        sage.call("CreateTrainingJob", **training_request())


def test_more_instances_than_the_account_has_are_refused(sage: Sage) -> None:
    resources = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 5, "VolumeSizeInGB": 30}

    with pytest.raises(ResourceLimitExceeded, match="with current utilization of 0 Instances and a request delta of 5 Instances"):
        sage.call("CreateTrainingJob", **training_request(ResourceConfig=resources))


def test_two_hosts_are_two_containers_that_meet_and_write_one_model(sage: Sage) -> None:
    job = sage.train(ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30})

    assert job["TrainingJobStatus"] == "Completed"
    assert sage.lines("job/algo-1-")[0] == "Arguments: train on algo-1"
    assert sage.lines("job/algo-2-")[0] == "Arguments: train on algo-2"


def test_hosts_are_told_where_all_of_them_are_and_a_secret_of_their_job(sage: Sage) -> None:
    resources = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30}
    told = []
    for name in ("first", "second"):
        sage.train(name, behaviour="environment", ResourceConfig=resources)
        for host in ("algo-1", "algo-2"):
            seen = json.loads(next(line for line in sage.lines(f"{name}/{host}-") if line.startswith("{")))
            told.append((seen["ENGINE_HOSTS"], seen["ENGINE_SECRET"]))

    assert told[0] == told[1]
    assert told[2] == told[3]
    assert told[0][1] != told[2][1]
    places = [place.split("=") for place in told[0][0].split(",")]
    assert [name for name, _ in places] == ["algo-1", "algo-2"]
    assert all(place.startswith("127.0.0.1:") for _, place in places)
    assert places[0][1] != places[1][1]


def test_a_host_alone_is_told_nothing_of_others(sage: Sage) -> None:
    sage.train(behaviour="environment")

    seen = json.loads(next(line for line in sage.lines("job") if line.startswith("{")))
    assert not {"ENGINE_HOSTS", "ENGINE_SECRET"} & seen.keys()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}}, "only supported when EnableManagedSpotTraining"),
        ({"EnableManagedSpotTraining": True}, "greater than or equal to MaxRuntimeInSeconds"),
        (
            {"EnableManagedSpotTraining": True, "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 3601}},
            "MaxWaitTimeInSeconds above 3600 is not supported for the given algorithm",
        ),
    ],
)
def test_spot_conditions_that_aws_refuses_are_refused(sage: Sage, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationException, match=words):
        sage.call("CreateTrainingJob", **training_request(**changes))


def test_a_spot_job_is_billed_less_than_its_time(sage: Sage) -> None:
    sage.call(
        "CreateTrainingJob",
        **training_request(
            behaviour="stop",
            EnableManagedSpotTraining=True,
            StoppingCondition={"MaxRuntimeInSeconds": 3, "MaxWaitTimeInSeconds": 3},
        ),
    )

    job = sage.ended("job")

    assert job["BillableTimeInSeconds"] < job["TrainingTimeInSeconds"]


def test_an_ended_job_cannot_be_stopped_and_can_be_deleted(sage: Sage) -> None:
    sage.train()

    with pytest.raises(ValidationException, match="The request was rejected because the training job is in status Completed"):
        sage.call("StopTrainingJob", TrainingJobName="job")
    sage.call("DeleteTrainingJob", TrainingJobName="job")

    with pytest.raises(ValidationException, match=r"Requested resource not found\."):
        sage.call("DescribeTrainingJob", TrainingJobName="job")


def test_a_running_job_cannot_be_deleted(sage: Sage) -> None:
    sage.call("CreateTrainingJob", **training_request(behaviour="stop"))

    with pytest.raises(ValidationException, match="is in status InProgress"):
        sage.call("DeleteTrainingJob", TrainingJobName="job")


def test_jobs_are_listed_by_page_filter_and_order(sage: Sage) -> None:
    for name in ("b-one", "a-two", "c-three"):
        assert sage.train(name)["TrainingJobStatus"] in ENDED

    first = sage.call("ListTrainingJobs", SortBy="Name", MaxResults=2)
    rest = sage.call("ListTrainingJobs", SortBy="Name", MaxResults=2, NextToken=first["NextToken"])
    newest = sage.call("ListTrainingJobs", SortBy="CreationTime", SortOrder="Descending", MaxResults=1)
    filtered = sage.call("ListTrainingJobs", NameContains="-t", StatusEquals="Completed")

    def names(page: Any) -> list[str]:
        return [each["TrainingJobName"] for each in page["TrainingJobSummaries"]]

    assert (names(first), names(rest)) == (["a-two", "b-one"], ["c-three"])
    assert "NextToken" not in rest
    assert names(newest) == ["c-three"]
    assert names(filtered) == ["a-two", "c-three"]
    assert names(sage.call("ListTrainingJobs", StatusEquals="Failed")) == []


def test_nothing_of_a_job_stays_on_disk(sage: Sage, tmp_path: Path) -> None:
    sage.train()

    wait_until(lambda: not (tmp_path / "training" / "us-east-1" / "job").exists())
