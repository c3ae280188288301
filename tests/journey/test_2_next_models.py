"""What happens to a live model afterwards: the next runs, failures, deploys, roll back, pause."""

import io
import json
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import ENDPOINT, SERVING, Ran, Shell, output, wait_for_training, wait_until
from tests.patience import PATIENCE

Parameters = Callable[[], dict[str, str]]
News = Callable[[], list[str]]


class Client(threading.Thread):
    """A caller that asks the endpoint again and again, and keeps what went wrong."""

    def __init__(self, account: Sandbox) -> None:
        super().__init__(daemon=True)
        self.answers = 0
        self.failures: list[str] = []
        self._runtime = account.boto3("sagemaker-runtime")
        self._end = threading.Event()

    def run(self) -> None:
        body = json.dumps({"instances": ["music"]})
        while not self._end.is_set():
            try:
                answer = self._runtime.invoke_endpoint(EndpointName=ENDPOINT, ContentType="application/json", Body=body)
                assert json.loads(answer["Body"].read())[0]["word"] == "music"
                self.answers += 1
            except Exception as error:  # noqa: BLE001 - whatever goes wrong is the finding
                self.failures.append(repr(error))

    def stop(self) -> None:
        self._end.set()
        self.join(timeout=PATIENCE)


@pytest.fixture(scope="module")
def second_run(first_run: Any, news: News, live_model: Callable[[str], None], train: Callable[..., Any], account: Sandbox) -> Any:
    """A second run, promoted while a client goes on asking."""
    live_model(first_run["job"])
    client = Client(account)
    client.start()
    run = train("--epochs", "4")
    live_model(run["job"])
    client.stop()
    return {**run, "answers": client.answers, "failures": client.failures}


def test_a_second_run_is_promoted_in_place_without_one_failed_request(second_run: Any, first_run: Any, parameters: Parameters) -> None:
    assert second_run["failures"] == []
    assert second_run["answers"] > 20
    assert parameters()["ModelDataUrl"] == second_run["artifact"]
    assert parameters()["PreviousModelDataUrl"] == first_run["artifact"]


def test_a_promotion_is_announced_when_it_begins(second_run: Any, news: News) -> None:
    wait_until(lambda: any(message.startswith(f"The promotion of {second_run['job']} has begun") for message in news()), what="the news")


def test_the_same_request_over_the_same_data_gets_the_same_job(second_run: Any, deployed: Shell) -> None:
    again = deployed.blazingtext("train", "--corpus", "wiki", "--epochs", "4", "--json").json()

    assert (again["job"], again["created"], again["artifact"]) == (second_run["job"], False, second_run["artifact"])


def test_a_failed_training_is_never_promoted(second_run: Any, train: Callable[..., Any], parameters: Parameters, account: Sandbox) -> None:
    failed: Ran = train("--min-count", "9999999", code=2)

    (job, *_) = account.boto3("sagemaker").list_training_jobs(StatusEquals="Failed")["TrainingJobSummaries"]
    drained(account)
    assert "min_count" in failed.err
    assert (job["TrainingJobStatus"], job["TrainingJobName"] in failed.err) == ("Failed", True)
    assert parameters()["ModelDataUrl"] == second_run["artifact"]


def test_a_late_event_of_an_older_run_changes_nothing(first_run: Any, second_run: Any, parameters: Parameters, account: Sandbox) -> None:
    before = parameters()

    deliver(account, first_run["job"])
    deliver(account, second_run["job"])
    drained(account)

    assert parameters() == before


def test_a_deploy_after_a_promotion_keeps_the_model(second_run: Any, deployed: Shell, parameters: Parameters, account: Sandbox) -> None:
    before = account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]

    deployed.cdk("deploy", "--all", "--require-approval", "never", "-c", "logRetentionDays=7", "-c", "trainOnUpload=true")

    assert parameters()["ModelDataUrl"] == second_run["artifact"]
    assert account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"] == before


def test_rollback_brings_the_previous_model_back_and_a_late_event_does_not_undo_it(
    second_run: Any, first_run: Any, deployed: Shell, live_model: Callable[[str], None], parameters: Parameters, account: Sandbox
) -> None:
    rolled_back = deployed.blazingtext("rollback", "--json").json()
    live_model(first_run["job"])

    deliver(account, second_run["job"])
    drained(account)

    assert (rolled_back["live"], rolled_back["previous"]) == (first_run["job"], second_run["job"])
    assert parameters()["ModelDataUrl"] == first_run["artifact"]
    assert parameters()["PreviousModelDataUrl"] == second_run["artifact"]


def test_a_person_may_promote_what_a_late_event_may_not(
    first_run: Any, second_run: Any, deployed: Shell, live_model: Callable[[str], None], parameters: Parameters
) -> None:
    assert parameters()["ModelDataUrl"] == first_run["artifact"]

    promoted = deployed.blazingtext("promote", second_run["job"], "--json").json()
    again = deployed.blazingtext("promote", second_run["job"])

    live_model(second_run["job"])
    assert (promoted["live"], promoted["previous"], promoted["state"]) == (second_run["job"], first_run["job"], "running")
    assert "is already live" in again.err
    assert parameters()["ModelDataUrl"] == second_run["artifact"]
    assert parameters()["PreviousModelDataUrl"] == first_run["artifact"]


