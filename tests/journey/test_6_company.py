"""A life in a company's account: every setting for companies on, from the first deployment to the last object.

CloudFormation has the project's two policies and may make no role without the company's boundary; people have the three policies that the
stack makes for them.
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
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build
from tests.journey.story import ROOT, Shell, wait_for_model
from tests.parity.iam_support import Roles, code_of

STAGE = "corp"
ACCOUNT = "000000000000"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/company-boundary"
PEOPLE = ("ReadOnly", "DataScientist", "Operator")
TAGS = {"cost-center": "42", "team": "search"}


@dataclass(frozen=True)
class Company:
    """The account, a shell in it, the stage's outputs, and the network that its jobs run in."""

    account: Sandbox
    shell: Shell
    assembly: Path
    vpc: dict[str, list[str]]

    def output(self, stack: str, name: str) -> str:
        (found,) = self.account.boto3("cloudformation").describe_stacks(StackName=f"blazingtext-{STAGE}-{stack}")["Stacks"]
        return str(next(each["OutputValue"] for each in found["Outputs"] if each["OutputKey"] == name))

    def key(self) -> str:
        (key,) = (each for each in self.resources("storage") if each["ResourceType"] == "AWS::KMS::Key")
        return str(self.account.boto3("kms").describe_key(KeyId=key["PhysicalResourceId"])["KeyMetadata"]["Arn"])

    def resources(self, stack: str) -> list[dict[str, Any]]:
        found = self.account.boto3("cloudformation").describe_stack_resources(StackName=f"blazingtext-{STAGE}-{stack}")
        return [dict(each) for each in found["StackResources"]]

    def bucket(self) -> str:
        return self.output("storage", "BucketName")

    def blazingtext(self, *arguments: str, **options: Any) -> Any:
        return self.shell.blazingtext("--stage", STAGE, *arguments, **options)


def only_within_the_boundary() -> dict[str, Any]:
    """What a company adds to CloudFormation's policies: docs/company.md shows it."""
    page = (ROOT / "docs" / "company.md").read_text(encoding="utf-8")
    (block,) = (part.partition("```")[0] for part in page.split("```json")[1:] if "OnlyWithinTheBoundary" in part)
    return dict(json.loads(block.replace("111122223333", ACCOUNT)))


def network(account: Sandbox) -> dict[str, list[str]]:
    ec2 = account.boto3("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in (1, 2)]
    group = ec2.create_security_group(GroupName="trainings", Description="Trainings", VpcId=vpc)["GroupId"]
    return {"Subnets": subnets, "SecurityGroupIds": [group]}


def policy(account: Sandbox, name: str, document: dict[str, Any]) -> str:
    return str(account.boto3("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(document))["Policy"]["Arn"])


def settings(vpc: dict[str, list[str]]) -> Settings:
    return Settings(
        stage=STAGE,
        delete_data=True,
        endpoint_bake_seconds=0,
        kms_key="make",
        vpc_subnets=tuple(vpc["Subnets"]),
        vpc_security_groups=tuple(vpc["SecurityGroupIds"]),
        training_network_isolation=True,
        training_traffic_encryption=True,
        permissions_boundary=BOUNDARY.rpartition("/")[2],
        tags=TAGS,
        access_log_bucket="company-access-logs",
        dashboard=True,
        people_policies=True,
    )


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with Sandbox(home=tmp_path_factory.mktemp("company")) as account:
        environment = {**account.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        assembly = tmp_path_factory.mktemp("corp") / "cdk.out"
        shell, vpc = Shell(environment, assembly), network(account)
        account.boto3("s3").create_bucket(Bucket="company-access-logs")
        bounds = [
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
        ]
        assert policy(account, "company-boundary", {"Version": "2012-10-17", "Statement": bounds}) == BOUNDARY
        documents = [
            json.loads((ROOT / "bootstrap" / f"{name}-policy.json").read_text(encoding="utf-8")) for name in ("execution", "company")
        ]
        names = ("blazingtext-deployment", "blazingtext-company", "company-bounds")
        policies = [policy(account, name, each) for name, each in zip(names, [*documents, only_within_the_boundary()], strict=True)]
        shell.cdk("bootstrap", f"aws://{ACCOUNT}/us-east-1", "--cloudformation-execution-policies", ",".join(policies))
        app = cdk.App(outdir=str(assembly), context=json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])
        build(app, settings(vpc))
        app.synth()
        shell.run("cdk", "deploy", "--app", str(assembly), "--all", "--require-approval", "never")
        yield Company(account, shell, assembly, vpc)


@pytest.fixture(scope="module")
def run(company: Company, corpus: Path) -> Any:
    """A finished training job, whose model is live."""
    company.blazingtext("upload", str(corpus), "--corpus", "wiki")
    ran = company.blazingtext("train", "--corpus", "wiki", "--epochs", "1", "--watch", "--json").json()
    wait_for_model(company.account, ran["job"], STAGE)
    return ran


def test_every_role_has_the_companys_boundary(company: Company) -> None:
    iam = company.account.boto3("iam")
    roles = [each["PhysicalResourceId"] for stack in ("storage", "training") for each in company.resources(stack)
             if each["ResourceType"] == "AWS::IAM::Role"]  # fmt: skip

    assert len(roles) >= 6
    assert {iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] for role in roles} == {BOUNDARY}


def test_cloudformation_makes_no_role_without_the_boundary(company: Company) -> None:
    app = cdk.App(outdir=str(company.assembly.with_name("unbounded")), context={"@aws-cdk/core:bootstrapQualifier": "blzgtxt"})
    vpc = company.vpc
    build(app, replace(settings(vpc), stage="loose", permissions_boundary="", access_log_bucket="", dashboard=False))
    app.synth()

    refused = company.shell.run("cdk", "deploy", "--app", app.outdir, "*torage", "--require-approval", "never", code=None)
    company.shell.run("cdk", "destroy", "--app", app.outdir, "*torage", "--force", code=None)

    assert refused.code != 0
    assert "is not authorized to perform: iam:CreateRole" in refused.out + refused.err


def test_a_job_runs_in_the_network_isolated_encrypted_and_tagged(company: Company, run: Any) -> None:
    sagemaker, key = company.account.boto3("sagemaker"), company.key()
    job = sagemaker.describe_training_job(TrainingJobName=run["job"])

    assert job["VpcConfig"] == company.vpc
    assert job["EnableNetworkIsolation"] is True
    assert job["EnableInterContainerTrafficEncryption"] is True
    assert job["ResourceConfig"]["VolumeKmsKeyId"] == job["OutputDataConfig"]["KmsKeyId"] == key
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]}
    assert TAGS.items() <= tags.items()


