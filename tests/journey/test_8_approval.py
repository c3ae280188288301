"""A stage whose models a person approves: registered, approved from outside, rolled back, rejected, and gone without a trace.

Its data is encrypted with a key of its own, and its people have the policies that the stack makes for them.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from blazingtext_lifecycle.environments import Approval, AutoPromote
from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build
from tests.covering import covers
from tests.journey.story import ROOT, Shell, wait_for_model, wait_until
from tests.parity.iam_support import Roles

STAGE = "review"
SETTINGS = Settings(
    stage=STAGE,
    approval=Approval.MANUAL,
    auto_promote=AutoPromote.ALWAYS,
    delete_data=True,
    endpoint_bake_seconds=0,
    kms_key="make",
    people_policies=True,
    tags={"cost-center": "42"},
)


@dataclass(frozen=True)
class Reviewed:
    """The account, a shell in it, and the stage's assembly."""

    account: Sandbox
    shell: Shell
    assembly: Path

    def blazingtext(self, *arguments: str, **options: Any) -> Any:
        return self.shell.blazingtext("--stage", STAGE, *arguments, **options)

    def output(self, name: str) -> str:
        (found,) = self.account.boto3("cloudformation").describe_stacks(StackName=f"blazingtext-{STAGE}-training")["Stacks"]
        return str(next(each["OutputValue"] for each in found["Outputs"] if each["OutputKey"] == name))

    def models(self) -> dict[int, Any]:
        return {each["version"]: each for each in self.blazingtext("models", "list", "--json").json()["models"]}

    def has(self, version: int) -> bool:
        return version in self._arns()

    def package(self, version: int) -> Any:
        return self.account.boto3("sagemaker").describe_model_package(ModelPackageName=self._arns()[version])

    def _arns(self) -> dict[int, str]:
        group = self.output("ModelPackageGroupName")
        found = self.account.boto3("sagemaker").list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
        return {each["ModelPackageVersion"]: each["ModelPackageArn"] for each in found}

    def status(self) -> Any:
        return self.blazingtext("status", "--json").json()

    def wait_for(self, version: int) -> None:
        """Waits until a version is live, and the endpoint is in service with it."""
        wait_for_model(self.account, self.package(version)["ModelPackageDescription"], STAGE)

    def train(self, epochs: str, *options: str) -> str:
        ran = self.blazingtext("train", "--corpus", "wiki", "--epochs", epochs, *options, "--watch", "--json").json()
        return str(ran["job"])


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviewed]:
    with Sandbox(home=tmp_path_factory.mktemp("approval")) as account:
        environment = {**account.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        assembly = tmp_path_factory.mktemp("review") / "cdk.out"
        shell, iam = Shell(environment, assembly), account.boto3("iam")
        policies = []
        for name in ("execution", "company"):
            document = (ROOT / "bootstrap" / f"{name}-policy.json").read_text(encoding="utf-8")
            policies.append(iam.create_policy(PolicyName=f"blazingtext-{name}", PolicyDocument=document)["Policy"]["Arn"])
        shell.cdk("bootstrap", "aws://000000000000/us-east-1", "--cloudformation-execution-policies", ",".join(policies))
        app = cdk.App(outdir=str(assembly), context=json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])
        build(app, SETTINGS)
        app.synth()
        shell.run("cdk", "deploy", "--app", str(assembly), "--all", "--require-approval", "never")
        text = tmp_path_factory.mktemp("corpus") / "wiki.txt"
        shell.blazingtext("corpus", "sample", str(text))
        text.write_bytes(text.read_bytes()[:1_000_000])
        yield_ = Reviewed(account, shell, assembly)
        yield_.blazingtext("upload", str(text), "--corpus", "wiki")
        yield yield_


@pytest.fixture(scope="module")
def first(reviewed: Reviewed) -> str:
    """A finished run, which is version 1."""
    job = reviewed.train("1", "--tag", "git-revision=0a1b2c3")
    wait_until(lambda: reviewed.has(1), what="the first version")
    return job


@pytest.fixture(scope="module")
def second(reviewed: Reviewed, first: str) -> str:
    """A later run, which is version 2."""
    job = reviewed.train("2")
    wait_until(lambda: reviewed.has(2), what="the second version")
    return job


@pytest.fixture(scope="module")
def as_person(reviewed: Reviewed) -> Iterator[Callable[..., Any]]:
    """Runs a command as somebody who has one of the policies for people and nothing else."""
    roles = Roles(reviewed.account)
    arns = {who: roles.make(who, managed=(reviewed.output(f"{who}PolicyArn"),)) for who in ("ReadOnly", "DataScientist", "Operator")}

    def act(who: str, *arguments: str, code: int | None = 0) -> Any:
        return reviewed.shell.acting(reviewed.account, arns[who]).blazingtext("--stage", STAGE, *arguments, code=code)

    yield act
    roles.remove()


