"""Two stages in one account: one is destroyed beside the other, then the other while it changes, and half way."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_lifecycle.environments import AutoPromote
from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.settings import Settings
from tests.faults.deployed_stacks import ROOT, bootstrap
from tests.faults.stage import Stage
from tests.parity.support import wait_until


def audit(stage: Stage, *, code: int) -> set[tuple[str, str]]:
    """What `blazingtext audit` finds of a stage: kinds and names."""
    command = [sys.executable, "-m", "blazingtext", "audit", "--stage", stage.name, "--json"]
    done = subprocess.run(command, cwd=ROOT, env=stage.account.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return {(each["kind"], each["name"]) for each in json.loads(done.stdout)["left"]}


def is_live(stage: Stage, job: str) -> bool:
    """Whether a job's model is the live one, and nothing changes."""
    status = stage.client("cloudformation").describe_stacks(StackName=stage.stack("serving"))["Stacks"][0]["StackStatus"]
    return f"/{job}/" in stage.parameters()["ModelDataUrl"] and not status.endswith("IN_PROGRESS")


def promoted(stage: Stage) -> str:
    """A job that has ended and gone live by itself: its event went through rule, queue, function and state machine."""
    job = str(stage.train()["TrainingJobName"])
    wait_until(lambda: is_live(stage, job))
    return job


class Caller(threading.Thread):
    """Asks a stage's endpoint without a pause, and keeps what went wrong."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(daemon=True)
        self._runtime, self._name, self._over = stage.account.boto3("sagemaker-runtime"), f"blazingtext-{stage.name}", threading.Event()
        self.answers, self.problems = 0, list[str]()

    def run(self) -> None:
        while not self._over.wait(0.05):
            try:
                self._runtime.invoke_endpoint(EndpointName=self._name, ContentType="application/json", Body=b"{}")
                self.answers += 1
            except ClientError as problem:
                self.problems.append(str(problem))

    def finish(self) -> None:
        self._over.set()
        self.join()


@pytest.fixture(scope="module")
def pair(account: Sandbox, control: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Stage]]:
    """Two stages without anything that is kept, each with a live model."""
    made = []
    for name in ("gone", "stays"):
        # The container's jobs have no metrics that could be compared.
        settings = Settings(stage=name, delete_data=True, endpoint_bake_seconds=0, auto_promote=AutoPromote.ALWAYS)
        made.append(Stage(account, settings, tmp_path_factory.mktemp(name) / "cdk.out", control))
        made[-1].deploy(bootstrap(account))
        made[-1].upload()
        promoted(made[-1])
    yield made[0], made[1]
    for stage in made:
        stage.destroy()


def test_a_stage_is_destroyed_beside_another_that_trains_promotes_and_serves(pair: tuple[Stage, Stage]) -> None:
    gone, stays = pair
    caller = Caller(stays)
    fill(gone)
    with stays.told("hold-training"):
        jobs = [stage.launch()["jobName"] for stage in pair]
        for stage, job in zip(pair, jobs, strict=True):
            stage.wait_for_log(job)
        before = audit(stays, code=1)
        caller.start()

        destroyed = gone.destroy()

        assert set(destroyed.values()) == {"DELETE_COMPLETE"}
        assert audit(gone, code=0) == set()
        assert audit(stays, code=1) == before
        assert stays.described(jobs[1])["TrainingJobStatus"] == "InProgress"
    kinds = {kind for kind, _ in before}
    assert {"stack", "bucket", "role", "function", "queue", "rule", "endpoint", "log group", "training job"} <= kinds

    # What was training beside it goes live, and nobody who asked was refused.
    assert stays.ended(jobs[1])["TrainingJobStatus"] == "Completed"
    wait_until(lambda: is_live(stays, jobs[1]))
    caller.finish()
    assert not caller.problems
    assert caller.answers


def test_a_stack_whose_endpoint_changes_is_not_deleted_until_it_has_changed(pair: tuple[Stage, Stage]) -> None:
    _, stays = pair
    serving, cloudformation = stays.stack("serving"), stays.client("cloudformation")
    # The endpoint serves a model before the update that brought it has ended.
    assert stays.settled(serving) == "UPDATE_COMPLETE"
    with stays.told("hang-ping"):
        changed = [{"ParameterKey": key, "UsePreviousValue": True} for key in stays.parameters() if key != "ModelDataUrl"]
        other = {"ParameterKey": "ModelDataUrl", "ParameterValue": stays.parameters()["PreviousModelDataUrl"]}
        cloudformation.update_stack(StackName=serving, UsePreviousTemplate=True, Parameters=[*changed, other])
        endpoint = f"blazingtext-{stays.name}"
        wait_until(lambda: stays.client("sagemaker").describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == "Updating")

        with pytest.raises(ClientError, match=rf"Stack \[.*/{serving}/.*\] cannot be deleted while in status UPDATE_IN_PROGRESS"):
            cloudformation.delete_stack(StackName=serving)

    assert stays.settled(serving) == "UPDATE_COMPLETE"


def test_a_destroy_that_fails_half_way_says_why_and_the_next_one_finishes_it(pair: tuple[Stage, Stage]) -> None:
    _, stays = pair
    bucket = stays.bucket
    stays.client("s3").put_object(Bucket=bucket, Key="corpora/kept/train/kept.txt", Body=b"words")
    function = stays.client("lambda").get_function_configuration(FunctionName=stays.function("RetirementRetireFunction"))
    actions = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    kept = {"Effect": "Deny", "Action": actions, "Resource": f"arn:aws:s3:::{bucket}/corpora/kept/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [kept]})
    iam, role = stays.client("iam"), function["Role"].rpartition("/")[2]
    iam.put_role_policy(RoleName=role, PolicyName="kept", PolicyDocument=policy)

    first = stays.destroy()

    assert first == {
        stays.stack("serving"): "DELETE_COMPLETE",
        stays.stack("training"): "DELETE_COMPLETE",
        stays.stack("storage"): "DELETE_FAILED",
    }
    assert f"Could not empty the bucket {bucket}." in stays.reasons(stays.stack("storage"))
    left = stays.client("s3").list_object_versions(Bucket=bucket)["Versions"]
    assert "corpora/kept/train/kept.txt" in {each["Key"] for each in left}

    iam.delete_role_policy(RoleName=role, PolicyName="kept")
    assert stays.destroy() == {stays.stack("storage"): "DELETE_COMPLETE"}
    assert audit(stays, code=0) == set()


def fill(stage: Stage) -> None:
    """More versions and delete markers than a page has, and unfinished uploads."""
    s3, bucket = stage.client("s3"), stage.bucket
    keys = [f"corpora/many/train/{number:04}.txt" for number in range(510)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=b""), keys))
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True})
    for number in range(3):
        upload: dict[str, Any] = {"Bucket": bucket, "Key": f"corpora/many/train/unfinished-{number}"}
        s3.upload_part(**upload, UploadId=stage.unfinished(**upload), PartNumber=1, Body=b"words")
