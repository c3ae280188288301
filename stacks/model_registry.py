"""The model registry of a stage: a group of model packages, the approvals in it, and what becomes of its versions in the end."""

import aws_cdk as cdk
import aws_cdk.aws_events as events
import aws_cdk.aws_events_targets as targets
import aws_cdk.aws_s3 as s3
import aws_cdk.aws_sagemaker as sagemaker
import aws_cdk.aws_sqs as sqs
from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.model_registry import EVENT, ApprovalStatus

from . import arns
from .customer_key import allow_grant, allow_key
from .deletion import TIMEOUT, on_delete
from .promotion import Promotion
from .python_function import PythonFunction

# What SageMaker does with a key of a model package, by AWS's own policy AmazonSageMakerModelRegistryFullAccess (CreateGrant apart).
_KEY_ACTIONS = ("kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt")


class ModelRegistry(Construct):
    """A model package group, whose versions are the stage's finished runs, and the function that deletes them with their stack.

    A group can be deleted only when it is empty. Without `delete_data` it is kept with its versions, as the jobs are; the next deployment
    of the stage makes a group of another name. The custom resource is there even then, only that CloudFormation forgets it: were it left
    out, turning `delete_data` off would delete it, and so the versions that are to be kept.

    Attributes:
        group_name: the group's name, which ends as the stack's id begins.
        deletion: what the promoter has to be gone before: no version may come while they are deleted.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: str, delete_data: bool, log_retention_days: int, key_arn: str = "") -> None:
        super().__init__(scope, id_)
        unique = cdk.Fn.select(0, cdk.Fn.split("-", cdk.Fn.select(2, cdk.Fn.split("/", cdk.Aws.STACK_ID))))
        self.group_name = naming.model_package_group(stage, unique)
        group = sagemaker.CfnModelPackageGroup(
            self,
            "Group",
            model_package_group_name=self.group_name,
            model_package_group_description=f"BlazingText models of stage {stage}: a version of each finished run",
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY if delete_data else cdk.RemovalPolicy.RETAIN)
        cleaner = PythonFunction(
            self,
            "Cleanup",
            handler="delete_model_versions.handler",
            description="Deletes the versions of the model package group when its stack is deleted",
            timeout=TIMEOUT,
            log_retention_days=log_retention_days,
            key_arn=key_arn,
        )
        self.deletion = on_delete(self, "DeleteModelVersions", cleaner, Group=self.group_name)
        self.deletion.node.add_dependency(group)
        if delete_data:
            # It lists the versions of every group or of none.
            cleaner.allow("sagemaker:ListModelPackages", on="*")
            cleaner.allow("sagemaker:DeleteModelPackage", on=arns.model_versions(stage))
        else:
            self.deletion.apply_removal_policy(cdk.RemovalPolicy.RETAIN)

    def lead_to(self, promotion: Promotion, *, stage: str, bucket: s3.IBucket, dead_letters: sqs.IQueue, key_arn: str = "") -> None:
        """Lets the promoter register finished jobs, but approve none, and brings it the approvals.

        Args:
            promotion: the promoter and its queue.
            stage: whose jobs.
            bucket: where it writes their metrics.
            dead_letters: for approvals that do not reach the queue.
            key_arn: the KMS key that versions are encrypted with; ``""``: AWS's own.
        """
        approved = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=[EVENT],
            detail={"ModelPackageGroupName": [self.group_name], "ModelApprovalStatus": [str(ApprovalStatus.APPROVED)]},
        )
        target = targets.SqsQueue(promotion.queue, dead_letter_queue=dead_letters)
        events.Rule(self, "Approved", description="A model of this stage was approved", event_pattern=approved, targets=[target])
        promoter = promotion.promoter
        promoter.function.node.add_dependency(self.deletion)
        unapproved = {"StringEquals": {"sagemaker:ModelApprovalStatus": [str(ApprovalStatus.PENDING), str(ApprovalStatus.REJECTED)]}}
        # IAM is asked about the group and about the version.
        promoter.allow("sagemaker:CreateModelPackage", on=[arns.model_package_groups(stage), arns.model_versions(stage)], **unapproved)
        promoter.allow("sagemaker:DescribeModelPackage", on=arns.model_versions(stage))
        promoter.allow("sagemaker:ListModelPackages", on="*")
        promoter.allow("s3:PutObject", on=bucket.arn_for_objects(naming.metrics_key("*")))
        allow_key(promoter.role, key_arn, _KEY_ACTIONS)
        allow_grant(promoter.role, key_arn)
