"""Uploads a corpus to the bucket: checked before, hashed, and verified after."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, corpus_manifest, corpus_text, job_kinds, naming, recipe_keys, run_names
from blazingtext_lifecycle.corpora import SAMPLE_BYTES
from blazingtext_lifecycle.corpus_manifest import NamedFile
from blazingtext_lifecycle.errors import CloudError, CorpusError

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..errors import NotACorpusError, UnreadableFileError
from ..figures import size
from ..html_tables import table
from . import recipe
from .normaliser import LABEL

if TYPE_CHECKING:  # boto3's types are installed for development only
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

# The part size is fixed, so that the same file always gets the same ETag, and with it the same training job.
PART_SIZE = 16_777_216
_HASH = "blazingtext-sha256"

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Channel:
    """One file of a corpus and where it goes.

    Attributes:
        path: the file.
        channel: ``train`` or ``validation``.
        key: the object's key in the bucket.
        labelled: whether its lines have labels.
        warnings: what is allowed but probably a mistake.
    """

    path: Path
    channel: str
    key: str
    labelled: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class UploadedFile:
    """A file that is in the bucket, byte for byte.

    Attributes:
        uri: where.
        size: in bytes.
        sha256: of the file's content, in hexadecimal.
        sent: False when the same content was already there.
        etag: S3's ETag of the object.
    """

    uri: str
    size: int
    sha256: str
    sent: bool
    etag: str


@dataclass(frozen=True)
class UploadedCorpus:
    """A corpus in the bucket.

    Attributes:
        name: the corpus's name.
        uri: where it lies.
        files: what it consists of.
        removed: objects of an earlier upload that were removed.
        sha256: of one file, its own; of several, the SHA-256 of theirs in hexadecimal, a line each, in the order of their keys.
        recipe: where the recipe lies by which they were prepared, or "".
        warnings: why no recipe went with them although there is one.
    """

    name: str
    uri: str
    files: tuple[UploadedFile, ...]
    removed: tuple[str, ...]
    sha256: str
    recipe: str
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        sent, bytes_ = sum(each.sent for each in self.files), sum(each.size for each in self.files)
        return f"UploadedCorpus({self.uri}: {size(bytes_)}, files: {len(self.files)}, sent now: {sent})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        rows = [(each.uri, size(each.size), "sent" if each.sent else "was there", each.sha256) for each in self.files]
        return table(("file", "size", "", "sha256"), rows, caption=f"corpus {self.name}", right=(1,))


@dataclass(frozen=True)
class Digests:
    """The SHA-256 of a file: whole, and as S3 composes it from the parts' own."""

    whole: str
    composite: str


def corpus_name(path: Path) -> str:
    """The corpus name that a file suggests: ``Wiki 2024.txt`` becomes ``wiki-2024``."""
    name = re.sub(r"[^a-z0-9]+", "-", path.name.split(".")[0].lower()).strip("-")[:32].strip("-")
    return naming.check_corpus(name)


def plan(name: str, train: Sequence[Path], validation: Sequence[Path] = ()) -> list[Channel]:
    """The files of a corpus, checked, in the order in which they are sent.

    Raises:
        CorpusError: a file is missing, empty or not text, or labels are in some files and not in others.
        RequestError: the name is not allowed.
    """
    naming.check_corpus(name)
    train, validation = _corpora(train), _corpora(validation)
    channels = [_channel(name, naming.VALIDATION, path) for path in validation] + [_channel(name, naming.TRAIN, path) for path in train]
    keys = [channel.key for channel in channels]
    twice = {channel.path.name for channel in channels if keys.count(channel.key) > 1}
    if twice:
        raise CorpusError(f"Two files have the name {', '.join(sorted(twice))}. One would replace the other. Rename one of them.")
    if len({channel.labelled for channel in channels}) > 1 or (validation and not all(channel.labelled for channel in channels)):
        bare = ", ".join(str(channel.path) for channel in channels if not channel.labelled)
        raise CorpusError(
            f"{bare}: no line has a label. Classifiers learn from lines with {LABEL}<name>, and validation exists for them only. "
            "Make it with: blazingtext corpus prepare --column ... --labels ..."
        )
    return channels


def _corpora(paths: Sequence[Path]) -> list[Path]:
    """Files without the recipes beside them, which a glob gives, too."""
    return [path for path in paths if not recipe.is_recipe(path)]


def _channel(name: str, channel: str, path: Path) -> Channel:
    """A file of a channel, judged from its beginning as the launcher function judges it.

    Raises:
        CorpusError: it cannot be trained on.
    """
    sample = _sample(path)
    whole = len(sample) < SAMPLE_BYTES
    refusal = corpus_text.refusal_of(sample, str(path), whole)
    if refusal or not sample:
        raise NotACorpusError(refusal or f"{path} is empty. It holds no byte.", path)
    labelled = bool(corpus_text.labels_of(sample))
    findings = corpus_text.check(sample, str(path), whole, supervised=labelled)
    return Channel(path, channel, naming.channel_prefix(name, channel) + path.name, labelled, tuple(each.text for each in findings))


def _sample(path: Path) -> bytes:
    """The beginning of a file.

    Raises:
        CorpusError: it cannot be read, or is no file.
    """
    if path.exists() and not path.is_file():
        raise CorpusError(f"{path} is not a file. What is uploaded is read twice, first to be hashed. Write it to a file and upload that.")
    try:
        with path.open("rb") as stream:
            return stream.read(SAMPLE_BYTES)
    except OSError as error:
        raise UnreadableFileError(path, error) from error


