"""The unmodified `cdk` on an app of somebody else's: `python cdk_flow.py <name> <folder of the app>`."""

import json
import subprocess
import sys
from pathlib import Path

import boto3

from tests.clients.steps import step

APP = f"{sys.executable} {Path(sys.argv[2]) / 'app.py'}"
QUALIFIER = "foreign"


def cdk(*words: str, codes: tuple[int, ...] = (0,)) -> str:
    context = ("-c", f"@aws-cdk/core:bootstrapQualifier={QUALIFIER}")
    done = subprocess.run(["cdk", *words, *context, "--output", "cdk.out"], capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise RuntimeError(f"cdk {' '.join(words)}: {done.stderr[-2000:]}")
    return done.stdout + done.stderr


with step("cdk bootstrap"):
    cdk("bootstrap", "aws://000000000000/us-east-1", "--qualifier", QUALIFIER, "--toolkit-stack-name", "CDKToolkit-foreign")
with step("cdk synth, list"):
    assert "foreign-app" in cdk("list", "--app", APP, "--long")
with step("cdk deploy"):
    cdk("deploy", "--app", APP, "--all", "--require-approval", "never", "--outputs-file", "outputs.json")
with step("what was deployed answers"):
    outputs = json.loads(Path("outputs.json").read_text("utf-8"))["foreign-app"]
    answer = boto3.client("lambda").invoke(FunctionName=outputs["FunctionName"], Payload=b'{"words": ["a", "b"]}')
    assert json.loads(answer["Payload"].read()) == {"words": ["b", "a"]}
    boto3.client("s3").head_bucket(Bucket=outputs["BucketName"])
    boto3.client("sagemaker").describe_model_package_group(ModelPackageGroupName="foreign-models")
with step("cdk diff finds nothing"):
    assert "no differences" in cdk("diff", "--app", APP, "--all").lower()
with step("cdk destroy"):
    cdk("destroy", "--app", APP, "--all", "--force")
    stacks = boto3.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"])["StackSummaries"]
    assert "foreign-app" not in [each["StackName"] for each in stacks]
