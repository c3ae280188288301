"""The object that says that a corpus is complete: ``corpora/<name>/complete.json``, written after all its files.

It lies beside the channels, so no job reads it. Whoever uploads with another tool may leave it empty, or write ``{}``.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import naming
from .aws_errors import translating_aws_errors
from .corpora import Corpus, CorpusFile
from .errors import CorpusError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any

# Ten thousand files with long names.
_MAXIMUM_BYTES = 4_000_000


def document(files: Iterable[tuple[str, int]]) -> bytes:
    """The manifest of a corpus.

    Args:
        files: key and size, in bytes, of each of its objects.
    """
    return json.dumps({"files": [{"key": key, "size": size} for key, size in files]}, indent=2).encode()


def problems(s3: S3Client, bucket: str, corpus: Corpus) -> list[CorpusError]:
    """What a corpus's manifest names that is not there as it says; nothing when the manifest names nothing.

    Args:
        s3: the client; it needs to read ``corpora/``.
        bucket: the stage's bucket.
        corpus: what lies there; only the channels that it has are compared.

    Raises:
        CorpusError: the manifest is not one.
        LifecycleError: AWS refused to show it, or failed.
    """
    key = naming.manifest_key(corpus.name)
    text = _read(s3, bucket, key)
    there = {file.key: file for files in corpus.channels.values() for file in files}
    prefixes = tuple(naming.channel_prefix(corpus.name, channel) for channel in corpus.channels)
    named = _files(text, f"s3://{bucket}/{key}").items()
    return [fault for name, size in named if name.startswith(prefixes) for fault in _faults(there.get(name), name, size, key)]


def _read(s3: S3Client, bucket: str, key: str) -> bytes:
    """A manifest as it is stored.

    Raises:
        CorpusError: it is too long for one.
        LifecycleError: AWS refused to show it, or failed.
    """
    with translating_aws_errors(f"read s3://{bucket}/{key}"):
        size = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
        if size > _MAXIMUM_BYTES:
            raise CorpusError(
                f"s3://{bucket}/{key} is no manifest that is read: it has {size:,} bytes, and {_MAXIMUM_BYTES:,} name ten thousand files. "
                "Join the files and upload the corpus again, or leave the manifest empty."
            )
        # S3 refuses to read a range of an empty object. The range is for one that has grown meanwhile.
        return s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{_MAXIMUM_BYTES - 1}")["Body"].read() if size else b""


def _files(text: bytes, uri: str) -> Mapping[str, int]:
    """Size by key."""
    try:
        found = json.loads(text) if text.strip() else {}
        return {str(each["key"]): int(each["size"]) for each in found.get("files", [])}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise CorpusError(
            f'{uri} is not a manifest. It must be empty, or {{"files": [{{"key": ..., "size": ...}}]}}. Write it again: blazingtext upload.'
        ) from error


def _faults(file: CorpusFile | None, key: str, size: int, manifest: str) -> list[CorpusError]:
    if file is not None and file.size == size:
        return []
    found = "is not there" if file is None else f"has {file.size} bytes"
    return [
        CorpusError(f"{key} {found}. {manifest} says {size} bytes, so the corpus is not complete. Upload it again: blazingtext upload.")
    ]
