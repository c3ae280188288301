"""Endpoints with several production variants, and UpdateEndpointWeightsAndCapacities."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import ResourceLimitExceeded, ValidationException
from tests.parity.sagemaker_support import Sage
from tests.parity.support import wait_until


def serve(sage: Sage, **weights: float) -> None:
    """An endpoint with a variant for each name, whose answer is the name."""
    variants = []
    for name, weight in weights.items():
        sage.model(name, name)
        given = {"ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.xlarge"}
        variants.append({"VariantName": name, "InitialVariantWeight": weight, **given})
    sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=variants)
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    assert sage.stable()["EndpointStatus"] == "InService"


def resize(sage: Sage, **changes: Any) -> Any:
    sage.call("UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=[changes])
    return sage.stable()


def replies(sage: Sage, requests: int) -> Counter[str]:
    return Counter(sage.invoke()[2]["reply"] for _ in range(requests))


def shown(described: Any) -> dict[str, tuple[float, int]]:
    return {each["VariantName"]: (each["CurrentWeight"], each["CurrentInstanceCount"]) for each in described["ProductionVariants"]}


def test_traffic_is_shared_by_weight_and_a_variant_can_be_asked_for(sage: Sage) -> None:
    serve(sage, often=3, seldom=1)

    seen = replies(sage, 200)

    assert set(seen) == {"often", "seldom"}
    assert 20 < seen["seldom"] < 90
    headers = {"content-type": "text/plain", "x-amzn-sagemaker-target-variant": "seldom"}
    answered = {sage.service.invoke("/endpoints/e/invocations", headers, b"x")[1]["x-Amzn-Invoked-Production-Variant"] for _ in range(10)}
    assert answered == {"seldom"}
    status, _, body = sage.service.invoke("/endpoints/e/invocations", {"x-amzn-sagemaker-target-variant": "none"}, b"x")
    assert (status, b"Variant none not found" in body) == (400, True)


def test_a_variant_of_weight_zero_answers_only_when_it_is_asked_for(sage: Sage) -> None:
    serve(sage, all=1, none=0)

    assert set(replies(sage, 40)) == {"all"}
    headers = {"content-type": "text/plain", "x-amzn-sagemaker-target-variant": "none"}
    assert sage.service.invoke("/endpoints/e/invocations", headers, b"x")[0] == 200


def test_weights_change_while_the_endpoint_serves(sage: Sage) -> None:
    serve(sage, old=1, new=0)

    sage.call(
        "UpdateEndpointWeightsAndCapacities",
        EndpointName="e",
        DesiredWeightsAndCapacities=[{"VariantName": "old", "DesiredWeight": 0}, {"VariantName": "new", "DesiredWeight": 2}],
    )

    assert shown(sage.stable()) == {"old": (0, 1), "new": (2, 1)}
    assert set(replies(sage, 40)) == {"new"}
    assert sage.call("DescribeEndpointConfig", EndpointConfigName="c")["ProductionVariants"][0]["InitialVariantWeight"] == 1


def test_instances_are_added_and_taken_away_and_their_processes_end(sage: Sage) -> None:
    serve(sage, only=1)

    assert shown(resize(sage, VariantName="only", DesiredInstanceCount=3)) == {"only": (1, 3)}
    pids = {sage.invoke()[2]["pid"] for _ in range(12)}
    assert len(pids) == 3

    assert shown(resize(sage, VariantName="only", DesiredInstanceCount=1)) == {"only": (1, 1)}
    assert len({sage.invoke()[2]["pid"] for _ in range(6)} & pids) == 1
    wait_until(lambda: sum(Path(f"/proc/{pid}").exists() for pid in pids) == 1)


def test_new_instances_that_do_not_start_leave_everything_as_it_was(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(sage, only=1)
    monkeypatch.setattr("blazingtext_sandbox.sagemaker.hosting.container_client.ContainerClient.ping", lambda *_: False)
    monkeypatch.setattr("blazingtext_sandbox.sagemaker.hosting.fleet.HEALTH_CHECK_SECONDS", 0.1)

    seen = resize(sage, VariantName="only", DesiredInstanceCount=2)

    assert seen["EndpointStatus"] == "InService"
    assert "did not pass the ping health check" in seen["FailureReason"]
    assert shown(seen) == {"only": (1, 1)}
    assert sage.invoke()[0] == 200


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"VariantName": "other", "DesiredWeight": 1}, ValidationException, "Could not find the production variant"),
        ({"VariantName": "only", "DesiredInstanceCount": 0}, ValidationException, "must be at least 1"),
        ({"VariantName": "only", "DesiredInstanceCount": 5}, ResourceLimitExceeded, "Number of instances for an endpoint"),
    ],
)
def test_a_change_that_cannot_be_is_refused(sage: Sage, changes: dict[str, Any], error: type[Exception], words: str) -> None:
    serve(sage, only=1)

    with pytest.raises(error, match=words):
        resize(sage, **changes)

    assert sage.stable()["EndpointStatus"] == "InService"


def test_an_update_keeps_what_was_changed_when_asked_to(sage: Sage) -> None:
    serve(sage, only=1)
    resize(sage, VariantName="only", DesiredWeight=5, DesiredInstanceCount=2)

    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c", RetainAllVariantProperties=True)

    assert shown(sage.stable()) == {"only": (5, 2)}
