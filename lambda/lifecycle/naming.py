"""The names of everything, defined once for the stacks, the functions and the command line.

Nothing here checks its arguments unless it says so: at synth they may be CDK tokens, which are not yet names.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from .errors import ConfigurationError, RequestError
from .values import cut

PROJECT = "blazingtext"
DEFAULT_STAGE = "dev"
# No hyphen: with one, the jobs of stage "a" and of stage "a-b" would share a prefix.
STAGE_PATTERN = re.compile(r"[a-z][a-z0-9]{0,11}")
STAGE_RULE = "1 to 12 lowercase letters and digits, starting with a letter"
CORPUS_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")

# What a label begins with in a corpus for text classification.
LABEL = "__label__"

BOOTSTRAP_QUALIFIER = "blzgtxt"
# The version of the CDK's bootstrap that the stacks ask for in their manifests (requiresBootstrapStackVersion).
BOOTSTRAP_VERSION = 6
TOOLKIT_STACK = "CDKToolkit-blazingtext"

PROJECT_TAG = "blazingtext:project"
STAGE_TAG = "blazingtext:stage"
CORPUS_TAG = "blazingtext:corpus"
REQUEST_TAG = "blazingtext:request"
# Whose model a transform job asks.
RUN_TAG = "blazingtext:run"
# What the corpus was when the job was started: key, ETag and size of every file.
CORPUS_HASH_TAG = "blazingtext:corpus-hash"
# The SHA-256 of what a job read, and the key of the recipe by which it was prepared, where the upload told them.
CORPUS_SHA256_TAG = "blazingtext:corpus-sha256"
RECIPE_TAG = "blazingtext:recipe"
# Why a finished job's model did not go live by itself, in the characters that SageMaker allows in a tag.
PROMOTION_TAG = "blazingtext:promotion"
HELD_BACK = "trained with --no-promote"
RESERVED_TAG_PREFIXES = ("aws:", "blazingtext:")
# A tag of the person's own: which commit a run was trained from.
REVISION_TAG = "git-revision"

CORPORA = "corpora/"
RUNS = "runs/"
CAPTURED = "captured/"
TRANSFORMS = "transforms/"
# Raw text in the stage's own bucket; the code and the reports of processing jobs; what they have not put together yet.
RAW = "raw/"
PROCESSING = "processing/"
STAGING = "staging/"
TRAIN = "train"
VALIDATION = "validation"
MANIFEST = "complete.json"
ARTIFACT = "model.tar.gz"
METRICS = "metrics.json"

# The schedules of an endpoint, in a group of the stage's own.
PAUSE, RESUME = "pause", "resume"

VARIANT = "AllTraffic"
# The variant that gets a copy of requests, and whose answers reach nobody.
SHADOW_VARIANT = "Shadow"
TRAINING_LOG_GROUP = "/aws/sagemaker/TrainingJobs"
TRANSFORM_LOG_GROUP = "/aws/sagemaker/TransformJobs"
PROCESSING_LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
ENDPOINT_LOG_GROUP_PREFIX = "/aws/sagemaker/Endpoints/"

# What SageMaker's API takes as a TrainingJobName.
TRAINING_JOB_PATTERN = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
# AWS's limit on TrainingJobName, and what a retry may append ("-99").
_JOB_NAME_LIMIT = 63
_HASH_DIGITS = 10
MAXIMUM_ATTEMPTS = 99


class Output(StrEnum):
    """The keys of the stacks' outputs."""

    BUCKET_NAME = "BucketName"
    LAUNCHER_FUNCTION_NAME = "LauncherFunctionName"
    TUNER_FUNCTION_NAME = "TunerFunctionName"
    TRANSFORMER_FUNCTION_NAME = "TransformerFunctionName"
    PROCESSOR_FUNCTION_NAME = "ProcessorFunctionName"
    PROMOTER_FUNCTION_NAME = "PromoterFunctionName"
    TRAINING_ROLE_ARN = "TrainingRoleArn"
    TRANSFORM_ROLE_ARN = "TransformRoleArn"
    PROCESSING_ROLE_ARN = "ProcessingRoleArn"
    NOTIFICATIONS_TOPIC_ARN = "NotificationsTopicArn"
    PROMOTION_QUEUE_URL = "PromotionQueueUrl"
    DEAD_LETTER_QUEUE_URL = "DeadLetterQueueUrl"
    ENDPOINT_NAME = "EndpointName"
    ENDPOINT_CONFIG_NAME = "EndpointConfigName"
    HOSTING_ROLE_ARN = "HostingRoleArn"
    NOTEBOOK_ROLE_ARN = "NotebookRoleArn"
    READ_ONLY_POLICY_ARN = "ReadOnlyPolicyArn"
    DATA_SCIENTIST_POLICY_ARN = "DataScientistPolicyArn"
    OPERATOR_POLICY_ARN = "OperatorPolicyArn"
    PIPELINE_ROLE_ARN = "PipelineRoleArn"
    COMPARISON_ROLE_ARN = "ComparisonRoleArn"
    SERVING_UPDATE_ARN = "ServingUpdateArn"
    MODEL_PACKAGE_GROUP_NAME = "ModelPackageGroupName"
    SCHEDULE_GROUP_NAME = "ScheduleGroupName"
    LIVE_MODEL_DATA_URL = "LiveModelDataUrl"
    PREVIOUS_MODEL_DATA_URL = "PreviousModelDataUrl"
    PROMOTED_THROUGH = "PromotedThrough"
    SHADOW_INSTANCE_TYPE = "ShadowInstanceType"
    SHADOW_INSTANCE_COUNT = "ShadowInstanceCount"


