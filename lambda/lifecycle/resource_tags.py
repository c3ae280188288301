"""The tags of a SageMaker resource that was listed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .aws_errors import is_missing, translating_aws_errors

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
else:
    SageMakerClient = Any


def tags_of(sagemaker: SageMakerClient, arn: str) -> Mapping[str, str]:
    """The tags of a resource; none when it was deleted after it was listed.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    with translating_aws_errors(f"read the tags of {arn}"):
        try:
            pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
            return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
        except ClientError as error:
            if is_missing(error):
                return {}
            raise
