"""Storage: the bucket, and the function that empties it when a stage is destroyed."""

from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.naming import Output

from .bucket_cleanup import BucketCleanup
from .corpus_bucket import CorpusBucket
from .customer_key import customer_key
from .project_stack import ProjectStack
from .settings import Settings


class StorageStack(ProjectStack):
    """What outlives trainings and models.

    Attributes:
        bucket: holds corpora and artifacts.
        key_arn: the customer's key that encrypts them, and whatever else the stage keeps; ``""``: none.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings) -> None:
        super().__init__(
            scope,
            id_,
            settings=settings,
            stack_name=naming.storage_stack(settings.stage),
            description="BlazingText: corpora and artifacts",
        )
        self.key_arn = customer_key(self, "Key", setting=settings.kms_key, stage=settings.stage, delete_data=settings.delete_data)
        self.bucket = CorpusBucket(
            self,
            "Corpora",
            delete_data=settings.delete_data,
            captured_days=settings.data_capture_days,
            key_arn=self.key_arn,
            log_bucket=settings.access_log_bucket,
        ).bucket
        BucketCleanup(
            self,
            # The id of 0.1.0; BucketCleanup says why.
            "Retirement",
            bucket=self.bucket,
            delete_data=settings.delete_data,
            log_retention_days=settings.log_retention_days,
            key_arn=self.key_arn,
        )
        self.offer_use(naming.storage_in_use(settings.stage))
        self.publish({Output.BUCKET_NAME: self.bucket.bucket_name})
