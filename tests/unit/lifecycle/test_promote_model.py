import dataclasses
import json
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import promote_model
from blazingtext_lifecycle import live_model, naming, promotion
from blazingtext_lifecycle.environments import AutoPromote, PromoteEnvironment
from blazingtext_lifecycle.stack_update import StackUpdater
from promote_model import Clients
from tests.unit.lifecycle.aws_fakes import (
    MACHINE,
    STARTED,
    FakeCloudFormation,
    FakeContext,
    FakeQueues,
    FakeS3,
    FakeStateMachine,
    FakeTopic,
    client_error,
)
from tests.unit.lifecycle.tuning_fakes import FakeTuning

ENVIRONMENT = PromoteEnvironment(
    stage="dev",
    bucket="own-bucket",
    topic_arn="arn:aws:sns:us-east-1:123456789012:topic",
    queue_url="https://sqs/queue",
    dead_letter_queue_url="https://sqs/dead",
    serving_update_arn=MACHINE,
    auto_promote=AutoPromote.ALWAYS,
)
EMPTY = {"ModelDataUrl": "", "PreviousModelDataUrl": "", "PromotedThrough": "", "EndpointState": "running", "Other": "kept"}
JOB = "blazingtext-dev-wiki-batch-skipgram-0123456789"
GATED = PromoteEnvironment(**{**vars(ENVIRONMENT), "minimum_mean_rho": 0.65, "minimum_accuracy": 0.9})


class Account:
    """A deployed stage whose training jobs a test adds."""

    def __init__(self) -> None:
        self.sagemaker = FakeTuning()
        self.s3 = FakeS3("own-bucket")
        self.cloudformation = FakeCloudFormation("blazingtext-dev-serving", EMPTY)
        self.stepfunctions = FakeStateMachine(self.cloudformation)
        self.sagemaker.endpoint = self.endpoint
        self.configuration = ""
        self.sns = FakeTopic()
        self.sqs = FakeQueues()

    def endpoint(self) -> dict[str, str] | None:
        """The endpoint that the stack has made, with its configuration unless the test says another."""
        if not self.live or self.cloudformation.parameters["EndpointState"] == "paused":
            return None
        serves = self.configuration or self.cloudformation.outputs["EndpointConfigName"]
        return {"EndpointStatus": "InService", "EndpointConfigName": serves}

    def train(self, name: str = JOB, status: str = "Completed", minutes: float = 0, **more: Any) -> str:
        """Adds an ended job and its artifact; answers with the artifact's URI."""
        artifact = naming.artifact_uri("own-bucket", name)
        made = {"ModelArtifacts": {"S3ModelArtifacts": artifact}} if status == "Completed" else {}
        job: dict[str, Any] = {
            "CreationTime": STARTED + timedelta(minutes=minutes),
            "HyperParameters": {"mode": "batch_skipgram"},
            "FinalMetricDataList": [{"MetricName": "train:mean_rho", "Value": 0.7, "Timestamp": STARTED}],
            **made,
            **more,
        }
        self.sagemaker.add(name, status, job.pop("tags", naming.tags("dev")), **job)
        self.s3.objects[naming.artifact_key(name)] = b"model"
        return artifact

    def deliver(self, name: str = JOB, status: str = "Completed", environment: PromoteEnvironment = ENVIRONMENT, receives: int = 1) -> bool:
        return self.deliver_body(
            json.dumps({"source": "aws.sagemaker", "detail": {"TrainingJobName": name, "TrainingJobStatus": status}}), environment, receives
        )

    def deliver_body(self, body: str, environment: PromoteEnvironment = ENVIRONMENT, receives: int = 1) -> bool:
        record = {"messageId": "m", "receiptHandle": "r", "body": body, "attributes": {"ApproximateReceiveCount": str(receives)}}
        clients = Clients(
            *(cast("Any", each) for each in (self.sagemaker, self.s3, self.cloudformation, self.stepfunctions, self.sns, self.sqs))
        )
        return promote_model.process(record, environment, clients)

    @property
    def live(self) -> str:
        return self.cloudformation.parameters["ModelDataUrl"]

    @property
    def subjects(self) -> list[str]:
        return [each["Subject"] for each in self.sns.published]


