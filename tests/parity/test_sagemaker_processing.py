"""Processing jobs of the sandbox, with scripts of our own and a small account around. Source of the words: AWS documentation."""

import json
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import AccessDeniedException, ResourceInUse, ResourceLimitExceeded, ValidationException
from blazingtext_sandbox.sagemaker.container import Container
from blazingtext_sandbox.sagemaker.processing.record import ProcessingJob
from blazingtext_sandbox.sagemaker.processing.transfers import Uploads
from blazingtext_sandbox.sagemaker.volume import GIGABYTE, Volume
from tests.parity.sagemaker_support import ROLE, SKLEARN_IMAGE, Sage, processing_request
from tests.parity.support import wait_until

UPPER = """
    from pathlib import Path
    text = open("/opt/ml/processing/input/text/text").read()
    Path("/opt/ml/processing/output/part").mkdir()
    Path("/opt/ml/processing/output/part/upper").write_text(text.upper())
    print("done")
"""
WAIT = """
    import signal, sys, time
    signal.signal(signal.SIGTERM, lambda *_: (print("told to end", flush=True), sys.exit(0)))
    open("/opt/ml/processing/output/begun", "w").close()
    print("waiting", flush=True)
    while True:
        time.sleep(0.01)
"""


def outputs(sage: Sage) -> dict[str, bytes]:
    return {key.removeprefix("prepared/"): value for (_, key), value in sage.cloud.aws.objects.items() if key.startswith("prepared/")}


def with_output(**changes: Any) -> dict[str, Any]:
    request: dict[str, Any] = processing_request()["ProcessingOutputConfig"]
    request["Outputs"][0]["S3Output"] |= changes
    return {"ProcessingOutputConfig": request}


def with_input(number: int, **changes: Any) -> dict[str, Any]:
    request: list[dict[str, Any]] = processing_request()["ProcessingInputs"]
    request[number]["S3Input"] |= changes
    return {"ProcessingInputs": request}


