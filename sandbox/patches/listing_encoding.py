"""Keys with control characters can be listed: `encoding-type=url` holds for versions and for unfinished uploads, too.

ministack encodes in ListObjects only, and elsewhere answers with XML that no parser reads, so a bucket with such a key could not be
emptied (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html, `EncodingType`; ListMultipartUploads likewise).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps three

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement

from ..emulator.internals import Json, internal

_ENCODED: Final = frozenset({"Key", "Prefix", "Delimiter", "KeyMarker", "NextKeyMarker"})
_asked: ContextVar[bool] = ContextVar("encoding_type_url", default=False)
Listing = Callable[[str, Json], Any]


def apply() -> None:
    """Encode the names of a listing just before it becomes text."""
    s3 = internal("services.s3")
    as_text = s3._xml_body
    s3._list_object_versions = _noting_the_encoding(s3._list_object_versions, s3._qp)
    s3._list_multipart_uploads = _noting_the_encoding(s3._list_multipart_uploads, s3._qp)

    def encoded(root: Element) -> Any:
        if _asked.get():
            SubElement(root, "EncodingType").text = "url"
            for element in root.iter():
                if element.tag in _ENCODED and element.text:
                    element.text = quote(element.text, safe="/")
        return as_text(root)

    s3._xml_body = encoded


def _noting_the_encoding(listing: Listing, parameter: Callable[[Json, str, str], str]) -> Listing:
    def listed(bucket: str, query: Json) -> Any:
        token = _asked.set(parameter(query, "encoding-type", "") == "url")
        try:
            return listing(bucket, query)
        finally:
            _asked.reset(token)

    return listed
