"""What SageMaker may do in the project's name: one role to train, one to host, one for transform jobs, one for processing jobs."""

from collections.abc import Sequence

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_s3 as s3
from constructs import Construct

from blazingtext_lifecycle import naming

from . import arns
from .customer_key import READING, SENDING, allow_grant, allow_key
from .data_capture import DataCapture
from .network import NO_NETWORK, Network


def execution_role(
    scope: Construct, id_: str, *, bucket: s3.IBucket, stage: str, key_arn: str = "", network: Network = NO_NETWORK
) -> iam.Role:
    """The role of training jobs: reads corpora, writes runs, logs and metrics.

    It has no ECR permission: SageMaker pulls the images of its own algorithms with its own credentials.
    """
    role = _sagemaker_role(scope, id_, "SageMaker trains BlazingText models with it")
    role.add_to_policy(_list_bucket(bucket, naming.CORPORA, naming.RUNS))
    role.add_to_policy(_allow(["s3:GetObject"], bucket.arn_for_objects(f"{naming.CORPORA}*")))
    role.add_to_policy(_allow(["s3:PutObject", "s3:AbortMultipartUpload"], bucket.arn_for_objects(f"{naming.RUNS}*")))
    # The log group belongs to the whole account; its first job creates it.
    role.add_to_policy(_allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"], arns.training_log_group()))
    role.add_to_policy(_allow(["logs:PutLogEvents"], arns.training_log_streams(stage)))
    role.add_to_policy(_put_metrics("/aws/sagemaker/TrainingJobs"))
    # Corpora are read and artifacts written; `kms:Encrypt` is what SageMaker's page names for its output
    # (https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html).
    allow_key(role, key_arn, (*SENDING, "kms:Encrypt"))
    allow_grant(role, key_arn)
    network.allow(role)
    return role


def hosting_role(
    scope: Construct, id_: str, *, bucket: s3.IBucket, stage: str, capture: DataCapture, key_arn: str = "", network: Network = NO_NETWORK
) -> iam.Role:
    """The role of the endpoint: reads artifacts and the rollback alarms, writes logs, metrics and captured requests.

    It cannot create its log group, which the stack owns: a line written late must not bring the group back after destroy.
    """
    role = _sagemaker_role(scope, id_, "SageMaker serves BlazingText models with it")
    role.add_to_policy(_list_bucket(bucket, naming.RUNS))
    role.add_to_policy(_allow(["s3:GetObject"], bucket.arn_for_objects(f"{naming.RUNS}*")))
    writing = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    role.add_to_policy(_allow(writing, arns.endpoint_log_group(stage)))
    role.add_to_policy(_put_metrics("/aws/sagemaker/Endpoints"))
    # SageMaker watches the alarms of a deployment with this role. Looking at alarms cannot be limited to some of them.
    role.add_to_policy(_allow(["cloudwatch:DescribeAlarms"], "*"))
    allow_key(role, key_arn, READING)
    capture.allow(role)
    allow_grant(role, key_arn)
    network.allow(role)
    return role


def transform_role(
    scope: Construct, id_: str, *, bucket: s3.IBucket, stage: str, key_arn: str = "", network: Network = NO_NETWORK
) -> iam.Role:
    """The role of the models of transform jobs: reads artifacts and what is to be predicted, writes results, logs and metrics."""
    role = _sagemaker_role(scope, id_, "SageMaker runs BlazingText's transform jobs with it")
    role.add_to_policy(_list_bucket(bucket, naming.RUNS, naming.TRANSFORMS))
    role.add_to_policy(_allow(["s3:GetObject"], *(bucket.arn_for_objects(f"{prefix}*") for prefix in (naming.RUNS, naming.TRANSFORMS))))
    role.add_to_policy(_allow(["s3:PutObject", "s3:AbortMultipartUpload"], bucket.arn_for_objects(f"{naming.TRANSFORMS}*")))
    # The log group belongs to the whole account; its first job creates it.
    role.add_to_policy(_allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"], arns.transform_log_group()))
    role.add_to_policy(_allow(["logs:PutLogEvents"], arns.transform_log_streams(stage)))
    role.add_to_policy(_put_metrics("/aws/sagemaker/TransformJobs"))
    allow_key(role, key_arn, (*SENDING, "kms:Encrypt"))
    allow_grant(role, key_arn)
    network.allow(role)
    return role


def processing_role(
    scope: Construct,
    id_: str,
    *,
    bucket: s3.IBucket,
    stage: str,
    source_buckets: Sequence[str] = (),
    key_arn: str = "",
    network: Network = NO_NETWORK,
) -> iam.Role:
    """The role of processing jobs: reads raw text and its code, writes corpora by way of a place beside them, logs and metrics.

    Args:
        scope: where it goes.
        id_: its construct id.
        bucket: the stage's.
        stage: its name.
        source_buckets: whose texts it may read beside.
        key_arn: the KMS key of the bucket.
        network: in which the jobs run.
    """
    role = _sagemaker_role(scope, id_, "SageMaker prepares corpora in processing jobs with it")
    role.add_to_policy(_list_bucket(bucket, naming.RAW, naming.PROCESSING, naming.STAGING, naming.CORPORA))
    read = (naming.RAW, naming.PROCESSING, naming.STAGING, naming.CORPORA)
    role.add_to_policy(_allow(["s3:GetObject"], *(bucket.arn_for_objects(f"{prefix}*") for prefix in read)))
    written = (naming.PROCESSING, naming.STAGING, naming.CORPORA)
    role.add_to_policy(_allow(["s3:PutObject"], *(bucket.arn_for_objects(f"{prefix}*") for prefix in written)))
    undone = [bucket.arn_for_objects(f"{prefix}*") for prefix in (naming.STAGING, naming.CORPORA)]
    role.add_to_policy(_allow(["s3:AbortMultipartUpload", "s3:DeleteObject"], *undone))
    for name in source_buckets:
        role.add_to_policy(_allow(["s3:ListBucket"], arns.bucket(name)))
        role.add_to_policy(_allow(["s3:GetObject"], f"{arns.bucket(name)}/*"))
    # The log group belongs to the whole account; its first job creates it.
    role.add_to_policy(_allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"], arns.processing_log_group()))
    role.add_to_policy(_allow(["logs:PutLogEvents"], arns.processing_log_streams(stage)))
    role.add_to_policy(_put_metrics("/aws/sagemaker/ProcessingJobs"))
    allow_key(role, key_arn, SENDING)
    allow_grant(role, key_arn)
    network.allow(role)
    return role


def _sagemaker_role(scope: Construct, id_: str, description: str) -> iam.Role:
    """A role that SageMaker may assume on behalf of this account only (the confused deputy problem)."""
    sagemaker = iam.ServicePrincipal("sagemaker.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}})
    return iam.Role(scope, id_, assumed_by=sagemaker, description=description)


def _list_bucket(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    patterns = [f"{prefix}*" for prefix in prefixes]
    return _allow(["s3:ListBucket"], bucket.bucket_arn, StringLike={"s3:prefix": patterns})


def _put_metrics(namespace: str) -> iam.PolicyStatement:
    return _allow(["cloudwatch:PutMetricData"], "*", StringEquals={"cloudwatch:namespace": namespace})


def _allow(actions: list[str], *resources: str, **conditions: object) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=list(resources), conditions=conditions)
