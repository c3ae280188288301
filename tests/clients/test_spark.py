"""PySpark on AWS's Spark image in a processing job: what AWS's container takes, run by Spark itself. By `make spark`, not `make test`."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.clients import documents
from tests.parity.support import wait_until

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]
NAME = "clients-spark"
GROUP = "/aws/sagemaker/ProcessingJobs"
IMAGE = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py312-v1.0"
APPLICATION = ROOT / "tests" / "clients" / "spark_application.py"
ADDRESS = f"s3://{NAME}/text/one"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox that has PySpark, with a bucket, a role and an application."""
    python = ROOT / ".venv" / "spark" / "bin" / "python"
    assert python.exists(), "PySpark is not installed: make .venv/spark.ready"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", str(python))
        patch.delenv("JAVA_HOME", raising=False)
        with Sandbox(home=tmp_path_factory.mktemp("sandbox")) as account:
            s3, iam = account.boto3("s3"), account.boto3("iam")
            s3.create_bucket(Bucket=NAME)
            s3.put_object(Bucket=NAME, Key="text/one", Body=b"to be or\n")
            s3.put_object(Bucket=NAME, Key="text/two", Body=b"not to be\n")
            s3.put_object(Bucket=NAME, Key="code/app.py", Body=APPLICATION.read_bytes())
            s3.put_object(Bucket=NAME, Key="modules/words.py", Body=b"def words_of(line): return line.split()\n")
            iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=documents.trust())
            iam.put_role_policy(RoleName=NAME, PolicyName="rights", PolicyDocument=documents.policy(NAME))
            yield account


def given(name: str, prefix: str) -> dict[str, Any]:
    source = {"S3Uri": f"s3://{NAME}/{prefix}", "LocalPath": f"/opt/ml/processing/input/{name}", "S3DataType": "S3Prefix"}
    return {"InputName": name, "S3Input": source}


def made(name: str, mode: str) -> dict[str, Any]:
    target = {"S3Uri": f"s3://{NAME}/{name}", "LocalPath": f"/opt/ml/processing/{name}", "S3UploadMode": mode}
    return {"OutputName": name, "S3Output": target}


def process(account: Sandbox, name: str, *options: str, arguments: tuple[str, ...], instances: int = 1) -> Any:
    sagemaker = account.boto3("sagemaker")
    entrypoint = ["smspark-submit", *options, "/opt/ml/processing/input/code/app.py"]
    sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=documents.role_arn(NAME),
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": entrypoint, "ContainerArguments": list(arguments)},
        ProcessingInputs=[given("code", "code/app.py"), given("text", "text/"), given("modules", "modules/"), given("conf", "conf/")],
        ProcessingOutputConfig={"Outputs": [made("output", "EndOfJob"), made("spark-events", "Continuous")]},
        ProcessingResources={"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": instances, "VolumeSizeInGB": 5}},
        StoppingCondition={"MaxRuntimeInSeconds": 300},
    )

    def look() -> Any:
        job = sagemaker.describe_processing_job(ProcessingJobName=name)
        return job if job["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return wait_until(look)


def lines(account: Sandbox, job: str) -> list[str]:
    pages = account.boto3("logs").get_paginator("filter_log_events").paginate(logGroupName=GROUP, logStreamNamePrefix=job)
    return [event["message"] for page in pages for event in page["events"]]


def objects(account: Sandbox, prefix: str) -> dict[str, str]:
    s3 = account.boto3("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=NAME, Prefix=prefix).get("Contents", [])]
    return {key.removeprefix(prefix): s3.get_object(Bucket=NAME, Key=key)["Body"].read().decode() for key in keys}


@pytest.fixture(scope="module")
def configured(stage: Sandbox) -> Sandbox:
    conf = [{"Classification": "spark-defaults", "Properties": {"spark.sql.shuffle.partitions": "3"}}]
    stage.boto3("s3").put_object(Bucket=NAME, Key="conf/configuration.json", Body=json.dumps(conf).encode())
    return stage


def test_an_application_counts_words_on_two_instances(configured: Sandbox) -> None:
    options = ("--py-files", "/opt/ml/processing/input/modules", "--local-spark-event-logs-dir", "/opt/ml/processing/spark-events/")
    arguments = ("file:///opt/ml/processing/input/text", "/opt/ml/processing/output/counts", ADDRESS)

    job = process(configured, "counts", *options, arguments=arguments, instances=2)

    said = lines(configured, "counts")
    assert (job["ProcessingJobStatus"], job.get("FailureReason")) == ("Completed", None), said[-40:]
    assert {"partitions 3", "read back 4", "bytes [9]", "smspark-submit: algo-2 waits until algo-1 has ended"} <= set(said)
    parts = {key: text for key, text in objects(configured, "output/counts/").items() if key.endswith(".csv")}
    assert list(parts.values()) == ["be,2\nnot,1\nor,1\nto,2\n"]
    (events,) = [text for text in objects(configured, "spark-events/").values() if "SparkListenerApplicationEnd" in text]
    assert '"App Name":"words"' in events


def test_an_application_that_fails_fails_the_job_in_awss_words(configured: Sandbox) -> None:
    options = ("--py-files", "/opt/ml/processing/input/modules")

    job = process(configured, "fails", *options, arguments=("/opt/ml/processing/input/none", "/opt/ml/processing/output/x", ADDRESS))

    assert (job["ProcessingJobStatus"], job["FailureReason"]) == ("Failed", "AlgorithmError: See job logs for more information")
    assert "Algorithm Error: (caused by CalledProcessError)" in job["ExitMessage"]
    assert "returned non-zero exit status 1" in job["ExitMessage"]
    assert any("Input path does not exist" in line for line in lines(configured, "fails"))


SDK = """
import sys
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.spark import PySparkProcessor

role, bucket = sys.argv[1:]
processor = PySparkProcessor(
    framework_version="3.5", py_version="py312", container_version="1.0", role=role, instance_count=1, instance_type="ml.m5.xlarge",
    base_job_name="sdk", sagemaker_session=Session(default_bucket=bucket),
)
processor.run(
    submit_app=f"s3://{bucket}/code/app.py", submit_py_files=[f"s3://{bucket}/modules/words.py"],
    arguments=["/opt/ml/processing/input/code/app.py", "/opt/ml/processing/output/counts", f"s3://{bucket}/text/two"], logs=False,
)
print(processor.image_uri)
"""


def test_the_sdk_runs_an_application_with_a_module_from_s3(configured: Sandbox) -> None:
    command = [sys.executable, "-W", "ignore", "-c", SDK, documents.role_arn(NAME), NAME]

    done = subprocess.run(command, env=configured.environment(), capture_output=True, text=True, check=False)

    assert done.returncode == 0, [done.stderr[-3000:], lines(configured, "sdk")[-30:]]
    assert done.stdout.splitlines()[-1] == IMAGE
    assert "bytes [10]" in lines(configured, "sdk")
