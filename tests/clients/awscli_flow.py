"""The life of a model with the AWS CLI: `python awscli_flow.py <name> <path of aws>`."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3

from tests.clients import documents
from tests.clients.steps import main_argument, step

NAME, AWS = main_argument(), sys.argv[2]
# To wait with: each command of the CLI is a process that takes a second, and its own waiters look twice a minute.
sagemaker = boto3.client("sagemaker")


def aws(*words: str, **documents: dict[str, Any]) -> Any:
    """One command; a document goes to an option as JSON. Its answer, parsed where it is JSON."""
    options = [word for name, document in documents.items() for word in (f"--{name.replace('_', '-')}", json.dumps(document))]
    done = subprocess.run([AWS, *words, *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"aws {' '.join(words)}: {done.stderr.strip()}")
    return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout


with step("aws sts get-caller-identity"):
    assert aws("sts", "get-caller-identity")["Account"] == documents.ACCOUNT
with step("aws s3 mb, cp, ls"):
    Path("text").write_text(documents.corpus(), "utf-8")
    aws("s3", "mb", f"s3://{NAME}")
    aws("s3", "cp", "text", f"s3://{NAME}/corpora/train/text")
    assert "text" in aws("s3", "ls", f"s3://{NAME}/corpora/train/")
with step("aws iam create-role, put-role-policy"):
    aws("iam", "create-role", "--role-name", NAME, "--assume-role-policy-document", documents.trust())
    aws("iam", "put-role-policy", "--role-name", NAME, "--policy-name", "rights", "--policy-document", documents.policy(NAME))
with step("aws sagemaker create-training-job, wait"):
    aws("sagemaker", "create-training-job", cli_input_json=documents.training(NAME))
    while sagemaker.describe_training_job(TrainingJobName=NAME)["TrainingJobStatus"] == "InProgress":
        time.sleep(0.5)
    job = aws("sagemaker", "describe-training-job", "--training-job-name", NAME)
    aws("sagemaker", "wait", "training-job-completed-or-stopped", "--training-job-name", NAME)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
with step("aws logs filter-log-events"):
    group = "/aws/sagemaker/TrainingJobs"
    found = aws(
        "logs", "filter-log-events", "--log-group-name", group, "--log-stream-name-prefix", f"{NAME}/", "--filter-pattern", "mean_rho"
    )
    assert found["events"]
with step("aws sagemaker create-hyper-parameter-tuning-job"):
    tuning = documents.tuning(NAME)["HyperParameterTuningJobName"]
    named = ("--hyper-parameter-tuning-job-name", tuning)
    aws("sagemaker", "create-hyper-parameter-tuning-job", cli_input_json=documents.tuning(NAME))
    asked = {"HyperParameterTuningJobName": tuning}
    while sagemaker.describe_hyper_parameter_tuning_job(**asked)["HyperParameterTuningJobStatus"] == "InProgress":
        time.sleep(0.5)
    state = aws("sagemaker", "describe-hyper-parameter-tuning-job", *named)
    assert state["TrainingJobStatusCounters"]["Completed"] == 2, state
    assert len(aws("sagemaker", "list-training-jobs-for-hyper-parameter-tuning-job", *named)["TrainingJobSummaries"]) == 2
with step("aws sagemaker create-processing-job, wait"):
    Path("count.py").write_text(documents.SCRIPT, "utf-8")
    aws("s3", "cp", "count.py", f"s3://{NAME}/code/count.py")
    aws("sagemaker", "create-processing-job", cli_input_json=documents.processing(NAME))
    while aws("sagemaker", "describe-processing-job", "--processing-job-name", NAME)["ProcessingJobStatus"] == "InProgress":
        time.sleep(0.5)
    aws("sagemaker", "wait", "processing-job-completed-or-stopped", "--processing-job-name", NAME)
    aws("s3", "cp", f"s3://{NAME}/counted/lines", "lines")
    assert Path("lines").read_text("utf-8") == "400"
with step("aws sagemaker create-model, create-endpoint, wait"):
    aws("sagemaker", "create-model", cli_input_json=documents.model(NAME, job["ModelArtifacts"]["S3ModelArtifacts"]))
    aws("sagemaker", "create-endpoint-config", cli_input_json=documents.endpoint_config(NAME))
    aws("sagemaker", "create-endpoint", "--endpoint-name", NAME, "--endpoint-config-name", NAME)
    while sagemaker.describe_endpoint(EndpointName=NAME)["EndpointStatus"] == "Creating":
        time.sleep(0.5)
    assert aws("sagemaker", "describe-endpoint", "--endpoint-name", NAME)["EndpointStatus"] == "InService"
    aws("sagemaker", "wait", "endpoint-in-service", "--endpoint-name", NAME)
with step("aws sagemaker-runtime invoke-endpoint"):
    Path("body.json").write_text(json.dumps({"instances": ["king"]}), "utf-8")
    given = ("--endpoint-name", NAME, "--content-type", "application/json", "--body", "fileb://body.json", "answer.json")
    aws("sagemaker-runtime", "invoke-endpoint", *given)
    assert len(json.loads(Path("answer.json").read_text("utf-8"))[0]["vector"]) == 10
with step("everything removed"):
    aws("sagemaker", "delete-endpoint", "--endpoint-name", NAME)
    aws("sagemaker", "wait", "endpoint-deleted", "--endpoint-name", NAME)
    aws("sagemaker", "delete-endpoint-config", "--endpoint-config-name", NAME)
    aws("sagemaker", "delete-model", "--model-name", NAME)
    aws("sagemaker", "delete-processing-job", "--processing-job-name", NAME)
    aws("sagemaker", "delete-hyper-parameter-tuning-job", *named)
    aws("iam", "delete-role-policy", "--role-name", NAME, "--policy-name", "rights")
    aws("iam", "delete-role", "--role-name", NAME)
    aws("s3", "rb", f"s3://{NAME}", "--force")
