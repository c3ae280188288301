"""A stage is being destroyed: its bucket is emptied, because CloudFormation deletes empty buckets only.

Event: a CloudFormation custom resource request with the property ``Bucket``. Create and Update have nothing to do and succeed at once;
Delete acts.
Answer: goes to the ResponseURL, in every case; without one, the stack would wait for the resource's ServiceTimeout.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from blazingtext_lifecycle import aws_clients, bucket_cleanup, custom_resources
from blazingtext_lifecycle.custom_resources import Answer, Cleanup
from blazingtext_lifecycle.deadline import Context, Deadline

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any

log = logging.getLogger(__name__)


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Lambda's entry: translate, act, answer."""
    log.setLevel(logging.INFO)
    log.info("%s %s", event["RequestType"], event.get("ResourceProperties"))
    deadline = Deadline(context.get_remaining_time_in_millis)
    custom_resources.send(answer(event, deadline, partial(aws_clients.connect, "s3", aws_clients.PATIENT, deadline)), event)


def answer(event: Mapping[str, Any], deadline: Deadline, connected: Callable[[], S3Client]) -> Answer:
    """What to tell CloudFormation, after emptying the bucket if the resource is being deleted.

    Args:
        event: the custom resource request.
        deadline: how long that may take.
        connected: gives S3, when there is something to do.
    """

    def cleanup(properties: Mapping[str, Any]) -> Cleanup:
        bucket = read(properties)
        return Cleanup(bucket, lambda: f"{bucket_cleanup.empty_bucket(connected(), bucket, deadline)} objects deleted from {bucket}")

    return custom_resources.answer(event, "empty-bucket", cleanup)


def read(properties: Mapping[str, Any]) -> str:
    """The bucket.

    Raises:
        ConfigurationError: the properties name none.
    """
    if not properties.get("Bucket"):
        raise custom_resources.invalid(properties, "They must be Bucket = the name of the bucket.")
    return str(properties["Bucket"])
