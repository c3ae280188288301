"""Endpoints of the sandbox: they answer, they change hands without a failed request, they go back. Source: AWS documentation."""

import io
import os
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from blazingtext_sandbox import waits
from blazingtext_sandbox.sagemaker import model_archive
from blazingtext_sandbox.sagemaker.api.errors import AccessDeniedException, ResourceLimitExceeded, ValidationException
from blazingtext_sandbox.sagemaker.hosting import deployment, instance_metrics
from blazingtext_sandbox.sagemaker.hosting.fleet import Fleet
from tests.parity.sagemaker_support import IMAGE, ROLE, Sage
from tests.parity.support import wait_until


class Client(threading.Thread):
    """Invokes without a pause and keeps every status and reply."""

    def __init__(self, sage: Sage) -> None:
        super().__init__(daemon=True)
        self._sage, self._end = sage, threading.Event()
        self.statuses: list[int] = []
        self.replies: list[str] = []

    def run(self) -> None:
        while not self._end.is_set():
            status, _, answer = self._sage.invoke()
            self.statuses.append(status)
            self.replies.append(answer.get("reply", str(answer)))

    def finish(self) -> None:
        self._end.set()
        self.join()


def statuses_of(sage: Sage) -> list[str]:
    return [detail["EndpointStatus"] for kind, _, detail in sage.cloud.events if kind == "SageMaker Endpoint State Change"]


def deployments_of(sage: Sage) -> list[Any]:
    return [detail for kind, _, detail in sage.cloud.events if kind == "SageMaker Endpoint Deployment State Change"]


def stages_of(sage: Sage) -> list[Any]:
    """The status of the one variant in each event of a deployment."""
    return [detail["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0] for detail in deployments_of(sage)]


def test_an_endpoint_answers_with_what_its_model_holds(sage: Sage) -> None:
    sage.endpoint("one")

    status, headers, answer = sage.invoke("hello")

    assert status == 200
    assert headers["content-type"] == "application/json"
    assert headers["x-Amzn-Invoked-Production-Variant"] == "AllTraffic"
    assert (answer["reply"], answer["said"]) == ("one", "hello")
    assert statuses_of(sage) == ["CREATING", "IN_SERVICE"]


def test_requests_are_spread_over_the_instances(sage: Sage) -> None:
    sage.endpoint(instances=2)

    pids = {sage.invoke()[2]["pid"] for _ in range(6)}

    assert len(pids) == 2


def test_a_container_that_is_killed_in_service_is_started_again(sage: Sage) -> None:
    sage.endpoint("one")
    before = sage.invoke()[2]["pid"]

    psutil.Process(before).kill()

    after = wait_until(lambda: sage.invoke()[2].get("pid"))
    assert after != before
    assert sage.invoke()[2]["reply"] == "one"
    # Lines reach the log in batches.
    wait_until(lambda: any("It is started again." in line for lines in sage.cloud.aws.lines.values() for line in lines))
    sage.call("DeleteEndpoint", EndpointName="e")
    wait_until(lambda: not psutil.pid_exists(after))


def test_a_container_that_ends_or_is_ill_fails_the_endpoint_in_aws_words(sage: Sage) -> None:
    sage.config("c", "broken")
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")

    endpoint = sage.stable()

    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"] == (
        "The primary container for production variant AllTraffic did not pass the ping health check. Please check CloudWatch logs for this"
        " endpoint."
    )
    assert ["cannot load the model"] in list(sage.cloud.aws.lines.values())
    status, _, answer = sage.invoke()
    assert (status, answer["__type"]) == (400, "ValidationError")


def test_an_endpoint_whose_role_cannot_fetch_the_model_fails(sage: Sage) -> None:
    sage.config("c", "one")
    sage.cloud.aws.refused.add("GetObject")
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")

    assert "Failed to download model data for the production variant AllTraffic" in sage.stable()["FailureReason"]


def test_an_error_of_the_container_is_a_model_error_with_the_original_inside(sage: Sage) -> None:
    sage.endpoint()

    status, headers, answer = sage.invoke(content_type="application/octet-stream")

    assert (status, headers["x-amzn-errortype"]) == (424, "ModelError")
    assert (answer["OriginalStatusCode"], answer["OriginalMessage"]) == (415, "content-type application/octet-stream not supported")
    assert answer["Message"].startswith("Received client error (415) from primary with message")
    assert answer["LogStreamArn"].startswith(
        "arn:aws:logs:us-east-1:000000000000:log-group:/aws/sagemaker/Endpoints/e:log-stream:AllTraffic/i-"
    )


def test_a_body_over_six_megabytes_is_refused(sage: Sage) -> None:
    sage.endpoint()

    status, _, answer = sage.invoke("x" * 6_291_457)

    assert (status, answer["__type"]) == (400, "ValidationError")


def test_a_container_that_takes_too_long_is_a_model_error(sage: Sage) -> None:
    sage.service.invocations._timeout = 0.2
    sage.endpoint()

    status, _, answer = sage.invoke("sleep")

    assert (status, answer["OriginalStatusCode"]) == (424, 0)
    assert "Your invocation timed out while waiting for a response from container primary" in answer["Message"]


def test_an_update_loses_no_request_and_ends_the_old_containers(sage: Sage) -> None:
    sage.endpoint("one")
    old = sage.invoke()[2]["pid"]
    sage.config("second", "two")
    clients = [Client(sage) for _ in range(3)]
    for client in clients:
        client.start()

    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="second")
    during = sage.call("DescribeEndpoint", EndpointName="e")
    after = sage.stable()
    for client in clients:
        client.finish()

    assert (during["EndpointStatus"], during["EndpointConfigName"]) == ("Updating", "first")
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == "second"
    assert (after["EndpointConfigName"], "PendingDeploymentSummary" in after) == ("second", False)
    assert {status for client in clients for status in client.statuses} == {200}
    assert {reply for client in clients for reply in client.replies} <= {"one", "two"}
    assert sage.invoke()[2]["reply"] == "two"
    assert not psutil.pid_exists(old)
    assert statuses_of(sage) == ["CREATING", "IN_SERVICE", "UPDATING", "IN_SERVICE"]


