"""Deletes every version of a model package group: a group can be deleted only when it is empty."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .aws_errors import translating_aws_errors
from .deadline import Deadline
from .model_registry import PAGE, is_gone

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
else:
    SageMakerClient = Any


def delete_versions(sagemaker: SageMakerClient, group: str, deadline: Deadline) -> int:
    """Deletes all versions of a group; a version or a group that is gone already is fine.

    Returns:
        How many there were.

    Raises:
        NotReady: the time was over first.
        LifecycleError: AWS refused or failed.
    """
    versions = _versions(sagemaker, group)
    for arn in versions:
        deadline.check(f"Deleting {arn}")
        with translating_aws_errors(f"delete {arn}"):
            try:
                sagemaker.delete_model_package(ModelPackageName=arn)
            except ClientError as error:
                if not is_gone(error):
                    raise
    return len(versions)


def _versions(sagemaker: SageMakerClient, group: str) -> list[str]:
    """The ARNs of all versions, listed before the first is deleted: a listing whose items go away may pass over some."""
    with translating_aws_errors(f"list the versions of {group}"):
        try:
            pages = sagemaker.get_paginator("list_model_packages").paginate(
                ModelPackageGroupName=group, PaginationConfig={"PageSize": PAGE}
            )
            return [each["ModelPackageArn"] for page in pages for each in page["ModelPackageSummaryList"]]
        except ClientError as error:
            if is_gone(error):
                return []
            raise
