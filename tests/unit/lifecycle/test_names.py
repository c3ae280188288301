"""Every name, letter by letter: accounts, buckets and people's scripts hold them, and a stage outlives the version that made it."""

import re
from types import FunctionType, ModuleType
from typing import Any

import pytest

from blazingtext_lifecycle import naming

CONSTANTS: dict[str, object] = {
    "PROJECT": "blazingtext",
    "DEFAULT_STAGE": "dev",
    "STAGE_PATTERN": "[a-z][a-z0-9]{0,11}",
    "STAGE_RULE": "1 to 12 lowercase letters and digits, starting with a letter",
    "CORPUS_PATTERN": "[a-z0-9][a-z0-9-]{0,31}",
    "LABEL": "__label__",
    "BOOTSTRAP_QUALIFIER": "blzgtxt",
    "BOOTSTRAP_VERSION": 6,
    "TOOLKIT_STACK": "CDKToolkit-blazingtext",
    "PROJECT_TAG": "blazingtext:project",
    "STAGE_TAG": "blazingtext:stage",
    "CORPUS_TAG": "blazingtext:corpus",
    "REQUEST_TAG": "blazingtext:request",
    "RUN_TAG": "blazingtext:run",
    "CORPUS_HASH_TAG": "blazingtext:corpus-hash",
    "CORPUS_SHA256_TAG": "blazingtext:corpus-sha256",
    "RECIPE_TAG": "blazingtext:recipe",
    "PROMOTION_TAG": "blazingtext:promotion",
    "HELD_BACK": "trained with --no-promote",
    "RESERVED_TAG_PREFIXES": ("aws:", "blazingtext:"),
    "REVISION_TAG": "git-revision",
    "CORPORA": "corpora/",
    "RUNS": "runs/",
    "CAPTURED": "captured/",
    "TRANSFORMS": "transforms/",
    "RAW": "raw/",
    "PROCESSING": "processing/",
    "STAGING": "staging/",
    "TRAIN": "train",
    "VALIDATION": "validation",
    "MANIFEST": "complete.json",
    "ARTIFACT": "model.tar.gz",
    "METRICS": "metrics.json",
    "PAUSE": "pause",
    "RESUME": "resume",
    "VARIANT": "AllTraffic",
    "SHADOW_VARIANT": "Shadow",
    # https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
    "TRAINING_LOG_GROUP": "/aws/sagemaker/TrainingJobs",
    "TRANSFORM_LOG_GROUP": "/aws/sagemaker/TransformJobs",
    "PROCESSING_LOG_GROUP": "/aws/sagemaker/ProcessingJobs",
    "ENDPOINT_LOG_GROUP_PREFIX": "/aws/sagemaker/Endpoints/",
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
    "TRAINING_JOB_PATTERN": "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
    "MAXIMUM_ATTEMPTS": 99,
}
OUTPUTS = {
    "BucketName",
    "LauncherFunctionName",
    "TunerFunctionName",
    "TransformerFunctionName",
    "ProcessorFunctionName",
    "PromoterFunctionName",
    "TrainingRoleArn",
    "TransformRoleArn",
    "ProcessingRoleArn",
    "NotificationsTopicArn",
    "PromotionQueueUrl",
    "DeadLetterQueueUrl",
    "EndpointName",
    "EndpointConfigName",
    "HostingRoleArn",
    "NotebookRoleArn",
    "ReadOnlyPolicyArn",
    "DataScientistPolicyArn",
    "OperatorPolicyArn",
    "PipelineRoleArn",
    "ComparisonRoleArn",
    "ServingUpdateArn",
    "ModelPackageGroupName",
    "ScheduleGroupName",
    "LiveModelDataUrl",
    "PreviousModelDataUrl",
    "PromotedThrough",
    "ShadowInstanceType",
    "ShadowInstanceCount",
}
HASH = "0123456789abcdef"
# Every function that makes a name: its arguments, and what it makes of them.
FUNCTIONS: dict[str, tuple[tuple[Any, ...], object]] = {
    "stack": (("prod", "part"), "blazingtext-prod-part"),
    "storage_stack": (("prod",), "blazingtext-prod-storage"),
    "storage_in_use": (("prod",), "blazingtext-prod-storage-in-use"),
    "training_stack": (("prod",), "blazingtext-prod-training"),
    "serving_stack": (("prod",), "blazingtext-prod-serving"),
    "delivery_stack": (("prod",), "blazingtext-delivery-prod"),
    "serving_update": (("prod",), "blazingtext-prod-serving-update"),
    "model_package_group": (("prod", "0a1b"), "blazingtext-prod-models-0a1b"),
    "schedule_group": (("prod",), "blazingtext-prod-schedules"),
    "endpoint": (("prod",), "blazingtext-prod"),
    "endpoint_log_group": (("prod",), "/aws/sagemaker/Endpoints/blazingtext-prod"),
    "command": (("runs", "prod"), "blazingtext runs --stage prod"),
    "deploy_command": (("prod",), "cdk deploy --all -c stage=prod"),
    "stage_of": (("blazingtext-prod-wiki-cbow-0123456789",), "prod"),
    "job_prefix": (("prod",), "blazingtext-prod-"),
    "job_name": (("prod", "wiki", "batch_skipgram", HASH), "blazingtext-prod-wiki-batch-skipgram-0123456789"),
    "attempt_name": (("job", 2), "job-2"),
    "corpus_prefix": (("wiki",), "corpora/wiki/"),
    "manifest_key": (("wiki",), "corpora/wiki/complete.json"),
    "channel_prefix": (("wiki", "train"), "corpora/wiki/train/"),
    "channel_uri": (("bucket", "wiki", "train"), "s3://bucket/corpora/wiki/train/"),
    "output_uri": (("bucket",), "s3://bucket/runs"),
    "artifact_key": (("job",), "runs/job/output/model.tar.gz"),
    "metrics_key": (("job",), "runs/job/output/metrics.json"),
    "artifact_uri": (("bucket", "job"), "s3://bucket/runs/job/output/model.tar.gz"),
    "job_of_artifact": (("s3://bucket/runs/job/output/model.tar.gz",), "job"),
    "transform_prefix": (("words",), "transforms/words/"),
    "transform_input_prefix": (("words",), "transforms/words/input/"),
    "transform_output_prefix": (("words", "job"), "transforms/words/job/"),
    "prepared_key": (("wiki",), "corpora/wiki/train/wiki.txt"),
    "code_key": ((HASH, "a.zip"), f"processing/code/{HASH}/a.zip"),
    "staging_prefix": (("job",), "staging/job/"),
    "report_key": (("job",), "processing/job/report.json"),
    "tags": (("prod",), {"blazingtext:project": "blazingtext", "blazingtext:stage": "prod"}),
    "is_tagged": (({"blazingtext:project": "blazingtext", "blazingtext:stage": "prod"}, "prod"), True),
    "split_s3_uri": (("s3://bucket/a/b",), ("bucket", "a/b")),
    "check_stage": (("prod",), "prod"),
    "check_corpus": (("wiki",), "wiki"),
}


def test_every_constant_is_this() -> None:
    found = {
        name: value.pattern if isinstance(value, re.Pattern) else value
        for name, value in vars(naming).items()
        if not name.startswith("_") and not isinstance(value, FunctionType | ModuleType | type)
    }

    assert found == CONSTANTS


def test_every_output_is_called_so() -> None:
    assert {each.value for each in naming.Output} == OUTPUTS


def test_every_function_is_held_to_a_name() -> None:
    functions = {name for name, value in vars(naming).items() if isinstance(value, FunctionType)}

    assert {name for name in functions if getattr(naming, name).__module__ == naming.__name__} == FUNCTIONS.keys()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_makes_this_name(function: str) -> None:
    arguments, name = FUNCTIONS[function]

    assert getattr(naming, function)(*arguments) == name


def test_the_default_stage_goes_without_saying() -> None:
    assert naming.command("runs", "dev") == "blazingtext runs"
    assert naming.deploy_command("dev") == "cdk deploy --all"