def on_instances(count: int) -> dict[str, Any]:
    return {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": count, "VolumeSizeInGB": 30}}}


def test_a_script_finds_its_inputs_below_opt_ml_and_its_outputs_reach_s3(sage: Sage) -> None:
    job = sage.process(UPPER)

    assert (job["ProcessingJobStatus"], job.get("FailureReason")) == ("Completed", None)
    assert outputs(sage) == {"part/upper": b"SOME WORDS"}
    assert sage.lines("job/algo-1-") == ["done"]
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"] == job["LastModifiedTime"]
    assert job["AppSpecification"] == processing_request()["AppSpecification"]
    assert not Path("/opt/ml/processing").exists()


def test_a_container_finds_the_request_and_its_hosts_in_two_files(sage: Sage) -> None:
    script = """
        import json, pathlib
        for name in ("processingjobconfig", "resourceconfig"):
            print(json.dumps(json.load(open(f"/opt/ml/config/{name}.json"))))
    """
    job = sage.process(script, Environment={"KEY": "VALUE"}, StoppingCondition={"MaxRuntimeInSeconds": 50})

    config, place = (json.loads(line) for line in sage.lines("job"))
    assert place == {"current_host": "algo-1", "hosts": ["algo-1"]}
    assert (config["ProcessingJobArn"], config["ProcessingJobName"], config["RoleArn"]) == (job["ProcessingJobArn"], "job", ROLE)
    assert config["AppSpecification"]["ContainerArguments"] is None
    assert config["AppSpecification"]["ImageUri"] == SKLEARN_IMAGE
    assert (config["Environment"], config["StoppingCondition"]) == ({"KEY": "VALUE"}, {"MaxRuntimeInSeconds": 50})
    assert config["ProcessingInputs"][1] == {
        "InputName": "text",
        "S3Input": {
            "S3Uri": "s3://bucket/corpora/x/train/",
            "LocalPath": "/opt/ml/processing/input/text",
            "S3DataType": "S3Prefix",
            "S3DataDistributionType": "FullyReplicated",
            "S3InputMode": "File",
            "S3CompressionType": "None",
            "S3DownloadMode": "StartOfJob",
        },
    }
    assert config["ProcessingOutputConfig"] == {**processing_request()["ProcessingOutputConfig"], "KmsKeyId": None}
    assert config["ProcessingResources"]["ClusterConfig"] == {
        **on_instances(1)["ProcessingResources"]["ClusterConfig"],
        "VolumeKmsKeyId": None,
    }


def test_arguments_and_variables_of_the_request_reach_the_script_and_name_paths_that_exist(sage: Sage) -> None:
    script = """
        import os, subprocess, sys
        print(sys.argv[1:3], os.environ["GREETING"], os.environ["AWS_REGION"])
        print(subprocess.run(["cat", sys.argv[3]], capture_output=True, text=True).stdout)
        print(subprocess.run(["cat", os.environ["TEXT"]], capture_output=True, text=True).stdout)
    """
    specification = {
        **processing_request()["AppSpecification"],
        "ContainerArguments": ["--rows", "s3://bucket/opt/ml/x", "/opt/ml/processing/input/text/text"],
    }

    sage.process(script, AppSpecification=specification, Environment={"GREETING": "hello", "TEXT": "/opt/ml/processing/input/text/text"})

    assert sage.lines("job") == ["['--rows', 's3://bucket/opt/ml/x'] hello us-east-1", "some words", "some words"]


def test_a_search_path_of_the_request_is_kept(sage: Sage) -> None:
    sage.cloud.aws.objects["bucket", "corpora/x/train/helper_of_mine.py"] = b"WORD = 'imported'"

    sage.process("import helper_of_mine; print(helper_of_mine.WORD)", Environment={"PYTHONPATH": "/opt/ml/processing/input/text"})

    assert sage.lines("job") == ["imported"]


def test_a_container_acts_as_the_role_and_an_isolated_one_as_nobody(sage: Sage) -> None:
    script = 'import os; print(os.environ.get("AWS_ACCESS_KEY_ID"))'

    sage.process(script, "with", StoppingCondition={"MaxRuntimeInSeconds": 60})
    sage.process(script, "isolated", NetworkConfig={"EnableNetworkIsolation": True})

    assert (sage.lines("with"), sage.lines("isolated")) == ([f"{ROLE} for 180 s"], ["None"])


def test_every_change_is_an_event_with_tags_as_a_map(sage: Sage) -> None:
    job = sage.process('open("/opt/ml/output/message", "w").write("as it should be")')

    told = [(arn, detail) for kind, arn, detail in sage.cloud.events if kind == "SageMaker Processing Job State Change"]
    assert [detail["ProcessingJobStatus"] for _, detail in told] == ["InProgress", "Completed"]
    arn, last = told[-1]
    assert (arn, last["Tags"], last["ExitMessage"]) == (job["ProcessingJobArn"], {"blazingtext:stage": "dev"}, "as it should be")
    assert isinstance(last["ProcessingEndTime"], int)
    assert last["ProcessingResources"] == processing_request()["ProcessingResources"]


def test_what_is_replicated_is_on_every_instance_and_each_has_a_folder_of_its_own(sage: Sage) -> None:
    script = """
        import json
        host = json.load(open("/opt/ml/config/resourceconfig.json"))["current_host"]
        print(open("/opt/ml/processing/input/text/text").read())
        open(f"/opt/ml/processing/output/{host}", "w").write(host)
    """
    job = sage.process(script, **on_instances(2))

    assert job["ProcessingJobStatus"] == "Completed"
    assert sage.lines("job/algo-1-") == sage.lines("job/algo-2-") == ["some words"]
    assert outputs(sage) == {"algo-1": b"algo-1", "algo-2": b"algo-2"}


def test_what_is_sharded_is_on_one_instance_each(sage: Sage) -> None:
    for name in ("a", "b", "c"):
        sage.cloud.aws.objects["bucket", f"shards/{name}"] = name.encode()
    script = 'import os; print(sorted(os.listdir("/opt/ml/processing/input/text")))'

    sage.process(script, **with_input(1, S3Uri="s3://bucket/shards", S3DataDistributionType="ShardedByS3Key"), **on_instances(2))

    assert (sage.lines("job/algo-1-"), sage.lines("job/algo-2-")) == (["['a', 'c']"], ["['b']"])


def test_a_continuous_output_is_stored_while_the_job_runs_and_an_output_at_its_end_is_not(sage: Sage) -> None:
    two = with_output(S3UploadMode="Continuous")
    late = {"S3Uri": "s3://bucket/prepared/late", "LocalPath": "/opt/ml/processing/late", "S3UploadMode": "EndOfJob"}
    two["ProcessingOutputConfig"]["Outputs"].append({"OutputName": "late", "S3Output": late})
    script = """
        import pathlib, time
        open("/opt/ml/processing/late/x", "w").close()
        open("/opt/ml/processing/output/x", "w").write("1")
        while not pathlib.Path("/opt/ml/processing/input/text/go").exists():
            time.sleep(0.01)
        open("/opt/ml/processing/output/x", "w").write("two")
    """
    sage.start_processing(script, **two)
    wait_until(lambda: "x" in outputs(sage))
    assert outputs(sage) == {"x": b"1"}
    (folder,) = sage.service._folder.glob("processing/*/job/algo-1")

    (folder / "processing" / "input" / "text" / "go").touch()

    assert sage.processed("job")["ProcessingJobStatus"] == "Completed"
    assert outputs(sage) == {"x": b"two", "late/x": b""}


def test_a_file_that_is_written_to_while_it_is_stored_is_stored_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "processing" / "output").mkdir(parents=True)
    file = tmp_path / "processing" / "output" / "log"
    file.write_text("one")
    sent: list[str] = []

    def upload(_: Any, source: Path, target: Any) -> None:
        if not sent:
            file.write_text("one, and more")
        sent.append(f"{target} {source.read_text()}")

    monkeypatch.setattr("blazingtext_sandbox.sagemaker.s3.upload", upload)
    job = ProcessingJob("job", "arn", processing_request(**with_output(S3UploadMode="Continuous")), {})
    uploads = Uploads(job, tmp_path, lambda: None)

    for _ in range(3):
        uploads.store(finished=False)
    file.unlink()
    uploads.store(finished=True)

    assert sent == ["s3://bucket/prepared/log one", "s3://bucket/prepared/log one, and more"]


