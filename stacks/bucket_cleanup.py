"""The bucket is emptied when its stack is deleted: CloudFormation deletes empty buckets only."""

import aws_cdk as cdk
import aws_cdk.aws_s3 as s3
from constructs import Construct

from .deletion import TIMEOUT, on_delete
from .python_function import PythonFunction


class BucketCleanup(Construct):
    """The function ``empty_bucket``, and the custom resource that calls it just before the bucket is deleted.

    The resource is there even when data is kept, only that CloudFormation then forgets it instead of deleting it. If it were left out,
    turning `delete_data` off would delete it, and so empty the very bucket that is to be kept.

    Attributes:
        function: the function; it has no rights on the bucket when data is kept.
    """

    def __init__(
        self, scope: Construct, id_: str, *, bucket: s3.IBucket, delete_data: bool, log_retention_days: int, key_arn: str = ""
    ) -> None:
        super().__init__(scope, id_)
        emptier = PythonFunction(
            self,
            # The ids of 0.1.0: were the logical id of EmptyBucket another one, an update would delete the old resource, and so empty a
            # bucket in use; were the function's another one, CloudFormation would refuse the new ServiceToken.
            "Retire",
            handler="empty_bucket.handler",
            description="Empties the bucket when its stack is deleted",
            timeout=TIMEOUT,
            log_retention_days=log_retention_days,
            key_arn=key_arn,
        )
        emptied = on_delete(self, "EmptyBucket", emptier, Bucket=bucket.bucket_name)
        if delete_data:
            emptier.allow("s3:ListBucketVersions", "s3:ListBucketMultipartUploads", on=bucket.bucket_arn)
            emptier.allow("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload", on=bucket.arn_for_objects("*"))
        else:
            emptied.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
