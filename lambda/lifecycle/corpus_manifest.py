"""The object that says that a corpus is complete: ``corpora/<name>/complete.json``, written after all its files.

It lies beside the channels, so no job reads it. Whoever uploads with another tool may leave it empty, or write ``{}``; what it tells beside
keys and sizes is believed where the ETags that it names are those in the bucket.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from . import naming, recipe_keys
from .aws_errors import translating_aws_errors
from .corpora import Corpus, CorpusFile
from .errors import CorpusError
from .object_reading import beginning, size_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any

# Ten thousand files with long names.
_MAXIMUM_BYTES = 4_000_000


@dataclass(frozen=True)
class NamedFile:
    """A file as a manifest names it.

    Attributes:
        key: its key.
        size: in bytes.
        etag: S3's ETag, with its quotation marks; ``""`` when it is not told.
        sha256: of its content, in hexadecimal; likewise.
    """

    key: str
    size: int
    etag: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Manifest:
    """What a manifest tells; one that is empty, or that is not there, tells nothing.

    Attributes:
        key: where it lies.
        files: by key.
        recipe: the key of the recipe by which the corpus was prepared, or ``""``.
        name: the name of the run that the upload starts where ``trainOnUpload`` is set, or ``""``.
    """

    key: str
    files: Mapping[str, NamedFile] = field(default_factory=dict)
    recipe: str = ""
    name: str = ""


def document(files: Iterable[NamedFile], recipe: str = "", name: str = "") -> bytes:
    """The manifest of a corpus.

    Args:
        files: its objects.
        recipe: the key of the recipe by which it was prepared.
        name: the name of the run that it starts.
    """
    named = [{"key": each.key, "size": each.size, "etag": each.etag, "sha256": each.sha256} for each in files]
    return json.dumps({"files": named, **({"recipe": recipe} if recipe else {}), **({"name": name} if name else {})}, indent=2).encode()


def read(s3: S3Client, bucket: str, corpus: str, stage: str) -> Manifest:
    """The manifest of a corpus.

    Args:
        s3: the client; it needs to list and read ``corpora/``.
        bucket: the stage's bucket.
        corpus: its name.
        stage: whose bucket it is, for what a message tells to type.

    Raises:
        CorpusError: it is not one.
        LifecycleError: AWS refused to show it, or failed.
    """
    key = naming.manifest_key(corpus)
    with translating_aws_errors(f"read s3://{bucket}/{key}"):
        size = size_of(s3, bucket, key) or 0
        if size > _MAXIMUM_BYTES:
            raise CorpusError(
                f"s3://{bucket}/{key} is no manifest that is read: it has {size:,} bytes, and {_MAXIMUM_BYTES:,} name ten thousand files. "
                "Join the files and upload the corpus again, or leave the manifest empty."
            )
        # S3 refuses to read a range of an empty object. The range is for one that has grown meanwhile.
        text = beginning(s3, bucket, key, _MAXIMUM_BYTES) if size else b""
    return _read(text, key, f"s3://{bucket}/{key}", naming.command("upload", stage))


def _read(text: bytes, key: str, uri: str, again: str) -> Manifest:
    try:
        found = json.loads(text) if text.strip() else {}
        named = [
            NamedFile(str(each["key"]), int(each["size"]), str(each.get("etag", "")), str(each.get("sha256", "")))
            for each in found.get("files", [])
        ]
        recipe, name = found.get("recipe", ""), found.get("name", "")
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise CorpusError(
            f'{uri} is not a manifest. It must be empty, or {{"files": [{{"key": ..., "size": ...}}]}}. Write it again: {again}.'
        ) from error
    if not isinstance(recipe, str) or not isinstance(name, str):
        raise CorpusError(f"{uri} is not a manifest. Its recipe and its name are texts. Write it again: {again}.")
    return Manifest(key, {each.key: each for each in named}, recipe, name)


def problems(manifest: Manifest, corpus: Corpus, stage: str) -> list[CorpusError]:
    """What a manifest names that is not there as it says; nothing when it names nothing.

    Args:
        manifest: the corpus's.
        corpus: what lies there; only the channels that it has are compared.
        stage: whose it is, for what a message tells to type.
    """
    again = naming.command("upload", stage)
    there = {file.key: file for files in corpus.channels.values() for file in files}
    prefixes = tuple(naming.channel_prefix(corpus.name, channel) for channel in corpus.channels)
    named = [each for key, each in manifest.files.items() if key.startswith(prefixes)]
    return [fault for each in named for fault in _faults(there.get(each.key), each, manifest.key, again)]


def _faults(file: CorpusFile | None, named: NamedFile, manifest: str, again: str) -> list[CorpusError]:
    if file is not None and file.size == named.size:
        return []
    found = "is not there" if file is None else f"has {file.size} bytes"
    said = f"{manifest} says {named.size} bytes, so the corpus is not complete. Upload it again: {again}."
    return [CorpusError(f"{named.key} {found}. {said}")]


def described(s3: S3Client, bucket: str, corpus: Corpus, manifest: Manifest, stage: str) -> Corpus:
    """A corpus with its SHA-256 and its recipe, where its manifest tells them of these very objects.

    Args:
        s3: the client; it needs to list ``corpora/``.
        bucket: the stage's bucket.
        corpus: what lies there.
        manifest: what the upload told.
        stage: whose it is, for what a message tells to type.

    Raises:
        LifecycleError: AWS refused to show it, or failed.
    """
    files = [file for channel in sorted(corpus.channels) for file in corpus.channels[channel] if file.size]
    named = [manifest.files.get(file.key) for file in files]
    hashes = [each.sha256 for each, file in zip(named, files, strict=True) if each is not None and _is_of(each, file)]
    if not hashes or len(hashes) < len(files):
        return replace(corpus, warnings=(*corpus.warnings, *_doubts(manifest, corpus, stage)))
    found = replace(corpus, sha256=recipe_keys.joined_sha256(hashes))
    if not manifest.recipe:
        return found
    with translating_aws_errors(f"look for s3://{bucket}/{manifest.recipe}"):
        there = recipe_keys.is_key(manifest.recipe, corpus.name) and size_of(s3, bucket, manifest.recipe)
    if there:
        return replace(found, recipe=manifest.recipe)
    warning = f"{manifest.key} names a recipe that is not there, so the run has none. Upload again: {naming.command('upload', stage)}."
    return replace(found, warnings=(*corpus.warnings, warning))


def _is_of(named: NamedFile, file: CorpusFile) -> bool:
    """Whether a manifest tells the hash of the very object that is there."""
    return (named.etag, named.size) == (file.etag, file.size) and recipe_keys.is_sha256(named.sha256)


def _doubts(manifest: Manifest, corpus: Corpus, stage: str) -> list[str]:
    """What to say about a manifest that tells of other objects than are there."""
    if not corpus.channels or not any(each.sha256 for each in manifest.files.values()):
        return []
    again = naming.command("upload", stage)
    happened = f"{manifest.key} tells of other files than are there, so the run has neither the corpus's SHA-256 nor its recipe."
    return [f"{happened} Something else has written there since. To have both, upload again: {again}."]
