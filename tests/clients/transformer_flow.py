"""Predictions of a file with the Transformer of the SageMaker Python SDK 3; nothing but what `sandbox env` exports."""

import json

import boto3
from sagemaker.core.transformer import Transformer

from tests.clients import documents
from tests.clients.steps import main_argument, step

NAME = main_argument()
s3, iam, sagemaker = boto3.client("s3"), boto3.client("iam"), boto3.client("sagemaker")

with step("bucket, role and a model that was trained"):
    s3.create_bucket(Bucket=NAME)
    s3.put_object(Bucket=NAME, Key="corpora/train/text", Body=documents.corpus().encode())
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=documents.trust())
    iam.put_role_policy(RoleName=NAME, PolicyName="rights", PolicyDocument=documents.policy(NAME))
    sagemaker.create_training_job(**documents.training(NAME))
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=NAME, WaiterConfig={"Delay": 1})
    artifact = sagemaker.describe_training_job(TrainingJobName=NAME)["ModelArtifacts"]["S3ModelArtifacts"]
    sagemaker.create_model(**documents.model(NAME, artifact))
with step("Transformer.transform, waited for with its logs"):
    words = ["king", "unheardof", "queen"]
    body = "".join(json.dumps({"source": word}) + "\n" for word in words)
    s3.put_object(Bucket=NAME, Key="words/words.jsonl", Body=body.encode())
    transformer = Transformer(
        model_name=NAME,
        instance_count=1,
        instance_type="ml.m5.large",
        strategy="MultiRecord",
        assemble_with="Line",
        accept="application/jsonlines",
        output_path=f"s3://{NAME}/predictions",
    )
    transformer.transform(data=f"s3://{NAME}/words/", content_type="application/jsonlines", split_type="Line", wait=True, logs=True)
with step("the results"):
    found = s3.get_object(Bucket=NAME, Key="predictions/words.jsonl.out")["Body"].read().splitlines()
    assert [(json.loads(line)["word"], any(json.loads(line)["vector"])) for line in found] == [
        ("king", True),
        ("unheardof", False),
        ("queen", True),
    ]
with step("the job as the SDK sees it, and its model deleted"):
    job = transformer.latest_transform_job
    job.refresh()
    assert job.transform_job_status == "Completed"
    transformer.delete_model()
    assert not sagemaker.list_models(NameContains=NAME)["Models"]