def test_a_finished_run_waits_in_the_registry_and_is_not_live(reviewed: Reviewed, first: str) -> None:
    found = reviewed.status()

    assert (found["live"], found["version"], found["waiting"]) == ("", None, [1])
    assert (reviewed.models()[1]["job"], reviewed.models()[1]["approval"]) == (first, "PendingManualApproval")


def test_its_version_says_where_it_comes_from_under_the_stages_key_and_tags(reviewed: Reviewed, first: str) -> None:
    sagemaker, s3 = reviewed.account.boto3("sagemaker"), reviewed.account.boto3("s3")
    package, job = reviewed.package(1), sagemaker.describe_training_job(TrainingJobName=first)
    metrics = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, _, key = metrics.removeprefix("s3://").partition("/")
    document = s3.get_object(Bucket=bucket, Key=key)
    group = sagemaker.describe_model_package_group(ModelPackageGroupName=reviewed.output("ModelPackageGroupName"))
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=group["ModelPackageGroupArn"])["Tags"]}
    of_job = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]}

    assert package["MetadataProperties"] == {"GeneratedBy": job["TrainingJobArn"], "CommitId": "0a1b2c3"}
    told = package["CustomerMetadataProperties"]
    assert (told["corpus"], told["hyperparameter/epochs"], told["git-revision"]) == ("wiki", "1", "0a1b2c3")
    assert told["corpus-hash"] == of_job["blazingtext:corpus-hash"]
    assert json.loads(document["Body"].read())["word_vector_metrics"].keys() == {"mean_rho"}
    assert document["SSEKMSKeyId"] == package["SecurityConfig"]["KmsKeyId"]
    assert (tags["blazingtext:stage"], tags["cost-center"]) == (STAGE, "42")


@covers("models list", "--limit")
def test_everybody_may_look_at_the_models(as_person: Callable[..., Any], first: str) -> None:
    shown = as_person("ReadOnly", "models", "list")
    listed = as_person("DataScientist", "models", "list", "--limit", "1", "--json").json()
    refused = as_person("ReadOnly", "models", "list", "--limit", "0", code=2)

    assert (first in shown.out, "PendingManualApproval" in shown.out) == (True, True)
    assert [each["job"] for each in listed["models"]] == [first]
    assert "--limit" in refused.err


def test_who_trains_does_not_approve(as_person: Callable[..., Any], reviewed: Reviewed, first: str) -> None:
    for arguments in (("models", "approve", "1"), ("models", "reject", "1"), ("promote", "--version", "1"), ("promote", first)):
        refused = as_person("DataScientist", *arguments, code=2)
        assert "sagemaker:UpdateModelPackage" in refused.err, arguments
    assert reviewed.models()[1]["approval"] == "PendingManualApproval"


def test_an_approval_from_any_client_puts_a_version_into_service(reviewed: Reviewed, first: str) -> None:
    arn = reviewed.package(1)["ModelPackageArn"]

    reviewed.account.boto3("sagemaker").update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")

    reviewed.wait_for(1)
    assert (reviewed.status()["live"], reviewed.status()["waiting"]) == (first, [])
    assert "king" in reviewed.blazingtext("predict", "king").out


@covers("models approve", "--comment")
def test_an_operator_approves_the_second_run_which_goes_live(
    as_person: Callable[..., Any], reviewed: Reviewed, first: str, second: str
) -> None:
    assert reviewed.status()["live"] == first

    done = as_person("Operator", "models", "approve", "2", "--comment", "looks fine", "--json").json()
    unknown = as_person("Operator", "models", "approve", "77", code=2)

    assert (done["version"], done["approval"], done["goes_live"]) == (2, "Approved", True)
    assert "There is no version 77" in unknown.err
    reviewed.wait_for(2)
    assert (reviewed.status()["live"], reviewed.models()[2]["comment"]) == (second, "looks fine")


@covers("rollback", "--to")
def test_a_rollback_goes_to_the_version_that_is_named(as_person: Callable[..., Any], reviewed: Reviewed, first: str, second: str) -> None:
    back = as_person("Operator", "rollback", "--to", "1", "--json").json()
    unknown = reviewed.blazingtext("rollback", "--to", "77", code=2)

    assert (back["live"], back["previous"]) == (first, second)
    assert "There is no version 77" in unknown.err
    assert {number: (each["live"], each["previous"]) for number, each in reviewed.models().items()} == {1: (True, False), 2: (False, True)}