@pytest.mark.parametrize(("mode", "kept"), [("EndOfJob", {}), ("Continuous", {"half": b"so far"})])
def test_a_container_that_fails_fails_the_job_and_says_why_in_its_message(sage: Sage, mode: str, kept: dict[str, bytes]) -> None:
    script = """
        import sys
        open("/opt/ml/processing/output/half", "w").write("so far")
        open("/opt/ml/output/message", "w").write("no such column")
        sys.exit(3)
    """
    job = sage.process(script, **with_output(S3UploadMode=mode))

    assert (job["ProcessingJobStatus"], job["FailureReason"]) == ("Failed", "AlgorithmError: See job logs for more information")
    assert job["ExitMessage"] == "no such column"
    assert outputs(sage) == kept


def test_one_container_that_fails_ends_the_others(sage: Sage) -> None:
    script = """
        import json, sys, time
        if json.load(open("/opt/ml/config/resourceconfig.json"))["current_host"] == "algo-2":
            sys.exit(1)
        time.sleep(600)
    """
    assert sage.process(script, **on_instances(2))["ProcessingJobStatus"] == "Failed"


def test_messages_of_several_containers_are_one_of_a_kilobyte_at_most(sage: Sage) -> None:
    script = """
        import json
        host = json.load(open("/opt/ml/config/resourceconfig.json"))["current_host"]
        open("/opt/ml/output/message", "w").write(host + "é" * 400)
    """
    job = sage.process(script, **on_instances(2))

    assert job["ExitMessage"] == "algo-1" + "é" * 400 + "algo-2" + "é" * 106
    (listed,) = sage.call("ListProcessingJobs")["ProcessingJobSummaries"]
    assert (listed["ProcessingJobName"], listed["ExitMessage"]) == ("job", job["ExitMessage"])


def test_a_message_that_is_not_utf_8_fails_the_job(sage: Sage) -> None:
    job = sage.process('open("/opt/ml/output/message", "wb").write(bytes([255]))')

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "ExitMessage" not in job


def test_a_stopped_job_tells_its_containers_and_stores_what_is_continuous(sage: Sage) -> None:
    sage.start_processing(WAIT, **with_output(S3UploadMode="Continuous"))
    wait_until(lambda: "waiting" in sage.lines("job"))

    sage.call("StopProcessingJob", ProcessingJobName="job")
    sage.call("StopProcessingJob", ProcessingJobName="job")

    job = sage.processed("job")
    assert (job["ProcessingJobStatus"], job.get("FailureReason")) == ("Stopped", None)
    assert sage.lines("job") == ["waiting", "told to end"]
    assert outputs(sage) == {"begun": b""}
    told = [detail["ProcessingJobStatus"] for kind, _, detail in sage.cloud.events if kind == "SageMaker Processing Job State Change"]
    assert told == ["InProgress", "Stopping", "Stopped"]