def test_a_completed_job_goes_live() -> None:
    account = Account()
    artifact = account.train()

    assert account.deliver()

    assert account.cloudformation.updates == [
        {"ModelDataUrl": artifact, "PreviousModelDataUrl": "", "PromotedThrough": "2026-11-22T20:00:00.000Z"}
    ]
    assert account.subjects == ["BlazingText dev: the promotion of a model has begun"]
    assert "train:mean_rho 0.7000" in account.sns.published[0]["Message"]


def test_a_training_job_of_a_tuning_job_goes_live_by_hand_only() -> None:
    account = Account()
    account.train(TuningJobArn="arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/blazingtext-dev-0a1b2c3")

    assert account.deliver()

    assert account.cloudformation.updates == []
    assert account.sqs.sent == account.sns.published == []


def test_the_next_job_replaces_it_and_remembers_it() -> None:
    account = Account()
    first, second = account.train(), account.train(f"{JOB}-2", minutes=5)
    account.deliver()
    account.cloudformation.finish()

    assert account.deliver(f"{JOB}-2")

    assert account.live == second
    assert account.cloudformation.parameters["PreviousModelDataUrl"] == first


def test_a_repeated_event_changes_nothing() -> None:
    account = Account()
    account.train()
    account.deliver()
    account.cloudformation.finish()

    assert account.deliver()

    assert len(account.cloudformation.updates) == 1
    assert len(account.sns.published) == 1


def test_an_older_job_never_replaces_a_newer_one() -> None:
    account = Account()
    newer, _ = account.train(minutes=5), account.train(f"{JOB}-2", minutes=1)
    account.deliver()
    account.cloudformation.finish()

    assert account.deliver(f"{JOB}-2")

    assert account.live == newer


def test_a_late_event_does_not_undo_a_rollback() -> None:
    account = Account()
    first, _ = account.train(), account.train(f"{JOB}-2", minutes=5)
    for name in (JOB, f"{JOB}-2"):
        account.deliver(name)
        account.cloudformation.finish()
    stack = live_model.describe(cast("Any", account.cloudformation), "dev")
    StackUpdater(cast("Any", account.stepfunctions), cast("Any", account.cloudformation), MACHINE).update(stack, live_model.rollback(stack))
    account.cloudformation.finish()

    assert account.deliver(f"{JOB}-2")

    assert account.live == first


@pytest.mark.parametrize("status", ["Failed", "Stopped", "InProgress", "Stopping"])
def test_a_job_that_did_not_complete_is_never_promoted(status: str) -> None:
    account = Account()
    account.train(status=status)

    assert account.deliver(status=status)

    assert account.cloudformation.updates == []


def test_the_event_is_not_believed_but_the_job() -> None:
    account = Account()
    account.train(status="Failed", FailureReason="ClientError: no text")

    assert account.deliver(status="Completed")

    assert account.cloudformation.updates == []


def test_a_failed_training_is_told() -> None:
    account = Account()
    account.train(status="Failed", FailureReason="ClientError: no text")

    account.deliver(status="Failed")

    assert account.subjects == ["BlazingText dev: a training failed"]
    assert "ClientError: no text" in account.sns.published[0]["Message"]


def test_a_job_stopped_by_its_limit_is_told_and_one_stopped_by_a_person_is_not() -> None:
    account = Account()
    account.train(status="Stopped", SecondaryStatus="MaxRuntimeExceeded")
    account.train(f"{JOB}-2", status="Stopped")

    account.deliver(status="Stopped")
    account.deliver(f"{JOB}-2", status="Stopped")

    assert len(account.sns.published) == 1
    assert "MaxRuntimeExceeded" in account.sns.published[0]["Message"]