def test_corpus_and_artifact_are_encrypted_with_the_stages_key(company: Company, run: Any) -> None:
    s3, bucket = company.account.boto3("s3"), company.bucket()
    objects = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]

    assert {name.partition("/")[0] for name in objects} == {"corpora", "runs"}
    assert {s3.head_object(Bucket=bucket, Key=name).get("SSEKMSKeyId") for name in objects} == {company.key()}


def test_the_endpoint_stands_in_the_network_and_its_volume_has_the_key(company: Company, run: Any) -> None:
    sagemaker = company.account.boto3("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=f"blazingtext-{STAGE}")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])

    assert config["KmsKeyId"] == company.key()
    assert model["VpcConfig"] == company.vpc


def test_logs_queues_topic_and_accesses_are_as_the_settings_say(company: Company) -> None:
    key, client = company.key(), company.account.boto3
    groups = [each for each in client("logs").describe_log_groups()["logGroups"] if STAGE in each["logGroupName"]]
    queue = {"QueueUrl": company.output("training", "PromotionQueueUrl"), "AttributeNames": ["KmsMasterKeyId"]}
    topic = client("sns").get_topic_attributes(TopicArn=company.output("training", "NotificationsTopicArn"))["Attributes"]
    logging = client("s3").get_bucket_logging(Bucket=company.bucket())["LoggingEnabled"]

    assert len(groups) == 8
    assert {group.get("kmsKeyId") for group in groups} == {key}
    assert client("sqs").get_queue_attributes(**queue)["Attributes"]["KmsMasterKeyId"] == topic["KmsMasterKeyId"] == key
    assert logging == {"TargetBucket": "company-access-logs", "TargetPrefix": f"blazingtext-{STAGE}-storage/"}
    page = json.loads(client("cloudwatch").get_dashboard(DashboardName=f"blazingtext-{STAGE}")["DashboardBody"])
    assert len(page["widgets"]) == 11


@pytest.fixture(scope="module")
def as_person(company: Company, run: Any) -> Iterator[Callable[..., Any]]:
    """Runs a command, or gives a client, as somebody who has one of the three policies and nothing else."""
    roles = Roles(company.account)
    arns = {who: roles.make(who, managed=(company.output("training", f"{who}PolicyArn"),)) for who in PEOPLE}

    def act(who: str, *arguments: str, service: str = "", code: int | None = 0) -> Any:
        if service:
            return roles.client(service, arns[who])
        return company.shell.acting(company.account, arns[who]).blazingtext("--stage", STAGE, *arguments, code=code)

    yield act
    roles.remove()


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_may_look(as_person: Callable[..., Any], run: Any, who: str) -> None:
    assert as_person(who, "status", "--json").json()["live"] == run["job"]
    assert run["job"] in as_person(who, "runs").out
    assert "mean_rho" in as_person(who, "logs", run["job"]).out


def refused(ran: Any) -> bool:
    return bool(ran.code == 2 and "is not authorized to perform" in ran.err)


def test_who_only_looks_changes_nothing(as_person: Callable[..., Any], run: Any, corpus: Path) -> None:
    assert refused(as_person("ReadOnly", "train", "--corpus", "wiki", "--epochs", "2", code=None))
    assert refused(as_person("ReadOnly", "upload", str(corpus), "--corpus", "mine", code=None))
    assert refused(as_person("ReadOnly", "predict", "king", code=None))
    assert refused(as_person("ReadOnly", "pause", code=None))


def test_a_data_scientist_uploads_trains_stops_and_asks(as_person: Callable[..., Any], corpus: Path) -> None:
    as_person("DataScientist", "upload", str(corpus), "--corpus", "mine")
    job = as_person("DataScientist", "train", "--corpus", "mine", "--epochs", "100000", "--json").json()["job"]
    as_person("DataScientist", "stop", job)
    as_person("DataScientist", "predict", "king")


def test_a_data_scientist_does_not_decide_what_is_live(company: Company, as_person: Callable[..., Any]) -> None:
    start = as_person("DataScientist", service="stepfunctions").start_execution

    assert code_of(start, stateMachineArn=company.output("training", "ServingUpdateArn"), input="{}") == "AccessDeniedException"
    assert refused(as_person("DataScientist", "pause", code=None))


def test_an_operator_decides_what_is_live_and_trains_nothing(as_person: Callable[..., Any], corpus: Path) -> None:
    assert refused(as_person("Operator", "train", "--corpus", "wiki", "--epochs", "2", code=None))
    assert refused(as_person("Operator", "upload", str(corpus), "--corpus", "theirs", code=None))
    as_person("Operator", "verify")
    as_person("Operator", "pause")
    as_person("Operator", "resume")


@pytest.mark.parametrize("who", PEOPLE)
def test_nobody_takes_what_is_not_theirs(company: Company, as_person: Callable[..., Any], run: Any, who: str) -> None:
    role = company.output("training", "TrainingRoleArn")
    job = {**described(company, run["job"]), "TrainingJobName": f"blazingtext-{STAGE}-mine", "RoleArn": role}
    artifact = f"runs/{run['job']}/output/model.tar.gz"
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        ("sagemaker", "create_training_job", job),
        ("sagemaker", "delete_endpoint", {"EndpointName": f"blazingtext-{STAGE}"}),
        ("cloudformation", "update_stack", {"StackName": f"blazingtext-{STAGE}-serving", "UsePreviousTemplate": True}),
        ("cloudformation", "delete_stack", {"StackName": f"blazingtext-{STAGE}-serving"}),
        ("s3", "delete_object", {"Bucket": company.bucket(), "Key": artifact}),
        ("s3", "put_object", {"Bucket": company.bucket(), "Key": artifact, "Body": b"mine"}),
        ("iam", "put_role_policy", {"RoleName": role.rpartition("/")[2], "PolicyName": "more", "PolicyDocument": "{}"}),
        ("kms", "schedule_key_deletion", {"KeyId": company.key()}),
        ("kms", "put_key_policy", {"KeyId": company.key(), "PolicyName": "default", "Policy": "{}"}),
        ("sts", "assume_role", {"RoleArn": role, "RoleSessionName": "mine"}),
        ("lambda", "update_function_code", {"FunctionName": company.output("training", "LauncherFunctionName"), "ZipFile": b""}),
    ]

    refusals = {call: code_of(getattr(as_person(who, service=service), call), **arguments) for service, call, arguments in attempts}

    assert {call: code for call, code in refusals.items() if not code.startswith("AccessDenied")} == {}