def test_a_container_that_ignores_the_signal_is_killed_after_the_grace(tmp_path: Path) -> None:
    sage = Sage.make(tmp_path, grace=0.3)
    script = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print("deaf", flush=True); time.sleep(600)'
    sage.start_processing(script)
    wait_until(lambda: "deaf" in sage.lines("job"))

    sage.call("StopProcessingJob", ProcessingJobName="job")

    assert sage.processed("job")["ProcessingJobStatus"] == "Stopped"


def test_a_job_past_its_time_is_stopped(sage: Sage) -> None:
    job = sage.process(WAIT, StoppingCondition={"MaxRuntimeInSeconds": 1})

    assert job["ProcessingJobStatus"] == "Stopped"
    assert outputs(sage) == {}


def test_a_job_that_was_stopped_before_it_began_runs_nothing(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[Any] = []
    monkeypatch.setattr(sage.cloud, "background", lambda _, job: work.append(job))
    sage.start_processing(UPPER)
    sage.call("StopProcessingJob", ProcessingJobName="job")

    work[0]()

    job = sage.call("DescribeProcessingJob", ProcessingJobName="job")
    assert (job["ProcessingJobStatus"], "ProcessingStartTime" in job, outputs(sage)) == ("Stopped", False, {})


def test_a_full_volume_ends_the_job(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blazingtext_sandbox.sagemaker.volume.GIGABYTE", GIGABYTE >> 10)
    resources = {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 1}}
    script = 'open("/opt/ml/processing/output/x", "wb").write(bytes(3 << 20))'

    job = sage.process(script, ProcessingResources=resources)

    assert (job["ProcessingJobStatus"], job["FailureReason"]) == ("Failed", "AlgorithmError: See job logs for more information")
    assert "No space left on device: the volume of 1 GB (VolumeSizeInGB) is full" in sage.lines("job")


def test_inputs_that_do_not_fit_fail_the_job(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blazingtext_sandbox.sagemaker.volume.GIGABYTE", 12)
    resources = {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 1}}

    job = sage.process("pass", ProcessingResources=resources)

    assert job["FailureReason"] == "ClientError: Failed to download data. Insufficient disk space"


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ("GetObject", "ClientError: Failed to download data. Unable to download object s3://bucket/code/script.py (AccessDenied"),
        ("PutObject", "ClientError: Failed to upload data. Unable to upload object s3://bucket/prepared/part/upper (AccessDenied"),
    ],
)
def test_a_role_that_may_not_read_or_write_fails_the_job(sage: Sage, operation: str, reason: str) -> None:
    sage.cloud.aws.refused.add(operation)

    job = sage.process(UPPER)

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(reason)


def test_a_continuous_output_that_cannot_be_stored_fails_the_job_while_it_runs(sage: Sage) -> None:
    sage.cloud.aws.refused.add("PutObject")

    job = sage.process(WAIT, **with_output(S3UploadMode="Continuous"))

    assert job["FailureReason"].startswith("ClientError: Failed to upload data. Unable to upload object s3://bucket/prepared/begun")