def test_a_request_in_flight_on_the_old_fleet_is_answered_by_it(sage: Sage) -> None:
    sage.endpoint("one")
    sage.config("second", "two")
    answers: list[Any] = []
    slow = threading.Thread(target=lambda: answers.append(sage.invoke("sleep")))
    slow.start()
    (fleet,) = sage.service.store.endpoints["e"].router.fleets()
    assert isinstance(fleet, Fleet)
    wait_until(lambda: sum(each.in_flight for each in fleet.instances))

    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="second")
    sage.stable()
    slow.join()

    assert [(status, answer["reply"]) for status, _, answer in answers] == [(200, "one")]


@pytest.mark.parametrize("reply", ["broken", "ill"])
def test_an_update_to_a_fleet_that_is_not_healthy_goes_back(sage: Sage, reply: str) -> None:
    sage.endpoint("one")
    sage.config("second", reply, ContainerStartupHealthCheckTimeoutInSeconds=60)
    # The model's shortest time-out is a minute: the ill container is given less here.
    sage.service.store.endpoint_configs["second"].request["ProductionVariants"][0]["ContainerStartupHealthCheckTimeoutInSeconds"] = 1
    client = Client(sage)
    client.start()

    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="second")
    endpoint = sage.stable()
    client.finish()

    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "first")
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    assert set(client.statuses) == {200}
    assert set(client.replies) == {"one"}
    assert statuses_of(sage)[-3:] == ["UPDATING", "ROLLING_BACK", "IN_SERVICE"]
    assert [(detail["EndpointStatus"], stage["Status"]) for detail, stage in zip(deployments_of(sage), stages_of(sage), strict=True)] == [
        ("UPDATING", "Creating"),
        ("ROLLING_BACK", "Deleting"),
    ]