@pytest.mark.parametrize("tags", [{}, naming.tags("prod"), {"blazingtext:stage": "dev"}])
def test_a_job_without_this_stages_tags_is_left_alone(tags: dict[str, str]) -> None:
    account = Account()
    account.train(tags=tags)

    assert account.deliver()

    assert account.cloudformation.updates == []
    assert account.sqs.sent == []


def test_another_stages_job_is_left_alone() -> None:
    account = Account()

    assert account.deliver("blazingtext-prod-wiki-cbow-0123456789")
    assert account.sqs.sent == []


@pytest.mark.parametrize(
    ("mode", "metrics", "goes_live"),
    [
        ("batch_skipgram", {"train:mean_rho": 0.65}, True),
        ("batch_skipgram", {"train:mean_rho": 0.6499}, False),
        ("cbow", {}, False),
        ("cbow", {"train:mean_rho": 0.0}, False),
        ("supervised", {"validation:accuracy": 0.9, "train:accuracy": 0.5}, True),
        ("supervised", {"validation:accuracy": 0.89, "train:accuracy": 0.99}, False),
        ("supervised", {"train:accuracy": 0.99}, False),
    ],
)
def test_the_gate_lets_only_good_models_through(mode: str, metrics: dict[str, float], goes_live: bool) -> None:
    account = Account()
    measured = [{"MetricName": name, "Value": value, "Timestamp": STARTED} for name, value in metrics.items()]
    account.train(HyperParameters={"mode": mode}, FinalMetricDataList=measured)

    assert account.deliver(environment=GATED)

    assert bool(account.cloudformation.updates) is goes_live
    assert account.subjects == [f"BlazingText dev: {'the promotion of a model has begun' if goes_live else 'a model was not promoted'}"]


@pytest.mark.parametrize(("receives", "hidden"), [(1, 10), (2, 20), (5, 160), (6, 300), (60, 300), (5000, 300)])
def test_a_busy_stack_is_tried_again_later_and_later(receives: int, hidden: int) -> None:
    account = Account()
    account.train()
    account.cloudformation.status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"

    assert not account.deliver(receives=receives)

    assert account.sqs.hidden == [hidden]
    assert account.cloudformation.updates == []


def test_an_update_that_begins_between_look_and_call_is_waited_for() -> None:
    account = Account()
    account.train()
    account.cloudformation.refusal = client_error("ValidationError", "Stack is in UPDATE_IN_PROGRESS state and can not be updated.")
    account.cloudformation.status_after_refusal = "UPDATE_IN_PROGRESS"

    assert not account.deliver()

    assert account.sqs.hidden == [10]


def test_a_failed_update_leaves_the_message_to_the_queue() -> None:
    account = Account()
    account.train()
    account.cloudformation.refusal = client_error("InternalFailure", "We failed")

    assert not account.deliver()

    assert account.sqs.hidden == []
    assert account.sns.published == []


@pytest.mark.parametrize(
    "cause", ["User: x is not authorized to perform: cloudformation:UpdateStack on resource: y", "Template format error (Status Code: 400)"]
)
def test_a_refusal_that_a_person_must_fix_is_reported_at_once(cause: str) -> None:
    account = Account()
    account.train()
    account.stepfunctions.failure = {"status": "FAILED", "error": "CloudFormation.CloudFormationException", "cause": cause}

    assert account.deliver()

    assert cause in account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]
    assert JOB in account.sqs.sent[0]["MessageBody"]
    assert cause in account.sns.published[0]["Message"]
    assert account.subjects == ["BlazingText dev: a promotion is impossible (dead-letter queue)"]
    assert account.sqs.hidden == []