def test_data_that_goes_before_it_is_fetched_fails_the_job(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[Any] = []
    monkeypatch.setattr(sage.cloud, "background", lambda _, job: work.append(job))
    sage.start_processing(UPPER)
    del sage.cloud.aws.objects["bucket", "corpora/x/train/text"]

    work[0]()

    assert sage.processed("job")["FailureReason"].startswith("ClientError: No S3 objects found under S3 URL")


def test_a_role_that_goes_meanwhile_fails_the_job(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[Any] = []
    monkeypatch.setattr(sage.cloud, "background", lambda _, job: work.append(job))
    sage.start_processing(UPPER)
    sage.cloud.untrusting.add(ROLE)

    work[0]()

    assert sage.processed("job")["FailureReason"].startswith("ClientError: SageMaker is unable to perform: sts:AssumeRole on the role.")


def test_a_bug_of_the_sandbox_fails_the_job_as_an_internal_error(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Container, "__init__", broken)

    assert sage.process(UPPER)["FailureReason"] == "InternalServerError: We encountered an internal error. Please try again."


def test_a_program_that_is_not_there_fails_the_job_and_its_log_says_so(sage: Sage) -> None:
    job = sage.process(UPPER, AppSpecification={"ImageUri": SKLEARN_IMAGE, "ContainerEntrypoint": ["no-such-program"]})

    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert sage.lines("job") == ["no-such-program: No such file or directory"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 1}}}, "InstanceType must be given"),
        (with_input(1, LocalPath="/opt/ml/input"), "LocalPath /opt/ml/input of text must begin with /opt/ml/processing/"),
        (with_input(1, LocalPath="/opt/ml/processing/../x"), "must begin with /opt/ml/processing/"),
        (
            with_input(1, LocalPath="/opt/ml/processing/input/code/"),
            "LocalPath of ProcessingInputs /opt/ml/processing/input/code is given",
        ),
        (
            {"ProcessingInputs": [{"InputName": "text", "S3Input": {"S3Uri": "s3://bucket/x", "S3DataType": "S3Prefix"}}]},
            "LocalPath of text must be given when AppManaged is false",
        ),
        (with_input(1, S3Uri="https://example.com/x"), "S3Uri https://example.com/x of text is not an S3 address"),
        (with_input(1, S3CompressionType="Gzip"), "S3CompressionType Gzip of text can only be used when S3InputMode is Pipe"),
        (with_input(1, S3InputMode="Pipe"), "does not emulate CreateProcessingJob's ProcessingInputs.S3Input.S3InputMode = 'Pipe'"),
        (with_output(LocalPath="/tmp"), "LocalPath /tmp of lines must begin with /opt/ml/processing/"),  # noqa: S108 - refused
        ({"ProcessingInputs": [{"InputName": "x"}]}, "x must have an S3Input"),
        ({"ProcessingInputs": 2 * [processing_request()["ProcessingInputs"][0]]}, "InputName code is given twice"),
        ({"ProcessingOutputConfig": {"Outputs": [{"OutputName": "x"}]}}, "x must have an S3Output"),
        ({"AppSpecification": {"ImageUri": SKLEARN_IMAGE}}, "name one with AppSpecification.ContainerEntrypoint"),
        ({"AppSpecification": {"ImageUri": "mine:1"}}, "does not emulate the image 'mine:1' for processing jobs"),
    ],
)
def test_a_request_that_is_wrong_says_what_and_starts_nothing(sage: Sage, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationException) as refusal:
        sage.start_processing(UPPER, **changes)

    assert words in refusal.value.message
    assert (sage.cloud.events, sage.call("ListProcessingJobs")["ProcessingJobSummaries"]) == ([], [])


def test_what_an_application_manages_itself_is_neither_fetched_nor_stored(sage: Sage) -> None:
    request = processing_request()
    request["ProcessingInputs"][1] = {
        "InputName": "text",
        "AppManaged": True,
        "S3Input": {"S3Uri": "s3://elsewhere/x", "S3DataType": "S3Prefix"},
    }
    request["ProcessingOutputConfig"]["Outputs"][0]["AppManaged"] = True
    script = """
        import os
        print(os.listdir("/opt/ml/processing/input"))
        os.makedirs("/opt/ml/processing/output")
        open("/opt/ml/processing/output/x", "w").close()
    """
    managed = {member: request[member] for member in ("ProcessingInputs", "ProcessingOutputConfig")}

    job = sage.process(script, **managed)

    assert (job["ProcessingJobStatus"], sage.lines("job"), outputs(sage)) == ("Completed", ["['code']"], {})


def test_a_prefix_the_role_sees_nothing_under_is_refused_before_anything_starts(sage: Sage) -> None:
    sage.cloud.aws.objects.clear()

    with pytest.raises(ValidationException, match='No S3 objects found under S3 URL "s3://bucket/corpora/x/train/"'):
        sage.start_processing(UPPER)

    assert sage.cloud.events == []


@pytest.mark.parametrize(("action", "resource"), [("iam:PassRole", ROLE), ("sagemaker:AddTags", "processing-job/job")])
def test_the_role_and_the_tags_need_permissions_of_their_own(sage: Sage, action: str, resource: str) -> None:
    sage.cloud.forbidden.add(action)

    with pytest.raises(AccessDeniedException, match=action):
        sage.start_processing(UPPER)

    asked = [(arn, conditions) for each, arn, conditions in sage.cloud.asked if each == action]
    assert asked[0][0].endswith(resource)
    assert action != "iam:PassRole" or asked[0][1] == {"iam:PassedToService": "sagemaker.amazonaws.com"}