def test_a_deployment_is_an_event_as_awss_page_shows_it(sage: Sage) -> None:
    sage.endpoint("one")
    sage.config("second", "two")

    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="second", DeploymentConfig={"BlueGreenUpdatePolicy": POLICY})
    sage.stable()

    event = deployments_of(sage)[-1]
    # https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html#eventbridge-deployment-state
    variant = {"VariantName": "AllTraffic", "CurrentWeight": 1, "DesiredWeight": 1, "CurrentInstanceCount": 1, "DesiredInstanceCount": 1}
    baking = {
        "Status": "Baking",
        "StatusMessage": BAKING,
        "StartTime": event["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]["StartTime"],
    }
    assert {name: value for name, value in event.items() if not name.endswith("Time")} == {
        "EndpointName": "e",
        "EndpointArn": "arn:aws:sagemaker:us-east-1:000000000000:endpoint/e",
        "EndpointConfigName": "first",
        "ProductionVariants": [variant],
        "EndpointStatus": "UPDATING",
        "Tags": {},
        "PendingDeploymentSummary": {
            "EndpointConfigName": "second",
            "StartTime": event["PendingDeploymentSummary"]["StartTime"],
            "ProductionVariants": [{**variant, "VariantStatus": [baking]}],
        },
    }
    assert isinstance(event["CreationTime"], int)
    assert isinstance(baking["StartTime"], int)


def test_an_endpoint_whose_configuration_was_deleted_answers_and_takes_no_update_but_can_be_deleted(sage: Sage) -> None:
    sage.endpoint("one")
    sage.config("second", "two")
    sage.call("DeleteEndpointConfig", EndpointConfigName="first")

    with pytest.raises(ValidationException, match=r"Could not find endpoint configuration .*endpoint-config/first"):
        sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="second")

    assert sage.invoke()[2]["reply"] == "one"
    sage.call("DeleteEndpoint", EndpointName="e")
    wait_until(lambda: not sage.call("ListEndpoints")["Endpoints"])


POLICY = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}, "TerminationWaitInSeconds": 30}
BAKING = "Baking for 30 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 1 instance(s)."
BAKE: dict[str, Any] = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
            "WaitIntervalInSeconds": 120,
        },
        "TerminationWaitInSeconds": 60,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
}


def test_an_alarm_during_the_bake_rolls_the_update_back(sage: Sage) -> None:
    sage.endpoint("one")
    sage.config("second", "two")
    sage.cloud.aws.alarms["errors"] = "OK"
    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="second", DeploymentConfig=BAKE)
    wait_until(lambda: sage.invoke()[2]["reply"] == "two")

    sage.cloud.aws.alarms["errors"] = "ALARM"

    endpoint = sage.stable()
    assert endpoint["EndpointConfigName"] == "first"
    assert endpoint["FailureReason"] == "One or more configured alarm(s) have been activated: errors."
    assert {sage.invoke()[2]["reply"] for _ in range(10)} == {"one"}


def test_a_canary_shows_both_fleets_for_its_time_then_the_new_one_only(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two seconds in which both answer: on a busy machine a client asks seldom.
    monkeypatch.setenv("SANDBOX_CLOCK", "60")
    sage.endpoint("one")
    sage.config("second", "two")
    sage.cloud.aws.alarms["errors"] = "INSUFFICIENT_DATA"
    client = Client(sage)
    client.start()

    started = time.monotonic()
    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="second", DeploymentConfig=BAKE)
    endpoint = sage.stable()
    took = time.monotonic() - started
    client.finish()

    assert endpoint["EndpointConfigName"] == "second"
    assert took >= 180 / 60
    assert set(client.statuses) == {200}
    first_new = client.replies.index("two")
    assert "one" in client.replies[first_new:]
    assert [stage["Status"] for stage in stages_of(sage)] == ["Creating", "ActivatingTraffic", "Baking", "ActivatingTraffic", "Baking"]


def test_traffic_steps_follow_the_deployment_configuration() -> None:
    linear = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "LINEAR",
                "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 30},
                "WaitIntervalInSeconds": 60,
            },
            "TerminationWaitInSeconds": 90,
        }
    }

    assert deployment.steps(None, 1) == [deployment.Step(1.0, 0)]
    assert deployment.steps(BAKE, 2) == [deployment.Step(0.5, 120), deployment.Step(1.0, 60)]
    assert [(step.share, step.bake) for step in deployment.steps(linear, 10)] == [(0.3, 60), (0.6, 60), (0.9, 60), (1.0, 90)]