@covers("models reject", "--comment")
def test_what_is_rejected_is_not_served_again(as_person: Callable[..., Any], reviewed: Reviewed, second: str) -> None:
    done = as_person("Operator", "models", "reject", second, "--comment", "worse", "--json").json()
    refused = reviewed.blazingtext("rollback", "--to", second, code=2)

    assert (done["approval"], reviewed.models()[2]["comment"]) == ("Rejected", "worse")
    assert "serves approved models only" in refused.err


@covers("promote", "--version")
def test_a_version_that_is_promoted_by_its_number_is_approved_by_that(
    as_person: Callable[..., Any], reviewed: Reviewed, second: str
) -> None:
    done = as_person("Operator", "promote", "--version", "2", "--json").json()
    both = reviewed.blazingtext("promote", second, "--version", "2", code=2)

    assert (done["live"], reviewed.models()[2]["approval"]) == (second, "Approved")
    assert "JOB and --version name two models" in both.err
    assert reviewed.status()["dead_letters"] == []


@covers("models register")
def test_a_run_whose_version_was_deleted_gets_another_when_it_is_asked_for(
    as_person: Callable[..., Any], reviewed: Reviewed, first: str, second: str
) -> None:
    known = as_person("Operator", "models", "register", first)
    reviewed.account.boto3("sagemaker").delete_model_package(ModelPackageName=reviewed.package(1)["ModelPackageArn"])

    again = as_person("Operator", "models", "register", first, "--json").json()
    unknown = as_person("Operator", "models", "register", f"blazingtext-{STAGE}-bogus", code=2)

    assert known.out == "1\n"
    assert (again["number"], again["job"], again["approval"]) == (3, first, "PendingManualApproval")
    assert "There is no training job" in unknown.err


def test_destroying_the_stage_leaves_no_version_and_no_group(reviewed: Reviewed, second: str) -> None:
    group = reviewed.output("ModelPackageGroupName")
    before = reviewed.blazingtext("audit", "--json", code=1).json()

    reviewed.shell.run("cdk", "destroy", "--app", str(reviewed.assembly), "--all", "--force")

    assert [(each["name"], each["detail"]) for each in before["left"] if each["kind"] == "model package group"] == [(group, "2 versions")]
    assert not reviewed.blazingtext("audit", "--json").json()["left"]
    sagemaker = reviewed.account.boto3("sagemaker")
    assert sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
    assert sagemaker.list_model_packages(ModelPackageType="Both")["ModelPackageSummaryList"] == []


def test_versions_that_are_kept_are_named_and_not_in_the_way_of_the_next_deployment(
    reviewed: Reviewed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kept = replace(reviewed, assembly=tmp_path_factory.mktemp("kept") / "cdk.out")
    app = cdk.App(outdir=str(kept.assembly), context=json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])
    build(app, Settings(stage="kept", approval=Approval.MANUAL))
    app.synth()
    sagemaker, cloudformation = kept.account.boto3("sagemaker"), kept.account.boto3("cloudformation")

    def deploy() -> str:
        """The stage without its serving stack; the name of its group."""
        kept.shell.run("cdk", "deploy", "--app", str(kept.assembly), "*torage", "*raining", "--require-approval", "never")
        (found,) = cloudformation.describe_stacks(StackName="blazingtext-kept-training")["Stacks"]
        return str(next(each["OutputValue"] for each in found["Outputs"] if each["OutputKey"] == "ModelPackageGroupName"))

    def destroy() -> None:
        kept.shell.run("cdk", "destroy", "--app", str(kept.assembly), "*torage", "*raining", "--force")

    first = deploy()
    container = {"Containers": [{"Image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/mine:1"}]}
    version = sagemaker.create_model_package(ModelPackageGroupName=first, InferenceSpecification=container)["ModelPackageArn"]
    destroy()
    left = {each["name"]: each for each in kept.shell.blazingtext("audit", "--stage", "kept", "--json", code=1).json()["left"]}
    second = deploy()
    destroy()

    assert (left[first]["kind"], left[first]["detail"]) == ("model package group", "1 version")
    assert left[first]["remove"].startswith("for version in $(aws sagemaker list-model-packages")
    assert sagemaker.describe_model_package(ModelPackageName=version)["ModelPackageVersion"] == 1
    assert second != first
    groups = {each["ModelPackageGroupName"] for each in sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]}
    assert {name for name in groups if name.startswith("blazingtext-kept-")} == {first, second}