def check_stage(stage: str) -> str:
    """The stage itself, when it is a valid name.

    Raises:
        ConfigurationError: it is not.
    """
    if not STAGE_PATTERN.fullmatch(stage):
        raise ConfigurationError(
            f'stage: "{cut(stage)}" is not a stage name. Every stack, job and tag carries it. It must be {STAGE_RULE}, '
            f'without hyphens. Try "{DEFAULT_STAGE}" or "prod".'
        )
    return stage


def check_corpus(corpus: str) -> str:
    """The corpus name itself, when it is valid.

    Raises:
        RequestError: it is not.
    """
    if not CORPUS_PATTERN.fullmatch(corpus):
        raise RequestError(
            f'corpus: "{cut(corpus)}" is not a corpus name. It becomes a folder in the bucket and a part of job names, so it must be '
            '1 to 32 lowercase letters, digits and hyphens, starting with a letter or digit. Try "wiki" or "blogs-2020".'
        )
    return corpus


def stack(stage: str, part: str) -> str:
    """The CloudFormation stack of one part (``storage``, ``training``, ``serving``) of a stage."""
    return f"{PROJECT}-{stage}-{part}"


def storage_stack(stage: str) -> str:
    """The stack that holds the bucket."""
    return stack(stage, "storage")


def storage_in_use(stage: str) -> str:
    """The export of a stage's storage stack that the other two import."""
    return f"{storage_stack(stage)}-in-use"


def training_stack(stage: str) -> str:
    """The stack that holds the functions, the queue and the training role."""
    return stack(stage, "training")


def serving_stack(stage: str) -> str:
    """The stack that holds the model and its endpoint."""
    return stack(stage, "serving")


def delivery_stack(stage: str) -> str:
    """The stack that lets GitHub deploy a stage.

    Its name does not begin as the stage's do: as the bootstrap, it is there before the stage and after it, and no audit counts it.
    """
    return f"{PROJECT}-delivery-{stage}"


def serving_update(stage: str) -> str:
    """The state machine that updates the serving stack of a stage."""
    return stack(stage, "serving-update")


def model_package_group(stage: str, suffix: str) -> str:
    """The group of model packages of a stage.

    Args:
        stage: whose.
        suffix: differs from one deployment of the stage to the next, so that a group which was kept does not take its name away.
    """
    return f"{stack(stage, 'models')}-{suffix}"


def schedule_group(stage: str) -> str:
    """The group of the schedules that pause and resume the endpoint of a stage."""
    return stack(stage, "schedules")


def endpoint(stage: str) -> str:
    """The endpoint that serves a stage: it keeps its name whatever it serves."""
    return f"{PROJECT}-{stage}"


def endpoint_log_group(stage: str) -> str:
    """Where SageMaker writes what the endpoint's containers print."""
    return f"{ENDPOINT_LOG_GROUP_PREFIX}{endpoint(stage)}"


def command(words: str, stage: str) -> str:
    """What a person types for a command of ours about a stage: the default one goes without saying."""
    return f"blazingtext {words}" + ("" if stage == DEFAULT_STAGE else f" --stage {stage}")


def deploy_command(stage: str) -> str:
    """What a person types to deploy a stage."""
    return "cdk deploy --all" + ("" if stage == DEFAULT_STAGE else f" -c stage={stage}")


def stage_of(name: str) -> str:
    """The stage that a training job or a stack of ours is named after."""
    return name.removeprefix(f"{PROJECT}-").partition("-")[0]


def job_prefix(stage: str) -> str:
    """What every training job of a stage, and of no other, begins with."""
    return f"{PROJECT}-{stage}-"


