"""Managed policies for people: read-only, data scientist and operator; a company attaches them to its own groups or roles."""

from collections.abc import Mapping, Sequence

import aws_cdk.aws_iam as iam
import aws_cdk.aws_s3 as s3
import aws_cdk.aws_sns as sns
import aws_cdk.aws_sqs as sqs
from constructs import Construct

from blazingtext_lifecycle import naming

from . import arns
from .customer_key import READING, SENDING
from .serving_update import permissions

Statements = list[iam.PolicyStatement]
_KINDS = ("Training", "HyperParameterTuning", "Transform", "Processing")


class People(Construct):
    """Three policies, each with no more than its part of the command line and of the console needs, on this stage only.

    None of them starts a job itself, hands over a role, changes a stack or deletes a run: jobs are started by the
    launchers, within what the stage allows, and models go live by the state machine that can do nothing else.

    Attributes:
        policies: the policies by what they are for.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: str,
        bucket: s3.IBucket,
        topic: sns.ITopic,
        queues: Sequence[sqs.IQueue],
        key_arn: str = "",
        approval: bool = False,
    ) -> None:
        super().__init__(scope, id_)
        looking = [*_looking(stage, bucket, topic), *_comparing(stage, bucket), *(_versions(stage) if approval else [])]
        training = [*looking, *_training(stage, bucket), *_key(key_arn, SENDING)]
        approving = [_allow(["sagemaker:UpdateModelPackage"], arns.model_versions(stage))] if approval else []
        operating = [*looking, *_operating(stage, topic, queues), *approving, *_key(key_arn, SENDING)]
        self.policies: Mapping[naming.Output, iam.ManagedPolicy] = {
            naming.Output.READ_ONLY_POLICY_ARN: self._policy("ReadOnly", f"Looks at stage {stage}", [*looking, *_key(key_arn, READING)]),
            naming.Output.DATA_SCIENTIST_POLICY_ARN: self._policy(
                "DataScientist", f"Uploads corpora to stage {stage}, trains on them and asks its endpoint", training
            ),
            naming.Output.OPERATOR_POLICY_ARN: self._policy(
                "Operator", f"Decides what stage {stage} serves, stops its jobs, and works off its dead letters", operating
            ),
        }

    def _policy(self, id_: str, description: str, statements: Statements) -> iam.ManagedPolicy:
        return iam.ManagedPolicy(self, id_, description=description, statements=statements)


def _looking(stage: str, bucket: s3.IBucket, topic: sns.ITopic) -> Statements:
    """What ``status``, ``runs``, ``tunings``, ``transforms``, ``corpus jobs``, ``logs``, ``download`` and the console's pages ask for.

    Resources are named by prefix where that is shorter: IAM limits how long a policy is.
    """
    folders = (naming.CORPORA, naming.RUNS, naming.TRANSFORMS, naming.PROCESSING)
    listed = {"StringLike": {"s3:prefix": [f"{folder}*" for folder in folders]}}
    described = [f"sagemaker:Describe{kind}Job" for kind in _KINDS]
    live = arns.named("endpoint", naming.endpoint(stage))
    logs = [arns.job_log_groups(), arns.endpoint_log_group(stage), arns.stage_log_groups(stage)]
    return [
        _allow(
            ["cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResources"],
            arns.stage_stacks(stage),
        ),
        _allow(["s3:ListBucket"], bucket.bucket_arn, conditions=listed),
        _allow(["s3:GetObject"], *(bucket.arn_for_objects(f"{folder}*") for folder in folders)),
        # One statement for all kinds of jobs: IAM limits how long a policy is.
        _allow([*described, "sagemaker:ListTrainingJobsForHyperParameterTuningJob", "sagemaker:ListTags"], arns.jobs(stage)),
        _allow(["sagemaker:DescribeEndpoint", "sagemaker:ListTags"], live),
        # CloudFormation makes up the names of these, and cuts the stack's when it is long.
        _allow(["sagemaker:DescribeEndpointConfig"], arns.named("endpoint-config", "*")),
        _allow(["sagemaker:DescribeModel"], arns.named("model", "*")),
        _allow(["states:DescribeExecution"], arns.serving_update_executions(stage)),
        _allow(["scheduler:GetSchedule"], arns.schedules(stage)),
        _allow(["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"], *logs),
        _allow(["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], arns.stage_queues(stage)),
        _allow(["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"], topic.topic_arn),
        _allow(["cloudwatch:GetDashboard"], arns.dashboard(stage)),
        # IAM knows no resource for these, or the console asks for all of them.
        _allow(["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], "*"),
        _allow([f"sagemaker:List{kind}Jobs" for kind in _KINDS], "*"),
    ]


def _versions(stage: str) -> Statements:
    """What looking at the model registry needs: it lists the versions of every group or of none."""
    return [
        _allow(["sagemaker:DescribeModelPackage"], arns.model_versions(stage)),
        _allow(["sagemaker:DescribeModelPackageGroup", "sagemaker:ListTags"], arns.model_package_groups(stage)),
        _allow(["sagemaker:ListModelPackages", "sagemaker:ListModelPackageGroups"], "*"),
    ]


def _comparing(stage: str, bucket: s3.IBucket) -> Statements:
    """What ``audit --drift`` asks for beside."""
    roles = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"]
    shared = ["GetBucketAcl", "GetBucketPolicy", "GetBucketPublicAccessBlock", "GetBucketVersioning", "GetEncryptionConfiguration"]
    return [
        _allow(["cloudformation:GetTemplate", "cloudformation:ListStackResources"], arns.stage_stacks(stage)),
        _allow(roles, arns.stage_roles(stage)),
        _allow([f"s3:{action}" for action in shared], bucket.bucket_arn),
        _allow(["lambda:GetFunctionConfiguration", "lambda:GetPolicy"], arns.stage_functions(stage)),
        _allow(["events:DescribeRule", "events:ListTargetsByRule"], arns.stage_rules(stage)),
        _allow(["states:DescribeStateMachine"], arns.serving_update(stage)),
        # IAM knows no resource for it: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonresourcegrouptaggingapi.html
        _allow(["tag:GetResources"], "*"),
    ]


def _training(stage: str, bucket: s3.IBucket) -> Statements:
    """What ``upload``, ``train``, ``tune``, ``transform``, ``corpus prepare --on aws``, ``stop`` and ``predict`` need beside looking."""
    writing = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    return [
        _allow(writing, *(bucket.arn_for_objects(f"{folder}*") for folder in (naming.CORPORA, naming.TRANSFORMS, naming.PROCESSING))),
        _allow(["lambda:InvokeFunction"], arns.launchers(stage)),
        _stopping(stage),
        _allow(["sagemaker:InvokeEndpoint"], arns.named("endpoint", naming.endpoint(stage))),
    ]


def _stopping(stage: str) -> iam.PolicyStatement:
    return _allow([f"sagemaker:Stop{kind}Job" for kind in _KINDS], arns.jobs(stage))


def _operating(stage: str, topic: sns.ITopic, queues: Sequence[sqs.IQueue]) -> Statements:
    """What ``promote``, ``rollback``, ``pause``, ``resume``, ``verify`` and a redrive of dead letters need beside looking."""
    moving = ["ReceiveMessage", "SendMessage", "DeleteMessage", "ChangeMessageVisibility", "StartMessageMoveTask", "ListMessageMoveTasks"]
    return [
        *(_allow([action], resource) for action, resource in permissions(stage) if action == "states:StartExecution"),
        _stopping(stage),
        _allow(["sagemaker:InvokeEndpoint"], arns.named("endpoint", naming.endpoint(stage))),
        _allow([f"sqs:{action}" for action in moving], *(queue.queue_arn for queue in queues)),
        _allow(["sns:Subscribe"], topic.topic_arn),
    ]


def _key(key_arn: str, actions: Sequence[str]) -> Statements:
    return [_allow(list(actions), key_arn)] if key_arn else []


def _allow(actions: Sequence[str], *resources: str, conditions: Mapping[str, object] | None = None) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