def test_a_canary_of_one_instance_is_its_part_of_the_fleet_and_half_at_most() -> None:
    routing = {"Type": "CANARY", "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": 60}
    canary = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}

    assert deployment.steps(canary, 4)[0] == deployment.Step(0.25, 60)
    with pytest.raises(ValidationException, match="at most 50%"):
        deployment.check(canary, 1)


def test_a_deployment_whose_waits_are_longer_than_its_limit_is_refused(sage: Sage) -> None:
    sage.endpoint("one")
    sage.config("second", "two")
    policy = {**BAKE["BlueGreenUpdatePolicy"], "TerminationWaitInSeconds": 600, "MaximumExecutionTimeoutInSeconds": 600}

    with pytest.raises(ValidationException, match="greater than the total waiting time of the deployment, 720 seconds"):
        sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="second", DeploymentConfig={"BlueGreenUpdatePolicy": policy})


def test_an_invocation_of_a_kind_that_is_not_emulated_is_refused(sage: Sage) -> None:
    sage.endpoint()

    status, _, body = sage.service.invoke("/endpoints/e/invocations", {"x-amzn-sagemaker-target-model": "a.tar.gz"}, b"")

    assert status == 400
    assert b"does not emulate InvokeEndpoint's TargetModel" in body


def test_a_clock_that_is_no_positive_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CLOCK", "0")

    with pytest.raises(ValueError, match="SANDBOX_CLOCK is '0'"):
        waits.clock()


def test_an_update_can_keep_the_live_instance_count(sage: Sage) -> None:
    sage.endpoint("one", instances=2)
    sage.config("second", "two", instances=1)

    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="second", RetainAllVariantProperties=True)

    assert sage.stable()["ProductionVariants"][0]["CurrentInstanceCount"] == 2


def test_an_endpoint_that_changes_refuses_another_change(sage: Sage) -> None:
    sage.endpoint("one")
    sage.config("second", "two")
    sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="second")

    with pytest.raises(ValidationException, match="Cannot update in-progress endpoint"):
        sage.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="first")
    with pytest.raises(ValidationException, match="Cannot update in-progress endpoint"):
        sage.call("DeleteEndpoint", EndpointName="e")
    assert sage.stable()["EndpointConfigName"] == "second"


def test_a_deleted_endpoint_ends_its_process_and_frees_its_name(sage: Sage) -> None:
    sage.endpoint("one")
    pid = sage.invoke()[2]["pid"]

    sage.call("DeleteEndpoint", EndpointName="e")

    wait_until(lambda: not sage.call("ListEndpoints")["Endpoints"])
    assert not psutil.pid_exists(pid)
    with pytest.raises(ValidationException, match='Could not find endpoint "arn:aws:sagemaker:us-east-1:000000000000:endpoint/e"'):
        sage.call("DescribeEndpoint", EndpointName="e")


def test_invocations_are_counted_with_their_latency_in_microseconds(sage: Sage) -> None:
    sage.endpoint()
    for _ in range(3):
        sage.invoke()
    sage.invoke(content_type="application/octet-stream")

    def total(name: str) -> float:
        return sum(value for space, metric, value, _ in list(sage.cloud.metrics) if (space, metric) == ("AWS/SageMaker", name))

    wait_until(lambda: total("Invocations") == 4)
    assert (total("Invocation4XXErrors"), total("Invocation5XXErrors")) == (1, 0)
    latencies = [value for _, name, value, _ in sage.cloud.metrics if name == "ModelLatency"]
    assert len(latencies) == 4
    assert all(10 < value < 5e6 for value in latencies)
    assert {tuple(dimensions.items()) for _, _, _, dimensions in sage.cloud.metrics} == {
        (("EndpointName", "e"), ("VariantName", "AllTraffic"))
    }


@pytest.mark.parametrize("cause", ["missing", "no s3:GetObject", "role without trust"])
def test_a_model_whose_artifact_the_role_cannot_read_is_refused_in_aws_words(sage: Sage, cause: str) -> None:
    if cause == "no s3:GetObject":
        sage.cloud.aws.refused.add("GetObject")
    if cause == "role without trust":
        sage.cloud.untrusting.add(ROLE)
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/runs/none/output/model.tar.gz"}

    with pytest.raises(ValidationException) as refusal:
        sage.call("CreateModel", ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)

    assert refusal.value.message.startswith("Could not access model data at s3://bucket/runs/none/output/model.tar.gz. Please ensure that")
    assert "s3:GetObject" in refusal.value.message


