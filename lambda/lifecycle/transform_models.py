"""The SageMaker models of transform jobs: one for each job, with the job's name, from before the job until after it.

A transform job needs a model that exists. That of the endpoint is the serving stack's, which replaces it when another model goes live, so
no job may depend on it. Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import naming
from .aws_errors import is_missing, message_of, translating_aws_errors
from .deadline import Deadline
from .errors import LifecycleError
from .resource_tags import tags_of

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
else:
    SageMakerClient = Any

log = logging.getLogger(__name__)

_TAKEN = "Cannot create already existing model"
# The largest page of ListModels.
_PAGE = 100


@contextmanager
def made(definition: Mapping[str, Any], name: str, sagemaker: SageMakerClient) -> Iterator[None]:
    """A model for a job that is created in the body; it goes again when that fails.

    One of that name is from a launch that did not get further, and is as good: the name holds a hash of all that is in it.

    Args:
        definition: everything for CreateModel but the name.
        name: the job's.
        sagemaker: the client.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    with translating_aws_errors(f"make the model of the transform job {name}"):
        try:
            sagemaker.create_model(ModelName=name, **definition)
        except ClientError as error:
            if _TAKEN not in message_of(error):
                raise
    try:
        yield
    except LifecycleError:
        remove(name, sagemaker)
        raise


def remove(name: str, sagemaker: SageMakerClient) -> None:
    """Deletes the model of a job; one that is gone already is no error.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    with translating_aws_errors(f"delete the model of the transform job {name}"):
        try:
            sagemaker.delete_model(ModelName=name)
        except ClientError as error:
            if not is_missing(error):
                raise
            log.info("the model %s is gone already", name)


def remove_all(sagemaker: SageMakerClient, stage: str, deadline: Deadline) -> list[str]:
    """Deletes the models of a stage's transform jobs: those with its name prefix and exactly its tags. Their jobs have ended.

    Returns:
        Their names.

    Raises:
        NotReady: the time was over first.
        LifecycleError: AWS refused or failed.
    """
    names = _names(sagemaker, stage)
    for name in names:
        deadline.check(f"Deleting the model {name}")
        remove(name, sagemaker)
    return names


def _names(sagemaker: SageMakerClient, stage: str) -> list[str]:
    prefix = naming.job_prefix(stage)
    with translating_aws_errors(f"list the models of stage {stage}"):
        pages = sagemaker.get_paginator("list_models").paginate(NameContains=prefix, PaginationConfig={"PageSize": _PAGE})
        found = [(each["ModelName"], each["ModelArn"]) for page in pages for each in page["Models"]]
    return [name for name, arn in found if name.startswith(prefix) and naming.is_tagged(tags_of(sagemaker, arn), stage)]
