import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext import predictions
from blazingtext.errors import EndpointError, EndpointInputError
from blazingtext.serving import prediction
from blazingtext_lifecycle.errors import LifecycleError, NotReady, UserError
from tests.unit.blazingtext.cloud_fakes import FakeClient, FakeEndpoint, cloud
from tests.unit.lifecycle.aws_fakes import client_error


def test_predict_keeps_order_and_flags_words_answered_with_zeros() -> None:
    endpoint = FakeEndpoint({"king": [3.0, 4.0]})

    found = prediction.predict(cloud(sagemaker_runtime=endpoint), ["king", "kingg"])

    assert found == [predictions.WordVector("king", (3.0, 4.0), True, 5.0), predictions.WordVector("kingg", (0.0, 0.0), False, 0.0)]


@pytest.mark.parametrize("dimension", [2, 2000])
def test_thousands_of_words_are_asked_in_calls_that_stay_below_six_megabytes(dimension: int) -> None:
    words = [f"word{number}" for number in range(400)]
    longest = [-1.2345678901234567e-05] * dimension
    endpoint = FakeEndpoint(dict.fromkeys(words, longest), dimension)
    heard: list[int] = []

    found = prediction.predict(cloud(sagemaker_runtime=endpoint), words, advance=heard.append)

    assert [each.word for each in found if isinstance(each, predictions.WordVector)] == words
    assert sum(heard) == 400
    assert all(len(json.dumps(body)) < 6_291_456 for body in endpoint.bodies)
    assert all(len(body["instances"]) * len(json.dumps(longest)) < 6_291_456 for body in endpoint.bodies)


def test_long_texts_are_asked_in_calls_that_stay_below_six_megabytes() -> None:
    endpoint = FakeEndpoint({})

    prediction.predict(cloud(sagemaker_runtime=endpoint), ["\u65e5" * 500_000] * 5)

    assert all(len(json.dumps(body)) < 6_291_456 for body in endpoint.bodies)


def test_a_classifiers_labels_lose_their_prefix() -> None:
    answer = json.dumps([{"prob": [0.9, 0.1], "label": ["__label__pos", "__label__neg"]}]).encode()
    runtime = FakeClient(invoke_endpoint=lambda **_: {"Body": io.BytesIO(answer)})

    (found,) = prediction.predict(cloud(sagemaker_runtime=runtime), ["a fine film"], k=2)

    assert found == predictions.Classification("a fine film", (predictions.Label("pos", 0.9), predictions.Label("neg", 0.1)))
    ((_, request),) = runtime.calls
    assert json.loads(request.pop("Body")) == {"instances": ["a fine film"], "configuration": {"k": 2}}
    assert request == {"EndpointName": "blazingtext-dev", "ContentType": "application/json", "Accept": "application/json"}


def test_an_endpoint_that_is_not_there_is_not_ready() -> None:
    def absent(**_: Any) -> None:
        raise client_error("ValidationError", "Endpoint blazingtext-dev of account 1 not found.", "InvokeEndpoint")

    with pytest.raises(NotReady, match="resume"):
        prediction.predict(cloud(sagemaker_runtime=FakeClient(invoke_endpoint=absent)), ["king"])


@pytest.mark.parametrize(("status", "family", "code"), [(400, EndpointInputError, 2), (500, EndpointError, 1)])
def test_what_the_models_container_answers_is_the_inputs_fault_or_the_models(
    status: int, family: type[LifecycleError], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    response: Any = {
        "Error": {"Code": "ModelError", "Message": "Received client error"},
        "OriginalStatusCode": status,
        "OriginalMessage": "bad words",
    }

    def refuse(**_: Any) -> None:
        raise ClientError(response, "InvokeEndpoint")

    monkeypatch.setenv("BLAZINGTEXT_STAGE", "prod")
    with pytest.raises(family, match=rf"{status}: bad words\. .*: blazingtext logs --endpoint --stage dev") as caught:
        prediction.predict(cloud(sagemaker_runtime=FakeClient(invoke_endpoint=refuse)), ["king"])

    assert caught.value.exit_code == code
    assert isinstance(caught.value.__cause__, ClientError)


def test_asking_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="nothing to predict"):
        prediction.predict(cloud(), [])


def test_a_word_that_is_no_text_is_refused_before_the_endpoint_is_asked() -> None:
    endpoint = FakeEndpoint({})

    with pytest.raises(UserError, match=r'"caf\udce9" is not valid UTF-8'):
        prediction.predict(cloud(sagemaker_runtime=endpoint), ["king", "caf\udce9"])

    assert endpoint.bodies == []
