"""Service Quotas, as far as it is about SageMaker's instances: the limits that this SageMaker itself holds requests to.

Names as AWS has them ("ml.m5.xlarge for endpoint usage"). The codes are the sandbox's own: AWS's are random. What else Service Quotas
does is refused (https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/Welcome.html).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from botocore.model import StringShape

from ..arns import arn
from ..emulator.identity import ServiceError, account_id, region
from ..emulator.services import Request, Response, register_service
from .api import contract
from .hosting.endpoint_configs import INSTANCES_PER_ENDPOINT
from .processing.jobs import INSTANCES_ACROSS_PROCESSING_JOBS
from .training.jobs import INSTANCES_ACROSS_JOBS
from .transform import jobs as transform

_LARGEST_PAGE: Final = 100
_SERVICE: Final = "sagemaker"
Json = dict[str, Any]


def register() -> None:
    """Serve Service Quotas."""
    register_service("servicequotas", _serve, target_prefix="ServiceQuotasV20190624")


def _serve(request: Request) -> Response:
    answer = _OPERATIONS.get(request.operation)
    if answer is None:
        words = f"The sandbox does not emulate Service Quotas' {request.operation}. sandbox/sagemaker/README.md says what it emulates."
        raise ServiceError("UnknownOperationException", words, 400)
    wish = json.loads(request.body or b"{}")
    if wish.get("ServiceCode") != _SERVICE:
        raise ServiceError(
            "NoSuchResourceException", f"The request failed because the service {wish.get('ServiceCode')} does not exist.", 400
        )
    return Response(json.dumps(answer(wish)).encode())


def _page(wish: Json) -> Json:
    quotas = list(_quotas())
    token = str(wish.get("NextToken", "0"))
    if not token.isdigit() or int(token) > len(quotas):
        raise ServiceError("InvalidPaginationTokenException", "Invalid token was used.", 400)
    start = int(token)
    end = start + min(int(wish.get("MaxResults", _LARGEST_PAGE)), _LARGEST_PAGE)
    more = {"NextToken": str(end)} if end < len(quotas) else {}
    return {"Quotas": quotas[start:end], **more}


def _one(wish: Json) -> Json:
    for quota in _quotas():
        if quota["QuotaCode"] == wish.get("QuotaCode"):
            return {"Quota": quota}
    raise ServiceError("NoSuchResourceException", f"The request failed because the quota {wish.get('QuotaCode')} does not exist.", 400)


def _quotas() -> Iterator[Json]:
    """Every quota, in the order of their names."""
    values = {
        "Number of instances across all training jobs": INSTANCES_ACROSS_JOBS,
        "Number of instances across all processing jobs": INSTANCES_ACROSS_PROCESSING_JOBS,
    }
    for kind in _instance_types("TrainingInstanceType"):
        values[f"{kind} for training job usage"] = values[f"{kind} for spot training job usage"] = INSTANCES_ACROSS_JOBS
    for kind in _instance_types("ProcessingInstanceType"):
        values[f"{kind} for processing job usage"] = INSTANCES_ACROSS_PROCESSING_JOBS
    for kind in _instance_types("ProductionVariantInstanceType"):
        values[f"{kind} for endpoint usage"] = INSTANCES_PER_ENDPOINT
    for kind in _instance_types("TransformInstanceType"):
        values[transform.quota_name(kind)] = transform.INSTANCES_PER_TYPE
    for name, value in sorted(values.items()):
        yield _quota(name, value)


def _instance_types(shape: str) -> list[str]:
    return list(cast("StringShape", contract.model().shape_for(shape)).enum)


def _quota(name: str, value: int) -> Json:
    code = f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}"
    return {
        "ServiceCode": _SERVICE,
        "ServiceName": "Amazon SageMaker",
        "QuotaArn": arn("servicequotas", region(), account_id(), f"{_SERVICE}/{code}"),
        "QuotaCode": code,
        "QuotaName": name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


_OPERATIONS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "ListServiceQuotas": _page,
    "ListAWSDefaultServiceQuotas": _page,
    "GetServiceQuota": _one,
    "GetAWSDefaultServiceQuota": _one,
}