def test_a_topic_that_refuses_does_not_bring_a_dead_letter_back(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.train()
    account.stepfunctions.failure = {"status": "FAILED", "error": "CloudFormation.CloudFormationException", "cause": "AccessDenied"}

    def forbidden(**_: Any) -> None:
        raise client_error("AuthorizationError", "no", "Publish")

    monkeypatch.setattr(account.sns, "publish", forbidden)

    assert account.deliver()
    assert len(account.sqs.sent) == 1


def test_a_message_that_the_dead_letter_queue_does_not_take_is_delivered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.train()
    account.stepfunctions.failure = {"status": "FAILED", "error": "CloudFormation.CloudFormationException", "cause": "AccessDenied"}

    def forbidden(**_: Any) -> None:
        raise client_error("AccessDenied", "no", "SendMessage")

    monkeypatch.setattr(account.sqs, "send_message", forbidden)

    assert not account.deliver()


def test_what_can_never_be_done_goes_to_the_dead_letters_with_its_reason() -> None:
    account = Account()
    account.train()
    account.s3.objects.clear()

    assert account.deliver()

    assert account.sqs.sent[0]["QueueUrl"] == "https://sqs/dead"
    assert JOB in account.sqs.sent[0]["MessageBody"]
    assert "has no artifact" in account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]
    assert account.subjects == ["BlazingText dev: a promotion is impossible (dead-letter queue)"]


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "DELETE_COMPLETE"])
def test_a_stack_that_takes_no_update_is_a_dead_letter(status: str) -> None:
    account = Account()
    account.train()
    account.cloudformation.status = status

    assert account.deliver()

    assert "takes no update" in account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]


def stack_event(status: str = "UPDATE_COMPLETE") -> str:
    detail = {"stack-id": "arn:aws:cloudformation:us-east-1:1:stack/blazingtext-dev-serving/1", "status-details": {"status": status}}
    return json.dumps({"source": "aws.cloudformation", "detail-type": "CloudFormation Stack Status Change", "detail": detail})


def test_an_endpoint_that_serves_something_else_than_its_updated_stack_says_is_told() -> None:
    account = Account()
    account.train()
    account.deliver()
    account.cloudformation.finish()
    account.configuration = "the-former-one"

    assert account.deliver_body(stack_event())

    assert account.subjects[-1] == "BlazingText dev: the endpoint does not serve what its stack says"
    assert "the-former-one" in account.sns.published[-1]["Message"]
    assert "blazingtext verify --repair" in account.sns.published[-1]["Message"]
    assert account.sqs.sent == []


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS"])
def test_an_endpoint_that_serves_what_the_stack_says_or_may_not_yet_is_no_news(status: str) -> None:
    account = Account()
    account.train()
    account.deliver()
    account.cloudformation.finish(status)
    account.configuration = "" if status == "UPDATE_COMPLETE" else "the-former-one"
    told = len(account.sns.published)

    assert account.deliver_body(stack_event())

    assert (len(account.sns.published), account.sqs.sent) == (told, [])


def test_no_model_is_promoted_onto_an_endpoint_that_serves_something_else_than_its_stack_says() -> None:
    account = Account()
    account.train()
    account.train(f"{JOB}-2", minutes=5)
    account.deliver()
    account.cloudformation.finish()
    account.configuration = "the-former-one"

    assert account.deliver(f"{JOB}-2")

    assert len(account.cloudformation.updates) == 1
    assert "blazingtext verify --repair" in account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]


def test_a_stack_that_is_not_there_is_a_dead_letter() -> None:
    account = Account()
    account.train()
    account.cloudformation.name = "another"

    assert account.deliver()

    assert "no such stack" in account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]


def test_a_deleted_job_is_a_dead_letter() -> None:
    account = Account()

    assert account.deliver()

    assert "is gone" in account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", '{"detail": 5}', '{"detail": {"Other": 1}}'])
def test_a_message_that_is_no_event_is_a_dead_letter(body: str) -> None:
    account = Account()

    assert account.deliver_body(body)

    assert "is no training job event" in account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]


