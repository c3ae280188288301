"""The life of a model with boto3 and its waiters; nothing but what `sandbox env` exports."""

import json
import time

import boto3

from tests.clients import documents
from tests.clients.steps import main_argument, step

NAME = main_argument()
s3, iam, logs = boto3.client("s3"), boto3.client("iam"), boto3.client("logs")
sagemaker, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")

with step("bucket and corpus"):
    s3.create_bucket(Bucket=NAME)
    s3.put_object(Bucket=NAME, Key="corpora/train/text", Body=documents.corpus().encode())
with step("role"):
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=documents.trust())
    iam.put_role_policy(RoleName=NAME, PolicyName="rights", PolicyDocument=documents.policy(NAME))
with step("training job, waited for"):
    sagemaker.create_training_job(**documents.training(NAME))
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=NAME, WaiterConfig={"Delay": 1})
    job = sagemaker.describe_training_job(TrainingJobName=NAME)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
with step("log of the job"):
    found = logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{NAME}/")
    assert any("#mean_rho" in event["message"] for event in found["events"])
with step("tuning job"):
    tuning = documents.tuning(NAME)["HyperParameterTuningJobName"]
    sagemaker.create_hyper_parameter_tuning_job(**documents.tuning(NAME))
    while (state := sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning))[
        "HyperParameterTuningJobStatus"
    ] == "InProgress":
        time.sleep(0.5)
    assert state["TrainingJobStatusCounters"]["Completed"] == 2, state
    assert "BestTrainingJob" in state
with step("processing job, waited for"):
    s3.put_object(Bucket=NAME, Key="code/count.py", Body=documents.SCRIPT.encode())
    sagemaker.create_processing_job(**documents.processing(NAME))
    sagemaker.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName=NAME, WaiterConfig={"Delay": 1})
    assert s3.get_object(Bucket=NAME, Key="counted/lines")["Body"].read() == b"400"
with step("model and transform job, waited for"):
    sagemaker.create_model(**documents.model(NAME, job["ModelArtifacts"]["S3ModelArtifacts"]))
    s3.put_object(Bucket=NAME, Key="words/words.jsonl", Body=b'{"source": "king"}\n{"source": "unheardof"}\n')
    sagemaker.create_transform_job(**documents.transform(NAME))
    sagemaker.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName=NAME, WaiterConfig={"Delay": 1})
    lines = s3.get_object(Bucket=NAME, Key="predictions/words.jsonl.out")["Body"].read().splitlines()
    assert [any(json.loads(line)["SageMakerOutput"]["vector"]) for line in lines] == [True, False]
    assert logs.describe_log_streams(logGroupName="/aws/sagemaker/TransformJobs", logStreamNamePrefix=f"{NAME}/")["logStreams"]
with step("endpoint, waited for"):
    sagemaker.create_endpoint_config(**documents.endpoint_config(NAME))
    sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=NAME, WaiterConfig={"Delay": 1})
with step("prediction"):
    body = json.dumps({"instances": ["king", "queen"]})
    answer = json.loads(runtime.invoke_endpoint(EndpointName=NAME, ContentType="application/json", Body=body)["Body"].read())
    assert [len(each["vector"]) for each in answer] == [10, 10]
with step("everything removed"):
    sagemaker.delete_endpoint(EndpointName=NAME)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=NAME, WaiterConfig={"Delay": 1})
    sagemaker.delete_endpoint_config(EndpointConfigName=NAME)
    sagemaker.delete_model(ModelName=NAME)
    sagemaker.delete_processing_job(ProcessingJobName=NAME)
    sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning)
    iam.delete_role_policy(RoleName=NAME, PolicyName="rights")
    iam.delete_role(RoleName=NAME)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=NAME):
        s3.delete_objects(Bucket=NAME, Delete={"Objects": [{"Key": each["Key"]} for each in page["Contents"]]})
    s3.delete_bucket(Bucket=NAME)
