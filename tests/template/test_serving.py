import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.live_model import AutoRollback, Parameter, ServingStack, pause, promote, rollback
from blazingtext_sandbox.emulator import metric_math
from blazingtext_sandbox.sagemaker.hosting import deployment as sandbox_deployment
from blazingtext_stacks.rollout import Rollout, Shift
from blazingtext_stacks.settings import Settings
from tests.template import deployment
from tests.template.matrix import Synthesis, prefix, synthesise_with
from tests.template.references import written
from tests.template.test_policies import key

MODEL, CONFIG, ENDPOINT = "AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint"
ALARM = "AWS::CloudWatch::Alarm"
CREATED = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def artifact(synthesis: Synthesis, run: str) -> str:
    return naming.artifact_uri("bucket", f"{prefix(synthesis)}{run}")


def serving(synthesis: Synthesis, **parameters: str) -> dict[str, dict[str, Any]]:
    return deployment.existing(synthesis.templates["Serving"], parameters)


def types(resources: dict[str, dict[str, Any]]) -> set[str]:
    return {resource["Type"] for resource in resources.values()}


def of(resources: dict[str, dict[str, Any]], ids: set[str]) -> set[str]:
    return {resources[id_]["Type"] for id_ in ids}


def test_the_first_deployment_has_no_model_and_nothing_that_costs(each: Synthesis) -> None:
    resources = serving(each)

    assert types(resources) == {"AWS::Logs::LogGroup"}
    said = {"ShadowInstanceType", "ShadowInstanceCount"} if each.settings.shadow_percent else set()
    assert set(deployment.outputs(each.templates["Serving"], {})) == {"EndpointName", "Uses"} | said


def test_a_promoted_artifact_brings_model_configuration_and_endpoint(each: Synthesis) -> None:
    resources = serving(each, ModelDataUrl=artifact(each, "one"))

    assert {MODEL, CONFIG, ENDPOINT, ALARM} <= types(resources)
    (model,) = [each for each in resources.values() if each["Type"] == MODEL]
    assert model["Properties"]["PrimaryContainer"]["ModelDataUrl"] == artifact(each, "one")


def test_a_new_artifact_replaces_model_and_configuration_only_and_updates_the_endpoint_in_place(each: Synthesis) -> None:
    one = serving(each, ModelDataUrl=artifact(each, "one"))
    two = serving(
        each, ModelDataUrl=artifact(each, "two"), PreviousModelDataUrl=artifact(each, "one"), PromotedThrough="2026-11-22T20:00:00.000Z"
    )

    assert one.keys() == two.keys()
    assert of(two, deployment.replaced(one, two)) == {MODEL, CONFIG}
    assert of(two, deployment.updated(one, two)) == {ENDPOINT}
    # In the text of the template, only the model changes; the others follow by reference.
    assert {two[id_]["Type"] for id_ in two if one[id_] != two[id_]} == {MODEL}


def test_an_artifact_promoted_again_changes_nothing(each: Synthesis) -> None:
    live = promote(ServingStack("serving", "CREATE_COMPLETE"), artifact(each, "one"), CREATED)
    again = promote(ServingStack("serving", "UPDATE_COMPLETE", live), artifact(each, "one"), CREATED + timedelta(days=1))

    assert again == {}


def test_what_was_promoted_before_and_until_when_is_remembered_and_changes_no_resource(each: Synthesis) -> None:
    live = {"ModelDataUrl": artifact(each, "one")}
    remembered = {"PreviousModelDataUrl": artifact(each, "zero"), "PromotedThrough": "2026-11-22T20:00:00.000Z"}

    assert serving(each, **live, **remembered) == serving(each, **live)


def test_a_deployment_that_changes_the_instance_keeps_the_model(defaults: Synthesis, whole_matrix: dict[str, Synthesis]) -> None:
    parameters = {"ModelDataUrl": artifact(defaults, "one")}
    before, after = serving(defaults, **parameters), serving(whole_matrix["two-endpoint-instances"], **parameters)

    assert of(after, deployment.replaced(before, after)) == {CONFIG}
    assert of(after, deployment.updated(before, after)) == {ENDPOINT}


