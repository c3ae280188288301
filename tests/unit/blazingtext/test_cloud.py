"""How the clients of a stage are made, and what its stacks' outputs are."""

from typing import Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from blazingtext.cloud import Cloud
from blazingtext.errors import NotDeployedError
from blazingtext_lifecycle import naming
from tests.unit.blazingtext.cloud_fakes import BUCKET, FakeStacks, cloud
from tests.unit.lifecycle.aws_fakes import MACHINE, client_error

SERVICES = {
    "cloudformation": "cloudformation",
    "s3": "s3",
    "functions": "lambda",
    "logs": "logs",
    "sagemaker": "sagemaker",
    "runtime": "sagemaker-runtime",
    "stepfunctions": "stepfunctions",
}


class Session:
    """A session that answers with what it was asked for."""

    region_name = "us-east-1"

    def client(self, service: str, *, region_name: str | None, config: Config) -> tuple[str, str | None, Config]:
        return service, region_name, config


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_clients_are_of_the_chosen_region_and_patient(region: str | None) -> None:
    stage = Cloud("dev", cast("boto3.Session", Session()), region)

    made: dict[str, Any] = {name: getattr(stage, name) for name in SERVICES} | {"tagging": stage.client("resourcegroupstaggingapi")}

    assert {name: each[0] for name, each in made.items()} == SERVICES | {"tagging": "resourcegroupstaggingapi"}
    assert {each[1] for each in made.values()} == {region}
    for name, (_, _, config) in made.items():
        # The launcher waits for its corpus; a repeated call would only be slow, so the one has the time to connect that six have.
        attempts, *patience = (1, 60, 150) if name == "functions" else (6, 10, 70)
        assert config.retries["total_max_attempts"] == attempts, name
        assert attempts == 1 or config.retries["mode"] == "standard", name
        assert ([config.connect_timeout, config.read_timeout], config.user_agent_extra) == (patience, "blazingtext-cdk"), name


def test_the_region_is_the_chosen_one_or_the_sessions_or_none() -> None:
    stage = Cloud("dev", cast("boto3.Session", Session()))
    assert (stage.region, stage.elsewhere("eu-west-1").region, stage.elsewhere("eu-west-1").stage) == ("us-east-1", "eu-west-1", "dev")
    nowhere = Session()
    nowhere.region_name = ""
    assert Cloud("dev", cast("boto3.Session", nowhere)).region == ""


def test_outputs_are_those_of_the_stages_stacks() -> None:
    stage = cloud()
    assert (stage.bucket, stage.launcher, stage.serving_update) == (BUCKET, "launcher", MACHINE)


@pytest.mark.parametrize("status", ["", "REVIEW_IN_PROGRESS"])
def test_a_stack_that_is_not_there_yet_says_where_and_how_to_deploy(status: str) -> None:
    stacks = FakeStacks()
    if status:
        stacks.statuses["storage"] = status
    else:
        del stacks.statuses["storage"]

    with pytest.raises(NotDeployedError, match=r"blazingtext-dev-storage does not exist in us-east-1\. Stage dev is not deployed"):
        _ = cloud(cloudformation=stacks).bucket


def test_an_output_that_is_missing_is_named() -> None:
    with pytest.raises(NotDeployedError, match=r"blazingtext-dev-storage has no output HostingRoleArn"):
        cloud().output("blazingtext-dev-storage", naming.Output.HOSTING_ROLE_ARN)


def test_another_refusal_is_not_a_missing_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    stacks = FakeStacks()

    def refuse(**_: Any) -> None:
        raise client_error("ValidationError", "1 validation error detected")

    monkeypatch.setattr(stacks, "describe_stacks", refuse)

    with pytest.raises(Exception, match="1 validation error detected") as caught:
        cloud(cloudformation=stacks).find_stack("x")
    assert isinstance(caught.value.__cause__, ClientError)
    assert "look at the stack x" in str(caught.value)
