"""Which action of IAM's a request is about, before any service has seen it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from .internals import internal

_SCOPE: Final = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


def action_of(scope: Mapping[str, Any], body: bytes) -> str:
    """The IAM action of a signed request's operation; empty when it cannot be told."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    signed = _SCOPE.search(headers.get("authorization", ""))
    if signed is None:
        return ""
    service = signed.group(1)
    if "x-amz-target" in headers:
        return f"{service}:{headers['x-amz-target'].rpartition('.')[2]}"
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    path = scope["path"]
    bucket, dot, _ = headers.get("host", "").partition(".localhost")
    if service == "s3" and dot:
        path = f"/{bucket}{path}"
    found = internal("core.iam_actions").extract_iam_action(service, scope["method"], path, headers, body, query)
    return str(found or "")