def upload(
    cloud: Cloud, name: str, channels: Sequence[Channel], *, replace: bool = False, run: str = "", advance: Advance = lambda _: None
) -> UploadedCorpus:
    """Uploads the files of a plan.

    Args:
        cloud: the stage.
        name: the corpus's name.
        channels: its files.
        replace: remove files of an earlier upload that are not among these.
        run: the name of the run that it starts, where the stage trains on uploads.
        advance: called with the number of bytes sent or already there.

    Raises:
        CorpusError: other files are there and may not be removed.
        RecipeError: what lies beside a file is no recipe.
        RequestError: no run can have that name.
        CloudError: what arrived is not what was sent.
    """
    if run:
        run_names.check(run, job_kinds.TRAINING, cloud.stage)
    with translating_aws_errors(f"upload the corpus {name}"):
        extra = _others(cloud, name, {channel.key for channel in channels})
        if extra and not replace:
            raise CorpusError(
                f"The corpus {name} already contains {', '.join(extra)}. A job reads every file of the corpus, so it would train on both. "
                "Use --replace to remove them, or upload under another name: --corpus."
            )
        digests = {channel.key: digests_of(channel.path) for channel in channels}
        prepared, warnings = recipe.of_files([(channel.path, digests[channel.key].whole) for channel in channels])
        # Removed before anything is sent: a job reads whatever is there.
        for key in extra:
            cloud.s3.delete_object(Bucket=cloud.bucket, Key=key)
        sent = tuple(_send(cloud, channel, digests[channel.key], advance) for channel in channels)
        key = _send_recipe(cloud, name, prepared)
        named = [NamedFile(channel.key, file.size, file.etag, file.sha256) for channel, file in zip(channels, sent, strict=True)]
        named.sort(key=lambda each: each.key)
        # The last object: where trainOnUpload is set, it starts the training.
        _put(cloud, naming.manifest_key(name), corpus_manifest.document(named, key, run))
    return UploadedCorpus(
        name,
        f"s3://{cloud.bucket}/{naming.corpus_prefix(name)}",
        sent,
        tuple(extra),
        sha256=recipe_keys.joined_sha256([each.sha256 for each in named]),
        recipe=f"s3://{cloud.bucket}/{key}" if key else "",
        warnings=tuple(warnings),
    )


def _others(cloud: Cloud, name: str, keys: set[str]) -> list[str]:
    """What else lies under a corpus; recipes stay there, because runs refer to them."""
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(Bucket=cloud.bucket, Prefix=naming.corpus_prefix(name))
    found = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return [key for key in found if key not in {*keys, naming.manifest_key(name)} and not recipe_keys.is_key(key, name)]


def _send_recipe(cloud: Cloud, name: str, prepared: recipe.Recipe | None) -> str:
    """The key of the recipe that was sent; "" without one."""
    if prepared is None:
        return ""
    document = prepared.document()
    key = recipe_keys.key(name, document)
    _put(cloud, key, document)
    return key


def _put(cloud: Cloud, key: str, document: bytes) -> None:
    cloud.s3.put_object(Bucket=cloud.bucket, Key=key, Body=document, ContentType="application/json")


def _send(cloud: Cloud, channel: Channel, digests: Digests, advance: Advance) -> UploadedFile:
    size = channel.path.stat().st_size
    uri = f"s3://{cloud.bucket}/{channel.key}"
    there = _stored(cloud, channel.key)
    if there is not None and (there["ContentLength"], there["Metadata"].get(_HASH, "")) == (size, digests.whole):
        advance(size)
        return UploadedFile(uri, size, digests.whole, sent=False, etag=there["ETag"])
    cloud.s3.upload_file(
        str(channel.path),
        cloud.bucket,
        channel.key,
        ExtraArgs={"ChecksumAlgorithm": "SHA256", "ContentType": "text/plain", "Metadata": {_HASH: digests.whole}},
        Config=_transfer(),
        Callback=advance,
    )
    return UploadedFile(uri, size, digests.whole, sent=True, etag=_verified(cloud, channel, size, digests))


def _transfer() -> TransferConfig:
    return TransferConfig(multipart_threshold=PART_SIZE, multipart_chunksize=PART_SIZE)


def _stored(cloud: Cloud, key: str) -> HeadObjectOutputTypeDef | None:
    """What S3 says of an object that an earlier upload left, or None."""
    try:
        return cloud.s3.head_object(Bucket=cloud.bucket, Key=key)
    except ClientError as error:
        if aws_errors.is_missing(error):
            return None
        raise


def _verified(cloud: Cloud, channel: Channel, size: int, digests: Digests) -> str:
    """The ETag of an object, when S3 holds what the file held while it was hashed.

    Raises:
        CloudError: it holds something else: the file has changed, or the transfer was corrupted.
    """
    head = cloud.s3.head_object(Bucket=cloud.bucket, Key=channel.key, ChecksumMode="ENABLED")
    arrived = (head["ContentLength"], head.get("ChecksumSHA256", ""))
    if arrived not in {(size, digests.composite), (size, _base64(digests.whole))}:
        cloud.s3.delete_object(Bucket=cloud.bucket, Key=channel.key)
        raise CloudError(
            f"{channel.path} arrived changed. S3 holds {arrived[0]} bytes with SHA-256 {arrived[1] or '(none)'}, "
            f"{size} bytes with {digests.composite} were sent: the file was modified during the upload, or corrupted on the way. "
            "The object was removed; upload the file again."
        )
    return head["ETag"]


def digests_of(path: Path) -> Digests:
    """The hashes of a file, as `PART_SIZE` cuts it."""
    whole = hashlib.sha256()
    parts = []
    with path.open("rb") as stream:
        while part := stream.read(PART_SIZE):
            whole.update(part)
            parts.append(hashlib.sha256(part).digest())
    composite = _base64(hashlib.sha256(b"".join(parts)).hexdigest()) + f"-{len(parts)}"
    return Digests(whole.hexdigest(), composite)


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
