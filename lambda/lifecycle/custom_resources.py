"""CloudFormation's custom resource protocol: one request, one answer, sent to the ResponseURL.

CDK's own handlers answer on port 443 whatever the URL says; this one keeps scheme and port, so it works wherever the URL points.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from .errors import CloudError, RequestError

# CloudFormation takes answers of at most 4096 bytes.
_LONGEST_REASON = 1500
_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Answer:
    """What CloudFormation is told."""

    status: Literal["SUCCESS", "FAILED"]
    physical_id: str
    reason: str = ""

    def document(self, event: Mapping[str, Any]) -> bytes:
        """The body of the answer to a request."""
        body = {
            "Status": self.status,
            "Reason": self.reason[:_LONGEST_REASON],
            "PhysicalResourceId": self.physical_id,
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
        }
        return json.dumps(body).encode()


def send(answer: Answer, event: Mapping[str, Any]) -> None:
    """Sends an answer; the certificate is checked against the system's authorities, or those in ``SSL_CERT_FILE``.

    Raises:
        RequestError: the ResponseURL is not one to send to.
        CloudError: it could not be reached, or refused.
    """
    url = str(event["ResponseURL"])
    if urlsplit(url).scheme not in ("https", "http"):
        raise RequestError(
            f"The ResponseURL {url} is neither https nor http. CloudFormation gives no other. Look who invoked the function."
        )
    # S3 signed the URL without a content type, so none may be sent.
    request = urllib.request.Request(url, answer.document(event), {"Content-Type": ""}, method="PUT")  # noqa: S310 - scheme checked above
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - scheme checked above
            response.read()
    except urllib.error.URLError as error:
        raise CloudError(
            f"CloudFormation did not get its answer. The ResponseURL could not be written: {error}. Lambda runs the function again."
        ) from error