def test_a_missing_permission_on_the_artifact_is_not_a_missing_artifact(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.train()

    def forbidden(**_: Any) -> None:
        raise client_error("403", "Forbidden", "HeadObject")

    monkeypatch.setattr(account.s3, "head_object", forbidden)

    assert account.deliver()
    assert "A permission is missing" in account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]


def test_the_handler_names_the_messages_to_deliver_again(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.train()
    account.cloudformation.status = "UPDATE_IN_PROGRESS"
    for name, value in ENVIRONMENT.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("blazingtext_lifecycle.aws_clients.connect", lambda service, *_: getattr(account, service))
    body = json.dumps({"detail": {"TrainingJobName": JOB, "TrainingJobStatus": "Completed"}})
    record = {"messageId": "m-1", "receiptHandle": "r", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}

    answer = promote_model.handler({"Records": [record]}, FakeContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


NESTED = '{"detail":' * 100_000
NO_NAMES = ["x" * 64, "blazingtext-dev-\u0000", "blazingtext-dev-\ud800", "blazingtext-dev-a\n", "blazingtext-dev-", "-", "wörter"]


@pytest.mark.parametrize(
    "body", [NESTED, "[" * 100_000, "9" * 45_000, *(json.dumps({"detail": {"TrainingJobName": name}}) for name in NO_NAMES)]
)
def test_what_can_never_be_worked_on_is_a_dead_letter_at_once_with_its_reason(body: str) -> None:
    account = Account()

    assert account.deliver_body(body) is True

    (letter,) = account.sqs.sent
    assert letter["MessageBody"] == body
    reason = letter["MessageAttributes"]["Reason"]["StringValue"]
    assert reason.startswith("The message is no training job event.")
    assert reason.isascii()
    assert len(reason) < 300


def test_a_reason_that_sqs_would_refuse_is_made_one_that_it_takes() -> None:
    account = Account()
    account.train(status="Completed")
    account.stepfunctions.failure = {"status": "FAILED", "error": "CloudFormation.X", "cause": "bad \x00\ufffe " + "x" * 300_000}

    assert account.deliver() is True

    reason = account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]
    assert "bad ?? x" in reason
    assert len(reason) == 2000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["detail", "TrainingJobName", "TrainingJobStatus", "x"]), inner)
    ),
)


@given(st.text() | JSON.map(json.dumps))
def test_whatever_lies_in_the_queue_is_done_with_after_one_delivery(body: str) -> None:
    account = Account()

    assert account.deliver_body(body) is True
    assert len(account.sqs.sent) <= 1


def test_a_job_is_judged_as_sagemaker_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    judged: list[promotion.TrainedJob] = []

    def decide(job: promotion.TrainedJob, *_: Any) -> promotion.Decision:
        judged.append(job)
        return promotion.Decision(promotion.Outcome.IGNORE, "seen")

    monkeypatch.setattr(promotion, "decide", decide)
    image = {"TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"}
    account.train(FailureReason="none", TuningJobArn="arn:tuning", AlgorithmSpecification=image)
    account.train(f"{JOB}-bare")
    for absent in ("HyperParameters", "FinalMetricDataList", "ModelArtifacts"):
        del account.sagemaker.jobs[f"{JOB}-bare"][absent]

    for name in (JOB, f"{JOB}-bare"):
        assert account.deliver(name, account.sagemaker.jobs[name]["TrainingJobStatus"])

    full, bare = judged
    assert full == promotion.TrainedJob(
        name=JOB,
        status="Completed",
        secondary_status="Completed",
        failure="none",
        created=STARTED,
        mode="batch_skipgram",
        metrics={"train:mean_rho": 0.7},
        tags=naming.tags("dev"),
        artifact=f"s3://own-bucket/runs/{JOB}/output/model.tar.gz",
        artifact_exists=True,
        tuning_job="arn:tuning",
        arn=f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{JOB}",
        hyperparameters={"mode": "batch_skipgram"},
        image="123456789012.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1",
    )
    assert (bare.hyperparameters, bare.image) == ({}, "")
    assert (bare.mode, bare.metrics, bare.artifact, bare.artifact_exists, bare.failure, bare.tuning_job) == ("", {}, "", False, "", "")


