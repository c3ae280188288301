"""The errors SageMaker answers with, in AWS's own names and shapes.

AwsError
├── ValidationException        400  a request AWS would refuse, or one the sandbox does not emulate
├── ResourceInUse              400  the name is taken
├── ConflictException          400  what still depends on it
├── ResourceLimitExceeded      400  a quota
├── ResourceNotFound           400  no such tuning job
├── AccessDeniedException      400  IAM says no
├── ThrottlingException        400  too many requests
├── SerializationException     400  the body is not the JSON the model asks for
├── UnknownOperationException  400  an operation the sandbox does not emulate
├── InternalFailure            500  a bug in the sandbox
└── runtime errors (InvokeEndpoint)
    ├── ValidationError        400
    ├── ModelError             424  the container answered with an error
    └── ServiceUnavailable     503
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

_LIST = "sandbox/sagemaker/README.md lists what is emulated"
#: How AWS ends every ResourceLimitExceeded.
QUOTA_INCREASE_HINT = (
    "Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, contact AWS support to"
    " request an increase for this quota."
)


class AwsError(Exception):
    """An error with AWS's code, HTTP status and message.

    Attributes:
        code: the name botocore shows as ``Error.Code``; the class name.
        status: the HTTP status.
        members: further members of the error's shape (ModelError has three).
    """

    status: ClassVar[int] = 400

    def __init__(self, message: str, **members: Any) -> None:
        super().__init__(message)
        self.message = message
        self.members = members

    @property
    def code(self) -> str:
        """The error's name on the wire."""
        return type(self).__name__

    def response(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body as the JSON 1.1 and REST-JSON protocols write an error."""
        body = {"__type": self.code, "message": self.message, "Message": self.message, **self.members}
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": self.code}
        return self.status, headers, json.dumps(body).encode()


class ValidationException(AwsError):  # noqa: N818 - AWS's name
    """The request breaks a rule of the service."""


class ResourceInUse(AwsError):  # noqa: N818 - AWS's name
    """The name is taken by an existing resource."""


class ResourceLimitExceeded(AwsError):  # noqa: N818 - AWS's name
    """The request would go beyond an account quota."""


class ResourceNotFound(AwsError):  # noqa: N818 - AWS's name
    """There is no resource of that name."""


class AccessDeniedException(AwsError):  # noqa: N818 - AWS's name
    """IAM does not allow the action."""


class ConflictException(AwsError):  # noqa: N818 - AWS's name
    """The resource is in use by others."""


class ThrottlingException(AwsError):  # noqa: N818 - AWS's name
    """Too many requests; InvokeEndpoint has no message for it (https://github.com/opensearch-project/ml-commons/issues/2429)."""

    def __init__(self) -> None:
        super().__init__("")

    def response(self) -> tuple[int, dict[str, str], bytes]:
        """As the others, with no message at all."""
        status, headers, _ = super().response()
        return status, headers, json.dumps({"__type": self.code, "message": None}).encode()


class SerializationException(AwsError):  # noqa: N818 - AWS's name
    """The body does not parse into the operation's input."""


class UnknownOperationException(AwsError):  # noqa: N818 - AWS's name
    """The operation does not exist here."""


class InternalFailure(AwsError):  # noqa: N818 - AWS's name
    """A bug in the sandbox."""

    status = 500


class ValidationError(AwsError):
    """InvokeEndpoint's name for a refused request."""


class ModelError(AwsError):
    """The container answered InvokeEndpoint with an error status."""

    status = 424


class ServiceUnavailable(AwsError):  # noqa: N818 - AWS's name
    """The container cannot be reached."""

    status = 503


def operation_not_emulated(operation: str) -> ValidationException:
    """The refusal of an operation that AWS has and the sandbox does not emulate."""
    return ValidationException(f"the sandbox does not emulate the operation {operation}: nothing was done. Use AWS for it ({_LIST})")


def members_not_emulated(operation: str, members: Sequence[str]) -> ValidationException:
    """The refusal of members of a request, or of values of them: all of them in one answer."""
    named, many = f"{operation}'s {_and(members)}", len(members) > 1
    return ValidationException(
        f"the sandbox does not emulate {named}: {'they' if many else 'it'} would change the result on AWS and nothing here."
        f" Leave {'them' if many else 'it'} out, or use AWS ({_LIST})"
    )


def image_not_emulated(image: str) -> ValidationException:
    """The refusal of an image the sandbox has no container for."""
    return ValidationException(
        f"the sandbox does not emulate the image {image!r}: it pulls none, and has a container for blazingtext:1 only. Name that one, or"
        f" use AWS ({_LIST})"
    )


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
