"""What the endpoint says about words and texts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming
from blazingtext_lifecycle.errors import CloudError, NotReady, RequestError, UserError

from ..cloud import Cloud
from ..errors import translating_aws_errors

# InvokeEndpoint takes and gives 6 MB at most. A number prints as up to 22 characters, so 250 vectors of 1,000 numbers fit.
_LARGEST_BODY = 5_000_000
_LARGEST_ANSWER = 5_000_000
_NUMBER_LENGTH = 22
_FIRST_BATCH = 50
_MOST_PER_CALL = 2000

Advance = Callable[[int], None]


@dataclass(frozen=True)
class WordVector:
    """A word as the endpoint knows it.

    Attributes:
        word: the word asked for.
        vector: its numbers.
        known: False when the endpoint answered zeros: the word is not in the model.
        norm: the vector's length.
    """

    word: str
    vector: tuple[float, ...]
    known: bool
    norm: float


@dataclass(frozen=True)
class Label:
    """One class a text may have.

    Attributes:
        name: the label without its prefix.
        probability: 0 to 1.
    """

    name: str
    probability: float


@dataclass(frozen=True)
class Classification:
    """A text and its likeliest labels, likeliest first."""

    text: str
    labels: tuple[Label, ...]


Prediction = WordVector | Classification


def predict(cloud: Cloud, instances: Sequence[str], *, k: int | None = None, advance: Advance = lambda _: None) -> list[Prediction]:
    """Asks the stage's endpoint about words (vectors) or texts (labels), whichever its model knows; order is kept.

    Args:
        cloud: the stage.
        instances: the words or texts.
        k: for classifiers: how many labels.
        advance: hears of every instance answered.

    Raises:
        UserError: nothing was asked, or the model refused it.
        NotReady: the endpoint is not there (yet).
        CloudError: the model failed.
    """
    if not instances:
        raise UserError("Nothing was asked. No word or text was given. Name words, or give - and one per line on stdin.")
    answers: list[Prediction] = []
    batches = _Batches(instances)
    for batch in batches:
        answered = _ask(cloud, batch, k)
        if len(answered) != len(batch):
            raise CloudError(
                f"The endpoint answered {len(answered)} of {len(batch)} instances. That is not BlazingText's contract. "
                "See its log: blazingtext logs --endpoint"
            )
        found = [_prediction(text, answer) for text, answer in zip(batch, answered, strict=True)]
        batches.learn(found)
        answers += found
        advance(len(found))
    return answers


class _Batches:
    """Cuts instances into calls that stay below 6 MB both ways; the first, small one shows how long vectors are."""

    def __init__(self, instances: Sequence[str]) -> None:
        self._left = list(instances)
        self._most = _FIRST_BATCH

    def learn(self, found: Sequence[Prediction]) -> None:
        """From an answer: how many instances the next call may hold."""
        sample = found[0]
        length = len(sample.vector) if isinstance(sample, WordVector) else 4 * len(sample.labels)
        self._most = max(1, min(_MOST_PER_CALL, _LARGEST_ANSWER // (_NUMBER_LENGTH * max(length, 1) + 100)))

    def __iter__(self) -> Iterator[list[str]]:
        while self._left:
            taken, size = 0, 0
            while taken < min(self._most, len(self._left)) and (not taken or size < _LARGEST_BODY):
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
            if _is_absent(error):
                raise NotReady(
                    f"The endpoint {endpoint} does not answer. It does not exist or is not in service: {aws_errors.message_of(error)} "
                    "Train and promote a model, or resume: blazingtext status says which."
                ) from error
            raise
        found = json.loads(answer["Body"].read())
    return list(found)


def _is_absent(error: ClientError) -> bool:
    words = aws_errors.message_of(error)
    return aws_errors.code_of(error) == "ValidationError" and ("not found" in words or "InService" in words)


def _prediction(text: str, answer: dict[str, Any]) -> Prediction:
    if "label" in answer:
        pairs = zip(answer["label"], answer["prob"], strict=True)
        return Classification(text, tuple(Label(str(name).removeprefix("__label__"), float(probability)) for name, probability in pairs))
    if "vector" not in answer:
        raise RequestError(f"The endpoint answered {str(answer)[:200]}. It serves no BlazingText model. See: blazingtext status")
    vector = tuple(float(number) for number in answer["vector"])
    norm = math.hypot(*vector)
    # A word outside the vocabulary gets zeros and HTTP 200: only its length tells.
    return WordVector(text, vector, known=norm > 0, norm=norm)