def test_a_message_that_names_no_job_is_told_apart_from_one_that_names_a_wrong_one() -> None:
    account = Account()

    account.deliver_body("{}")
    account.deliver_body(json.dumps({"detail": {"TrainingJobName": "-x-", "TrainingJobStatus": "Completed"}}))

    first, second = (each["MessageAttributes"]["Reason"]["StringValue"] for each in account.sqs.sent)
    assert "It names no TrainingJobName." in first
    assert "SageMaker gives no job the name '-x-'." in second


def test_the_log_names_the_message_that_failed_and_the_decision(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    with caplog.at_level("INFO"):
        account.train()
        assert account.deliver() is True
        account.deliver_body("{}")
        monkeypatch.setattr(account.sagemaker, "describe_training_job", _failing)
        assert account.deliver() is False

    assert [message for message in caplog.messages if message.startswith(("promote: ", "The message "))][-1] == (
        "The message m could not be processed; the queue delivers it again."
    )
    assert any(message.startswith("promote: ") for message in caplog.messages)


def _failing(**_: Any) -> None:
    raise client_error("InternalFailure", "We failed")


def rho(value: float) -> list[dict[str, Any]]:
    return [{"MetricName": "train:mean_rho", "Value": value, "Timestamp": STARTED}]


def test_a_worse_model_does_not_replace_the_live_one_and_its_job_says_why() -> None:
    account, environment = Account(), dataclasses.replace(ENVIRONMENT, auto_promote=AutoPromote.BETTER)
    first = account.train(FinalMetricDataList=rho(0.531))
    account.train(f"{JOB}-2", minutes=5, FinalMetricDataList=rho(0.316))
    third = account.train(f"{JOB}-3", minutes=9, FinalMetricDataList=rho(0.54))
    account.deliver(environment=environment)
    account.cloudformation.finish()

    assert account.deliver(f"{JOB}-2", environment=environment)
    before = account.live
    assert account.deliver(f"{JOB}-3", environment=environment)

    assert (before, account.live) == (first, third)
    assert account.subjects[1] == "BlazingText dev: a model was not promoted"
    assert f"blazingtext promote {JOB}-2" in account.sns.published[1]["Message"]
    tags = account.sagemaker.tags[account.sagemaker.jobs[f"{JOB}-2"]["TrainingJobArn"]]
    assert tags["blazingtext:promotion"] == "train:mean_rho 0.316 is not above 0.531 of the live model: autoPromote is better"


def test_a_classifier_does_not_replace_word_vectors_by_itself() -> None:
    account = Account()
    first = account.train()
    account.train(f"{JOB}-2", minutes=5, HyperParameters={"mode": "supervised"})
    account.deliver()
    account.cloudformation.finish()

    assert account.deliver(f"{JOB}-2")

    assert account.live == first
    assert "classifiers do not replace word vectors" in account.sns.published[1]["Message"]


def test_a_live_model_whose_job_is_gone_or_of_no_stage_is_not_compared() -> None:
    account = Account()
    account.cloudformation.parameters["ModelDataUrl"] = "s3://own-bucket/runs/blazingtext-dev-gone/output/model.tar.gz"
    artifact = account.train()

    assert account.deliver(environment=dataclasses.replace(ENVIRONMENT, auto_promote=AutoPromote.BETTER))
    assert account.cloudformation.updates == []
    assert account.deliver()

    assert account.live == artifact


def test_a_job_that_was_trained_with_no_promote_does_not_go_live() -> None:
    account = Account()
    account.train(tags={**naming.tags("dev"), naming.PROMOTION_TAG: naming.HELD_BACK})

    assert account.deliver()

    assert (account.cloudformation.updates, account.sns.published, account.sqs.sent) == ([], [], [])