def test_a_stopped_run_keeps_what_it_learnt_and_is_promoted_neither_by_itself_nor_by_hand(
    second_run: Any, deployed: Shell, parameters: Parameters, account: Sandbox
) -> None:
    sagemaker, before = account.boto3("sagemaker"), parameters()
    job = deployed.blazingtext("train", "--corpus", "wiki", "--epochs", "90000", "--json").json()["job"]
    wait_for_training(account, job)
    early = deployed.blazingtext("promote", job, code=3)

    stopped = deployed.blazingtext("stop", job, "--json").json()
    wait_until(lambda: sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobStatus"] == "Stopped", what="the stop")
    drained(account)
    late = deployed.blazingtext("promote", job, code=2)

    bucket, _, key = sagemaker.describe_training_job(TrainingJobName=job)["ModelArtifacts"]["S3ModelArtifacts"][5:].partition("/")
    with tarfile.open(fileobj=io.BytesIO(account.boto3("s3").get_object(Bucket=bucket, Key=key)["Body"].read())) as kept:
        assert {"vectors.bin", "vectors.txt"} <= set(kept.getnames())
    assert (stopped["job"], stopped["status"] in {"Stopping", "Stopped"}) == (job, True)
    assert "cannot be promoted yet" in early.err
    assert "has no complete model" in late.err
    assert parameters() == before


def test_pause_removes_the_endpoint_and_resume_brings_it_back_with_the_same_model(
    second_run: Any, deployed: Shell, live_model: Callable[[str], None], account: Sandbox
) -> None:
    deployed.blazingtext("pause")
    wait_until(lambda: not account.boto3("sagemaker").list_endpoints()["Endpoints"], what="the pause")
    settled(account)
    paused = deployed.blazingtext("predict", "music", code=3)

    deployed.blazingtext("resume")
    live_model(second_run["job"])

    assert "resume a paused endpoint" in paused.err
    (answer,) = deployed.blazingtext("predict", "music", "--json").json()
    assert (answer["word"], answer["known"]) == ("music", True)


def test_a_model_that_cannot_serve_rolls_the_stack_back_and_people_are_told(
    first_run: Any, second_run: Any, news: News, parameters: Parameters, account: Sandbox
) -> None:
    assert not [message for message in news() if "was rolled back" in message]
    bucket = first_run["artifact"].removeprefix("s3://").partition("/")[0]
    broken = "runs/broken/output/model.tar.gz"
    account.boto3("s3").put_object(Bucket=bucket, Key=broken, Body=b"this is no archive")
    before = parameters()
    keep = [{"ParameterKey": name, "UsePreviousValue": True} for name in before if name != "ModelDataUrl"]
    change = [{"ParameterKey": "ModelDataUrl", "ParameterValue": f"s3://{bucket}/{broken}"}]

    account.boto3("cloudformation").update_stack(
        StackName=SERVING, UsePreviousTemplate=True, Capabilities=["CAPABILITY_NAMED_IAM"], Parameters=[*keep, *change]
    )

    assert settled(account) == "UPDATE_ROLLBACK_COMPLETE"
    assert parameters() == before
    assert account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] == "InService"
    wait_until(lambda: any(f"an update of {SERVING} was rolled back" in message for message in news()), what="the news")
    account.boto3("s3").delete_object(Bucket=bucket, Key=broken)


def test_an_upload_is_trained_on_and_promoted_by_itself_when_the_setting_says_so(
    second_run: Any, deployed: Shell, corpus: Path, live_model: Callable[[str], None], account: Sandbox, tmp_path: Path
) -> None:
    short = tmp_path / "letters.txt"
    short.write_bytes(corpus.read_bytes()[:300_000])

    deployed.blazingtext("upload", str(short), "--corpus", "letters")

    def completed() -> Any:
        return account.boto3("sagemaker").list_training_jobs(NameContains="letters", StatusEquals="Completed")["TrainingJobSummaries"]

    (job,) = wait_until(completed, what="a training by upload")
    live_model(job["TrainingJobName"])
    trained = account.boto3("sagemaker").describe_training_job(TrainingJobName=job["TrainingJobName"])
    (channel,) = trained["InputDataConfig"]
    assert channel["DataSource"]["S3DataSource"]["S3Uri"].endswith("/corpora/letters/train/")
    tags = {tag["Key"]: tag["Value"] for tag in account.boto3("sagemaker").list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]}
    assert (tags["blazingtext:corpus"], tags["blazingtext:stage"]) == ("letters", "dev")


def deliver(account: Sandbox, job: str) -> None:
    """Puts a completed job's event into the promotion queue once more, as EventBridge sometimes does."""
    queue = output(account, "PromotionQueueUrl")
    described = account.boto3("sagemaker").describe_training_job(TrainingJobName=job)
    detail = {"TrainingJobName": job, "TrainingJobArn": described["TrainingJobArn"], "TrainingJobStatus": "Completed"}
    event = {"source": "aws.sagemaker", "detail-type": "SageMaker Training Job State Change", "detail": detail}
    account.boto3("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(event))


def drained(account: Sandbox) -> None:
    """Waits until the promotion queue holds nothing, visible or not."""
    queue = output(account, "PromotionQueueUrl")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def empty() -> bool:
        counts = account.boto3("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return all(int(counts[name]) == 0 for name in names)

    wait_until(empty, what="the promotion queue being empty")


def settled(account: Sandbox) -> str:
    """The serving stack's status once nothing is in progress."""

    def status() -> str:
        (stack,) = account.boto3("cloudformation").describe_stacks(StackName=SERVING)["Stacks"]
        found = str(stack["StackStatus"])
        return "" if found.endswith("IN_PROGRESS") else found

    return wait_until(status, what="the serving stack coming to rest")
