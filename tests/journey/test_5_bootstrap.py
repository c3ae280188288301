"""The bootstrap is removed as docs/costs.md says, and can then be made again."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import ROOT, Shell

BOOTSTRAP = ("bootstrap", "aws://000000000000/us-east-1")
BUCKET = "cdk-blzgtxt-assets-000000000000-us-east-1"
STACK = "CDKToolkit-blazingtext"


@pytest.fixture(scope="module")
def empty_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """An account of its own: the other files' stages need their bootstrap."""
    with Sandbox(home=tmp_path_factory.mktemp("bootstrap")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def person(empty_account: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    environment = {**empty_account.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return Shell(environment, tmp_path_factory.mktemp("cdk") / "cdk.out")


def documented_removal() -> str:
    """The block of docs/costs.md that removes the bootstrap."""
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs/costs.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if STACK in block]
    return str(block)


def test_a_bootstrap_removed_as_documented_can_be_made_again(person: Shell, empty_account: Sandbox) -> None:
    s3, cloudformation = empty_account.boto3("s3"), empty_account.boto3("cloudformation")
    person.cdk(*BOOTSTRAP)
    for _ in range(2):
        s3.put_object(Bucket=BUCKET, Key="asset.zip", Body=b"an asset")
    s3.delete_object(Bucket=BUCKET, Key="asset.zip")

    # Without the bucket's removal the account is stranded, as in AWS: the template keeps the bucket.
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]
    stranded = person.cdk(*BOOTSTRAP, code=1)
    assert "ROLLBACK_COMPLETE" in stranded.out + stranded.err

    person.run("bash", "-euc", documented_removal())

    assert not s3.list_buckets()["Buckets"]
    assert STACK not in {stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]}
    person.cdk(*BOOTSTRAP)
    assert cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]
