"""How the requests of a transform job are made: by its request, else by the container, else by default.

Source: "How Containers Serve Requests", https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..api.contract import Parameters

MEGABYTE: Final = 1 << 20
MOST_MEGABYTES: Final = 100
#: Defaults of AWS; those of ModelClientConfig are in its API reference.
_DEFAULTS: Final[Mapping[str, Any]] = {"MaxConcurrentTransforms": 1, "BatchStrategy": "MultiRecord", "MaxPayloadInMB": 6}
_STRATEGIES: Final = {"SingleRecord": "SINGLE_RECORD", "MultiRecord": "MULTI_RECORD"}
_TIMEOUT_SECONDS, _RETRIES = 600, 3


@dataclass(frozen=True)
class Settings:
    """How requests are made.

    Attributes:
        concurrency: requests at once to each instance.
        strategy: SINGLE_RECORD or MULTI_RECORD.
        megabytes: how many a request may have; 0: any number, and one request for each file that is not split.
        timeout: seconds for an answer.
        retries: how often a request that failed is sent again.
    """

    concurrency: int
    strategy: str
    megabytes: int
    timeout: float
    retries: int

    @property
    def most_bytes(self) -> int | None:
        """Bytes that a request may have; None: any number."""
        return self.megabytes * MEGABYTE or None

    def __str__(self) -> str:
        return f"MaxConcurrentTransforms={self.concurrency}, MaxPayloadInMB={self.megabytes}, BatchStrategy={self.strategy}"


def decide(request: Parameters, answered: bytes | None) -> Settings:
    """The settings of a job.

    Args:
        request: the CreateTransformJob request.
        answered: what the container says to /execution-parameters; None when it serves none.
    """
    of_container = _of_container(answered)
    client = request.get("ModelClientConfig", {})
    payload = request.get("MaxPayloadInMB", of_container.get("MaxPayloadInMB", _DEFAULTS["MaxPayloadInMB"]))
    strategy = request.get("BatchStrategy", of_container.get("BatchStrategy", _DEFAULTS["BatchStrategy"]))
    concurrency = request.get("MaxConcurrentTransforms") or of_container.get(
        "MaxConcurrentTransforms", _DEFAULTS["MaxConcurrentTransforms"]
    )
    return Settings(
        concurrency=concurrency,
        strategy=_STRATEGIES.get(strategy, strategy),
        megabytes=payload,
        timeout=client.get("InvocationsTimeoutInSeconds", _TIMEOUT_SECONDS),
        retries=client.get("InvocationsMaxRetries", _RETRIES),
    )


def environment(request: Parameters) -> dict[str, str]:
    """The variables of a container that tell it what the request says, and nothing that it leaves to the container."""
    given = {
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": request.get("MaxPayloadInMB"),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": request.get("MaxConcurrentTransforms"),
        "SAGEMAKER_BATCH_STRATEGY": _STRATEGIES.get(request.get("BatchStrategy", "")),
    }
    return {"SAGEMAKER_BATCH": "true", **{name: str(value) for name, value in given.items() if value is not None}}


def _of_container(answered: bytes | None) -> Mapping[str, Any]:
    """What the container asks for, without what is no such value."""
    try:
        found = json.loads(answered or b"{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    kinds = {"MaxConcurrentTransforms": int, "MaxPayloadInMB": int, "BatchStrategy": str}
    return {name: found[name] for name, kind in kinds.items() if isinstance(found.get(name), kind)}
