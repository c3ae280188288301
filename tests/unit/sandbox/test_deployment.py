"""The steps, limits and alarms of a blue/green deployment, and configurations with other weights and counts."""

import math
from typing import Any, cast

import pytest

from blazingtext_sandbox.sagemaker.api.errors import ResourceLimitExceeded, ValidationException
from blazingtext_sandbox.sagemaker.hosting import deployment, variants
from blazingtext_sandbox.sagemaker.hosting.deployment import Step
from blazingtext_sandbox.sagemaker.hosting.endpoint_configs import check_quota
from blazingtext_sandbox.sagemaker.hosting.invocations import _sample_evenly
from blazingtext_sandbox.sagemaker.store import EndpointConfig


def config(kind: str, wait: int = 60, termination: int = 0, limit: int | None = None, **size: Any) -> dict[str, Any]:
    policy: dict[str, Any] = {
        "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": wait, **size},
        "TerminationWaitInSeconds": termination,
    }
    return {"BlueGreenUpdatePolicy": policy | ({} if limit is None else {"MaximumExecutionTimeoutInSeconds": limit})}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def count(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


@pytest.mark.parametrize(
    ("given", "instances", "steps"),
    [
        (None, 1, [Step(1.0, 0.0)]),
        ({}, 1, [Step(1.0, 0.0)]),
        (config("ALL_AT_ONCE", 60, 30), 2, [Step(1.0, 90.0)]),
        (config("CANARY", 60, 30, CanarySize=count(1)), 4, [Step(0.25, 60.0), Step(1.0, 30.0)]),
        (config("CANARY", 60, 30, CanarySize=percent(50)), 4, [Step(0.5, 60.0), Step(1.0, 30.0)]),
        (config("LINEAR", 60, 30, LinearStepSize=percent(25)), 4, [Step(0.25, 60.0), Step(0.5, 60.0), Step(0.75, 60.0), Step(1.0, 30.0)]),
        (config("LINEAR", 60, 0, LinearStepSize=count(2)), 4, [Step(0.5, 60.0), Step(1.0, 0.0)]),
        (config("LINEAR", 60, 0, LinearStepSize=percent(40)), 4, [Step(0.4, 60.0), Step(0.8, 60.0), Step(1.0, 0.0)]),
    ],
)
def test_traffic_moves_in_the_steps_of_the_configuration(given: dict[str, Any] | None, instances: int, steps: list[Step]) -> None:
    assert deployment.steps(given, instances) == steps


@pytest.mark.parametrize(
    "given",
    [
        None,
        config("ALL_AT_ONCE"),
        config("CANARY", CanarySize=percent(50)),
        config("CANARY", CanarySize=count(1)),
        config("LINEAR", LinearStepSize=percent(50)),
        config("LINEAR", 0, LinearStepSize=percent(10)),
        config("CANARY", CanarySize=percent(5)),
        config("CANARY", 60, 40, limit=100, CanarySize=count(1)),
    ],
)
def test_up_to_half_of_the_capacity_may_move_at_once_and_the_time_may_be_used_up(given: dict[str, Any] | None) -> None:
    deployment.check(given, 2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (config("CANARY"), "CanarySize must be specified for a TrafficRoutingConfiguration of type CANARY"),
        (config("LINEAR"), "LinearStepSize must be specified for a TrafficRoutingConfiguration of type LINEAR"),
        (config("CANARY", CanarySize=percent(51)), "CanarySize must be at most 50% of the capacity"),
        (config("LINEAR", LinearStepSize=count(2)), "LinearStepSize must be at most 50% of the capacity"),
        (config("LINEAR", LinearStepSize=percent(9)), "LinearStepSize must be at least 10% of the capacity"),
        (config("CANARY", 60, 41, limit=100, CanarySize=count(1)), "must be greater than the total waiting time of the deployment, 101"),
    ],
)
def test_a_deployment_that_aws_refuses_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationException, match=words):
        deployment.check(given, 2)


def test_alarms_and_time_limit_are_those_of_the_configuration() -> None:
    alarmed = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}}

    assert (deployment.alarms(alarmed), deployment.alarms({}), deployment.alarms(None)) == (["a", "b"], [], [])
    assert deployment.execution_timeout(config("ALL_AT_ONCE", limit=600)) == 600
    assert deployment.execution_timeout(None) == math.inf


def test_an_endpoint_has_four_instances_at_most() -> None:
    check_quota(4)
    with pytest.raises(ResourceLimitExceeded, match="is 4 Instances, with current utilization of 0 Instances and a request delta of 5"):
        check_quota(5)


def variant(name: str, count: int = 1, **more: Any) -> dict[str, Any]:
    return {"VariantName": name, "InitialInstanceCount": count, "ModelName": "m", **more}


def of(*variants: dict[str, Any]) -> EndpointConfig:
    return EndpointConfig("c", "arn:c", {"ProductionVariants": list(variants)}, {"tag": "kept"})


def test_weights_and_counts_change_where_they_are_asked_for_and_nowhere_else() -> None:
    before = of(variant("a", 1, InitialVariantWeight=2.0), variant("b", 3))

    after = variants.resized(before, [{"VariantName": "a", "DesiredInstanceCount": 2}])
    weighed = variants.resized(before, [{"VariantName": "b", "DesiredWeight": 0.5}])

    assert after.variants == [variant("a", 2, InitialVariantWeight=2.0), variant("b", 3, InitialVariantWeight=1.0)]
    assert weighed.variants == [variant("a", 1, InitialVariantWeight=2.0), variant("b", 3, InitialVariantWeight=0.5)]
    assert (after.name, after.arn, after.tags, after.created) == (before.name, before.arn, before.tags, before.created)
    assert before.variants[0]["InitialInstanceCount"] == 1


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ([{"VariantName": "z"}, {"VariantName": "y"}], r"Could not find the production variant\(s\) y, z of the endpoint"),
        ([{"VariantName": "a", "DesiredInstanceCount": 0}], "DesiredInstanceCount of production variant a must be at least 1"),
    ],
)
def test_unknown_variants_and_none_instances_are_refused(wanted: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValidationException, match=words):
        variants.resized(of(variant("a")), wanted)


@pytest.mark.parametrize(
    ("excluded", "count", "weight"),
    [(set(), 4, 9.0), ({"DesiredInstanceCount"}, 1, 9.0), ({"DesiredWeight"}, 4, 1.0), ({"DesiredInstanceCount", "DesiredWeight"}, 1, 1.0)],
)
def test_what_autoscaling_changed_is_retained_unless_excluded(excluded: set[str], count: int, weight: float) -> None:
    class Live:
        config = of(variant("a", 4, InitialVariantWeight=9.0), variant("gone", 2))

    new = of(variant("a", 1, InitialVariantWeight=1.0), variant("new", 5))

    found = variants.with_retained_properties(new, cast("Any", Live()), excluded)

    assert found.variants == [variant("a", count, InitialVariantWeight=weight), variant("new", 5)]


@pytest.mark.parametrize(
    ("values", "most", "kept"),
    [
        ([1.0, 2.0], 2, [1.0, 2.0]),
        ([1.0, 2.0, 3.0], 2, [1.0, 3.0]),
        (list(map(float, range(101))), 5, [0.0, 25.0, 50.0, 75.0, 100.0]),
    ],
)
def test_many_latencies_are_kept_as_some_with_both_ends(values: list[float], most: int, kept: list[float]) -> None:
    assert _sample_evenly(values, most) == kept