def test_a_role_that_does_not_trust_sagemaker_is_refused(sage: Sage) -> None:
    sage.cloud.untrusting.add(ROLE)

    with pytest.raises(ValidationException, match=r"allows principal 'sagemaker\.amazonaws\.com' to assume the role"):
        sage.start_processing(UPPER)


def test_a_name_is_used_once_and_is_free_again_when_its_job_was_deleted(sage: Sage) -> None:
    sage.start_processing(WAIT)
    with pytest.raises(ResourceInUse, match="a job with this name already exists"):
        sage.start_processing(WAIT, "JOB")
    with pytest.raises(ResourceInUse, match="is in status InProgress"):
        sage.call("DeleteProcessingJob", ProcessingJobName="job")
    sage.call("StopProcessingJob", ProcessingJobName="job")
    sage.processed("job")

    sage.call("DeleteProcessingJob", ProcessingJobName="job")

    assert sage.process("pass")["ProcessingJobStatus"] == "Completed"


def test_no_more_instances_run_than_the_account_has(sage: Sage) -> None:
    sage.start_processing(WAIT, **on_instances(3))

    with pytest.raises(ResourceLimitExceeded, match=r"'Number of instances across all processing jobs' is 4 Instances, .* of 3 .* of 2 "):
        sage.start_processing(WAIT, "second", **on_instances(2))


@pytest.mark.parametrize("operation", ["Describe", "Stop", "Delete"])
def test_a_job_that_is_not_there_is_not_found(sage: Sage, operation: str) -> None:
    with pytest.raises(ValidationException, match="Could not find requested job with name: none"):
        sage.call(f"{operation}ProcessingJob", ProcessingJobName="none")


def test_a_job_that_has_ended_cannot_be_stopped(sage: Sage) -> None:
    sage.process("pass")

    with pytest.raises(ValidationException, match="the processing job is in status Completed"):
        sage.call("StopProcessingJob", ProcessingJobName="job")


def test_jobs_are_listed_by_filter_order_and_page(sage: Sage) -> None:
    for name in ("a-1", "a-2", "b-1"):
        sage.process("import sys; sys.exit(1)" if name == "a-2" else "pass", name)

    def names(**asked: Any) -> list[str]:
        return [each["ProcessingJobName"] for each in sage.call("ListProcessingJobs", **asked)["ProcessingJobSummaries"]]

    assert names() == ["a-1", "a-2", "b-1"]
    assert names(NameContains="a-", SortBy="Name", SortOrder="Descending") == ["a-2", "a-1"]
    assert names(StatusEquals="Failed") == ["a-2"]
    first = sage.call("ListProcessingJobs", MaxResults=2)
    assert names(MaxResults=2, NextToken=first["NextToken"]) == ["b-1"]


def test_tags_of_a_job_are_tags_like_any_other(sage: Sage) -> None:
    job = sage.process("pass")["ProcessingJobArn"]

    sage.call("AddTags", ResourceArn=job, Tags=[{"Key": "more", "Value": "yes"}])

    assert job == "arn:aws:sagemaker:us-east-1:000000000000:processing-job/job"
    assert len(sage.call("ListTags", ResourceArn=job)["Tags"]) == 2
    assert sage.service.resource_tags(job)["more"] == "yes"


def test_instances_and_time_that_are_left_out_are_those_of_the_api_reference(sage: Sage) -> None:
    sage.cloud.aws.objects["bucket", "code/script.py"] = b'print(open("/opt/ml/config/resourceconfig.json").read())'
    resources = {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 1}}
    request = processing_request(ProcessingResources=resources)
    del request["StoppingCondition"]

    sage.call("CreateProcessingJob", **request)

    assert sage.processed("job")["StoppingCondition"] == {"MaxRuntimeInSeconds": 86_400}
    assert json.loads(sage.lines("job")[0])["hosts"] == ["algo-1"]


def test_a_volume_that_is_full_at_the_end_fails_the_job(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Volume, "is_full", lambda _, *, now=False: now)

    assert sage.process(UPPER)["FailureReason"] == "AlgorithmError: See job logs for more information"


def test_a_stop_that_comes_while_the_outputs_are_stored_still_counts(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    def store(_: Uploads, *, finished: bool) -> None:
        if finished:
            sage.call("StopProcessingJob", ProcessingJobName="job")

    monkeypatch.setattr(Uploads, "store", store)

    assert sage.process("pass")["ProcessingJobStatus"] == "Stopped"
