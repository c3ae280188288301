"""Shadow variants: which requests are copied to them, who notices them, and what is refused."""

import base64
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import ValidationException
from blazingtext_sandbox.sagemaker.hosting import shadows
from blazingtext_sandbox.sagemaker.hosting.container_client import ContainerTimeoutError
from tests.parity.sagemaker_support import Sage
from tests.parity.support import wait_until
from tests.patience import PATIENCE

CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://kept/captured",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}


def variant(name: str, model: str, **changes: Any) -> dict[str, Any]:
    return {"VariantName": name, "ModelName": model, "InitialInstanceCount": 1, "InstanceType": "ml.m5.xlarge", **changes}


def configure(sage: Sage, *, live: str = "live", shadow: str = "new", weight: float = 1, **members: Any) -> None:
    """A configuration `c` whose variants answer with these words."""
    sage.model("live", live)
    sage.model("new", shadow)
    production, copied = variant("AllTraffic", "live"), variant("Shadow", "new", InitialVariantWeight=weight)
    sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[production], ShadowProductionVariants=[copied], **members)


def serve(sage: Sage, **given: Any) -> Any:
    configure(sage, **given)
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    seen = sage.stable()
    assert seen["EndpointStatus"] == "InService"
    return seen


def counted(sage: Sage, metric: str) -> dict[str, float]:
    """The sums of a metric, by variant."""
    sums: dict[str, float] = {}
    for _, name, value, dimensions in list(sage.cloud.metrics):
        if name == metric:
            sums[dimensions["VariantName"]] = sums.get(dimensions["VariantName"], 0) + value
    return sums


def captured(sage: Sage) -> dict[str, list[Any]]:
    """What was captured, by variant."""
    found: dict[str, list[Any]] = {}
    for (bucket, key), body in dict(sage.cloud.aws.objects).items():
        if bucket == "kept":
            found.setdefault(key.split("/")[2], []).extend(json.loads(line) for line in body.splitlines())
    return found


def said(line: Mapping[str, Any]) -> Any:
    return json.loads(base64.b64decode(line["captureData"]["endpointOutput"]["data"]))["reply"]


def test_the_caller_is_answered_by_the_live_model_and_the_shadow_gets_a_copy(sage: Sage) -> None:
    serve(sage, DataCaptureConfig=CAPTURE)

    answers = [sage.invoke(f"request {number}") for number in range(5)]

    assert {answer["reply"] for _, _, answer in answers} == {"live"}
    assert {headers["x-Amzn-Invoked-Production-Variant"] for _, headers, _ in answers} == {"AllTraffic"}
    wait_until(lambda: counted(sage, "Invocations") == {"AllTraffic": 5, "Shadow": 5})
    wait_until(lambda: {name: len(lines) for name, lines in captured(sage).items()} == {"AllTraffic": 5, "Shadow": 5})
    found = captured(sage)
    assert ({said(line) for line in found["AllTraffic"]}, {said(line) for line in found["Shadow"]}) == ({"live"}, {"new"})
    asked = {
        name: sorted(base64.b64decode(line["captureData"]["endpointInput"]["data"]) for line in lines) for name, lines in found.items()
    }
    assert asked["AllTraffic"] == asked["Shadow"] == [f"request {number}".encode() for number in range(5)]