def test_the_way_back_is_a_deployment_like_any_other(defaults: Synthesis) -> None:
    live = {"ModelDataUrl": artifact(defaults, "two"), "PreviousModelDataUrl": artifact(defaults, "one")}
    back = rollback(ServingStack("serving", "UPDATE_COMPLETE", live))
    before, after = serving(defaults, **live), serving(defaults, **back)

    assert back["ModelDataUrl"] == artifact(defaults, "one")
    assert of(after, deployment.replaced(before, after)) == {MODEL, CONFIG}


@pytest.mark.parametrize("verb", [rollback, lambda stack: promote(stack, "s3://b/runs/c/output/model.tar.gz", CREATED, AutoRollback.OFF)])
def test_a_model_that_has_to_go_live_while_alarms_ring_is_watched_by_none_and_takes_over_at_once(
    verb: Callable[[ServingStack], dict[str, str]], each: Synthesis
) -> None:
    live = {"ModelDataUrl": artifact(each, "two"), "PreviousModelDataUrl": artifact(each, "one"), "AutoRollback": "on"}
    changes = verb(ServingStack("serving", "UPDATE_COMPLETE", live))

    (unguarded,) = deployments(serving(each, **live | changes))
    (next_one,) = deployments(serving(each, **live | changes | promote(ServingStack("s", "", live | changes), "new", CREATED)))

    policy = unguarded["BlueGreenUpdatePolicy"]
    assert "AutoRollbackConfiguration" not in unguarded
    assert policy["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"
    assert policy["TerminationWaitInSeconds"] == 0
    assert len(next_one["AutoRollbackConfiguration"]["Alarms"]) == 3


def test_a_pause_takes_the_endpoint_and_its_alarms_away_and_keeps_the_model(defaults: Synthesis) -> None:
    live = {"ModelDataUrl": artifact(defaults, "one"), "EndpointState": "running"}
    paused = live | pause(ServingStack("serving", "UPDATE_COMPLETE", live))
    before, after = serving(defaults, **live), serving(defaults, **paused)

    assert of(before, before.keys() - after.keys()) == {ENDPOINT, ALARM}
    assert {MODEL, CONFIG} <= types(after)


def test_the_parameters_are_those_that_promotion_changes(each: Synthesis) -> None:
    parameters = each.templates["Serving"]["Parameters"]

    expected = set(Parameter) - ({SHADOW} if each.settings.shadow_percent is None else set())
    assert expected == set(parameters)
    assert {parameters[str(name)]["Type"] for name in expected} == {"String"}
    assert {name: parameters[str(name)]["Default"] for name in expected} == {
        Parameter.MODEL_DATA_URL: "",
        Parameter.PREVIOUS_MODEL_DATA_URL: "",
        Parameter.PROMOTED_THROUGH: "",
        Parameter.ENDPOINT_STATE: "running",
        Parameter.AUTO_ROLLBACK: "on",
        **({SHADOW: ""} if SHADOW in expected else {}),
    }
    assert parameters["EndpointState"]["AllowedValues"] == ["running", "paused"]
    assert parameters["AutoRollback"]["AllowedValues"] == ["on", "off"]


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("", True),
        ("s3://b/runs/job/output/model.tar.gz", True),
        ("s3://b/runs/model.tar.gz", False),
        ("https://b/runs/j/output/model.tar.gz", False),
    ],
)
def test_only_artifacts_of_runs_can_go_live(value: str, accepted: bool, defaults: Synthesis) -> None:
    pattern = defaults.templates["Serving"]["Parameters"]["ModelDataUrl"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, value)) is accepted


