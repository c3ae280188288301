"""What the endpoint answers: vectors of words, or labels of texts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming
from blazingtext_lifecycle.errors import LifecycleError, NotReady, RequestError
from blazingtext_lifecycle.plurals import count

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..corpus.normaliser import LABEL
from ..errors import EndpointError, EndpointInputError
from ..predictions import Classification, Label, Prediction, WordVector, check_instances
from ..stages import blazingtext_command

# InvokeEndpoint takes and gives 6 MB at most. A number prints as up to 22 characters, so 250 vectors of 1,000 numbers fit.
_MAX_BODY = 5_000_000
_MAX_ANSWER = 5_000_000
_NUMBER_LENGTH = 22
_FIRST_BATCH = 50
_MAX_PER_CALL = 2000

Advance = Callable[[int], None]


def predict(cloud: Cloud, instances: Sequence[str], *, k: int | None = None, advance: Advance = lambda _: None) -> list[Prediction]:
    """Vectors of words or labels of texts from the stage's endpoint, depending on its model; in the order given.

    Args:
        cloud: the stage.
        instances: the words or texts.
        k: for classifiers: how many labels.
        advance: called with the number of instances answered.

    Raises:
        UserError: there is nothing to predict, or the model does not accept it.
        NotReady: the endpoint is not there (yet).
        EndpointError: the model failed.
    """
    check_instances(instances)
    answers: list[Prediction] = []
    batches = _Batches(instances)
    for batch in batches:
        answered = _ask(cloud, batch, k)
        if len(answered) != len(batch):
            raise EndpointError(
                f"The endpoint answered {len(answered)} of {count(len(batch), 'instances')}. BlazingText answers all of them.", cloud.stage
            )
        found = [_prediction(text, answer, cloud.stage) for text, answer in zip(batch, answered, strict=True)]
        batches.adapt(found)
        answers += found
        advance(len(found))
    return answers


class _Batches:
    """Splits instances into calls whose request and response stay below 6 MB; the first, small call shows how long vectors are."""

    def __init__(self, instances: Sequence[str]) -> None:
        self._left = list(instances)
        self._limit = _FIRST_BATCH

    def adapt(self, found: Sequence[Prediction]) -> None:
        """Sets how many instances a call may hold, from the size of an answer."""
        sample = found[0]
        length = len(sample.vector) if isinstance(sample, WordVector) else 4 * len(sample.labels)
        self._limit = max(1, min(_MAX_PER_CALL, _MAX_ANSWER // (_NUMBER_LENGTH * max(length, 1) + 100)))

    def __iter__(self) -> Iterator[list[str]]:
        while self._left:
            taken, size = 0, 0
            while taken < min(self._limit, len(self._left)) and (not taken or size < _MAX_BODY):
                size += len(json.dumps(self._left[taken])) + 2
                taken += 1
            batch, self._left = self._left[:taken], self._left[taken:]
            yield batch


def _ask(cloud: Cloud, batch: Sequence[str], k: int | None) -> list[dict[str, Any]]:
    endpoint = naming.endpoint(cloud.stage)
    body: dict[str, Any] = {"instances": list(batch)}
    if k is not None:
        body["configuration"] = {"k": k}
    with translating_aws_errors(f"ask the endpoint {endpoint}"):
        try:
            # Without the content type, the container answers 415.
            answer = cloud.runtime.invoke_endpoint(
                EndpointName=endpoint, ContentType="application/json", Accept="application/json", Body=json.dumps(body).encode()
            )
        except ClientError as error:
            refusal = _refusal(error, cloud.stage)
            if refusal is None:
                raise
            raise refusal from error
        found = json.loads(answer["Body"].read())
    return list(found)


def _refusal(error: ClientError, stage: str) -> LifecycleError | None:
    """What InvokeEndpoint's own errors mean; None for those that every service may give."""
    code, message, endpoint = aws_errors.code_of(error), aws_errors.message_of(error), naming.endpoint(stage)
    if code == "ValidationError" and ("not found" in message or "InService" in message):
        status = blazingtext_command("status", stage)
        return NotReady(
            f"The endpoint {endpoint} does not exist or is not in service. AWS says: {message} "
            f"Train and promote a model, or resume a paused endpoint; this shows which: {status}"
        )
    if code == "ModelError":
        # The container's own status says whose fault it is: the input's (4xx) or the model's.
        container_status = int(str(error.response.get("OriginalStatusCode", 500)))
        family = EndpointInputError if 400 <= container_status < 500 else EndpointError
        said = error.response.get("OriginalMessage") or message
        return family(f"The endpoint {endpoint} refused the request. The model's container answered {container_status}: {said}.", stage)
    return None


def _prediction(text: str, answer: dict[str, Any], stage: str) -> Prediction:
    if "label" in answer:
        pairs = zip(answer["label"], _finite(answer["prob"], stage), strict=True)
        return Classification(text, tuple(Label(str(name).removeprefix(LABEL), float(probability)) for name, probability in pairs))
    if "vector" not in answer:
        raise RequestError(
            f"The endpoint answered {str(answer)[:200]}, so it does not serve a BlazingText model. "
            f"Promote one with: {blazingtext_command('promote', stage)}"
        )
    vector = tuple(_finite(answer["vector"], stage))
    norm = math.hypot(*vector)
    # A word that is not in the vocabulary gets zeros and HTTP 200: only the norm shows it.
    return WordVector(text, vector, known=norm > 0, norm=norm)


def _finite(numbers: Sequence[float | None], stage: str) -> list[float]:
    """The numbers of an answer; JSON has null, or NaN, for those that are none.

    Raises:
        EndpointError: one is none: the model is damaged.
    """
    found = [math.nan if number is None else float(number) for number in numbers]
    if not all(map(math.isfinite, found)):
        raise EndpointError(
            f"The endpoint {naming.endpoint(stage)} answered with numbers that are not finite. Its model is damaged. "
            f"Put the previous one back with: {blazingtext_command('rollback', stage)}",
            stage,
        )
    return found
