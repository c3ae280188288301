from typing import Any, cast

import pytest

from blazingtext_lifecycle import live_endpoint
from blazingtext_lifecycle.errors import AccessDeniedError
from blazingtext_lifecycle.live_endpoint import LiveEndpoint
from blazingtext_lifecycle.live_model import ServingStack
from tests.unit.lifecycle.aws_fakes import FakeSageMaker, client_error

LIVE = {"ModelDataUrl": "s3://b/runs/new/output/model.tar.gz", "EndpointState": "running"}


def stack(status: str = "UPDATE_COMPLETE", configuration: str = "new-config", **parameters: str) -> ServingStack:
    return ServingStack("blazingtext-dev-serving", status, {**LIVE, **parameters}, configuration=configuration)


def endpoint(status: str = "InService", configuration: str = "new-config") -> LiveEndpoint:
    return LiveEndpoint("blazingtext-dev", status, configuration)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (stack(), endpoint()),
        (stack("UPDATE_IN_PROGRESS"), endpoint(configuration="old-config")),
        (stack("UPDATE_ROLLBACK_FAILED"), endpoint(configuration="old-config")),
        (stack(), endpoint("Updating", "old-config")),
        (stack(), endpoint("RollingBack", "old-config")),
        (stack(configuration=""), endpoint(configuration="whatever an older template made")),
        (stack(EndpointState="paused"), LiveEndpoint("blazingtext-dev")),
        (stack(ModelDataUrl=""), LiveEndpoint("blazingtext-dev")),
        (stack(EndpointState="paused"), endpoint("Deleting")),
    ],
)
def test_what_is_as_the_stack_says_or_may_still_become_so_is_no_difference(said: ServingStack, found: LiveEndpoint) -> None:
    assert live_endpoint.difference(said, found) == ""


@pytest.mark.parametrize(
    ("said", "found", "words"),
    [
        (
            stack(),
            endpoint(configuration="old-config"),
            "serves new (configuration new-config), but it serves the configuration old-config",
        ),
        (stack("UPDATE_ROLLBACK_COMPLETE"), endpoint(configuration="old-config"), "CloudFormation did not notice"),
        (stack(), LiveEndpoint("blazingtext-dev"), "there is no such endpoint"),
        (stack(EndpointState="paused"), endpoint(), "blazingtext-dev exists, and bills"),
        (stack(ModelDataUrl=""), endpoint(), "blazingtext-dev exists, and bills"),
    ],
)
def test_a_difference_is_said_in_words(said: ServingStack, found: LiveEndpoint, words: str) -> None:
    assert words in live_endpoint.difference(said, found)


def test_an_endpoint_that_is_not_there_has_no_status() -> None:
    sagemaker = FakeSageMaker()
    assert live_endpoint.describe(cast("Any", sagemaker), "dev") == LiveEndpoint("blazingtext-dev")

    sagemaker.endpoint = lambda: {"EndpointStatus": "InService", "EndpointConfigName": "c"}

    assert live_endpoint.describe(cast("Any", sagemaker), "dev") == LiveEndpoint("blazingtext-dev", "InService", "c")


def test_the_command_that_repairs_names_the_stage_unless_it_is_the_default() -> None:
    assert live_endpoint.repair_command("dev") == "blazingtext verify --repair"
    assert live_endpoint.repair_command("prod") == "blazingtext verify --repair --stage prod"


def test_an_endpoint_that_may_not_be_looked_at_is_not_taken_for_one_that_is_gone() -> None:
    sagemaker = FakeSageMaker()

    def refuse() -> dict[str, str]:
        raise client_error("AccessDeniedException", "no")

    sagemaker.endpoint = refuse

    with pytest.raises(AccessDeniedError, match="look at the endpoint blazingtext-dev"):
        live_endpoint.describe(cast("Any", sagemaker), "dev")