def test_outputs_say_what_is_live_and_only_when_something_is(defaults: Synthesis) -> None:
    template = defaults.templates["Serving"]
    first = promote(ServingStack("serving", "CREATE_COMPLETE"), artifact(defaults, "one"), CREATED)
    second = promote(ServingStack("serving", "UPDATE_COMPLETE", first), artifact(defaults, "two"), CREATED)

    before, after, later = (deployment.outputs(template, parameters) for parameters in ({}, first, second))
    always = {"EndpointName", "Uses"}
    assert set(before) == always
    live = {"LiveModelDataUrl", "PromotedThrough", "EndpointConfigName"}
    assert set(after) == always | live
    assert set(later) == always | live | {"PreviousModelDataUrl"}
    (name,) = (logical_id for logical_id, resource in template["Resources"].items() if resource["Type"] == CONFIG)
    assert later["EndpointConfigName"] == {"Fn::GetAtt": [name, "EndpointConfigName"]}
    assert (later["LiveModelDataUrl"], later["PreviousModelDataUrl"]) == (artifact(defaults, "two"), artifact(defaults, "one"))


def test_endpoint_variant_and_log_group_have_fixed_names_and_model_and_configuration_have_none(each: Synthesis) -> None:
    name = f"blazingtext-{each.settings.stage}"
    (variant,) = each.one(CONFIG)["ProductionVariants"]

    assert each.one(ENDPOINT)["EndpointName"] == name
    assert variant["VariantName"] == "AllTraffic"
    assert each.one("AWS::Logs::LogGroup", LogGroupName=f"/aws/sagemaker/Endpoints/{name}")
    assert not [model for model in each.properties(MODEL) if "ModelName" in model]
    assert "EndpointConfigName" not in each.one(CONFIG)


def test_an_update_with_the_previous_template_needs_neither_a_capability_nor_a_parameter_of_ssm(each: Synthesis) -> None:
    template = each.templates["Serving"]

    assert not [resource["Type"] for resource in template["Resources"].values() if resource["Type"].startswith("AWS::IAM::")]
    assert not [parameter for parameter in template["Parameters"].values() if parameter["Type"].startswith("AWS::SSM::")]
    assert "Rules" not in template
    assert "Transform" not in template


def test_the_model_has_the_role_of_the_training_stack_which_is_deployed_whole_before(each: Synthesis) -> None:
    manifest = json.loads((each.folder / "manifest.json").read_text(encoding="utf-8"))

    for model in each.properties(MODEL):
        assert model["ExecutionRoleArn"]["Fn::GetStackOutput"]["StackName"] == f"blazingtext-{each.settings.stage}-training"
    assert "Training" in manifest["artifacts"]["Serving"]["dependencies"]


def test_a_new_model_takes_over_as_the_number_of_instances_allows(each: Synthesis) -> None:
    (variant,) = each.one(CONFIG)["ProductionVariants"]
    (watched,) = deployments(serving(each, ModelDataUrl=artifact(each, "one")))
    policy = watched["BlueGreenUpdatePolicy"]
    routing, instances = policy["TrafficRoutingConfiguration"], variant.get("InitialInstanceCount", 1)

    if instances == 1:
        # Half of one instance is none: SageMaker refuses a canary.
        assert routing == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    else:
        assert routing == rollout(each.settings, instances)
    assert policy["TerminationWaitInSeconds"] == each.settings.endpoint_bake_seconds
    waits = steps(routing) * routing["WaitIntervalInSeconds"] + policy["TerminationWaitInSeconds"]
    assert waits < policy["MaximumExecutionTimeoutInSeconds"] <= 28_800
    # The sandbox's judge of what SageMaker takes.
    sandbox_deployment.check(watched, instances)


