"""Condition keys of services, and keys that encrypt objects, bound what a caller may do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.parity.iam_support import Roles, code_of
from tests.parity.support import Stacks, allow

IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
BUCKET = "encrypted-parity"


def when(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: list(values)}}}


def variant(**more: Any) -> list[dict[str, Any]]:
    return [{"VariantName": "a", "ModelName": "no-such-model", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large", **more}]


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        (when("ForAllValues:StringLike", "sagemaker:InstanceTypes", "ml.m5.*"), True),
        (when("ForAllValues:StringLike", "sagemaker:InstanceTypes", "ml.t2.*"), False),
        (when("ForAnyValue:StringEquals", "sagemaker:InstanceTypes", "ml.m5.large"), True),
        (when("ArnEquals", "sagemaker:ModelArn", "arn:aws:sagemaker:us-east-1:000000000000:model/no-such-model"), True),
        (when("ArnEquals", "sagemaker:ModelArn", "arn:aws:sagemaker:us-east-1:000000000000:model/another"), False),
        (when("ArnEquals", "sagemaker:VolumeKmsKey", "arn:aws:kms:us-east-1:000000000000:key/1"), False),
        (when("StringEquals", "aws:RequestTag/team", "words"), True),
        (when("StringEquals", "aws:RequestTag/team", "others"), False),
        (when("ForAllValues:StringEquals", "aws:TagKeys", "team"), True),
        (when("ForAllValues:StringEquals", "aws:TagKeys", "cost"), False),
    ],
)
def test_a_condition_on_an_endpoint_configuration_holds(roles: Roles, condition: dict[str, Any], allowed: bool) -> None:
    statements = {**allow("sagemaker:CreateEndpointConfig"), **condition}, allow("sagemaker:AddTags")
    client = roles.client("sagemaker", roles.make("conditioned", *statements))

    code = code_of(
        client.create_endpoint_config,
        EndpointConfigName="conditioned",
        ProductionVariants=variant(),
        Tags=[{"Key": "team", "Value": "words"}],
    )

    # Allowed, it is SageMaker that misses the model.
    assert code == ("ValidationException" if allowed else "AccessDeniedException")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        (when("Bool", "sagemaker:NetworkIsolation", "true"), True),
        (when("Bool", "sagemaker:NetworkIsolation", "false"), False),
        (when("ForAllValues:StringEquals", "sagemaker:VpcSubnets", "subnet-1", "subnet-2"), True),
        (when("ForAllValues:StringEquals", "sagemaker:VpcSubnets", "subnet-3"), False),
        (when("ForAnyValue:StringEquals", "sagemaker:VpcSecurityGroupIds", "sg-1"), True),
        (when("Bool", "sagemaker:InterContainerTrafficEncryption", "true"), True),
        (when("NumericLessThanEquals", "sagemaker:MaxRuntimeInSeconds", "600"), True),
        (when("NumericLessThanEquals", "sagemaker:MaxRuntimeInSeconds", "60"), False),
        (when("StringEquals", "sagemaker:OutputKmsKey", "alias/mine"), True),
        (when("Null", "sagemaker:VolumeKmsKey", "false"), False),
    ],
)
def test_a_condition_on_a_training_job_holds(roles: Roles, condition: dict[str, Any], allowed: bool) -> None:
    client = roles.client("sagemaker", roles.make("conditioned-job", {**allow("sagemaker:CreateTrainingJob"), **condition}))

    with pytest.raises(ClientError) as refused:
        client.create_training_job(
            TrainingJobName="conditioned",
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            RoleArn="arn:aws:iam::000000000000:role/may-not-be-passed",
            OutputDataConfig={"S3OutputPath": "s3://none/", "KmsKeyId": "alias/mine"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
            VpcConfig={"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
            EnableNetworkIsolation=True,
            EnableInterContainerTrafficEncryption=True,
        )

    # Whoever may start the job may still not pass its role.
    assert ("not authorized to perform: sagemaker:CreateTrainingJob" in str(refused.value)) != allowed


def test_a_stack_s_request_has_the_condition_keys_too(roles: Roles, stacks: Stacks) -> None:
    big = {**allow("sagemaker:CreateEndpointConfig"), **when("ForAllValues:StringLike", "sagemaker:InstanceTypes", "ml.t2.*")}
    role = roles.make("small-instances-only", big, service="cloudformation.amazonaws.com")
    properties = {"ProductionVariants": variant(InitialVariantWeight=1)}

    status = stacks.deploy(
        "big-instances", {"Resources": {"One": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": properties}}}, RoleARN=role
    )

    assert status == "ROLLBACK_COMPLETE"
    assert "not authorized to perform: sagemaker:CreateEndpointConfig" in stacks.reasons("big-instances")


@pytest.mark.patch(name="direct_requests")
def test_a_request_of_the_callers_own_is_not_by_way_of_a_service(roles: Roles) -> None:
    directly = {**allow("sqs:ListQueues"), **when("Bool", "aws:ViaAWSService", "false")}
    by_way = {**allow("sqs:ListQueues"), **when("Bool", "aws:ViaAWSService", "true")}

    assert code_of(roles.client("sqs", roles.make("directly", directly)).list_queues) == ""
    assert code_of(roles.client("sqs", roles.make("by-way-only", by_way)).list_queues) == "AccessDenied"


# --- object_encryption ------------------------------------------------------------------------------------------------


@pytest.fixture
def key(account: Sandbox) -> Iterator[str]:
    """A customer's key; a bucket encrypts with it."""
    arn = account.boto3("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = account.boto3("s3")
    s3.create_bucket(Bucket=BUCKET)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]})
    s3.put_object(Bucket=BUCKET, Key="kept", Body=b"word")
    yield arn
    for name in [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]:
        s3.delete_object(Bucket=BUCKET, Key=name)
    s3.delete_bucket(Bucket=BUCKET)