def test_an_artifact_that_is_no_gzip_is_refused(sage: Sage) -> None:
    sage.cloud.aws.objects["bucket", "m.tar.gz"] = b"plain"
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/m.tar.gz"}

    with pytest.raises(ValidationException, match="is not gzipped"):
        sage.call("CreateModel", ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)


def test_a_model_needs_the_right_to_pass_its_role(sage: Sage) -> None:
    sage.cloud.forbidden.add("iam:PassRole")

    with pytest.raises(AccessDeniedException):
        sage.model("m", "one")


@pytest.mark.parametrize("absolute", [False, True], ids=["upwards", "absolute"])
def test_an_artifact_cannot_write_outside_its_folder(tmp_path: Path, absolute: bool) -> None:
    archive = tmp_path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo(str(tmp_path / "outside") if absolute else "../outside")
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))

    with pytest.raises(model_archive.ArchiveError, match=r"Unable to extract model data from model\.tar\.gz: .*outside the destination"):
        model_archive.unpack(archive, tmp_path / "model")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [archive]


def test_a_configuration_of_a_model_that_is_not_there_is_refused(sage: Sage) -> None:
    variant = {"VariantName": "AllTraffic", "ModelName": "none", "InitialInstanceCount": 1, "InstanceType": "ml.m4.xlarge"}

    with pytest.raises(ValidationException, match='Could not find model "arn:aws:sagemaker:us-east-1:000000000000:model/none"'):
        sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant])


def test_more_instances_than_an_endpoint_may_have_are_refused(sage: Sage) -> None:
    with pytest.raises(ResourceLimitExceeded, match="a request delta of 5 Instances"):
        sage.config("c", "one", instances=5)


def test_tags_are_added_listed_and_deleted(sage: Sage) -> None:
    sage.endpoint()
    arn = sage.call("DescribeEndpoint", EndpointName="e")["EndpointArn"]

    sage.call("AddTags", ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sage.call("AddTags", ResourceArn=arn, Tags=[{"Key": "a", "Value": "3"}])
    sage.call("DeleteTags", ResourceArn=arn, TagKeys=["b", "never"])

    assert sage.call("ListTags", ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "3"}]


class Instance:
    """An instance that runs in this process, or in one that has ended."""

    def __init__(self, pid: int, base: Path) -> None:
        self.variant, self.base, self.pid = "AllTraffic", base, pid


def test_each_instance_publishes_its_load_and_one_that_has_ended_does_not(sage: Sage, tmp_path: Path) -> None:
    ended = psutil.Popen(["true"])
    ended.wait()
    stopping, looks = threading.Event(), list[int]()

    def instances() -> list[Instance]:
        looks.append(1)
        if len(looks) == 2:
            stopping.set()
        return [Instance(os.getpid(), tmp_path), Instance(os.getpid(), tmp_path / "gone"), Instance(ended.pid, tmp_path)]

    instance_metrics.publish(sage.cloud, "e", instances, stopping, seconds=0.01)

    found = [(space, name, tuple(dimensions.items())) for space, name, _, dimensions in sage.cloud.metrics]
    dimensions = (("EndpointName", "e"), ("VariantName", "AllTraffic"))
    # Two instances, two looks.
    for name in ("CPUUtilization", "MemoryUtilization", "DiskUtilization"):
        assert found.count(("/aws/sagemaker/Endpoints", name, dimensions)) == 4
    assert len(found) == 12
    assert all(0 < value <= 100 for _, name, value, _ in sage.cloud.metrics if name in {"MemoryUtilization", "DiskUtilization"})


def test_an_endpoint_in_service_publishes_the_load_of_its_instances(sage: Sage) -> None:
    sage.endpoint()

    wait_until(lambda: [each for each in list(sage.cloud.metrics) if each[:2] == ("/aws/sagemaker/Endpoints", "CPUUtilization")])
