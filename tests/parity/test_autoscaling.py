"""Application Auto Scaling of an endpoint's variants: requests, answers, refusals, and what it does under load."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from blazingtext_sandbox.autoscaling.record import ScalingPolicy, Store
from blazingtext_sandbox.autoscaling.requests import InvalidNextTokenException
from blazingtext_sandbox.autoscaling.scaler import Scaler
from blazingtext_sandbox.autoscaling.service import OPERATIONS, ObjectNotFoundException
from blazingtext_sandbox.autoscaling.tracking import HIGH_PERIODS, LOW_PERIODS
from blazingtext_sandbox.sagemaker.api.errors import (
    AccessDeniedException,
    AwsError,
    SerializationException,
    UnknownOperationException,
    ValidationException,
)
from tests.parity.autoscaling_support import PLACE, RESOURCE, TRACKING, Scaled
from tests.parity.sagemaker_support import Sage
from tests.parity.support import wait_until

OWN = {"MetricName": "Users", "Namespace": "Mine", "Statistic": "Average", "Dimensions": [{"Name": "a", "Value": "b"}]}


@pytest.fixture
def scaled(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> Scaled:
    """An endpoint with one instance; periods pass when a test says so."""
    sage.endpoint()
    made = Scaled.make(sage)
    monkeypatch.setattr(made.service.scaler, "watch", lambda _: None)
    return made


def test_a_registered_target_is_described_with_its_bounds_and_the_services_role(scaled: Scaled) -> None:
    arn = scaled.register(1, 3, Tags={"a": "b"})["ScalableTargetARN"]

    (target,) = scaled.list_("DescribeScalableTargets")["ScalableTargets"]

    assert (target["MinCapacity"], target["MaxCapacity"], target["RoleARN"]) == (1, 3, scaled.role.arn)
    assert (target["ResourceId"], target["ScalableTargetARN"]) == (RESOURCE, arn)
    assert set(target["SuspendedState"].values()) == {False}
    assert scaled.ask("ListTagsForResource", {"ResourceARN": arn}) == {"Tags": {"a": "b"}}


def test_a_target_registered_again_keeps_what_is_not_said_anew(scaled: Scaled) -> None:
    arn = scaled.register(1, 3, Tags={"a": "b"}, SuspendedState={"DynamicScalingInSuspended": True})["ScalableTargetARN"]

    assert scaled.call("RegisterScalableTarget", MaxCapacity=4)["ScalableTargetARN"] == arn

    (target,) = scaled.list_("DescribeScalableTargets")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    assert target["SuspendedState"]["DynamicScalingInSuspended"] is True
    assert scaled.ask("ListTagsForResource", {"ResourceARN": arn}) == {"Tags": {"a": "b"}}


def test_tags_are_set_and_taken_away(scaled: Scaled) -> None:
    arn = scaled.register()["ScalableTargetARN"]

    scaled.ask("TagResource", {"ResourceARN": arn, "Tags": {"a": "1", "b": "2"}})
    scaled.ask("UntagResource", {"ResourceARN": arn, "TagKeys": ["a", "c"]})

    assert scaled.ask("ListTagsForResource", {"ResourceARN": arn}) == {"Tags": {"b": "2"}}
    with pytest.raises(ObjectNotFoundException, match="No scalable target found for ARN"):
        scaled.service.call("TagResource", {"ResourceARN": f"{arn}x", "Tags": {}})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"MinCapacity": None}, "must be specified when registering a new scalable target"),
        ({"MinCapacity": 5}, "Maximum capacity cannot be less than minimum capacity"),
        ({"MinCapacity": 0}, "MinCapacity must be at least 1"),
        ({"ResourceId": "endpoint/e/variant/other"}, "variant other of the endpoint e does not exist"),
        ({"ResourceId": "endpoint/none/variant/AllTraffic"}, "of the endpoint none does not exist"),
        ({"ResourceId": "table/t"}, "Unsupported service namespace, resource type or scalable dimension"),
        ({"ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}, "the sandbox does not scale sagemaker by"),
        ({"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}, "the sandbox does not scale ecs by"),
        ({"ServiceNamespace": "none"}, "validation error detected: Value 'none' at 'serviceNamespace'"),
    ],
)
def test_a_target_that_cannot_be_is_refused(scaled: Scaled, changes: dict[str, Any], words: str) -> None:
    wanted = {key: value for key, value in {"MinCapacity": 1, "MaxCapacity": 4, **changes}.items() if value is not None}

    with pytest.raises(ValidationException, match=words):
        scaled.call("RegisterScalableTarget", **wanted)

    assert scaled.list_("DescribeScalableTargets")["ScalableTargets"] == []


def test_a_burstable_instance_is_not_scaled(sage: Sage) -> None:
    sage.config("first", "one", InstanceType="ml.t2.medium")
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="first")
    sage.stable()

    with pytest.raises(ValidationException, match=r"burstable instance type ml\.t2\.medium"):
        Scaled.make(sage).register()


def test_who_may_not_have_the_services_role_made_scales_nothing(scaled: Scaled) -> None:
    scaled.sage.cloud.forbidden.add("iam:CreateServiceLinkedRole")

    with pytest.raises(AccessDeniedException):
        scaled.register()

    (action, resource, conditions) = scaled.sage.cloud.asked[-1]
    assert (action, resource.rpartition("/")[2]) == (
        "iam:CreateServiceLinkedRole",
        "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
    )
    assert conditions == {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"}
    scaled.role.make()
    scaled.register()


def test_a_policy_has_two_alarms_on_the_load_of_an_instance(scaled: Scaled) -> None:
    scaled.register()
    put = scaled.track()

    (policy,) = scaled.list_("DescribeScalingPolicies")["ScalingPolicies"]

    assert (policy["PolicyARN"], policy["Alarms"]) == (put["PolicyARN"], put["Alarms"])
    assert policy["TargetTrackingScalingPolicyConfiguration"] == TRACKING
    high, low = (scaled.cloudwatch.alarms[alarm["AlarmName"]] for alarm in policy["Alarms"])
    assert [alarm["AlarmName"].rpartition("-Alarm")[0] for alarm in policy["Alarms"]] == [f"TargetTracking-{RESOURCE}"] * 2
    assert (high["Threshold"], high["ComparisonOperator"], high["EvaluationPeriods"]) == (100.0, "GreaterThanThreshold", 3)
    assert (low["Threshold"], low["ComparisonOperator"], low["EvaluationPeriods"]) == (90.0, "LessThanThreshold", 15)
    assert (high["MetricName"], high["Statistic"], high["Period"]) == ("InvocationsPerInstance", "Sum", 60)
    assert high["AlarmActions"] == [policy["PolicyARN"]]


def test_what_is_shown_says_whose_it_is_and_since_when(scaled: Scaled) -> None:
    begin = round(time.time(), 3)
    scaled.register(2, 3)
    scaled.track()
    scaled.pass_periods(95.0, 1)
    end = round(time.time(), 3)

    (target,) = scaled.list_("DescribeScalableTargets")["ScalableTargets"]
    (policy,) = scaled.list_("DescribeScalingPolicies")["ScalingPolicies"]
    (activity,) = scaled.activities()
    for shown in (target, policy, activity):
        assert {key: shown[key] for key in PLACE} == PLACE
    assert (policy["PolicyName"], policy["PolicyType"]) == ("p", "TargetTrackingScaling")
    times = [begin, target["CreationTime"], policy["CreationTime"], activity["StartTime"], activity["EndTime"], end]
    assert times == sorted(times)


def test_times_are_shown_to_the_millisecond(scaled: Scaled) -> None:
    moment = dt.datetime(2026, 11, 30, 12, 0, 0, 123_400, dt.UTC)
    scaled.register(2, 3)
    scaled.track()
    scaled.pass_periods(95.0, 1)
    store = scaled.service.store
    store.targets[RESOURCE].created = store.policies[RESOURCE, "p"].created = moment
    store.activities[0].started = store.activities[0].ended = moment

    shown = [
        scaled.list_("DescribeScalableTargets")["ScalableTargets"][0]["CreationTime"],
        scaled.list_("DescribeScalingPolicies")["ScalingPolicies"][0]["CreationTime"],
        scaled.activities()[0]["StartTime"],
        scaled.activities()[0]["EndTime"],
    ]

    assert shown == [moment.replace(microsecond=123_000).timestamp()] * 4


def test_both_alarms_of_a_policy_watch_its_own_variant_and_call_it(scaled: Scaled) -> None:
    scaled.register()
    policy = scaled.track()

    for alarm in policy["Alarms"]:
        made = scaled.cloudwatch.alarms[alarm["AlarmName"]]
        assert {each["Name"]: each["Value"] for each in made["Dimensions"]} == {"EndpointName": "e", "VariantName": "AllTraffic"}
        assert (made["Namespace"], made["MetricName"], made["Statistic"]) == ("AWS/SageMaker", "InvocationsPerInstance", "Sum")
        assert (made["Period"], made["AlarmActions"]) == (60, [policy["PolicyARN"]])
        assert policy["PolicyARN"] in made["AlarmDescription"]
        assert alarm["AlarmARN"].endswith(f":alarm:{alarm['AlarmName']}")


def test_a_policy_put_again_changes_its_alarms_and_keeps_their_names(scaled: Scaled) -> None:
    scaled.register()
    before = scaled.track()

    assert scaled.track(TargetValue=200.0) == before

    assert {alarm["Threshold"] for alarm in scaled.cloudwatch.alarms.values()} == {200.0, 180.0}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PolicyType": "StepScaling"}, "of the type TargetTrackingScaling only"),
        ({"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 1.0}}, "Exactly one of PredefinedMetricSpecification"),
        ({"TargetTrackingScalingPolicyConfiguration": {**TRACKING, "CustomizedMetricSpecification": OWN}}, "Exactly one of"),
        *(
            (
                {
                    "TargetTrackingScalingPolicyConfiguration": {
                        "TargetValue": 1.0,
                        "CustomizedMetricSpecification": {key: value for key, value in OWN.items() if key != left_out},
                    }
                },
                "does not emulate metric math",
            )
            for left_out in ("MetricName", "Namespace", "Statistic")
        ),
        (
            {
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": 1.0,
                    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
                }
            },
            "does not emulate the metric DynamoDBReadCapacityUtilization",
        ),
        (
            {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 1.0, "CustomizedMetricSpecification": {"Metrics": []}}},
            "does not emulate metric math",
        ),
    ],
)
def test_a_policy_that_is_not_emulated_is_refused_by_name(scaled: Scaled, changes: dict[str, Any], words: str) -> None:
    scaled.register()
    wanted = {"PolicyName": "p", "PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": TRACKING, **changes}

    with pytest.raises(ValidationException, match=words):
        scaled.call("PutScalingPolicy", **wanted)


def test_a_metric_of_ones_own_can_be_watched(scaled: Scaled) -> None:
    scaled.register()

    scaled.track(PredefinedMetricSpecification=None, CustomizedMetricSpecification=OWN)
    scaled.pass_periods(6000.0, 1)

    assert scaled.cloudwatch.asked == [OWN]
    (policy,) = scaled.service.store.policies.values()
    # An average is taken as it is: only sums are as of a minute.
    assert scaled.service.scaler._trackers[policy.arn].values[0] == 100.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: s.call("DeregisterScalableTarget"), "No scalable target registered for service namespace: sagemaker, resource ID:"),
        (lambda s: s.track(), "No scalable target registered"),
        (lambda s: s.call("DeleteScalingPolicy", PolicyName="p"), "No scaling policy found .* policy name: p"),
    ],
)
def test_what_is_not_there_is_not_found(scaled: Scaled, call: Callable[[Scaled], Any], words: str) -> None:
    with pytest.raises(ObjectNotFoundException, match=words):
        call(scaled)


def test_alarms_go_with_their_policy_and_policies_with_their_target(scaled: Scaled) -> None:
    scaled.register()
    scaled.track("first")
    scaled.track("second")

    scaled.call("DeleteScalingPolicy", PolicyName="first")
    assert len(scaled.cloudwatch.alarms) == 2

    scaled.call("DeregisterScalableTarget")
    assert scaled.cloudwatch.alarms == {}
    assert scaled.list_("DescribeScalingPolicies")["ScalingPolicies"] == []
    assert scaled.list_("DescribeScalableTargets")["ScalableTargets"] == []


def test_listings_have_pages_and_filters_and_nothing_of_other_services(scaled: Scaled) -> None:
    scaled.register()
    for name in ("a", "b", "c"):
        scaled.track(name)

    first = scaled.list_("DescribeScalingPolicies", MaxResults=2)
    rest = scaled.list_("DescribeScalingPolicies", MaxResults=2, NextToken=first["NextToken"])

    assert [each["PolicyName"] for each in first["ScalingPolicies"] + rest["ScalingPolicies"]] == ["a", "b", "c"]
    assert "NextToken" not in rest
    assert [each["PolicyName"] for each in scaled.list_("DescribeScalingPolicies", PolicyNames=["b"])["ScalingPolicies"]] == ["b"]
    assert scaled.list_("DescribeScalingPolicies", ResourceId="endpoint/x/variant/y")["ScalingPolicies"] == []
    assert scaled.list_("DescribeScalableTargets", ResourceIds=["endpoint/x/variant/y"])["ScalableTargets"] == []
    assert scaled.ask("DescribeScalableTargets", {"ServiceNamespace": "ecs"}) == {"ScalableTargets": []}
    with pytest.raises(InvalidNextTokenException):
        scaled.list_("DescribeScalingPolicies", NextToken="x")


@pytest.mark.parametrize(
    ("operation", "parameters", "error", "words"),
    [
        ("PutScheduledAction", {}, ValidationException, "does not emulate the operation PutScheduledAction"),
        ("Scale", {}, UnknownOperationException, "has no operation 'Scale'"),
        ("DescribeScalableTargets", {}, ValidationException, "1 validation error detected: Value .*at 'serviceNamespace'"),
        ("DescribeScalableTargets", {"ServiceNamespace": 5}, SerializationException, "can not be converted to a String"),
    ],
)
def test_a_request_that_cannot_be_is_refused_as_aws_refuses_it(
    scaled: Scaled, operation: str, parameters: dict[str, Any], error: type[AwsError], words: str
) -> None:
    with pytest.raises(error, match=words):
        scaled.service.call(operation, parameters)


def test_every_operation_is_one_of_awss() -> None:
    assert set(OPERATIONS) <= set(botocore.session.get_session().get_service_model("application-autoscaling").operation_names)


def test_load_adds_instances_up_to_the_maximum_and_its_end_takes_them_away_again(scaled: Scaled) -> None:
    scaled.register(1, 3)
    scaled.track(ScaleInCooldown=0, ScaleOutCooldown=0)
    high, low = (alarm["AlarmName"] for alarm in scaled.track(ScaleInCooldown=0, ScaleOutCooldown=0)["Alarms"])

    scaled.pass_periods(900.0, HIGH_PERIODS)
    assert (scaled.instances(), scaled.cloudwatch.states) == (3, {high: "ALARM", low: "OK"})
    scaled.pass_periods(None, LOW_PERIODS)
    assert (scaled.instances(), scaled.cloudwatch.states) == (1, {high: "OK", low: "ALARM"})

    shrunk, grown = scaled.list_("DescribeScalingActivities")["ScalingActivities"]
    assert (grown["Description"], grown["StatusCode"]) == ("Setting desired instance count to 3.", "Successful")
    assert grown["StatusMessage"] == "Successfully set desired instance count to 3. Change successfully fulfilled by sagemaker."
    assert grown["Cause"] == f"monitor alarm {high} in state ALARM triggered policy p"
    assert (shrunk["Description"], shrunk["Cause"]) == (
        "Setting desired instance count to 1.",
        f"monitor alarm {low} in state ALARM triggered policy p",
    )


@pytest.mark.parametrize(
    ("suspended", "load", "periods", "instances"),
    [("DynamicScalingOutSuspended", 900.0, HIGH_PERIODS, 2), ("DynamicScalingInSuspended", None, LOW_PERIODS, 2)],
)
def test_a_direction_that_is_suspended_is_not_taken(
    scaled: Scaled, suspended: str, load: float | None, periods: int, instances: int
) -> None:
    scaled.sage.call(
        "UpdateEndpointWeightsAndCapacities",
        EndpointName="e",
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}],
    )
    scaled.sage.stable()
    scaled.register(1, 4, SuspendedState={suspended: True})
    scaled.track()

    scaled.pass_periods(load, periods)

    assert scaled.instances() == instances
    assert scaled.activities() == []


@pytest.mark.parametrize(("bounds", "load", "capacity"), [((2, 3), 95.0, "minimum"), ((1, 2), 95.0, "maximum")])
def test_bounds_are_kept_whatever_the_load(scaled: Scaled, bounds: tuple[int, int], load: float, capacity: str) -> None:
    before = 1 if capacity == "minimum" else 3
    change = {"VariantName": "AllTraffic", "DesiredInstanceCount": before}
    scaled.sage.call("UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=[change])
    scaled.sage.stable()
    scaled.register(*bounds)
    scaled.track()

    scaled.pass_periods(load, 1)

    assert scaled.instances() == 2
    assert scaled.activities()[0]["Cause"] == f"{capacity} capacity was set to 2"


def test_a_target_that_cannot_be_scaled_keeps_no_other_from_it_and_nobody_looks_without_policies(
    sage: Sage, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def look(_self: Scaler, _store: Store, policy: ScalingPolicy, begin: float, end: float) -> None:
        assert begin < end
        looked.append(policy.name)
        if looked == ["broken"]:
            raise RuntimeError(policy.name)

    monkeypatch.setattr("blazingtext_sandbox.autoscaling.scaler.SHORTEST_PERIOD", 0.01)
    monkeypatch.setattr(Scaler, "look", look)
    sage.endpoint()
    scaled = Scaled.make(sage, clock=60_000)
    scaled.register()

    started: list[str] = []
    background = sage.cloud.background

    def noted(name: str, work: Callable[[], None]) -> threading.Thread:
        started.append(name)
        return background(name, work)

    monkeypatch.setattr(sage.cloud, "background", noted)

    for threads in (1, 2):
        looked.clear()
        for name in ("broken", "whole"):
            scaled.track(name)
        wait_until(lambda: looked.count("whole") > 1)
        assert started == ["autoscaling"] * threads, "one thread looks at every target"
        for name in ("broken", "whole"):
            scaled.call("DeleteScalingPolicy", PolicyName=name)
        wait_until(lambda: not scaled.service.scaler._running)


def test_instances_that_do_not_start_fail_the_activity(scaled: Scaled, monkeypatch: pytest.MonkeyPatch) -> None:
    scaled.register(1, 3)
    scaled.track()
    monkeypatch.setattr("blazingtext_sandbox.sagemaker.hosting.container_client.ContainerClient.ping", lambda *_: False)
    monkeypatch.setattr("blazingtext_sandbox.sagemaker.hosting.fleet.HEALTH_CHECK_SECONDS", 0.1)

    scaled.pass_periods(150.0, HIGH_PERIODS)

    (activity,) = scaled.activities()
    assert activity["StatusCode"] == "Failed"
    assert "did not pass the ping health check" in activity["StatusMessage"]


def test_more_instances_than_the_quota_fail_the_activity(scaled: Scaled) -> None:
    scaled.register(1, 9)
    scaled.track()

    scaled.pass_periods(900.0, HIGH_PERIODS)

    assert "account-level service limit" in scaled.activities()[0]["StatusMessage"]


def test_an_endpoint_that_is_being_changed_is_left_alone(scaled: Scaled) -> None:
    scaled.register(2, 3)
    scaled.track()
    scaled.sage.service.store.endpoints["e"].set_status("Updating")

    scaled.pass_periods(900.0, HIGH_PERIODS)
    scaled.sage.service.store.endpoints["e"].set_status("InService")

    assert scaled.activities() == []


def test_a_minute_passes_as_fast_as_the_sandboxs_clock_and_not_faster_than_metrics_come(sage: Sage) -> None:
    assert [Scaled.make(sage, clock).service.scaler.period for clock in (1.0, 20.0, 60.0, 600.0)] == [60.0, 3.0, 2.0, 2.0]


def test_an_update_with_another_instance_type_is_refused_while_the_variant_is_scaled(scaled: Scaled) -> None:
    scaled.register()
    scaled.sage.config("bigger", "two", InstanceType="ml.m5.2xlarge")
    scaled.sage.config("renamed", "two", VariantName="Other")
    scaled.sage.config("same", "two")

    for config in ("bigger", "renamed"):
        with pytest.raises(ValidationException, match=r"is a target for automatic scaling\. Deregister it"):
            scaled.sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName=config)
    scaled.sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="same")
    assert scaled.sage.stable()["EndpointConfigName"] == "same"
    scaled.call("DeregisterScalableTarget")
    scaled.sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="bigger")
    assert scaled.sage.stable()["EndpointConfigName"] == "bigger"


def test_a_deleted_endpoint_takes_its_target_along_if_the_caller_may(scaled: Scaled) -> None:
    scaled.register()
    scaled.track()
    scaled.sage.cloud.forbidden.add("application-autoscaling:DeregisterScalableTarget")

    with pytest.raises(AccessDeniedException, match="An Application AutoScaling scalable target exists for a variant being deleted"):
        scaled.sage.call("DeleteEndpoint", EndpointName="e")
    assert scaled.sage.stable()["EndpointStatus"] == "InService"

    scaled.sage.cloud.forbidden.clear()
    scaled.sage.call("DeleteEndpoint", EndpointName="e")

    assert scaled.list_("DescribeScalableTargets")["ScalableTargets"] == []
    assert scaled.cloudwatch.alarms == {}


def test_invocations_are_also_counted_by_instance(sage: Sage) -> None:
    sage.endpoint(instances=2)

    for _ in range(4):
        sage.invoke()

    def counted() -> bool:
        return sum(value for _, name, value, _ in sage.cloud.metrics if name == "Invocations") == 4

    wait_until(counted)
    assert sum(value for _, name, value, _ in sage.cloud.metrics if name == "InvocationsPerInstance") == 2.0


@pytest.mark.parametrize(("name", "taken"), [("p 1", True), ("\U0001f600", False), ("ü", False)])
def test_a_name_has_printable_characters_of_ascii(scaled: Scaled, name: str, taken: bool) -> None:
    scaled.register()
    refused = ""
    try:
        scaled.track(name)
    except ValidationException as problem:
        refused = problem.message

    assert ("failed to satisfy constraint" not in refused) is taken


def test_a_serverless_variant_is_not_scaled(sage: Sage) -> None:
    sage.model("first", "one")
    memory = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    variant = {"VariantName": "AllTraffic", "ModelName": "first", "ServerlessConfig": memory}
    sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant])
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    sage.stable()

    with pytest.raises(ValidationException, match="is serverless: it has no instances"):
        Scaled.make(sage).register()
