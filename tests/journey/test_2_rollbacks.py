"""A bad model: the alarms take it back, and when it got through, people can, whether or not CloudFormation notices what SageMaker does."""

import io
import struct
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import ENDPOINT, SERVING, Shell, wait_until
from tests.journey.traffic import traffic

Parameters = Callable[[], dict[str, str]]


def damaged_model() -> bytes:
    """A model.tar.gz that loads and is healthy, and answers every request with 500: a classifier without a label."""
    parameters = struct.pack("<12id", 2, 5, 5, 1, 5, 1, 3, 3, 0, 0, 0, 100, 1e-4)
    dictionary = struct.pack("<iiiqq", 1, 1, 0, 1, -1) + b"</s>\0" + struct.pack("<qb", 1, 0)
    matrices = struct.pack("<?qq2f", False, 1, 2, 1.0, 1.0) + struct.pack("<?qq", False, 0, 2)
    content, packed = struct.pack("<ii", 793712314, 12) + parameters + dictionary + matrices, io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("model.bin")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture(scope="module")
def bad(
    first_run: Any,
    train: Callable[..., Any],
    live_model: Callable[[str], None],
    deployed: Shell,
    account: Sandbox,
    parameters: Parameters,
) -> Iterator[Any]:
    """A run whose artifact was damaged after its promotion and the way back from it; new models are watched for a quarter of an hour."""
    wait_until(lambda: parameters()["ModelDataUrl"], what="a live model")
    deployed.cdk("deploy", "--all", "--require-approval", "never", "-c", "endpointBakeSeconds=900")
    run = train("--epochs", "6")
    live_model(run["job"])
    deployed.blazingtext("rollback")
    bucket, _, key = run["artifact"].removeprefix("s3://").partition("/")
    account.boto3("s3").put_object(Bucket=bucket, Key=key, Body=damaged_model())
    yield run
    wait_until(lambda: not ringing(account), what="silence: an alarm that rings would take back what others promote")
    deployed.cdk("deploy", "--all", "--require-approval", "never")


@pytest.fixture(scope="module")
def good(bad: Any, parameters: Parameters) -> str:
    """The artifact of the model that is live before anything happens."""
    return parameters()["ModelDataUrl"]


def ringing(account: Sandbox) -> list[str]:
    """The alarms of the endpoint that ring."""
    alarms = account.boto3("cloudwatch").describe_alarms(AlarmNamePrefix=SERVING, StateValue="ALARM")["MetricAlarms"]
    return [alarm["AlarmName"] for alarm in alarms]


def answers(deployed: Shell) -> bool:
    return deployed.blazingtext("predict", "music", code=None).code == 0


def test_a_bad_model_under_traffic_makes_its_alarm_ring_and_goes_back_by_itself(
    bad: Any, good: str, deployed: Shell, parameters: Parameters, news: Callable[[], list[str]], account: Sandbox
) -> None:
    with traffic(account, ENDPOINT):
        refused = deployed.blazingtext("promote", bad["job"], code=1)

    assert "alarm(s) have been activated" in refused.err
    assert parameters()["ModelDataUrl"] == good
    assert answers(deployed)
    wait_until(lambda: any(f"SageMaker rolls an update of the endpoint {ENDPOINT} back" in message for message in news()), what="the news")
    wait_until(lambda: any(f"an update of {SERVING} was rolled back" in message for message in news()), what="CloudFormation's news")


def test_a_bad_model_that_got_through_is_rolled_back_while_the_alarm_rings(
    bad: Any, good: str, deployed: Shell, parameters: Parameters, account: Sandbox
) -> None:
    deployed.blazingtext("promote", bad["job"], "--no-auto-rollback")
    assert parameters()["ModelDataUrl"] == bad["artifact"]
    assert not answers(deployed)

    with traffic(account, ENDPOINT):
        wait_until(lambda: len([name for name in ringing(account) if "Errors" in name]) == 2, what="the alarms of server and model errors")
        deployed.blazingtext("rollback")

    assert parameters()["ModelDataUrl"] == good
    assert answers(deployed)
    assert ringing(account)
    assert "AutoRollbackConfiguration" not in account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["LastDeploymentConfig"]


def test_an_endpoint_with_a_bad_model_is_paused_while_the_alarm_rings_and_comes_back_with_the_good_one(
    bad: Any, good: str, deployed: Shell, parameters: Parameters, account: Sandbox
) -> None:
    deployed.blazingtext("rollback")
    assert parameters()["ModelDataUrl"] == bad["artifact"]
    with traffic(account, ENDPOINT):
        wait_until(lambda: ringing(account), what="the alarm")
        deployed.blazingtext("pause")

    assert not account.boto3("sagemaker").list_endpoints()["Endpoints"]
    deployed.blazingtext("rollback")
    deployed.blazingtext("resume")

    assert (parameters()["ModelDataUrl"], parameters()["AutoRollback"]) == (good, "on")
    assert answers(deployed)


@pytest.fixture
def silent(account: Sandbox) -> Iterator[None]:
    account.endpoint_rollbacks = "silent"
    yield
    account.endpoint_rollbacks = "noticed"


@pytest.mark.usefixtures("silent")
def test_a_rollback_that_cloudformation_does_not_notice_is_said_by_everyone_and_mended_by_one_command(
    bad: Any, good: str, deployed: Shell, parameters: Parameters, news: Callable[[], list[str]], account: Sandbox
) -> None:
    with traffic(account, ENDPOINT):
        promoted = deployed.blazingtext("promote", bad["job"], code=1)

    status, verified = deployed.blazingtext("status"), deployed.blazingtext("verify", code=1)
    stack = account.boto3("cloudformation").describe_stacks(StackName=SERVING)["Stacks"][0]
    assert (stack["StackStatus"], parameters()["ModelDataUrl"]) == ("UPDATE_COMPLETE", bad["artifact"])
    for ran in (promoted, status, verified):
        assert "CloudFormation did not notice" in ran.err
        assert "blazingtext verify --repair" in ran.err
    wait_until(lambda: any("CloudFormation did not notice" in message for message in news()), what="the promoter's news")
    assert answers(deployed)
    assert "blazingtext verify --repair" in deployed.blazingtext("rollback", code=2).err

    deployed.blazingtext("verify", "--repair")

    assert (parameters()["ModelDataUrl"], parameters()["PreviousModelDataUrl"]) == (good, bad["artifact"])
    assert deployed.blazingtext("verify", "--json").json()["problems"] == []
    assert answers(deployed)