def described(company: Company, name: str) -> dict[str, Any]:
    """A CreateTrainingJob request like the one of a job."""
    job = company.account.boto3("sagemaker").describe_training_job(TrainingJobName=name)
    kept = ("AlgorithmSpecification", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    request = {key: job[key] for key in kept}
    request["AlgorithmSpecification"] = {key: job["AlgorithmSpecification"][key] for key in ("TrainingImage", "TrainingInputMode")}
    return request


def test_without_the_key_an_artifact_cannot_be_read(company: Company, run: Any, as_person: Callable[..., Any]) -> None:
    s3, key = as_person("ReadOnly", service="s3"), company.key()
    name = f"runs/{run['job']}/output/model.tar.gz"
    kms = company.account.boto3("kms")
    before = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    closed = json.loads(before)
    closed["Statement"].append({"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"})

    assert s3.get_object(Bucket=company.bucket(), Key=name)["ContentLength"] > 0
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(closed))
    try:
        with pytest.raises(ClientError, match="kms:Decrypt"):
            s3.get_object(Bucket=company.bucket(), Key=name)
    finally:
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=before)


def test_at_the_end_everything_goes_and_the_key_waits_for_a_month(company: Company, run: Any) -> None:
    key = company.key()

    company.shell.run("cdk", "destroy", "--app", str(company.assembly), "--all", "--force")

    assert not company.blazingtext("audit", "--json").json()["left"]
    assert company.account.boto3("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
