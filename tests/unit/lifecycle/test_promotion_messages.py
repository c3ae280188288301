"""What the promoter writes, and where to: queues, topic, log of what failed."""

import json
from typing import Any

import pytest

import promote_model
from blazingtext_lifecycle import deliveries, naming
from blazingtext_lifecycle.promotion import Outcome
from tests.unit.lifecycle.aws_fakes import FakeContext, client_error
from tests.unit.lifecycle.test_promote_model import ENVIRONMENT, GATED, JOB, Account


def body(name: str = JOB) -> str:
    return json.dumps({"source": "aws.sagemaker", "detail": {"TrainingJobName": name, "TrainingJobStatus": "Completed"}})


def test_people_are_told_through_the_topic_of_the_stage() -> None:
    account = Account()
    account.train()

    account.deliver()

    (told,) = account.sns.published
    assert told.keys() == {"TopicArn", "Subject", "Message"}
    assert told["TopicArn"] == ENVIRONMENT.topic_arn
    assert told["Message"].startswith(f"The promotion of {JOB} has begun")


def test_a_dead_letter_is_the_message_as_it_came_with_its_reason_in_the_dead_letter_queue() -> None:
    account = Account()

    account.deliver_body(body())

    reason = f"{JOB} is gone. It was deleted before its event was worked on. Train it again."
    assert account.sqs.sent == [
        {
            "QueueUrl": "https://sqs/dead",
            "MessageBody": body(),
            "MessageAttributes": {"Reason": {"DataType": "String", "StringValue": reason}},
        }
    ]
    assert account.sns.published[0]["Message"] == reason


@pytest.mark.parametrize(
    ("character", "kept"),
    [
        ("\t", True),
        ("\n", True),
        ("\r", True),
        (" ", True),
        ("\ufffd", True),
        ("\U0001f600", True),
        ("\x00", False),
        ("\x1f", False),
        ("\ufffe", False),
    ],
)
def test_a_reason_holds_only_characters_that_sqs_takes(character: str, kept: bool) -> None:
    account = Account()
    account.train(status="Completed")
    account.stepfunctions.failure = {
        "status": "FAILED",
        "error": "CloudFormation.CloudFormationException",
        "cause": f"AccessDenied {character}|",
    }

    account.deliver()

    reason = account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]
    assert f"AccessDenied {character if kept else '?'}|" in reason


def test_a_long_reason_leaves_the_message_below_what_sqs_takes() -> None:
    account = Account()
    account.train()
    account.stepfunctions.failure = {
        "status": "FAILED",
        "error": "CloudFormation.CloudFormationException",
        "cause": "AccessDenied " + "x" * 9000,
    }

    account.deliver()

    assert len(account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]) == 2000


def test_a_message_that_waits_is_hidden_in_the_queue_that_it_came_from() -> None:
    account = Account()
    account.train()
    account.cloudformation.status = "UPDATE_IN_PROGRESS"
    requests: list[dict[str, Any]] = []
    account.sqs.change_message_visibility = lambda **request: requests.append(request)  # type: ignore[method-assign]

    assert not account.deliver(receives=3)

    assert requests == [{"QueueUrl": "https://sqs/queue", "ReceiptHandle": "r", "VisibilityTimeout": 40}]


@pytest.mark.parametrize(
    ("outcome", "subject"),
    [
        (Outcome.PROMOTE, "BlazingText twelveletter: the promotion of a model has begun"),
        (Outcome.REFUSED, "BlazingText twelveletter: a model was not promoted"),
        (Outcome.FAILED, "BlazingText twelveletter: a training failed"),
        (Outcome.IMPOSSIBLE, "BlazingText twelveletter: a promotion is impossible (dead-letter queue)"),
        (Outcome.NOT_LIVE, "BlazingText twelveletter: the endpoint does not serve what its stack says"),
    ],
)
def test_every_outcome_that_people_hear_of_has_a_subject_that_sns_takes(outcome: Outcome, subject: str) -> None:
    # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: at most 100 characters.
    assert len(subject) <= 100
    assert f"BlazingText twelveletter: {deliveries.SUBJECTS[outcome]}" == subject
    assert len(deliveries.SUBJECTS) == 6


def test_a_refused_model_changes_nothing_but_is_told() -> None:
    account = Account()
    account.train(FinalMetricDataList=[])

    assert account.deliver(environment=GATED)

    assert (account.cloudformation.updates, account.sqs.sent) == ([], [])
    assert account.sns.published[0]["Subject"] == "BlazingText dev: a model was not promoted"


def test_the_tags_are_read_to_the_last_page(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.train()
    pages = [{"Tags": [{"Key": key, "Value": value}]} for key, value in naming.tags("dev").items()]
    monkeypatch.setattr(account.sagemaker, "_list_tags", lambda **_: iter(pages))

    account.deliver()

    assert len(account.cloudformation.updates) == 1


@pytest.mark.parametrize(
    ("code", "message", "done", "reason"),
    [
        (
            "AccessDeniedException",
            "not authorized to perform: sagemaker:DescribeTrainingJob",
            True,
            "Could not look up the training job",
        ),
        ("ValidationException", "1 validation error detected", True, "AWS refused"),
        ("ThrottlingException", "Rate exceeded", False, ""),
        ("InternalFailure", "We failed", False, ""),
    ],
)
def test_a_job_that_cannot_be_looked_up_is_no_missing_job(
    code: str, message: str, done: bool, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account()

    def refused(**_: Any) -> None:
        raise client_error(code, message, "DescribeTrainingJob")

    monkeypatch.setattr(account.sagemaker, "describe_training_job", refused)

    assert account.deliver() is done
    assert [reason in each["MessageAttributes"]["Reason"]["StringValue"] for each in account.sqs.sent] == [True] * done
    assert account.sqs.hidden == ([10] if code == "ThrottlingException" else [])


def test_a_completed_job_without_an_artifact_is_not_looked_for_in_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.train(ModelArtifacts={"S3ModelArtifacts": ""})

    assert account.deliver()
    assert "has no artifact" in account.sqs.sent[0]["MessageAttributes"]["Reason"]["StringValue"]


def test_an_artifact_is_looked_for_where_the_job_says(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.train()
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(account.s3, "head_object", lambda **request: asked.append(request))

    account.deliver()

    assert asked == [{"Bucket": "own-bucket", "Key": f"runs/{JOB}/output/model.tar.gz"}]


def test_the_handler_names_the_failed_messages_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.train()
    account.cloudformation.status = "UPDATE_IN_PROGRESS"
    for name, value in ENVIRONMENT.variables().items():
        monkeypatch.setenv(name, value)
    asked: list[str] = []

    def client(service: str, *_: object) -> Any:
        asked.append(service)
        return getattr(account, service)

    monkeypatch.setattr("blazingtext_lifecycle.aws_clients.connect", client)
    bodies = {"waits": body(), "strange": body("blazingtext-prod-x"), "waits-too": body()}
    records = [
        {"messageId": id_, "receiptHandle": id_, "body": text, "attributes": {"ApproximateReceiveCount": "1"}}
        for id_, text in bodies.items()
    ]

    answer = promote_model.handler({"Records": records}, FakeContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "waits"}, {"itemIdentifier": "waits-too"}]}
    assert set(asked) == {"sagemaker", "s3", "cloudformation", "stepfunctions", "sns", "sqs"}