@pytest.mark.patch(name="object_encryption")
def test_writing_and_reading_need_the_key(roles: Roles, key: str) -> None:
    without = roles.client("s3", roles.make("without-the-key", allow("s3:*")))
    writing = roles.client("s3", roles.make("writing", allow("s3:*"), allow("kms:GenerateDataKey", key)))
    reading = roles.client("s3", roles.make("reading", allow("s3:*"), allow("kms:Decrypt", key)))

    assert code_of(without.put_object, Bucket=BUCKET, Key="a", Body=b"1") == "AccessDenied"
    assert code_of(without.get_object, Bucket=BUCKET, Key="kept") == "AccessDenied"
    assert code_of(writing.put_object, Bucket=BUCKET, Key="a", Body=b"1") == ""
    assert code_of(writing.get_object, Bucket=BUCKET, Key="a") == "AccessDenied"
    assert code_of(writing.create_multipart_upload, Bucket=BUCKET, Key="parts") == "AccessDenied"
    assert reading.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"1"
    assert code_of(reading.copy_object, Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/a") == "AccessDenied"


@pytest.mark.patch(name="object_encryption")
def test_a_key_named_by_the_request_counts_and_s3_s_own_is_everybodys(account: Sandbox, roles: Roles, key: str) -> None:
    account.boto3("s3").create_bucket(Bucket="plain-parity")
    without = roles.client("s3", roles.make("without-any-key", allow("s3:*")))
    write = {"Bucket": "plain-parity", "Key": "a", "Body": b"1", "ServerSideEncryption": "aws:kms"}

    assert code_of(without.put_object, **write, SSEKMSKeyId=key) == "AccessDenied"
    assert code_of(without.put_object, **write) == ""
    assert code_of(without.get_object, Bucket="plain-parity", Key="a") == ""
    account.boto3("s3").delete_object(Bucket="plain-parity", Key="a")
    account.boto3("s3").delete_bucket(Bucket="plain-parity")


@pytest.mark.patch(name="object_encryption")
def test_the_key_s_own_policy_decides_with_the_callers(account: Sandbox, roles: Roles, key: str) -> None:
    arn = roles.make("named-by-the-key", allow("s3:*"))
    reading = roles.client("s3", arn)
    root = {**allow("kms:*"), "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}
    via = when("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com")
    document = {"Version": "2012-10-17", "Statement": [root, {**allow("kms:Decrypt"), "Principal": {"AWS": arn}, **via}]}

    account.boto3("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))

    assert reading.get_object(Bucket=BUCKET, Key="kept")["Body"].read() == b"word"