def rollout(settings: Settings, instances: int) -> dict[str, Any]:
    """What the settings ask for, from two instances on."""
    linear, percent = settings.endpoint_rollout == "linear", settings.endpoint_rollout_percent
    one: dict[str, Any] = {"Type": "INSTANCE_COUNT", "Value": 1}
    size = {"Type": "CAPACITY_PERCENT", "Value": percent or 25} if linear or percent else one
    assert instances == 1 or one["Value"] <= instances / 2
    return {
        "Type": "LINEAR" if linear else "CANARY",
        "LinearStepSize" if linear else "CanarySize": size,
        "WaitIntervalInSeconds": settings.endpoint_bake_seconds,
    }


def steps(routing: dict[str, Any]) -> int:
    """How many steps are waited for before all of the traffic has moved."""
    return math.ceil(100 / routing["LinearStepSize"]["Value"]) - 1 if "LinearStepSize" in routing else 1


def test_errors_and_slowness_roll_a_deployment_back_and_silence_does_not(each: Synthesis) -> None:
    alarms = {id_: alarm["Properties"] for id_, alarm in each.resources(ALARM) if "Condition" in alarm and id_.startswith("Rollback")}
    (watched,) = deployments(serving(each, ModelDataUrl=artifact(each, "one")))
    named = {alarm["AlarmName"]["Ref"] for alarm in watched["AutoRollbackConfiguration"]["Alarms"]}

    assert named == set(alarms)
    watched_metrics = set()
    for alarm in alarms.values():
        assert alarm["TreatMissingData"] == "notBreaching"
        for metric in (query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query):
            watched_metrics.add(metric["MetricName"])
            dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
            # Text, not a reference: the endpoint refers to the alarms already.
            assert dimensions == {"EndpointName": f"blazingtext-{each.settings.stage}", "VariantName": "AllTraffic"}
    assert watched_metrics == {"Invocations", "Invocation5XXErrors", "InvocationModelErrors", "ModelLatency"}


@pytest.mark.parametrize(
    ("invocations", "errors", "refused", "latency", "ringing"),
    [
        (19, 19, 0, 9e6, set()),
        (20, 1, 3, 900_000, set()),
        (20, 2, 0, 900_000, {"Errors"}),
        (20, 0, 4, 900_000, set()),
        (20, 0, 5, 900_000, {"ModelErrors"}),
        (20, 5, 0, 900_000, {"Errors", "ModelErrors"}),
        (2000, 100, 0, 1e6, set()),
        (20, 0, 0, 1_000_001, {"Latency"}),
    ],
)
def test_alarms_judge_the_share_of_errors_and_only_when_enough_was_asked(
    invocations: float, errors: float, refused: float, latency: float, ringing: set[str], defaults: Synthesis
) -> None:
    counted = {
        "Invocations": invocations,
        "Invocation5XXErrors": errors,
        "InvocationModelErrors": errors + refused,
        "ModelLatency": latency,
    }
    rings = set()
    for alarm in (resource["Properties"] for _, resource in defaults.resources(ALARM) if "Condition" in resource):
        (watched,) = (query for query in alarm["Metrics"] if "Expression" in query)
        values = {query["Id"]: counted[query["MetricStat"]["Metric"]["MetricName"]] for query in alarm["Metrics"] if "MetricStat" in query}
        assert metric_math.names(watched["Expression"]) == values.keys()
        value = metric_math.evaluate(watched["Expression"], values)
        assert (alarm["ComparisonOperator"], value is None) == ("GreaterThanThreshold", False)
        rings |= {watched["Label"]} if value is not None and value > alarm["Threshold"] else set()

    assert rings == ringing


