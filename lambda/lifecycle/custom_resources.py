"""CloudFormation's custom resource protocol: one request, one answer, sent to the ResponseURL.

CDK's own handlers answer on port 443 whatever the URL says; this one keeps scheme and port, so it works wherever the URL points.
"""

import json
import logging
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from .errors import CloudError, ConfigurationError, LifecycleError, RequestError

log = logging.getLogger(__name__)

# CloudFormation takes no longer answers: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
_MAXIMUM_BYTES = 4096
_TIMEOUT_SECONDS = 10
# The physical id of a resource whose creation was refused.
_NOT_CREATED = "not-created"


@dataclass(frozen=True)
class Answer:
    """What CloudFormation is told."""

    status: Literal["SUCCESS", "FAILED"]
    physical_id: str
    reason: str = ""

    def document(self, event: Mapping[str, Any]) -> bytes:
        """The body of the answer to a request; a reason that has no room is cut."""
        body = {
            "Status": self.status,
            "Reason": "",
            "PhysicalResourceId": self.physical_id,
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
        }
        room = _MAXIMUM_BYTES - len(json.dumps(body))
        reason = self.reason[:room]
        # In JSON, a letter has up to twelve bytes: an emoji is two escaped surrogates.
        while len(json.dumps(reason)) - len('""') > room:
            reason = reason[:-1]
        return json.dumps(body | {"Reason": reason}).encode()


@dataclass(frozen=True)
class Cleanup:
    """What is done when a custom resource is deleted.

    Attributes:
        target: what is cleaned up; the resource keeps the id that its first target gave it.
        run: does it, and says what was done.
    """

    target: str
    run: Callable[[], str]


def answer(event: Mapping[str, Any], kind: str, cleanup: Callable[[Mapping[str, Any]], Cleanup]) -> Answer:
    """What to tell CloudFormation about a resource that acts only when it is deleted; Create and Update succeed at once.

    Args:
        event: the custom resource request.
        kind: what the physical ids of such resources begin with.
        cleanup: what the resource's properties ask for; raises ConfigurationError when they are wrong.
    """
    physical_id = str(event.get("PhysicalResourceId", _NOT_CREATED))
    try:
        if event["RequestType"] == "Delete" and not physical_id.startswith(f"{kind}-"):
            # A creation that was refused, or another function's resource: there is nothing to clean up.
            return Answer("SUCCESS", physical_id)
        wanted = cleanup(event["ResourceProperties"])
        if event["RequestType"] == "Update" and physical_id.startswith(f"{kind}-"):
            # Another id would be a replacement, and CloudFormation would then delete the old resource: in the middle of a deployment.
            return Answer("SUCCESS", physical_id)
        if event["RequestType"] != "Delete":
            return Answer("SUCCESS", f"{kind}-{wanted.target}")
        log.info(wanted.run())
        return Answer("SUCCESS", physical_id)
    except LifecycleError as error:
        log.exception("The request failed.")
        return Answer("FAILED", physical_id, str(error))
    except Exception as error:  # whatever it is, CloudFormation must be answered, or the stack waits for its timeout
        log.exception("The request failed unexpectedly.")
        reason = f"{kind} failed unexpectedly. {type(error).__name__}: {error}. Read the function's log, then run the same command again."
        return Answer("FAILED", physical_id, reason)


def send(answer: Answer, event: Mapping[str, Any]) -> None:
    """Sends an answer; the certificate is checked against the system's authorities, or those in ``SSL_CERT_FILE``.

    Raises:
        RequestError: the ResponseURL is not one to send to.
        CloudError: it could not be reached, or refused.
    """
    url = str(event["ResponseURL"])
    if urlsplit(url).scheme not in ("https", "http"):
        raise RequestError(
            f"The ResponseURL {url} is neither https nor http. CloudFormation gives no other. Find out who invoked the function."
        )
    # S3 signed the URL without a content type, so none may be sent.
    request = urllib.request.Request(url, answer.document(event), {"Content-Type": ""}, method="PUT")  # noqa: S310 - scheme checked above
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - scheme checked above
            response.read()
    except OSError as error:  # URLError is one, as is the timeout of an answer that does not end
        raise CloudError(
            f"CloudFormation did not get its answer. The ResponseURL could not be written: {error}. Lambda runs the function again."
        ) from error


def invalid(properties: Mapping[str, Any], rule: str) -> ConfigurationError:
    """The error for properties that a function cannot work with.

    Args:
        properties: the resource's properties.
        rule: which properties it needs.
    """
    shown = {key: value for key, value in properties.items() if key != "ServiceToken"}
    return ConfigurationError(f"The properties {shown} cannot be used. {rule} Correct the custom resource in the stack.")
