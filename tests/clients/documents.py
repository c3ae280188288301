"""What the flows ask for, the same for every client: a role, jobs of every kind, an endpoint."""

import json
import random
from typing import Any

REGION = "us-east-1"
IMAGE = f"811284229777.dkr.ecr.{REGION}.amazonaws.com/blazingtext:1"
ACCOUNT = "000000000000"
HYPERPARAMETERS = {"mode": "cbow", "vector_dim": "10", "epochs": "1", "min_count": "1", "evaluation": "True"}


def corpus(lines: int = 400) -> str:
    """A text in which words of WordSim-353 stand together, so that `train:mean_rho` has something to be computed from."""
    words = ["king", "queen", "tiger", "cat", "book", "paper", "computer", "keyboard", "plane", "car", "love", "sex"]
    chance = random.Random(1)  # noqa: S311 - a text, no secret
    return "\n".join(" ".join(chance.choice(words) for _ in range(12)) for _ in range(lines)) + "\n"


def trust() -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(bucket: str) -> str:
    allowed = [("s3:*", f"arn:aws:s3:::{bucket}"), ("s3:*", f"arn:aws:s3:::{bucket}/*"), ("logs:*", "*"), ("cloudwatch:PutMetricData", "*")]
    statements = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in allowed]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def training(name: str) -> dict[str, Any]:
    return {"TrainingJobName": name, "HyperParameters": HYPERPARAMETERS, **_job(name)}


def tuning(name: str) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName": f"{name}-t",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "train:mean_rho"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"IntegerParameterRanges": [{"Name": "window_size", "MinValue": "1", "MaxValue": "5"}]},
        },
        "TrainingJobDefinition": {"StaticHyperParameters": HYPERPARAMETERS, **_job(name)},
    }


#: Counts the lines of a text, as a script for SageMaker's containers does it: with paths below /opt/ml.
SCRIPT = """
from pathlib import Path

lines = Path("/opt/ml/processing/input/text/text").read_text().splitlines()
Path("/opt/ml/processing/output/lines").write_text(str(len(lines)))
"""


def processing(name: str) -> dict[str, Any]:
    """A job that runs `SCRIPT`, which is to lie at `code/count.py`, over the corpus."""

    def given(name_: str, key: str) -> dict[str, Any]:
        path = f"/opt/ml/processing/input/{name_}"
        return {"InputName": name_, "S3Input": {"S3Uri": f"s3://{name}/{key}", "LocalPath": path, "S3DataType": "S3Prefix"}}

    made = {"S3Uri": f"s3://{name}/counted", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    image = f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
    return {
        "ProcessingJobName": name,
        "RoleArn": role_arn(name),
        "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/count.py"]},
        "ProcessingInputs": [given("code", "code/count.py"), given("text", "corpora/train/")],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "counted", "S3Output": made}]},
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}},
    }


def model(name: str, artifact: str) -> dict[str, Any]:
    container = {"Image": IMAGE, "ModelDataUrl": artifact}
    return {"ModelName": name, "ExecutionRoleArn": role_arn(name), "PrimaryContainer": container}


def transform(name: str) -> dict[str, Any]:
    """Vectors of words, each beside its word."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{name}/words/"}}
    kind = "application/jsonlines"
    return {
        "TransformJobName": name,
        "ModelName": name,
        "TransformInput": {"DataSource": source, "ContentType": kind, "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": f"s3://{name}/predictions", "Accept": kind, "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "DataProcessing": {"JoinSource": "Input"},
    }


def endpoint_config(name: str) -> dict[str, Any]:
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    return {"EndpointConfigName": name, "ProductionVariants": [variant]}


def _job(name: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{name}/corpora/train/", "S3DataDistributionType": "FullyReplicated"}
    return {
        "RoleArn": role_arn(name),
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "train", "ContentType": "text/plain", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{name}/runs"},
        "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
