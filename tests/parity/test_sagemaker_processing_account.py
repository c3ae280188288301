"""Processing jobs inside the whole account: IAM decides, the containers call AWS as the role, SDKs find what they expect."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.parity.iam_support import Roles
from tests.parity.sagemaker_support import SKLEARN_IMAGE, SPARK_IMAGE, processing_request
from tests.parity.support import allow, receive, wait_until

BUCKET = "processing-in-the-account"
OBJECTS = f"arn:aws:s3:::{BUCKET}/*"
RIGHTS = [allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"), allow(["s3:GetObject", "s3:PutObject"], OBJECTS), allow("logs:*")]
JOBS = "arn:aws:sagemaker:us-east-1:000000000000:processing-job/"
SAGEMAKER = "sagemaker.amazonaws.com"


@pytest.fixture(scope="module")
def bucket(account: Sandbox) -> Iterator[Any]:
    s3 = account.boto3("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="text/one", Body=b"some words")
    yield s3
    for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=each["Key"])
    s3.delete_bucket(Bucket=BUCKET)


def request(name: str, role: str, **changes: Any) -> dict[str, Any]:
    given = processing_request(name, RoleArn=role, **changes)
    given["ProcessingInputs"][0]["S3Input"]["S3Uri"] = f"s3://{BUCKET}/code/script.py"
    given["ProcessingInputs"][1]["S3Input"]["S3Uri"] = f"s3://{BUCKET}/text/"
    given["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] = f"s3://{BUCKET}/prepared/{name}"
    return given


def process(account: Sandbox, script: str, name: str, role: str, **changes: Any) -> Any:
    account.boto3("s3").put_object(Bucket=BUCKET, Key="code/script.py", Body=textwrap.dedent(script).encode())
    account.boto3("sagemaker").create_processing_job(**request(name, role, **changes))
    return ended(account, name)


def ended(account: Sandbox, name: str) -> Any:
    def look() -> Any:
        job = account.boto3("sagemaker").describe_processing_job(ProcessingJobName=name)
        return job if job["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return wait_until(look)


@pytest.mark.usefixtures("bucket")
def test_a_container_calls_aws_as_the_role_and_may_do_what_the_role_may(account: Sandbox, roles: Roles) -> None:
    role = roles.make("processing", *RIGHTS, service=SAGEMAKER)
    script = f"""
        import boto3
        from botocore.exceptions import ClientError
        print(boto3.client("sts").get_caller_identity()["Arn"])
        print(boto3.client("s3").get_object(Bucket="{BUCKET}", Key="text/one")["Body"].read().decode())
        try:
            boto3.client("s3").delete_object(Bucket="{BUCKET}", Key="text/one")
        except ClientError as refused:
            print(refused.response["Error"]["Code"])
    """
    job = process(account, script, "acts-as-role", role)

    assert (job["ProcessingJobStatus"], job.get("FailureReason")) == ("Completed", None)
    logs, group = account.boto3("logs"), "/aws/sagemaker/ProcessingJobs"
    found = logs.filter_log_events(logGroupName=group, logStreamNamePrefix="acts-as-role/algo-1-")
    assert [event["message"] for event in found["events"]] == [
        "arn:aws:sts::000000000000:assumed-role/processing/SageMaker",
        "some words",
        "AccessDenied",
    ]


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("s3:GetObject", "ClientError: Failed to download data. Unable to download object s3://processing-in-the-account/code/script.py"),
        ("s3:PutObject", "ClientError: Failed to upload data. Unable to upload object s3://processing-in-the-account/prepared/"),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_a_role_that_may_not_read_or_write_fails_the_job(account: Sandbox, roles: Roles, missing: str, reason: str) -> None:
    left = [action for action in ("s3:GetObject", "s3:PutObject") if action != missing]
    role = roles.make("processing", RIGHTS[0], allow(left, OBJECTS), service=SAGEMAKER)

    job = process(account, 'open("/opt/ml/processing/output/x", "w").close()', f"without-{missing[3:].lower()}", role)

    assert job["FailureReason"].startswith(reason)


@pytest.mark.usefixtures("bucket")
def test_a_caller_may_only_start_what_its_policy_names_and_pass_a_role_to_sagemaker(account: Sandbox, roles: Roles) -> None:
    role = roles.make("processing", *RIGHTS, service=SAGEMAKER)
    account.boto3("s3").put_object(Bucket=BUCKET, Key="code/script.py", Body=b"pass")
    small = {
        "ForAllValues:StringLike": {"sagemaker:InstanceTypes": "ml.m5.*"},
        "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": "60"},
    }
    create = {**allow("sagemaker:CreateProcessingJob", f"{JOBS}mine-*"), "Condition": small}
    passed = {**allow("iam:PassRole", role), "Condition": {"StringEquals": {"iam:PassedToService": SAGEMAKER}}}
    tags = allow("sagemaker:AddTags", f"{JOBS}*")
    able = roles.client("sagemaker", roles.make("able", create, passed, tags, allow("sagemaker:StopProcessingJob", f"{JOBS}mine-*")))
    unable = roles.client("sagemaker", roles.make("unable", create, tags))

    def refused(client: Any, name: str, **changes: Any) -> str:
        with pytest.raises(ClientError) as refusal:
            client.create_processing_job(**request(name, role, **changes))
        assert refusal.value.response["Error"]["Code"] == "AccessDeniedException"
        return str(refusal.value)

    large = {"ClusterConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}}
    assert "iam:PassRole" in refused(unable, "mine-1")
    assert "sagemaker:CreateProcessingJob" in refused(able, "others-1")
    assert "sagemaker:CreateProcessingJob" in refused(able, "mine-1", ProcessingResources=large)
    assert "sagemaker:CreateProcessingJob" in refused(able, "mine-1", StoppingCondition={"MaxRuntimeInSeconds": 61})
    able.create_processing_job(**request("mine-1", role))
    assert ended(account, "mine-1")["ProcessingJobStatus"] == "Completed"


@pytest.mark.usefixtures("bucket")
def test_a_state_change_reaches_a_queue_through_a_rule_and_tags_are_found(account: Sandbox, roles: Roles) -> None:
    role = roles.make("processing", *RIGHTS, service=SAGEMAKER)
    sqs, rules = account.boto3("sqs"), account.boto3("events")
    queue = sqs.create_queue(QueueName="processing-changes")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {**allow("sqs:SendMessage", arn), "Principal": {"Service": "events.amazonaws.com"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Processing Job State Change"]}
    rules.put_rule(Name="processing-changes", EventPattern=json.dumps(pattern))
    rules.put_targets(Rule="processing-changes", Targets=[{"Id": "queue", "Arn": arn}])

    job = process(account, "pass", "told", role)

    told = [json.loads(body)["detail"]["ProcessingJobStatus"] for body in receive(account, queue, 2)]
    found = account.boto3("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "blazingtext:stage", "Values": ["dev"]}])
    rules.remove_targets(Rule="processing-changes", Ids=["queue"])
    rules.delete_rule(Name="processing-changes")
    sqs.delete_queue(QueueUrl=queue)
    assert told == ["InProgress", "Completed"]
    assert job["ProcessingJobArn"] in [each["ResourceARN"] for each in found["ResourceTagMappingList"]]


@pytest.mark.usefixtures("bucket")
def test_spark_without_pyspark_fails_and_says_what_to_install(account: Sandbox, roles: Roles) -> None:
    role = roles.make("processing", *RIGHTS, service=SAGEMAKER)
    specification = {"ImageUri": SPARK_IMAGE, "ContainerEntrypoint": ["smspark-submit", "/opt/ml/processing/input/code/script.py"]}

    job = process(account, "pass", "spark", role, AppSpecification=specification)

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: The sandbox runs Spark with PySpark, which")
    assert "pip install 'blazingtext-cdk[spark]'" in job["FailureReason"]


@pytest.mark.usefixtures("bucket")
def test_the_quotas_name_processing_instances(account: Sandbox) -> None:
    quotas = account.boto3("service-quotas")
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")

    values = {each["QuotaName"]: each["Value"] for page in pages for each in page["Quotas"]}

    assert values["Number of instances across all processing jobs"] == values["ml.m5.xlarge for processing job usage"] == 4


SDK = """
import sys
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output

