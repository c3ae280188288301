"""What a person with the stage's notebook role is refused, in the deployed stage."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox

OTHER_BUCKET = "blazingtext-prod-storage-bucket"
ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def other_stage(account: Sandbox) -> Iterator[str]:
    """A bucket and a role of somebody else's; gives the role's ARN."""
    s3, iam = account.boto3("s3"), account.boto3("iam")
    s3.create_bucket(Bucket=OTHER_BUCKET)
    s3.put_object(Bucket=OTHER_BUCKET, Key="corpora/wiki/train/a.txt", Body=b"words")
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    yield str(iam.create_role(RoleName="blazingtext-prod-jobs", AssumeRolePolicyDocument=document)["Role"]["Arn"])
    iam.delete_role(RoleName="blazingtext-prod-jobs")
    s3.delete_object(Bucket=OTHER_BUCKET, Key="corpora/wiki/train/a.txt")
    s3.delete_bucket(Bucket=OTHER_BUCKET)


@pytest.fixture
def person_clients(person: dict[str, str]) -> Callable[[str], Any]:
    """Clients with the role's credentials."""
    session = boto3.session.Session(
        person["AWS_ACCESS_KEY_ID"], person["AWS_SECRET_ACCESS_KEY"], person["AWS_SESSION_TOKEN"], region_name="us-east-1"
    )
    made = {"endpoint_url": person["AWS_ENDPOINT_URL"], "verify": person["AWS_CA_BUNDLE"]}
    return lambda service: session.client(service, **made)  # type: ignore[call-overload]  # the stubs want literals


def outputs(account: Sandbox, part: str) -> dict[str, str]:
    (stack,) = account.boto3("cloudformation").describe_stacks(StackName=f"blazingtext-dev-{part}")["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def training(account: Sandbox, *, name: str = "blazingtext-dev-mine", role: str = "", bucket: str = "") -> dict[str, Any]:
    own = outputs(account, "storage")["BucketName"]
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{own}/corpora/x/train/", "S3DataDistributionType": "FullyReplicated"}
    return {
        "TrainingJobName": name,
        "RoleArn": role or outputs(account, "training")["TrainingRoleArn"],
        "AlgorithmSpecification": {
            "TrainingImage": "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1",
            "TrainingInputMode": "File",
        },
        "HyperParameters": {"mode": "cbow"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket or own}/runs"},
        "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }


def test_the_stages_own_data_is_within_reach(account: Sandbox, person_clients: Callable[[str], Any]) -> None:
    bucket, s3 = outputs(account, "storage")["BucketName"], person_clients("s3")

    s3.put_object(Bucket=bucket, Key="corpora/reach/train/a.txt", Body=b"words")
    assert s3.list_objects_v2(Bucket=bucket, Prefix="corpora/reach/")["KeyCount"] == 1
    s3.delete_object(Bucket=bucket, Key="corpora/reach/train/a.txt")


@pytest.mark.parametrize("what", ["list", "read", "write", "list whole own", "write own runs"])
def test_other_data_is_not(what: str, account: Sandbox, other_stage: str, person_clients: Callable[[str], Any]) -> None:
    own, s3 = outputs(account, "storage")["BucketName"], person_clients("s3")
    tries: dict[str, Callable[[], Any]] = {
        "list": lambda: s3.list_objects_v2(Bucket=OTHER_BUCKET, Prefix="corpora/"),
        "read": lambda: s3.get_object(Bucket=OTHER_BUCKET, Key="corpora/wiki/train/a.txt"),
        "write": lambda: s3.put_object(Bucket=OTHER_BUCKET, Key="corpora/wiki/train/b.txt", Body=b"x"),
        "list whole own": lambda: s3.list_objects_v2(Bucket=own),
        "write own runs": lambda: s3.put_object(Bucket=own, Key="runs/blazingtext-dev-x/output/model.tar.gz", Body=b"x"),
    }

    refused(tries[what])


@pytest.mark.parametrize(
    "what",
    ["another role", "another stage's name", "another stage's tuning", "live endpoint", "stack", "function", "state machine"],
)
def test_other_roles_names_and_what_is_live_are_not(
    what: str, account: Sandbox, other_stage: str, person_clients: Callable[[str], Any]
) -> None:
    sagemaker, trained = person_clients("sagemaker"), training(account)
    names = outputs(account, "training")
    tries: dict[str, Callable[[], Any]] = {
        "another role": lambda: sagemaker.create_training_job(**training(account, role=other_stage)),
        "another stage's name": lambda: sagemaker.create_training_job(**training(account, name="blazingtext-prod-mine")),
        "another stage's tuning": lambda: sagemaker.create_hyper_parameter_tuning_job(**tuning("blazingtext-prod-mine", trained)),
        "live endpoint": lambda: sagemaker.delete_endpoint(EndpointName="blazingtext-dev"),
        "stack": lambda: person_clients("cloudformation").delete_stack(StackName="blazingtext-dev-serving"),
        "function": lambda: person_clients("lambda").invoke(FunctionName=names["PromoterFunctionName"], Payload=b"{}"),
        "state machine": lambda: person_clients("stepfunctions").start_execution(stateMachineArn=names["ServingUpdateArn"], input="{}"),
    }

    refused(tries[what])


def tuning(name: str, trained: dict[str, Any]) -> dict[str, Any]:
    definition = {member: value for member, value in trained.items() if member not in ("TrainingJobName", "HyperParameters")}
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "train:mean_rho"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"IntegerParameterRanges": [{"Name": "epochs", "MinValue": "1", "MaxValue": "2"}]},
        },
        "TrainingJobDefinition": {**definition, "StaticHyperParameters": {"mode": "cbow"}},
    }


@pytest.mark.parametrize("what", ["make a role", "widen its own", "make a key", "assume another"])
def test_iam_is_not(what: str, account: Sandbox, other_stage: str, person_clients: Callable[[str], Any]) -> None:
    iam, own = person_clients("iam"), outputs(account, "training")["NotebookRoleArn"].rpartition("/")[2]
    tries: dict[str, Callable[[], Any]] = {
        "make a role": lambda: iam.create_role(RoleName="mine", AssumeRolePolicyDocument="{}"),
        "widen its own": lambda: iam.attach_role_policy(RoleName=own, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
        "make a key": lambda: iam.create_access_key(UserName="somebody"),
        "assume another": lambda: person_clients("sts").assume_role(RoleArn=other_stage, RoleSessionName="mine"),
    }

    refused(tries[what])


def refused(call: Callable[[], Any]) -> None:
    with pytest.raises(ClientError) as refusal:
        call()
    assert refusal.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}, refusal.value
