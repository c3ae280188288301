import json
import urllib.error
from collections.abc import Callable
from email.message import Message

import pytest

from blazingtext_lifecycle import custom_resources
from blazingtext_lifecycle.custom_resources import Answer, Cleanup
from blazingtext_lifecycle.errors import CloudError, NotReady, RequestError
from tests.unit.lifecycle.aws_fakes import CUSTOM_RESOURCE_EVENT, FakeResponseUrl


def test_the_answer_goes_to_the_url_with_its_scheme_and_port(response_url: FakeResponseUrl) -> None:
    custom_resources.send(Answer("FAILED", "id", "x" * 9000), CUSTOM_RESOURCE_EVENT)

    request = response_url.requests[0]
    body = json.loads(request.data)
    assert (request.method, request.full_url) == ("PUT", CUSTOM_RESOURCE_EVENT["ResponseURL"])
    assert request.get_header("Content-type") == ""
    assert {key: body[key] for key in ("Status", "PhysicalResourceId", "StackId", "RequestId", "LogicalResourceId")} == {
        "Status": "FAILED",
        "PhysicalResourceId": "id",
        "StackId": CUSTOM_RESOURCE_EVENT["StackId"],
        "RequestId": "request-1",
        "LogicalResourceId": "Cleanup",
    }
    assert len(request.data) <= 4096


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\u72ac", "\U0001f600", '"', "\n"])
def test_an_answer_is_never_longer_than_cloudformation_takes_and_keeps_the_beginning_of_its_reason(letter: str) -> None:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
    document = Answer("FAILED", "i" * 1024, f"The cause. {letter * 5000}").document(CUSTOM_RESOURCE_EVENT)

    reason = json.loads(document)["Reason"]
    assert 4000 < len(document) <= 4096
    assert reason.startswith(f"The cause. {letter}")
    assert set(reason.removeprefix("The cause. ")) == {letter}


def test_a_short_reason_is_told_whole() -> None:
    assert json.loads(Answer("FAILED", "id", "The cause.").document(CUSTOM_RESOURCE_EVENT)) == {
        "Status": "FAILED",
        "Reason": "The cause.",
        "PhysicalResourceId": "id",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/x/y",
        "RequestId": "request-1",
        "LogicalResourceId": "Cleanup",
    }


@pytest.mark.parametrize(
    "failure",
    [
        urllib.error.URLError("refused"),
        urllib.error.HTTPError("https://x", 403, "Forbidden", Message(), None),
        TimeoutError("timed out"),
        ConnectionResetError(),
    ],
)
def test_an_answer_that_does_not_arrive_is_a_failure_of_the_function(failure: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr("urllib.request.urlopen", unreachable)

    with pytest.raises(CloudError, match="CloudFormation did not get its answer"):
        custom_resources.send(Answer("SUCCESS", "id"), CUSTOM_RESOURCE_EVENT)


def answer(type_: str, physical_id: str | None = None, run: Callable[[], str] = lambda: "done") -> Answer:
    known = {} if physical_id is None else {"PhysicalResourceId": physical_id}
    event = {"RequestType": type_, "ResourceProperties": {"Name": "new"}, **known}
    return custom_resources.answer(event, "kind", lambda properties: Cleanup(properties["Name"], run))


@pytest.mark.parametrize(
    ("type_", "physical_id", "told"),
    [
        ("Create", None, "kind-new"),
        ("Update", "kind-old", "kind-old"),
        ("Update", "not-created", "kind-new"),
        ("Delete", "kind-old", "kind-old"),
        ("Delete", "not-created", "not-created"),
    ],
)
def test_a_resource_keeps_the_id_that_its_creation_gave_it(type_: str, physical_id: str | None, told: str) -> None:
    assert answer(type_, physical_id) == Answer("SUCCESS", told)


def test_only_the_deletion_of_an_own_resource_acts() -> None:
    runs: list[str] = []

    def run() -> str:
        runs.append("run")
        return "done"

    for type_, physical_id in (("Create", None), ("Update", "kind-a"), ("Update", "other-a"), ("Delete", "other-a"), ("Delete", None)):
        answer(type_, physical_id, run)
    assert runs == []

    answer("Delete", "kind-a", run)
    assert runs == ["run"]


def test_a_failure_is_told_with_its_words_under_the_same_id() -> None:
    def refused() -> str:
        raise NotReady("Too slow. Run it again.")

    def broken() -> str:
        raise KeyError("surprise")

    assert answer("Delete", "kind-a", refused) == Answer("FAILED", "kind-a", "Too slow. Run it again.")
    assert answer("Delete", "kind-a", broken) == Answer(
        "FAILED", "kind-a", "kind failed unexpectedly. KeyError: 'surprise'. Read the function's log, then run the same command again."
    )


@pytest.mark.parametrize("error", [NotReady("Too slow. Run it again."), KeyError("surprise")], ids=["expected", "unexpected"])
def test_a_failure_stands_in_the_log_with_its_traceback(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> str:
        raise error

    answer("Delete", "kind-a", fail)

    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_what_was_done_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        answer("Delete", "kind-a")

    assert caplog.messages == ["done"]


def test_a_refused_creation_has_the_id_whose_deletion_does_nothing() -> None:
    def refused(_: object) -> Cleanup:
        raise custom_resources.invalid({"ServiceToken": "arn", "Name": ""}, "It must be Name.")

    found = custom_resources.answer({"RequestType": "Create", "ResourceProperties": {}}, "kind", refused)

    assert found == Answer(
        "FAILED", "not-created", "The properties {'Name': ''} cannot be used. It must be Name. Correct the custom resource in the stack."
    )


@pytest.mark.parametrize("url", ["http://localhost:4566/x", "https://s3.amazonaws.com/x"])
def test_http_serves_the_sandbox_and_https_aws(url: str, response_url: FakeResponseUrl) -> None:
    custom_resources.send(Answer("SUCCESS", "id"), {**CUSTOM_RESOURCE_EVENT, "ResponseURL": url})

    assert [request.full_url for request in response_url.requests] == [url]


def test_the_answer_goes_nowhere_else(response_url: FakeResponseUrl) -> None:
    with pytest.raises(RequestError, match="neither https nor http"):
        custom_resources.send(Answer("SUCCESS", "id"), {**CUSTOM_RESOURCE_EVENT, "ResponseURL": "file:///etc/passwd"})

    assert response_url.requests == []