def deployments(resources: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """How the endpoint takes the next model."""
    return [resource["Properties"]["DeploymentConfig"] for resource in resources.values() if resource["Type"] == ENDPOINT]


SHADOW = Parameter.SHADOW_MODEL_DATA_URL


def test_a_stage_that_allows_none_has_no_trace_of_a_shadow(each: Synthesis) -> None:
    template = each.templates["Serving"]
    allowed = each.settings.shadow_percent is not None

    assert (SHADOW in template["Parameters"]) == allowed == ("HasShadow" in template["Conditions"])
    assert len(each.properties(MODEL)) == (2 if allowed else 1)
    assert ("ShadowProductionVariants" in each.one(CONFIG)) == allowed
    assert ("ExcludeRetainedVariantProperties" in each.one(ENDPOINT)) == (allowed and each.settings.endpoint_maximum_instances is not None)


@pytest.fixture
def allows_shadow(whole_matrix: dict[str, Synthesis]) -> Synthesis:
    return whole_matrix["shadow"]


def configuration(resources: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: list[dict[str, Any]] = [resource["Properties"] for resource in resources.values() if resource["Type"] == CONFIG]
    assert len(found) == 1
    return found[0]


def test_an_allowed_shadow_is_there_only_beside_a_live_model_and_only_when_it_is_named(allows_shadow: Synthesis) -> None:
    named = {SHADOW: artifact(allows_shadow, "two")}
    live = {"ModelDataUrl": artifact(allows_shadow, "one")}

    assert types(serving(allows_shadow, **named)) == types(serving(allows_shadow)) == {"AWS::Logs::LogGroup"}
    assert configuration(serving(allows_shadow, **live)).get("ShadowProductionVariants", {"Ref": "AWS::NoValue"}) == {"Ref": "AWS::NoValue"}
    tried = serving(allows_shadow, **live, **named)
    models = {id_: each["Properties"]["PrimaryContainer"]["ModelDataUrl"] for id_, each in tried.items() if each["Type"] == MODEL}
    (variant,) = configuration(tried)["ShadowProductionVariants"]
    assert models[variant["ModelName"]["Fn::GetAtt"][0]] == artifact(allows_shadow, "two")
    assert {name: value for name, value in variant.items() if name != "ModelName"} == {
        "VariantName": "Shadow",
        "InstanceType": "ml.m4.xlarge",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 0.25,
    }
    (production,) = configuration(tried)["ProductionVariants"]
    assert models[production["ModelName"]["Fn::GetAtt"][0]] == artifact(allows_shadow, "one")


def test_a_shadow_comes_and_goes_with_an_update_of_the_endpoint_and_leaves_the_live_model_alone(allows_shadow: Synthesis) -> None:
    live = {"ModelDataUrl": artifact(allows_shadow, "one")}
    before = serving(allows_shadow, **live)
    tried = serving(allows_shadow, **live, **{SHADOW: artifact(allows_shadow, "two")})
    promoted = serving(allows_shadow, ModelDataUrl=artifact(allows_shadow, "two"))

    assert of(tried, tried.keys() - before.keys()) == {MODEL}
    for one, other in ((before, tried), (tried, before)):
        assert of(other, deployment.replaced(one, other)) == {CONFIG}
        assert of(other, deployment.updated(one, other)) == {ENDPOINT}
    assert of(promoted, deployment.replaced(tried, promoted)) == {MODEL, CONFIG}


def test_a_shadow_has_as_many_instances_as_the_endpoint_unless_it_is_said(tmp_path: Path) -> None:
    found = synthesise_with(Settings(shadow_percent=100, endpoint_instance_count=3), tmp_path)

    condition, (variant,), nothing = found.one(CONFIG)["ShadowProductionVariants"]["Fn::If"]
    assert (condition, nothing) == ("HasShadow", {"Ref": "AWS::NoValue"})
    assert (variant["InitialInstanceCount"], variant["InitialVariantWeight"]) == (3, 1)


def test_only_artifacts_of_runs_can_be_tried(allows_shadow: Synthesis) -> None:
    parameters = allows_shadow.templates["Serving"]["Parameters"]

    assert parameters[SHADOW]["AllowedPattern"] == parameters["ModelDataUrl"]["AllowedPattern"]
    assert (parameters[SHADOW]["Default"], parameters[SHADOW]["Type"]) == ("", "String")


def test_requests_are_captured_into_the_stages_bucket_and_only_when_asked_for(each: Synthesis) -> None:
    capture, percent = each.one(CONFIG).get("DataCaptureConfig"), each.settings.data_capture_percent

    assert (capture is None) == (percent == 0)
    if capture is None:
        return
    assert (capture["EnableCapture"], capture["InitialSamplingPercentage"]) == (True, percent)
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    assert capture["CaptureContentTypeHeader"] == {"JsonContentTypes": ["application/json", "application/jsonlines"]}
    assert written(each, capture["DestinationS3Uri"]) == "s3://<CorporaBucket>/captured"
    assert written(each, capture.get("KmsKeyId", "")) == key(each.settings)


TARGET, TRACKING = "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"


def test_the_number_of_instances_follows_the_load_only_when_asked_to(each: Synthesis) -> None:
    settings = each.settings
    ids = {type_: [id_ for id_, _ in each.resources(type_)] for type_ in (TARGET, TRACKING, ENDPOINT)}
    endpoint, asked = each.one(ENDPOINT), settings.endpoint_maximum_instances is not None
    assert [len(ids[TARGET]), len(ids[TRACKING]), endpoint.get("RetainAllVariantProperties")] == ([1, 1, True] if asked else [0, 0, None])
    if not asked:
        return

    target, policy = each.one(TARGET), each.one(TRACKING)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (settings.endpoint_instance_count, settings.endpoint_maximum_instances)
    assert target["ResourceId"] == f"endpoint/blazingtext-{settings.stage}/variant/AllTraffic"
    assert (target["ServiceNamespace"], target["ScalableDimension"]) == ("sagemaker", "sagemaker:variant:DesiredInstanceCount")
    assert policy["ScalingTargetId"] == {"Ref": ids[TARGET][0]}
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == settings.endpoint_target_invocations
    assert tracking["PredefinedMetricSpecification"] == {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    resources = each.templates["Serving"]["Resources"]
    assert ids[ENDPOINT][0] in resources[ids[TARGET][0]]["DependsOn"]
    assert {resources[ids[type_][0]]["Condition"] for type_ in (TARGET, TRACKING)} == {"HasEndpoint"}


def test_a_promotion_and_a_pause_leave_the_scaling_to_the_endpoint(whole_matrix: dict[str, Synthesis]) -> None:
    scaled = whole_matrix["autoscaling"]
    one, two = (serving(scaled, ModelDataUrl=artifact(scaled, run)) for run in ("one", "two"))
    paused = serving(scaled, ModelDataUrl=artifact(scaled, "one"), EndpointState="paused")

    changed = {id_ for id_ in two if one[id_] != two[id_]} | deployment.replaced(one, two)
    assert of(two, changed) == {MODEL, CONFIG}
    assert of(one, one.keys() - paused.keys()) == {ENDPOINT, ALARM, TARGET, TRACKING}


@pytest.mark.parametrize(
    ("shift", "percent", "instances", "routing", "seconds"),
    [
        ("canary", None, 1, {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}, 2400),
        (
            "canary",
            None,
            2,
            {"Type": "CANARY", "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": 300},
            2400,
        ),
        (
            "canary",
            30,
            4,
            {"Type": "CANARY", "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 30}, "WaitIntervalInSeconds": 300},
            2400,
        ),
        (
            "linear",
            None,
            4,
            {"Type": "LINEAR", "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25}, "WaitIntervalInSeconds": 300},
            3000,
        ),
        (
            "linear",
            30,
            4,
            {"Type": "LINEAR", "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 30}, "WaitIntervalInSeconds": 300},
            3000,
        ),
    ],
)
def test_a_deployment_may_take_half_an_hour_and_every_time_that_it_is_watched(
    shift: str, percent: int | None, instances: int, routing: dict[str, Any], seconds: int
) -> None:
    found = Rollout(Shift(shift), percent, 300).watched(instances, ["rings"])

    assert found == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": 300,
            "MaximumExecutionTimeoutInSeconds": seconds,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "rings"}]},
    }
