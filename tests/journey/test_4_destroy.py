"""The end: everything goes, whatever is running."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import STACKS, Shell, wait_for_training


def test_destroy_stops_a_running_job_and_leaves_nothing(
    first_run: Any, deployed: Shell, account: Sandbox, corpus: Path, parameters: Callable[[], dict[str, str]]
) -> None:
    sagemaker = account.boto3("sagemaker")
    job = deployed.blazingtext("train", "--corpus", "wiki", "--epochs", "100000", "--json").json()["job"]
    wait_for_training(account, job)
    assert deployed.blazingtext("audit", code=1).out

    with pytest.raises(ClientError, match="blazingtext-dev-storage-in-use is imported by"):
        account.boto3("cloudformation").delete_stack(StackName="blazingtext-dev-storage")

    deployed.cdk("destroy", "--all", "--force")

    audit = deployed.blazingtext("audit", "--json").json()
    stacks = {stack["StackName"] for stack in account.boto3("cloudformation").describe_stacks()["Stacks"]}
    assert not audit["left"]
    assert stacks.isdisjoint(STACKS)
    assert not sagemaker.list_training_jobs()["TrainingJobSummaries"]
    assert not sagemaker.list_endpoints()["Endpoints"]
    assert not sagemaker.list_models()["Models"]
    assert not [group for group in account.boto3("logs").describe_log_groups()["logGroups"] if "blazingtext" in group["logGroupName"]]
    assert not account.boto3("sqs").list_queues().get("QueueUrls")


def test_a_destroy_that_is_repeated_does_nothing(deployed: Shell) -> None:
    deployed.cdk("destroy", "--all", "--force")

    assert not deployed.blazingtext("audit", "--json").json()["left"]
