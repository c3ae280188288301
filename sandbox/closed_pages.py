"""ministack's own pages: what of it answers without a signature, and has no place in an account.

Its administration (reset, configuration, message dumps), the Docker registry of ECR, Cognito's sign-in pages, and its health page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from .assembly import Application

# Custom resources answer, and wait conditions are signalled, at addresses nobody can guess; the health page reveals nothing; the two under
# /_aws are API Gateway and function URLs.
_OPEN: Final = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/", "/_ministack/health", "/_aws/execute-api/", "/_aws/lambda-url/")
_CLOSED: Final = ("/_ministack/", "/_localstack/", "/_aws/")
# Served to anybody; signed, they are requests for objects or of other services whose paths look alike.
_CLOSED_UNSIGNED: Final = re.compile(
    r"/v2(/|/_catalog)?|/v2/(?!email/|apis/).*|/oauth2/.*|/login|/logout|/signup|/health|/(.*/)?\.well-known/.*", re.DOTALL
)
# API Gateway's and function URLs' own host names: what lies below them is somebody's own.
_HOSTS_OF_OTHERS: Final = (b".execute-api.", b".lambda-url.")


def without_closed_pages(application: Application) -> Application:
    """The application; a closed page is not found."""

    async def filtered(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and is_closed(scope["path"], scope["query_string"], scope["headers"]):
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await application(scope, receive, send)

    return filtered


def is_closed(path: str, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request is for a page that nobody, or nobody without a signature, is shown."""
    if path.startswith(_CLOSED):
        return not path.startswith(_OPEN)
    if not _CLOSED_UNSIGNED.fullmatch(path):
        return False
    given = {name.lower(): value for name, value in headers}
    if any(host in given.get(b"host", b"") for host in _HOSTS_OF_OTHERS):
        return False
    return not (given.get(b"authorization", b"").startswith(b"AWS") or b"X-Amz-Signature=" in query)
