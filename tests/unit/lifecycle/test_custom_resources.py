import json

import pytest

from blazingtext_lifecycle import custom_resources
from blazingtext_lifecycle.custom_resources import Answer
from blazingtext_lifecycle.errors import RequestError
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


def test_the_answer_goes_nowhere_else(response_url: FakeResponseUrl) -> None:
    with pytest.raises(RequestError, match="neither https nor http"):
        custom_resources.send(Answer("SUCCESS", "id"), {**CUSTOM_RESOURCE_EVENT, "ResponseURL": "file:///etc/passwd"})

    assert response_url.requests == []