role, image, bucket = sys.argv[1:]
text = ProcessingS3Input(
    s3_uri=f"s3://{bucket}/text/", local_path="/opt/ml/processing/input/text", s3_data_type="S3Prefix", s3_input_mode="File",
    s3_data_distribution_type="ShardedByS3Key",
)
made = ProcessingS3Output(s3_uri=f"s3://{bucket}/sdk", local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob")
processor = ScriptProcessor(
    image_uri=image, role=role, command=["python3"], instance_count=1, instance_type="ml.m5.xlarge", base_job_name="sdk",
    sagemaker_session=Session(default_bucket=bucket),
)
processor.run(
    code="upper.py", inputs=[ProcessingInput(input_name="text", s3_input=text)],
    outputs=[ProcessingOutput(output_name="made", s3_output=made)], arguments=["--case", "upper"], logs=False,
)
"""


def test_a_processor_of_the_sdk_uploads_its_script_and_waits_for_its_job(
    account: Sandbox, roles: Roles, bucket: Any, tmp_path: Path
) -> None:
    role = roles.make("processing", *RIGHTS, service=SAGEMAKER)
    (tmp_path / "upper.py").write_text(
        "import pathlib, sys\n"
        "text = pathlib.Path('/opt/ml/processing/input/text/one').read_text()\n"
        "pathlib.Path('/opt/ml/processing/output/one').write_text(getattr(text, sys.argv[2])())\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", SDK, role, SKLEARN_IMAGE, BUCKET]

    done = subprocess.run(command, env=account.environment(), cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-3000:]
    assert bucket.get_object(Bucket=BUCKET, Key="sdk/one")["Body"].read() == b"SOME WORDS"
