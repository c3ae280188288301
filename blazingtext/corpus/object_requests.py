"""Which objects an address means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from botocore import exceptions as aws

from blazingtext_lifecycle import aws_errors
from blazingtext_lifecycle.errors import CorpusError, UserError

from ..aws_errors import translating_aws_errors
from .objects import SCHEME, Access, S3Object

# What a key's pattern is made of, besides what stands for itself.
_WILD = re.compile(r"(\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\])")


def target(address: str, access: Access) -> S3Object:
    """The object that an address names, to be written.

    Raises:
        UserError: it names none.
    """
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    if not bucket or not key or key.endswith("/"):
        raise UserError(f"{address} names no object. Give bucket and key: s3://bucket/folder/corpus.txt")
    return S3Object(access, bucket, key)


def matching(address: str, access: Access) -> list[S3Object]:
    """The objects that an address means, in the order of their keys: one; all below a folder; or those of a pattern.

    In a pattern, ``*`` and ``?`` stand for characters but the slash, ``**`` for any, ``[ab]`` for one of several. Objects with a part of
    their key that begins with a full stop are left out, as hidden files are.

    Raises:
        CorpusError: the address has no bucket.
        LifecycleError: AWS refuses, or cannot be reached.
    """
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise CorpusError(f"{address} names no bucket. Give an object, a folder or a pattern: s3://bucket/folder/*.txt.gz")
    wild = _WILD.search(key)
    with translating_aws_errors(f"look for {address}"):
        if wild:
            fixed = key[: wild.start()]
            expression = re.compile("".join(map(_expression, _WILD.split(key))), re.DOTALL)
            listed = list(_listed(access, bucket, fixed))
            exact = [each for each in listed if each.key == key]
            return exact or [each for each in _visible(listed, fixed) if expression.fullmatch(each.key)]
        if key and not key.endswith("/"):
            one = _one(access, bucket, key)
            if one is not None:
                return [one]
            key += "/"
        return _visible(list(_listed(access, bucket, key)), key)


def _one(access: Access, bucket: str, key: str) -> S3Object | None:
    try:
        head = access.s3.head_object(Bucket=bucket, Key=key)
    except aws.ClientError as error:
        if aws_errors.is_missing(error):
            return None
        raise
    return S3Object(access, bucket, key, head["ContentLength"], head["ETag"])


def _listed(access: Access, bucket: str, prefix: str) -> Iterator[S3Object]:
    for page in access.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            # What the console makes for a folder has a name that ends in a slash.
            if not each["Key"].endswith("/"):
                yield S3Object(access, bucket, each["Key"], each["Size"], each["ETag"])


def _visible(listed: list[S3Object], prefix: str) -> list[S3Object]:
    """Objects without hidden ones, in a folder of that prefix."""
    known = prefix.rfind("/") + 1
    return [each for each in listed if not any(part.startswith(".") for part in each.key[known:].split("/"))]


def _expression(token: str) -> str:
    """A part of a pattern as a regular expression."""
    if token.startswith("[") and token.endswith("]"):
        inside = token[1:-1].replace("\\", r"\\")
        return f"[^/{inside[1:]}]" if inside.startswith("!") else f"[{inside}]"
    return {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(token, re.escape(token))
