"""Data capture: which requests are written, where, how, and with whose permissions."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import ValidationException
from tests.parity.sagemaker_support import Sage
from tests.parity.support import wait_until

BOTH = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
JSON_TYPES = {"JsonContentTypes": ["application/json", "application/jsonlines"], "CsvContentTypes": ["text/csv"]}
KEY = re.compile(r"captured/e/AllTraffic/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl")


def capture(**changes: Any) -> dict[str, Any]:
    return {"InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://kept/captured", "CaptureOptions": BOTH, **changes}


def serve(sage: Sage, wanted: Mapping[str, Any]) -> Any:
    sage.model("first", "one")
    variant = {"VariantName": "AllTraffic", "ModelName": "first", "InitialInstanceCount": 1, "InstanceType": "ml.m5.xlarge"}
    sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant], DataCaptureConfig=wanted)
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    return sage.stable()


def files(sage: Sage) -> dict[str, list[Any]]:
    """The lines of the captured files, by key."""
    objects = dict(sage.cloud.aws.objects)
    return {key: [json.loads(line) for line in body.splitlines()] for (bucket, key), body in objects.items() if bucket == "kept"}


def captured(sage: Sage, count: int) -> list[Any]:
    def look() -> list[Any]:
        lines = [line for each in files(sage).values() for line in each]
        return lines if len(lines) >= count else []

    found: list[Any] = wait_until(look)
    assert len(found) == count
    return found


def test_a_request_and_its_answer_are_one_line_of_a_file_of_the_hour(sage: Sage) -> None:
    serve(sage, capture(CaptureContentTypeHeader=JSON_TYPES))

    _, _, answer = sage.invoke('{"instances": ["wörd"]}')

    (line,) = captured(sage, 1)
    (key,) = files(sage)
    assert KEY.fullmatch(key)
    data = line["captureData"]
    request = {"observedContentType": "application/json", "mode": "INPUT", "data": '{"instances": ["wörd"]}', "encoding": "JSON"}
    assert data["endpointInput"] == request
    assert (data["endpointOutput"]["mode"], data["endpointOutput"]["encoding"]) == ("OUTPUT", "JSON")
    assert json.loads(data["endpointOutput"]["data"]) == answer
    assert line["eventVersion"] == "0"
    assert line["eventMetadata"].keys() == {"eventId", "inferenceTime"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["eventMetadata"]["inferenceTime"])


def test_a_content_type_decides_how_a_body_is_written_and_its_parameters_do_not(sage: Sage) -> None:
    serve(sage, capture(CaptureContentTypeHeader=JSON_TYPES, CaptureOptions=[{"CaptureMode": "Input"}]))

    for kind, body in (("text/csv; charset=utf-8", "1,2"), ("text/plain", "1 2")):
        sage.invoke(body, kind)

    written = {line["captureData"]["endpointInput"]["encoding"]: line["captureData"] for line in captured(sage, 2)}
    assert written["CSV"]["endpointInput"]["observedContentType"] == "text/csv; charset=utf-8"
    assert written["CSV"]["endpointInput"]["data"] == "1,2"
    assert base64.b64decode(written["BASE64"]["endpointInput"]["data"]) == b"1 2"
    assert all(each.keys() == {"endpointInput"} for each in written.values())


def test_both_sides_may_be_asked_for_in_one_word(sage: Sage) -> None:
    serve(sage, capture(CaptureOptions=[{"CaptureMode": "InputAndOutput"}]))

    sage.invoke()

    (line,) = captured(sage, 1)
    assert line["captureData"].keys() == {"endpointInput", "endpointOutput"}


def test_what_the_caller_says_of_a_request_is_captured_with_it(sage: Sage) -> None:
    serve(sage, capture())
    own = {"x-amzn-sagemaker-inference-id": "mine", "x-amzn-sagemaker-custom-attributes": "a=b"}

    sage.service.invoke("/endpoints/e/invocations", {"content-type": "application/json", **own}, b"{}")

    (line,) = captured(sage, 1)
    assert (line["eventMetadata"]["inferenceId"], line["eventMetadata"]["customAttributes"]) == ("mine", ["a=b"])


def test_a_sample_of_the_requests_is_captured(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(sage, capture(InitialSamplingPercentage=30))
    chances = iter([0.3, 0.2999, 0.9])
    monkeypatch.setattr("blazingtext_sandbox.sagemaker.hosting.captures.random.random", lambda: next(chances))

    for body in ("first", "second", "third"):
        sage.invoke(body)

    (line,) = captured(sage, 1)
    assert base64.b64decode(line["captureData"]["endpointInput"]["data"]) == b"second"


@pytest.mark.parametrize("off", [{"EnableCapture": False}, {"InitialSamplingPercentage": 0}])
def test_nothing_is_captured_when_it_is_off(sage: Sage, off: dict[str, Any]) -> None:
    seen = serve(sage, capture(**off))
    sage.invoke()
    # A later request is captured in a later file, so this one would be there by then.
    variants = sage.call("DescribeEndpointConfig", EndpointConfigName="c")["ProductionVariants"]
    sage.call("CreateEndpointConfig", EndpointConfigName="on", ProductionVariants=variants, DataCaptureConfig=capture())
    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="on")
    sage.stable()
    sage.invoke("later")

    assert seen["DataCaptureConfig"]["CaptureStatus"] == ("Stopped" if "EnableCapture" in off else "Started")
    (line,) = captured(sage, 1)
    assert base64.b64decode(line["captureData"]["endpointInput"]["data"]) == b"later"


def test_the_key_of_the_capture_encrypts_its_files(sage: Sage) -> None:
    seen = serve(sage, capture(KmsKeyId="a-key", EnableCapture=True))

    sage.invoke()
    captured(sage, 1)

    assert set(sage.cloud.aws.encryption.values()) == {("aws:kms", "a-key")}
    assert seen["DataCaptureConfig"] == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": "s3://kept/captured",
        "KmsKeyId": "a-key",
    }


def test_a_role_that_may_not_write_loses_the_files_and_the_endpoint_answers(sage: Sage) -> None:
    serve(sage, capture())
    sage.cloud.aws.refused.add("PutObject")

    assert sage.invoke()[0] == 200

    said = wait_until(lambda: [line for line in sage.lines("AllTraffic") if "cannot be written" in line])
    assert "1 captured requests cannot be written to s3://kept/captured/e/AllTraffic/" in said[0]
    assert "AccessDenied" in said[0]


def test_a_request_that_the_model_refuses_is_not_captured(sage: Sage) -> None:
    serve(sage, capture())

    refused, _, _ = sage.service.invoke("/endpoints/e/invocations", {"content-type": "application/octet-stream"}, b"bad")
    sage.invoke("good")

    assert refused == 424
    (line,) = captured(sage, 1)
    assert base64.b64decode(line["captureData"]["endpointInput"]["data"]) == b"good"


def test_a_destination_outside_s3_is_refused(sage: Sage) -> None:
    with pytest.raises(ValidationException, match="does not name a bucket in S3"):
        serve(sage, capture(DestinationS3Uri="https://x/y"))


def test_a_destination_may_be_a_whole_bucket(sage: Sage) -> None:
    serve(sage, capture(DestinationS3Uri="s3://kept"))

    sage.invoke()
    captured(sage, 1)

    assert all(key.startswith("e/AllTraffic/") for key in files(sage))