def job_name(stage: str, corpus: str, mode: str, request: str) -> str:
    """The name of the training job that a request gets: the same request over the same data always gets the same.

    Args:
        stage: a valid stage.
        corpus: a valid corpus name; shortened when the name would outgrow SageMaker's 63 characters.
        mode: a BlazingText mode; job names refuse underscores.
        request: the request's hash in hexadecimal; its first ten digits are used.
    """
    tail = f"-{mode.replace('_', '-')}-{request[:_HASH_DIGITS]}"
    room = _JOB_NAME_LIMIT - len(job_prefix(stage)) - len(tail) - len(f"-{MAXIMUM_ATTEMPTS}")
    return f"{job_prefix(stage)}{corpus[:room].strip('-')}{tail}"


def attempt_name(job: str, attempt: int) -> str:
    """The name of the n-th attempt at a job, counted from 1."""
    return job if attempt == 1 else f"{job}-{attempt}"


def corpus_prefix(corpus: str) -> str:
    """The key prefix under which a corpus lies."""
    return f"{CORPORA}{corpus}/"


def manifest_key(corpus: str) -> str:
    """The key of the object that says that a corpus is complete."""
    return f"{corpus_prefix(corpus)}{MANIFEST}"


def channel_prefix(corpus: str, channel: str) -> str:
    """The key prefix of one channel (``train``, ``validation``) of a corpus."""
    return f"{corpus_prefix(corpus)}{channel}/"


def channel_uri(bucket: str, corpus: str, channel: str) -> str:
    """The S3 URI that a training job gets for a channel."""
    return f"s3://{bucket}/{channel_prefix(corpus, channel)}"


def output_uri(bucket: str) -> str:
    """The S3OutputPath of every job; SageMaker appends ``/<job>/output/model.tar.gz``."""
    return f"s3://{bucket}/{RUNS.rstrip('/')}"


def artifact_key(job: str) -> str:
    """The key of a job's artifact in the bucket."""
    return f"{RUNS}{job}/output/{ARTIFACT}"


def metrics_key(job: str) -> str:
    """The key of the object that holds a job's final metrics, next to its artifact."""
    return f"{RUNS}{job}/output/{METRICS}"


def artifact_uri(bucket: str, job: str) -> str:
    """The S3 URI of a job's artifact."""
    return f"s3://{bucket}/{artifact_key(job)}"


def job_of_artifact(artifact: str) -> str:
    """The job that made an artifact, or ``""`` when the URI is not one of ours."""
    found = re.fullmatch(rf"s3://[^/]+/{RUNS}([^/]+)/output/{re.escape(ARTIFACT)}", artifact)
    return found.group(1) if found else ""


def transform_prefix(data: str) -> str:
    """The key prefix under which the data of transform jobs and their results lie.

    Args:
        data: the data's name, which is a corpus name.
    """
    return f"{TRANSFORMS}{data}/"


def transform_input_prefix(data: str) -> str:
    """The key prefix of what is to be transformed."""
    return f"{transform_prefix(data)}input/"


def transform_output_prefix(data: str, job: str) -> str:
    """The key prefix of the results of a transform job, beside its input; SageMaker appends the file's name and ``.out``."""
    return f"{transform_prefix(data)}{job}/"


def prepared_key(corpus: str) -> str:
    """The key of the file that a processing job makes of raw text."""
    return f"{channel_prefix(corpus, TRAIN)}{corpus}.txt"


def code_key(sha256: str, file: str) -> str:
    """The key of a file of the code that processing jobs run; ``sha256`` is that of all its files together."""
    return f"{PROCESSING}code/{sha256}/{file}"


def staging_prefix(job: str) -> str:
    """The key prefix of what a processing job has made and not put together yet."""
    return f"{STAGING}{job}/"


def report_key(job: str) -> str:
    """The key of what a processing job tells about its end."""
    return f"{PROCESSING}{job}/report.json"


def tags(stage: str) -> dict[str, str]:
    """The tags that everything of a stage carries."""
    return {PROJECT_TAG: PROJECT, STAGE_TAG: stage}


def is_tagged(tags_of_resource: Mapping[str, str], stage: str) -> bool:
    """Whether a resource carries the tags of this project and this very stage."""
    return tags(stage).items() <= tags_of_resource.items()


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI.

    Raises:
        RequestError: it is not one.
    """
    found = re.fullmatch(r"s3://([^/]+)/?(.*)", uri)
    if not found:
        raise RequestError(f'"{cut(uri)}" is not an S3 URI. It needs a bucket and a key. Write it as s3://<bucket>/<key>.')
    return found.group(1), found.group(2)
