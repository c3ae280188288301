"""The endpoint at the edges: every request that is sent, every answer that is not understood, what it costs."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext.errors import EndpointError, EndpointInputError
from blazingtext.serving import prediction, status
from blazingtext.serving.stage_status import Endpoint
from blazingtext_lifecycle.errors import AccessDeniedError, NotReady, RequestError
from tests.unit.blazingtext.cloud_fakes import NOON, FakeClient, FakeJobs, FakeStacks, artifact, cloud
from tests.unit.lifecycle.aws_fakes import client_error

JOB = "blazingtext-dev-wiki-skipgram-0123456789"


def answering(answer: Any) -> FakeClient:
    return FakeClient(invoke_endpoint=lambda **_: {"Body": io.BytesIO(json.dumps(answer).encode())})


def refusing(error: ClientError) -> FakeClient:
    def refuse(**_: Any) -> None:
        raise error

    return FakeClient(invoke_endpoint=refuse)


def model_error(**members: Any) -> ClientError:
    response: Any = {"Error": {"Code": "ModelError", "Message": "Received an error"}, **members}
    return ClientError(response, "InvokeEndpoint")


def test_words_are_asked_of_the_stages_endpoint_as_json_and_only_classifiers_are_given_a_number() -> None:
    runtime = answering([{"vector": [0.0, 0.1]}])

    prediction.predict(cloud(sagemaker_runtime=runtime), ["caf\u00e9"])

    assert runtime.calls == [
        (
            "invoke_endpoint",
            {
                "EndpointName": "blazingtext-dev",
                "ContentType": "application/json",
                "Accept": "application/json",
                "Body": b'{"instances": ["caf\\u00e9"]}',
            },
        )
    ]


@pytest.mark.parametrize(
    ("runtime", "family", "words"),
    [
        (answering([]), EndpointError, "The endpoint answered 0 of 1 instance"),
        (answering([{"vector": [1.0]}, {"vector": [1.0]}]), EndpointError, "The endpoint answered 2 of 1 instance"),
        (answering([{"score": 1}]), RequestError, "does not serve a BlazingText model"),
        (refusing(client_error("ValidationError", "Endpoint x is not InService")), NotReady, "does not exist or is not in service"),
        (refusing(client_error("ValidationError", "the body is too large")), RequestError, "the body is too large"),
        (refusing(client_error("AccessDeniedException", "not found, not authorized")), AccessDeniedError, "A permission is missing"),
        (refusing(model_error(OriginalStatusCode=400, OriginalMessage="bad")), EndpointInputError, "answered 400: bad"),
        (refusing(model_error(OriginalStatusCode=499)), EndpointInputError, "answered 499: Received an error"),
        (refusing(model_error(OriginalStatusCode=500)), EndpointError, "answered 500"),
        (refusing(model_error(OriginalStatusCode=399)), EndpointError, "answered 399"),
        (refusing(model_error()), EndpointError, "answered 500: Received an error"),
    ],
)
def test_an_answer_that_is_no_prediction_is_told_for_what_it_is(runtime: FakeClient, family: type[Exception], words: str) -> None:
    with pytest.raises(family, match=words) as caught:
        prediction.predict(cloud(sagemaker_runtime=runtime), ["king"])

    assert caught.type is family


@pytest.mark.parametrize(
    ("dimension", "calls"),
    [
        (1, [50, 2000, 2000, 950]),
        (100, [50, 2000, 2000, 950]),
        (200, [50, *[1111] * 4, 506]),
        (2000, [50, *[113] * 43, 91]),
    ],
)
def test_the_first_call_is_small_and_the_others_as_large_as_the_answers_allow(dimension: int, calls: list[int]) -> None:
    sizes: list[int] = []

    def answer(**request: Any) -> dict[str, Any]:
        asked = json.loads(request["Body"])["instances"]
        sizes.append(len(asked))
        return {"Body": io.BytesIO(json.dumps([{"vector": [1] * dimension}] * len(asked)).encode())}

    prediction.predict(cloud(sagemaker_runtime=FakeClient(invoke_endpoint=answer)), ["w"] * 5000)

    assert sizes == calls
    # 5 MB, 22 characters a number and 100 besides: the answer stays below the 6 MB of InvokeEndpoint.
    assert all(size * (22 * dimension + 100) <= 6 * 2**20 for size in sizes[1:])


# AWS's price list of us-east-1, per hour; ml.m4.xlarge is no longer in it.
PRICES = {"ml.m5.xlarge": 0.23, "ml.c5.xlarge": 0.204, "ml.g5.2xlarge": 1.515}


class ServingJobs(FakeJobs):
    """An endpoint whose configuration and live variants a test gives."""

    def __init__(self, configured: Mapping[str, Any], *live: Mapping[str, Any]) -> None:
        super().__init__()
        self.configured = {"ModelName": "model", **configured}
        self.serve("Updating", "slow")
        assert self.endpoint is not None
        self.endpoint["ProductionVariants"] = list(live)

    def describe_endpoint_config(self, **_: Any) -> dict[str, Any]:
        return {"ProductionVariants": [self.configured]}


@pytest.mark.parametrize(("kind", "price"), PRICES.items())
def test_an_endpoint_costs_its_instances(kind: str, price: float) -> None:
    found = status.endpoint(cloud(sagemaker=ServingJobs({"InstanceType": kind, "InitialInstanceCount": 3})))

    assert (found.instance_type, found.instance_count) == (kind, 3)
    assert found.hourly_dollars == pytest.approx(3 * price)


def test_an_endpoint_without_a_known_price_has_none() -> None:
    found = status.endpoint(cloud(sagemaker=ServingJobs({"InstanceType": "ml.m4.xlarge", "InitialInstanceCount": 1})))

    assert (found.hourly_dollars, found.prices_of) == (None, "")


def test_an_endpoint_is_described_as_it_is_now() -> None:
    configured = {"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1}

    scaled = status.endpoint(cloud(sagemaker=ServingJobs(configured, {"CurrentInstanceCount": 2})))
    serverless = status.endpoint(cloud(sagemaker=ServingJobs({})))

    assert scaled == Endpoint("blazingtext-dev", "Updating", "ml.m5.xlarge", 2, NOON, "slow", 0.46, "config", "2026-04-21")
    assert (serverless.instance_type, serverless.instance_count, serverless.hourly_dollars) == ("serverless", 0, None)
    assert status.endpoint(cloud(sagemaker=FakeJobs())) == Endpoint("blazingtext-dev", hourly_dollars=0.0)


def test_an_endpoint_that_may_not_be_seen_is_no_missing_endpoint() -> None:
    def refused(**_: Any) -> None:
        raise client_error("AccessDeniedException", "not authorized to perform: sagemaker:DescribeEndpoint")

    with pytest.raises(AccessDeniedError, match="Could not look at the endpoint blazingtext-dev"):
        status.endpoint(cloud(sagemaker=FakeClient(describe_endpoint=refused)))


def test_why_an_update_failed_is_the_first_cause_of_the_last_one() -> None:
    stacks = FakeStacks()
    stacks.roll_back(NOON, "The ping failed")

    assert status.update_failure(cloud(cloudformation=stacks)) == "Endpoint: The ping failed"
    stacks.events = stacks.events[3:]
    assert status.update_failure(cloud(cloudformation=stacks)) == ""


def test_without_a_live_model_there_is_no_artifact_and_the_next_step_is_told() -> None:
    with pytest.raises(NotReady, match=r"No model of stage dev is live.*blazingtext promote"):
        status.live_artifact(cloud(cloudformation=FakeStacks()))
    assert status.live_artifact(cloud(cloudformation=FakeStacks(ModelDataUrl=artifact(JOB)))) == artifact(JOB)
