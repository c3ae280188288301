"""The parts that tasks made become a corpus: hashed, put together by S3, with its recipe and its manifest; until then there is none."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import corpus_manifest, naming, processing_sources, recipe_keys
from blazingtext_lifecycle.aws_errors import code_of
from blazingtext_lifecycle.corpus_manifest import NamedFile
from blazingtext_lifecycle.errors import CorpusError
from blazingtext_lifecycle.file_kinds import ENOUGH
from blazingtext_lifecycle.processing_jobs import REQUEST_METADATA
from blazingtext_lifecycle.processing_sources import SourceObject

from ..corpus import decoding, recipe
from .assembly import Target, assemble
from .objects import fetched
from .options import Preparing
from .tasks import TASK_BYTES
from .work import Done, Place

_SHA256_METADATA = "blazingtext-sha256"
_PIECE = 1 << 20
# How many names of files, and reasons, a report tells.
_TOLD = 100
# DeleteObjects takes so many (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html).
_BATCH = 1000


@dataclass(frozen=True)
class Order:
    """What a job is to do.

    Attributes:
        job: the processing job's name.
        bucket: the stage's bucket.
        region: its region.
        corpus: the name of the corpus.
        request: the hash of the request.
        listing: the hash of the sources, as they were when the job was asked for.
        scratch: a folder on the job's volume.
        replace: whether a corpus of that name is replaced.
        sources: S3 URIs.
        task_bytes: of raw text for a task.
        preparing: how text becomes lines.
    """

    job: str
    bucket: str
    region: str
    corpus: str
    request: str
    listing: str
    scratch: str
    replace: bool
    sources: tuple[str, ...]
    task_bytes: int = TASK_BYTES
    preparing: Preparing = field(default_factory=Preparing)

    @property
    def place(self) -> Place:
        """Where its tasks work."""
        return Place(self.bucket, naming.staging_prefix(self.job), self.region, self.scratch)


@dataclass(frozen=True)
class Report:
    """What was made, and what was lost on the way.

    Attributes:
        uri: the corpus.
        sources: objects that were read.
        source_bytes: their bytes, as stored.
        tasks: how many tasks it took.
        files: texts and members of archives that were read.
        lines: lines written.
        words: words written, labels excluded.
        size: bytes written.
        sha256: of what was written.
        undecodable: bytes that are invalid in their encoding; each was read as cp1252.
        garbled: the first names of texts that contain them.
        left_out: how many rows of tables did not become lines, by reason.
        notes: what was read otherwise than it may have been meant, and how often.
        skipped: the first objects and members that were left out, and why.
        skipped_count: how many those are.
        recipe: the key of the recipe.
    """

    uri: str
    sources: int
    source_bytes: int
    tasks: int
    files: int
    lines: int
    words: int
    size: int
    sha256: str
    undecodable: int
    garbled: tuple[str, ...]
    left_out: dict[str, int]
    notes: dict[str, int]
    skipped: dict[str, str]
    skipped_count: int
    recipe: str


def made(order: Order, objects: Sequence[SourceObject], done: Sequence[Done], s3: Any) -> Report:
    """The corpus of what tasks have made.

    Args:
        order: what was asked for.
        objects: the raw text.
        done: what the tasks did, in order.
        s3: the client.

    Raises:
        CorpusError: there is no line, a text has another encoding, or another corpus has the name.
    """
    refuse(objects, done, s3)
    parts = [(order.place.key(each.number), each.size) for each in done if each.size]
    key = naming.prepared_key(order.corpus)
    mine = refuse_another(order, s3)
    sha256 = _hashed(s3, order.bucket, [key for key, _ in parts])
    report = _report(order, objects, done, sha256)
    document = _recipe(order, objects, report)
    recipe_key = recipe_keys.key(order.corpus, document)
    s3.put_object(Bucket=order.bucket, Key=recipe_key, Body=document, ContentType="application/json")
    metadata = {REQUEST_METADATA: order.request, _SHA256_METADATA: sha256}
    etag = _assembled(s3, parts, Target(order.bucket, key, metadata, must_be_new=not (order.replace or mine)))
    # A manifest that is there names what was there before: until it is written again, no job trains on any of it.
    remove(s3, order.bucket, [each for each in _files(order, s3) if each != key])
    manifest = corpus_manifest.document([NamedFile(key, report.size, etag, sha256)], recipe_key)
    # The last object: where trainOnUpload is set, it starts the training.
    s3.put_object(Bucket=order.bucket, Key=naming.manifest_key(order.corpus), Body=manifest, ContentType="application/json")
    return Report(**{**asdict(report), "recipe": recipe_key})


def _assembled(s3: Any, parts: Sequence[tuple[str, int]], target: Target) -> str:
    try:
        return assemble(s3, parts, target)
    except ClientError as error:
        # Two jobs for one name: S3 lets the first one through, whichever that is.
        if target.must_be_new and code_of(error) in {"PreconditionFailed", "ConditionalRequestConflict"}:
            raise _another(target.key) from error
        raise


def _another(key: str) -> CorpusError:
    return CorpusError(
        f"There is a corpus of that name already: {key}. It was not there when this job was asked for, and stays as it is. "
        "Choose another name, or replace it with --force."
    )


def refuse(objects: Sequence[SourceObject], done: Sequence[Done], s3: Any) -> None:
    """Does nothing when the texts can be a corpus.

    Raises:
        CorpusError: they cannot, as the first task that noticed says; or there is not one line.
    """
    refusal = next((each.refusal for each in done if each.refusal), "")
    if refusal:
        raise CorpusError(refusal)
    invalid: Counter[SourceObject] = Counter()
    for each in done:
        invalid.update(each.of_lines)
    for source in objects:
        if invalid[source] * decoding.MOST_INVALID > source.size:
            head = fetched(s3, source, 0, min(ENOUGH, source.size))
            decoding.refuse(PurePosixPath(source.key).name, "utf-8", head, invalid=invalid[source], size=source.size)
    if not any(each.lines for each in done):
        raise CorpusError(
            f"No words were found in {sum(each.files for each in done)} files: nothing is left after normalisation. "
            "Check the sources, --encoding and --column."
        )


def refuse_another(order: Order, s3: Any) -> bool:
    """Whether the corpus that this very request made before is there; it is made again then.

    Raises:
        CorpusError: another one has its name, and is not to be replaced.
    """
    key = naming.prepared_key(order.corpus)
    there = _files(order, s3)
    mine = key in there and s3.head_object(Bucket=order.bucket, Key=key)["Metadata"].get(REQUEST_METADATA) == order.request
    if order.replace or not there or (mine and there == [key]):
        return mine
    raise _another(there[0])


def remove(s3: Any, bucket: str, keys: Sequence[str]) -> None:
    """Deletes objects.

    Raises:
        OSError: S3 did not delete one.
    """
    for start in range(0, len(keys), _BATCH):
        wish = {"Objects": [{"Key": key} for key in keys[start : start + _BATCH]], "Quiet": True}
        errors = s3.delete_objects(Bucket=bucket, Delete=wish).get("Errors", [])
        if errors:
            raise OSError(f"s3://{bucket}/{errors[0]['Key']} was not deleted: {errors[0]['Code']}: {errors[0]['Message']}")


def listed(s3: Any, bucket: str, prefix: str) -> list[str]:
    """The keys under a prefix."""
    return [
        each["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for each in page.get("Contents", [])
    ]


def _files(order: Order, s3: Any) -> list[str]:
    """What lies in the channels of the corpus."""
    prefixes = (naming.channel_prefix(order.corpus, channel) for channel in (naming.TRAIN, naming.VALIDATION))
    return [key for prefix in prefixes for key in listed(s3, order.bucket, prefix) if not key.endswith("/")]


def _hashed(s3: Any, bucket: str, keys: Sequence[str]) -> str:
    """The SHA-256 of objects, one after the other: S3 knows none of what it puts together of copies."""
    digest = hashlib.sha256()
    for key in keys:
        for piece in _pieces(s3.get_object(Bucket=bucket, Key=key)["Body"]):
            digest.update(piece)
    return digest.hexdigest()


def _pieces(body: Any) -> Iterator[bytes]:
    while piece := body.read(_PIECE):
        yield piece


def _report(order: Order, objects: Sequence[SourceObject], done: Sequence[Done], sha256: str) -> Report:
    invalid, left_out, notes = Counter[str](), Counter[str](), Counter[str]()
    skipped: dict[str, str] = {}
    for each in done:
        invalid.update(each.invalid)
        invalid.update({PurePosixPath(source.key).name: count for source, count in each.of_lines.items()})
        left_out.update(each.lost)
        notes.update(each.notes)
        skipped |= each.skipped
    return Report(
        uri=f"s3://{order.bucket}/{naming.prepared_key(order.corpus)}",
        sources=len(objects),
        source_bytes=sum(each.size for each in objects),
        tasks=len(done),
        files=sum(each.files for each in done),
        lines=sum(each.lines for each in done),
        words=sum(each.words for each in done),
        size=sum(each.size for each in done),
        sha256=sha256,
        undecodable=invalid.total(),
        garbled=tuple(name for name, count in invalid.items() if count)[:_TOLD],
        left_out=dict(left_out),
        notes=dict(notes),
        skipped=dict(list(skipped.items())[:_TOLD]),
        skipped_count=len(skipped),
        recipe="",
    )


def _recipe(order: Order, objects: Sequence[SourceObject], report: Report) -> bytes:
    preparing = order.preparing
    told = {name: getattr(preparing.reading, name) for name in ("encoding", "column", "label_column", "header", "plain")}
    # Nobody reads whole objects that tasks share, so what tells them apart is what S3 says of them.
    told |= {"share": str(preparing.reading.share), "sources_hash": "keys, ETags and sizes"}
    made_of = recipe.Sources(report.sources, report.source_bytes, processing_sources.digest(objects))
    content = recipe.Content(report.lines, report.words, report.size, report.sha256)
    prepared = recipe.made(
        preparing.normaliser, content, lines=asdict(preparing.shape), reading=told, sources=made_of, left_out=report.left_out
    )
    return prepared.document()
