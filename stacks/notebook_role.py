"""A role for people who train and deploy from a notebook: the SageMaker SDK, within one stage."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_s3 as s3
from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.limits import Limits

from . import arns, limit_conditions
from .customer_key import SENDING, allow_key


class NotebookRole(Construct):
    """A role that a notebook runs as, or that a person of this account assumes.

    Enough for `BlazingText().sdk` with both generations of the SageMaker Python SDK: upload a corpus, train, tune, read the run, deploy an
    endpoint beside the live one, ask either, clean up. The live endpoint, its model and its stack are out of reach, as is everything of
    other stages.

    Args:
        stage: whose names it is bounded to.
        bucket: the stage's bucket.
        roles: the stage's roles for jobs and endpoints, which it may hand to SageMaker.
        limits: what its jobs and endpoints may not exceed, as far as IAM can tell.
        key_arn: the KMS key of the bucket; ``""``: S3's own.

    Attributes:
        role: the role.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: str,
        bucket: s3.IBucket,
        roles: Sequence[iam.IRole],
        limits: Limits,
        key_arn: str = "",
    ) -> None:
        super().__init__(scope, id_)
        sagemaker = iam.ServicePrincipal("sagemaker.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}})
        self.role = iam.Role(
            self,
            "Role",
            # The account as principal: who may assume it is then for the person's own policies to say.
            assumed_by=iam.CompositePrincipal(sagemaker, iam.AccountRootPrincipal()),
            description=f"Trains and deploys BlazingText models of stage {stage} from a notebook",
        )
        self._data(bucket)
        allow_key(self.role, key_arn, SENDING)
        self._sagemaker(stage, limits)
        passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        self._allow(["iam:PassRole"], *(role.role_arn for role in roles), conditions=passed)
        for name in (naming.storage_stack(stage), naming.training_stack(stage), naming.serving_stack(stage)):
            self._allow(["cloudformation:DescribeStacks"], arns.stack(name))
        logs = [arns.training_log_group(), arns.training_log_streams(stage), arns.transform_log_group(), arns.transform_log_streams(stage)]
        self._allow(["logs:GetLogEvents", "logs:DescribeLogStreams", "logs:FilterLogEvents"], *logs)

    def _data(self, bucket: s3.IBucket) -> None:
        """Corpora and what is to be predicted are read, written and replaced; runs are read: only jobs write them."""
        written = (naming.CORPORA, naming.TRANSFORMS)
        listed = {"StringLike": {"s3:prefix": [f"{folder}*" for folder in (*written, naming.RUNS)]}}
        self._allow(["s3:ListBucket"], bucket.bucket_arn, conditions=listed)
        self._allow(["s3:GetBucketLocation"], bucket.bucket_arn)
        writing = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        self._allow(writing, *(bucket.arn_for_objects(f"{folder}*") for folder in written))
        self._allow(["s3:GetObject"], bucket.arn_for_objects(f"{naming.RUNS}*"))

    def _sagemaker(self, stage: str, limits: Limits) -> None:
        """The stage's jobs, and endpoints beside the live one, whose name ends where their names go on."""
        tagging = ["sagemaker:AddTags", "sagemaker:ListTags"]
        jobs, tuning = arns.training_jobs(stage), arns.tuning_jobs(stage)
        self._allow(["sagemaker:CreateTrainingJob"], jobs, conditions=limit_conditions.of_jobs(limits))
        self._allow(["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob", *tagging], jobs)
        self._allow(["sagemaker:CreateHyperParameterTuningJob"], tuning, conditions=limit_conditions.of_jobs(limits))
        self._allow(
            [*(f"sagemaker:{verb}HyperParameterTuningJob" for verb in ("Describe", "Stop", "ListTrainingJobsFor")), *tagging], tuning
        )
        transforms = arns.transform_jobs(stage)
        self._allow(["sagemaker:CreateTransformJob"], transforms, conditions=limit_conditions.of_endpoints(limits))
        self._allow(["sagemaker:DescribeTransformJob", "sagemaker:StopTransformJob", *tagging], transforms)
        for kind, name in (("model", "Model"), ("endpoint-config", "EndpointConfig"), ("endpoint", "Endpoint")):
            own = arns.named(kind, f"{naming.job_prefix(stage)}*")
            limited = limit_conditions.of_endpoints(limits) if name == "EndpointConfig" else {}
            self._allow([f"sagemaker:Create{name}"], own, conditions=limited)
            self._allow([f"sagemaker:Describe{name}", f"sagemaker:Delete{name}", *tagging], own)
        # IAM is asked about the configuration too.
        self._allow(["sagemaker:CreateEndpoint"], arns.named("endpoint-config", f"{naming.job_prefix(stage)}*"))
        live, own = arns.named("endpoint", naming.endpoint(stage)), arns.named("endpoint", f"{naming.job_prefix(stage)}*")
        self._allow(["sagemaker:InvokeEndpoint"], live, own)
        self._allow(["sagemaker:DescribeEndpoint"], live)
        # It lists the whole account's or nothing.
        self._allow(["sagemaker:ListTrainingJobs"], "*")

    def _allow(self, actions: Sequence[str], *resources: str, conditions: Mapping[str, object] | None = None) -> None:
        statement = iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
        self.role.add_to_policy(statement)
