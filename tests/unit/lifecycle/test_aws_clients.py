"""No call of a function's outlives the function."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_clients
from blazingtext_lifecycle.aws_clients import PATIENT, PROMPT, Patience
from blazingtext_lifecycle.deadline import Deadline
from blazingtext_lifecycle.errors import NotReady


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "us-east-1")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long boto3 would have waited between attempts."""
    found: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=found.append))
    return found


class Busy:
    """SageMaker in place of the network: every answer is 503, and takes some seconds."""

    def __init__(self, client: Any, seconds: float) -> None:
        self.seconds, self.sent = seconds, 0
        client.meta.events.register_last("before-send", self.answer)

    def answer(self, request: Any, **_: object) -> AWSResponse:
        self.sent += 1
        return AWSResponse(request.url, 503, HTTPHeaders(), SimpleNamespace(stream=lambda: [b"{}"]))

    @property
    def passed(self) -> float:
        return self.sent * self.seconds


@pytest.mark.parametrize(("patience", "seconds"), [(PROMPT, (5, 10)), (PATIENT, (5, 60))])
def test_a_busy_service_is_asked_again_as_often_as_there_is_patience(
    patience: Patience, seconds: tuple[int, int], pauses: list[float]
) -> None:
    client = aws_clients.connect("sagemaker", patience, Deadline(lambda: 900_000))
    busy = Busy(client, seconds=0)

    with pytest.raises(ClientError):
        client.list_training_jobs()

    assert busy.sent == patience.attempts
    assert (client.meta.config.connect_timeout, client.meta.config.read_timeout) == seconds
    assert max(pauses) <= patience.step_seconds - sum(seconds)


def test_nothing_is_sent_that_might_not_end_in_time() -> None:
    step = PROMPT.step_seconds * 1000
    client = aws_clients.connect("sagemaker", PROMPT, Deadline(lambda: 3_000 + step, margin_ms=3_000))
    busy = Busy(client, seconds=0)

    with pytest.raises(NotReady, match=r"^Asking AWS for ListTrainingJobs took too long\. .* Run the same command again\.$"):
        client.list_training_jobs()

    # botocore asks every handler, and sends afterwards: the one that would have stood for the network was not reached.
    assert busy.sent == 0


def test_nothing_is_sent_again_that_might_not_end_in_time(pauses: list[float]) -> None:
    busy: list[Busy] = []
    client = aws_clients.connect("sagemaker", PROMPT, Deadline(lambda: 60_000 - int(1000 * sum(each.passed for each in busy)), 3_000))
    busy.append(Busy(client, seconds=15))

    with pytest.raises(NotReady):
        client.list_training_jobs()

    # After 30 s, 30 are left, and a step may take 23; after 45 s it may not.
    assert busy[0].sent == 3
    assert len(pauses) == 3


def test_a_patient_step_ends_before_the_answer_has_to_begin() -> None:
    assert (PROMPT.step_seconds, PATIENT.step_seconds) == (5 + 10 + 8, 5 + 60 + 20)
