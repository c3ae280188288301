"""Some of the generated requests of tests/conformance over HTTP: signed, authorised, routed and answered by the running sandbox."""

import http.client
import json
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from blazingtext_sandbox.account import Sandbox
from tests.conformance.bases import all_cases, verdict
from tests.conformance.cases import Case
from tests.conformance.count import CONTROL
from tests.patience import PATIENCE

#: One of so many refused requests is sent; the first of each operation and kind always is.
ONE_OF = 25


def chosen() -> list[Case]:
    refused = [case for operation in CONTROL for case in all_cases(operation) if case.error is not None]
    firsts = {(case.operation, case.kind): case for case in reversed(refused)}
    return list({str(case): case for case in (*firsts.values(), *refused[::ONE_OF])}.values())


def ask(account: Sandbox, connection: http.client.HTTPSConnection, operation: str, body: bytes) -> tuple[str, str]:
    """Error code and message of a request signed as every client signs it."""
    url = f"https://{connection.host}:{connection.port}/"
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{operation}"}
    request = AWSRequest("POST", url, headers, body)
    record = account.record
    SigV4Auth(Credentials(record.access_key, record.secret_key), "sagemaker", record.region).add_auth(request)
    connection.request("POST", "/", body, dict(request.headers.items()))
    response = connection.getresponse()
    answer = json.loads(response.read())
    assert response.status == 400, answer
    code = response.headers["x-amzn-errortype"]
    assert answer["__type"] == code
    return code, answer["message"]


@pytest.fixture(scope="module")
def connection(account: Sandbox) -> Iterator[http.client.HTTPSConnection]:
    environment = account.environment()
    address = urlsplit(environment["AWS_ENDPOINT_URL"])
    assert address.hostname is not None
    context = ssl.create_default_context(cafile=environment["AWS_CA_BUNDLE"])
    kept = http.client.HTTPSConnection(address.hostname, address.port, context=context, timeout=PATIENCE)
    yield kept
    kept.close()


def test_generated_requests_are_answered_over_http_as_in_process(account: Sandbox, connection: http.client.HTTPSConnection) -> None:
    picked = chosen()

    wrong = []
    for case in picked:
        code, message = ask(account, connection, case.operation, json.dumps(case.request).encode())
        if verdict(case, code, message) is None:
            wrong.append(f"{case}: {code}: {message[:200]}")

    assert not wrong
    assert len(picked) > 200


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 50_000], ids=["cut", "list", "no text", "deep"])
def test_a_body_that_is_no_json_object_is_a_serialization_error_over_http_too(
    account: Sandbox, connection: http.client.HTTPSConnection, body: bytes
) -> None:
    code, _ = ask(account, connection, "DescribeModel", body)

    assert code == "SerializationException"
