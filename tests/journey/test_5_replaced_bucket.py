"""A deployment that replaces the bucket keeps the old one as it is, even where `cdk destroy` empties buckets."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import STACKS, Shell, wait_until

STORAGE = STACKS[0]
KEY = "corpora/wiki/train/text"
NEW = "blazingtext-dev-storage-second"


@pytest.fixture(scope="module")
def account_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(home=tmp_path_factory.mktemp("replaced")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def old_bucket(account_of_its_own: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bucket of a deployed Storage stack whose settings say that destroying it deletes the data; with two versions of an object."""
    environment = {**account_of_its_own.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    shell = Shell(environment, tmp_path_factory.mktemp("cdk") / "cdk.out")
    shell.cdk("bootstrap", "aws://000000000000/us-east-1")
    shell.cdk("deploy", "*torage*", "--require-approval", "never")
    name = bucket_of(account_of_its_own)
    for text in (b"first", b"second"):
        account_of_its_own.boto3("s3").put_object(Bucket=name, Key=KEY, Body=text)
    return name


def bucket_of(account: Sandbox) -> str:
    """The bucket that the stack has now."""
    (stack,) = account.boto3("cloudformation").describe_stacks(StackName=STORAGE)["Stacks"]
    return str({item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}["BucketName"])


def versions(account: Sandbox, bucket: str) -> list[str]:
    found = account.boto3("s3").list_object_versions(Bucket=bucket)
    assert not found.get("DeleteMarkers")
    return [each["Key"] for each in found.get("Versions", [])]


def test_a_replaced_bucket_is_never_emptied(account_of_its_own: Sandbox, old_bucket: str) -> None:
    account, cloudformation = account_of_its_own, account_of_its_own.boto3("cloudformation")
    found = cloudformation.get_template(StackName=STORAGE)["TemplateBody"]
    template = json.loads(found) if isinstance(found, str) else json.loads(json.dumps(found))
    (bucket,) = [each for each in template["Resources"].values() if each["Type"] == "AWS::S3::Bucket"]
    (emptier,) = [each for each in template["Resources"].values() if each["Type"] == "Custom::EmptyBucket"]
    # A name can only be given by making another bucket. Whoever destroys this stage loses its data; whoever deploys it does not.
    bucket["Properties"]["BucketName"] = NEW
    assert (bucket["DeletionPolicy"], emptier.get("DeletionPolicy", "Delete")) == ("Delete", "Delete")

    cloudformation.update_stack(
        StackName=STORAGE, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
    )

    def status() -> str:
        current = str(cloudformation.describe_stacks(StackName=STORAGE)["Stacks"][0]["StackStatus"])
        return "" if current.endswith("IN_PROGRESS") else current

    assert wait_until(status, what="the update") == "UPDATE_COMPLETE"
    assert bucket_of(account) == NEW
    assert versions(account, old_bucket) == [KEY, KEY]

    # Nor is it emptied when the stack goes, which empties and deletes the bucket that it has by then.
    account.boto3("s3").put_object(Bucket=NEW, Key=KEY, Body=b"third")
    cloudformation.delete_stack(StackName=STORAGE)

    def gone() -> bool:
        return STORAGE not in {each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]}

    wait_until(gone, what="the deletion")
    assert {each["Name"] for each in account.boto3("s3").list_buckets()["Buckets"]} & {old_bucket, NEW} == {old_bucket}
    assert versions(account, old_bucket) == [KEY, KEY]