def test_a_share_of_the_requests_is_copied_by_the_ratio_of_the_weights(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(sage, weight=0.25)
    chances = iter([0.2499, 0.25, 0.9, 0.1])
    monkeypatch.setattr("blazingtext_sandbox.sagemaker.hosting.shadows.random.random", lambda: next(chances))

    for _ in range(4):
        sage.invoke()

    wait_until(lambda: counted(sage, "Invocations") == {"AllTraffic": 4, "Shadow": 2})


def test_a_shadow_that_fails_or_is_slow_is_noticed_in_its_metrics_only(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(sage)
    fleet: Any = sage.service.store.endpoints["e"].router.fleets()[0]
    (shadow,) = (each for each in fleet.instances if each.variant == "Shadow")
    callers_have_their_answers = threading.Event()

    def hang(*_: Any) -> None:
        assert callers_have_their_answers.wait(PATIENCE)
        raise ContainerTimeoutError("no answer")

    monkeypatch.setattr(shadow.client, "post", hang)

    answers = [sage.invoke() for _ in range(3)]
    callers_have_their_answers.set()

    assert [(status, answer["reply"]) for status, _, answer in answers] == [(200, "live")] * 3
    wait_until(lambda: counted(sage, "InvocationModelErrors") == {"AllTraffic": 0, "Shadow": 3})
    assert counted(sage, "Invocation5XXErrors") == {"AllTraffic": 0, "Shadow": 3}


def test_requests_beyond_what_a_shadow_answers_at_a_time_are_not_copied(sage: Sage) -> None:
    serve(sage)
    config = sage.service.store.endpoint_configs["c"]

    assert shadows.gets_a_copy(config, shadows.MOST_COPIES - 1)
    assert not shadows.gets_a_copy(config, shadows.MOST_COPIES)


def test_nobody_can_ask_the_shadow_by_its_name(sage: Sage) -> None:
    serve(sage)

    status, _, body = sage.service.invoke("/endpoints/e/invocations", {"x-amzn-sagemaker-target-variant": "Shadow"}, b"x")

    assert (status, b"Variant Shadow not found" in body) == (400, True)


def test_the_shadow_is_described_beside_the_production_variant(sage: Sage) -> None:
    seen = serve(sage, weight=0.5)

    (live,), (shadow,) = seen["ProductionVariants"], seen["ShadowProductionVariants"]
    assert (live["VariantName"], shadow["VariantName"]) == ("AllTraffic", "Shadow")
    assert (shadow["CurrentWeight"], shadow["CurrentInstanceCount"], shadow["DesiredInstanceCount"]) == (0.5, 1, 1)
    described = sage.call("DescribeEndpointConfig", EndpointConfigName="c")
    assert described["ShadowProductionVariants"] == [variant("Shadow", "new", InitialVariantWeight=0.5)]


def test_an_update_takes_the_shadow_away_and_its_process_ends(sage: Sage) -> None:
    serve(sage)
    fleet: Any = sage.service.store.endpoints["e"].router.fleets()[0]
    pids = {each.variant: each.pid for each in fleet.instances}

    sage.call("CreateEndpointConfig", EndpointConfigName="alone", ProductionVariants=[variant("AllTraffic", "new")])
    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="alone")

    assert "ShadowProductionVariants" not in sage.stable()
    assert sage.invoke()[2]["reply"] == "new"
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids.values()))


def test_a_shadow_that_does_not_start_leaves_the_endpoint_as_it_was(sage: Sage) -> None:
    sage.endpoint("one")
    configure(sage, live="two", shadow="broken")

    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c")
    seen = sage.stable()

    assert "production variant Shadow did not pass the ping health check" in seen["FailureReason"]
    assert (seen["EndpointConfigName"], sage.invoke()[2]["reply"]) == ("first", "one")


def test_the_weight_and_the_instances_of_a_shadow_are_changed_while_it_runs_and_kept_when_asked_to(sage: Sage) -> None:
    serve(sage)
    change = {"VariantName": "Shadow", "DesiredWeight": 0.5, "DesiredInstanceCount": 2}
    sage.call("UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=[change])
    (shown,) = sage.stable()["ShadowProductionVariants"]
    assert (shown["CurrentWeight"], shown["CurrentInstanceCount"]) == (0.5, 2)

    excluded = [{"VariantPropertyType": "DesiredWeight"}]
    retained = {"RetainAllVariantProperties": True, "ExcludeRetainedVariantProperties": excluded}
    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c", **retained)

    (shown,) = sage.stable()["ShadowProductionVariants"]
    assert (shown["CurrentWeight"], shown["CurrentInstanceCount"]) == (1, 2)


SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}, "VariantName": "Shadow", "ModelName": "new"}


@pytest.mark.parametrize(
    ("production", "copied", "words"),
    [
        ([variant("a", "live"), variant("b", "live")], [variant("Shadow", "new")], "only one variant for ProductionVariants"),
        ([variant("a", "live")], [variant("Shadow", "new"), variant("Other", "new")], "one variant for ShadowProductionVariants"),
        ([variant("a", "live")], [variant("a", "new")], "must be unique"),
        ([variant("a", "live")], [SERVERLESS], "not supported with serverless"),
        ([{**SERVERLESS, "VariantName": "a"}], [variant("Shadow", "new")], "not supported with serverless"),
        ([variant("a", "live")], [variant("Shadow", "new", InstanceType="ml.inf1.xlarge")], "not supported on ml.inf1.xlarge"),
        ([variant("a", "live")], [variant("Shadow", "gone")], "Could not find model"),
    ],
)
def test_what_aws_does_not_support_is_refused(sage: Sage, production: list[Any], copied: list[Any], words: str) -> None:
    sage.model("live", "live")
    sage.model("new", "new")

    with pytest.raises(ValidationException, match=words):
        sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=production, ShadowProductionVariants=copied)


def test_the_instances_of_a_shadow_count_towards_the_quota_of_the_endpoint(sage: Sage) -> None:
    sage.model("live", "live")
    production, copied = [variant("a", "live", InitialInstanceCount=3)], [variant("Shadow", "live", InitialInstanceCount=2)]

    status, _, body = sage.service.answer(
        "CreateEndpointConfig",
        json.dumps({"EndpointConfigName": "c", "ProductionVariants": production, "ShadowProductionVariants": copied}).encode(),
    )

    assert (status, b"Number of instances for an endpoint" in body) == (400, True)
