"""A stage is being destroyed: the versions in its model package group are deleted, since CloudFormation deletes empty groups only.

Event: a CloudFormation custom resource request with the property ``Group``. Create and Update have nothing to do and succeed at once;
Delete acts.
Answer: goes to the ResponseURL, in every case; without one, the stack would wait for the resource's ServiceTimeout.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from blazingtext_lifecycle import aws_clients, custom_resources, version_cleanup
from blazingtext_lifecycle.custom_resources import Answer, Cleanup
from blazingtext_lifecycle.deadline import Context, Deadline

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
else:
    SageMakerClient = Any

log = logging.getLogger(__name__)


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Lambda's entry: translate, act, answer."""
    log.setLevel(logging.INFO)
    log.info("%s %s", event["RequestType"], event.get("ResourceProperties"))
    deadline = Deadline(context.get_remaining_time_in_millis)
    connected = partial(aws_clients.connect, "sagemaker", aws_clients.PATIENT, deadline)
    custom_resources.send(answer(event, deadline, connected), event)


def answer(event: Mapping[str, Any], deadline: Deadline, connected: Callable[[], SageMakerClient]) -> Answer:
    """What to tell CloudFormation, after deleting the versions if the resource is being deleted.

    Args:
        event: the custom resource request.
        deadline: how long that may take.
        connected: gives SageMaker, when there is something to do.
    """

    def cleanup(properties: Mapping[str, Any]) -> Cleanup:
        group = read(properties)
        return Cleanup(group, lambda: f"{version_cleanup.delete_versions(connected(), group, deadline)} versions deleted from {group}")

    return custom_resources.answer(event, "delete-model-versions", cleanup)


def read(properties: Mapping[str, Any]) -> str:
    """The model package group.

    Raises:
        ConfigurationError: the properties name none.
    """
    if not properties.get("Group"):
        raise custom_resources.invalid(properties, "They must be Group = the name of the model package group.")
    return str(properties["Group"])
