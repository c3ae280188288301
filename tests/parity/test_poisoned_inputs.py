"""Inputs that break programs: S3's keys, SQS's messages, Lambda's payloads. Each is taken or refused as on AWS; none breaks the account."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from blazingtext_lifecycle.bucket_cleanup import empty_bucket
from blazingtext_lifecycle.deadline import Deadline
from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.certificates import Certificates
from tests.parity.support import Stacks, function, role

UNCHECKED = Config(parameter_validation=False, retries={"total_max_attempts": 1})
KEYS = ["plain", "control\x01\x1f", "line\nbreak", "carriage\rreturn", "a b+c&d<e>%20", "ü/\U0001f600", "\uffff"]


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"]).rpartition(".")[2]


# --- S3 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.patch(name="listing_encoding")
def test_a_bucket_with_any_keys_is_listed_and_emptied(account: Sandbox) -> None:
    s3, bucket = account.boto3("s3"), "poisoned-keys"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    # boto3 cannot read the answer about a key that XML cannot hold.
    for key in KEYS[2:-1]:
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    s3.delete_object(Bucket=bucket, Key=KEYS[1])

    versions = s3.list_object_versions(Bucket=bucket)

    assert sorted(each["Key"] for each in versions["Versions"]) == sorted(KEYS)
    assert [each["Key"] for each in versions["DeleteMarkers"]] == [KEYS[1]]
    assert empty_bucket(s3, bucket, Deadline(lambda: 60_000)) == len(KEYS) + 1 + len(KEYS[2:-1])
    s3.delete_bucket(Bucket=bucket)


# --- SQS --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def queue(account: Sandbox) -> Iterator[str]:
    sqs = account.boto3("sqs")
    url = sqs.create_queue(QueueName="poisoned-messages")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def text(value: object, kind: object = "String") -> dict[str, dict[str, object]]:
    return {"Reason": {"DataType": kind, "StringValue": value}}


@pytest.mark.patch(name="message_inputs")
@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"MessageBody": "a\x00b"}, "InvalidMessageContents"),
        ({"MessageBody": "\ufffe"}, "InvalidMessageContents"),
        ({"MessageBody": ""}, "MissingParameter"),
        ({"MessageBody": "b", "MessageAttributes": text("a\x00b")}, "InvalidMessageContents"),
        ({"MessageBody": "b", "MessageAttributes": text("")}, "InvalidParameterValue"),
        ({"MessageBody": "b", "MessageAttributes": text("x", "Text")}, "InvalidParameterValue"),
        ({"MessageBody": "b", "MessageAttributes": text("x", "Number")}, "InvalidParameterValue"),
        ({"MessageBody": "b", "MessageAttributes": {"a..b": text("x")["Reason"]}}, "InvalidParameterValue"),
        ({"MessageBody": "b", "MessageAttributes": {"AWS.x": text("x")["Reason"]}}, "InvalidParameterValue"),
        ({"MessageBody": "b", "MessageAttributes": {f"n{number}": text("x")["Reason"] for number in range(11)}}, "InvalidParameterValue"),
        ({"MessageBody": "b", "MessageAttributes": text("x" * 1_048_576)}, "InvalidParameterValue"),
        ({"MessageBody": "b", "DelaySeconds": 901}, "InvalidParameterValue"),
        ({"MessageBody": "b", "DelaySeconds": "soon"}, "InvalidParameterValue"),
        ({"MessageBody": "b", "DelaySeconds": 10**400}, "InvalidParameterValue"),
        ({"MessageBody": {"a": 1}}, "InvalidParameterValue"),
    ],
    ids=range(15),
)
def test_a_message_is_refused_as_on_aws(message: dict[str, Any], code: str, account: Sandbox, queue: str) -> None:
    assert refusal(account.boto3("sqs", config=UNCHECKED).send_message, QueueUrl=queue, **message) == code


@pytest.mark.patch(name="message_inputs")
def test_one_poisoned_message_of_a_batch_does_not_hold_up_the_others(account: Sandbox, queue: str) -> None:
    sqs = account.boto3("sqs")
    entries = [
        {"Id": "sound", "MessageBody": "s\u00fc\U0001f600", "MessageAttributes": text("yes")},
        {"Id": "body", "MessageBody": "\x01"},
        {"Id": "attribute", "MessageBody": "b", "MessageAttributes": text("\x01")},
    ]

    answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries)

    assert [each["Id"] for each in answer["Successful"]] == ["sound"]
    assert {each["Id"]: each["Code"] for each in answer["Failed"]} == dict.fromkeys(["body", "attribute"], "InvalidMessageContents")
    (received,) = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    assert received["MessageAttributes"]["Reason"]["StringValue"] == "yes"


@pytest.mark.patch(name="message_inputs")
def test_half_of_a_surrogate_pair_is_refused(account: Sandbox, queue: str) -> None:
    sqs = account.boto3("sqs", config=UNCHECKED)
    assert refusal(sqs.send_message, QueueUrl=queue, MessageBody="\ud800") == "InvalidMessageContents"
    batch = sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "a", "MessageBody": "\udfff"}])
    assert batch["Failed"][0]["Code"] == "InvalidMessageContents"


@pytest.mark.patch(name="message_inputs")
@pytest.mark.parametrize(
    "wish", [{"MaxNumberOfMessages": 11}, {"WaitTimeSeconds": 21}, {"VisibilityTimeout": "x"}], ids=lambda wish: next(iter(wish))
)
def test_numbers_of_a_receive_are_checked(wish: dict[str, Any], account: Sandbox, queue: str) -> None:
    assert refusal(account.boto3("sqs", config=UNCHECKED).receive_message, QueueUrl=queue, **wish) == "InvalidParameterValue"


@pytest.mark.patch(name="message_move_tasks")
def test_dead_letters_are_moved_back_to_where_they_came_from(account: Sandbox, queue: str) -> None:
    sqs = account.boto3("sqs")

    def arn(url: str) -> str:
        return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])

    source = sqs.create_queue(
        QueueName="poisoned-source", Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn(queue), "maxReceiveCount": 1})}
    )["QueueUrl"]
    try:
        sqs.send_message(QueueUrl=source, MessageBody="again")
        sqs.receive_message(QueueUrl=source, VisibilityTimeout=0)
        assert "Messages" not in sqs.receive_message(QueueUrl=source)

        assert sqs.start_message_move_task(SourceArn=arn(queue))["TaskHandle"]

        (task,) = sqs.list_message_move_tasks(SourceArn=arn(queue))["Results"]
        assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
        (message,) = sqs.receive_message(QueueUrl=source, AttributeNames=["All"])["Messages"]
        assert (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) == ("again", "1")

        sqs.send_message(QueueUrl=queue, MessageBody="sent here by hand")
        sqs.start_message_move_task(SourceArn=arn(queue))
        (task,) = sqs.list_message_move_tasks(SourceArn=arn(queue))["Results"]
        assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
        sqs.start_message_move_task(SourceArn=arn(queue), DestinationArn=arn(source))
        assert sqs.list_message_move_tasks(SourceArn=arn(queue), MaxResults=10)["Results"][0]["Status"] == "COMPLETED"
        assert refusal(sqs.start_message_move_task, SourceArn=arn(source)) == "InvalidParameterValue"
        assert refusal(sqs.start_message_move_task, SourceArn=arn(queue) + "x") == "ResourceNotFoundException"
        assert refusal(sqs.cancel_message_move_task, TaskHandle="x") == "ResourceNotFoundException"
    finally:
        sqs.delete_queue(QueueUrl=source)


# --- Lambda -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def echo(account: Sandbox) -> Iterator[str]:
    made = Stacks(account)
    code = "def handler(event, context):\n    return event\n"
    template = {"Resources": {"Role": role(), "Function": function(code)}, "Outputs": {"Function": {"Value": {"Ref": "Function"}}}}
    made.deploy("poisoned-echo", template)
    yield made.outputs("poisoned-echo")["Function"]
    made.client.delete_stack(StackName="poisoned-echo")


@pytest.mark.patch(name="function_payloads")
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"{", "InvalidRequestContentException"),
        (b"not json", "InvalidRequestContentException"),
        (b"\xff", "InvalidRequestContentException"),
        (b'{"a": NaN}', "InvalidRequestContentException"),
        (b"[" * 100_000, "InvalidRequestContentException"),
        (b'"' + b"x" * 6 * 1024 * 1024 + b'"', "RequestTooLargeException"),
    ],
    ids=["cut", "words", "bytes", "NaN", "deep", "large"],
)
def test_a_payload_that_is_no_json_is_refused_as_on_aws(payload: bytes, code: str, account: Sandbox, echo: str) -> None:
    assert refusal(account.boto3("lambda", config=UNCHECKED).invoke, FunctionName=echo, Payload=payload) == code


@pytest.mark.patch(name="function_payloads")
def test_a_number_that_python_does_not_read_is_the_functions_error(account: Sandbox, echo: str) -> None:
    answer = account.boto3("lambda").invoke(FunctionName=echo, Payload=b"9" * 45_000)

    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.UnmarshalError"


@pytest.mark.parametrize("event", [None, 1, "wörter", [1], {"a": "\U0001f600"}, True], ids=lambda event: type(event).__name__)
def test_any_json_reaches_the_function(event: object, account: Sandbox, echo: str) -> None:
    answer = account.boto3("lambda").invoke(FunctionName=echo, Payload=json.dumps(event).encode())

    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read()) == event


# --- pages ------------------------------------------------------------------------------------------------------------

PAGES = ["/v2", "/v2/", "/v2/_catalog", "/v2/x/tags/list", "/v2/x/manifests/y", "/v2/x/blobs/y", "/oauth2/authorize", "/oauth2/userInfo"]
PAGES += [
    "/oauth2/token",
    "/oauth2/login",
    "/login",
    "/logout",
    "/health",
    "/x/.well-known/jwks.json",
    "/_ministack/reset",
    "/_aws/sqs/messages",
]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD", "DELETE"])
def test_without_a_signature_no_page_answers(method: str, account: Sandbox) -> None:
    trust = ssl.create_default_context(cafile=str(Certificates.of(account.folder.path).authority))
    for page in PAGES:
        request = urllib.request.Request(account.url + page, method=method)  # noqa: S310 - https
        with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(request, context=trust):  # noqa: S310 - https
            pass
        caught.value.close()
        assert caught.value.code in {403, 404}, page
        assert not caught.value.headers.get("content-type"), page


def test_a_signed_request_may_name_a_bucket_as_such_a_page(account: Sandbox) -> None:
    s3 = account.boto3("s3", config=Config(s3={"addressing_style": "path"}))
    s3.create_bucket(Bucket="v2x")
    s3.put_object(Bucket="v2x", Key=".well-known/file", Body=b"mine")

    assert s3.get_object(Bucket="v2x", Key=".well-known/file")["Body"].read() == b"mine"
    s3.delete_object(Bucket="v2x", Key=".well-known/file")
    s3.delete_bucket(Bucket="v2x")
