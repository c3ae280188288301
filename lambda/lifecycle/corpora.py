"""What lies in a corpus, and whether BlazingText can train on it: seen from the objects and the first 64 KB of each file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import corpus_text, naming
from .aws_errors import translating_aws_errors
from .errors import CorpusError
from .object_reading import beginning
from .plurals import count

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any

SAMPLE_BYTES = 65_536
# Enough to catch a wrong upload without reading for minutes.
SAMPLED_FILES = 10
# Below this, words are too rare to learn from with BlazingText's defaults.
TINY_BYTES = 100_000


@dataclass(frozen=True)
class CorpusFile:
    """One object of a corpus."""

    key: str
    etag: str
    size: int


@dataclass(frozen=True)
class Corpus:
    """A corpus as it lies in the bucket.

    Attributes:
        name: its name.
        channels: the files of each channel it has, in the order of their keys.
        problems: why BlazingText cannot train on it.
        warnings: what is legal but probably a mistake.
        sha256: of what the channels hold, in hexadecimal; ``""`` when the upload did not tell.
        recipe: the key of the recipe by which it was prepared; likewise.
    """

    name: str
    channels: Mapping[str, tuple[CorpusFile, ...]] = field(default_factory=dict)
    problems: tuple[CorpusError, ...] = ()
    warnings: tuple[str, ...] = ()
    sha256: str = ""
    recipe: str = ""

    @property
    def size(self) -> int:
        """All its bytes."""
        return sum(each.size for files in self.channels.values() for each in files)


def inspect(s3: S3Client, bucket: str, name: str, *, supervised: bool, stage: str) -> Corpus:
    """A corpus with everything that is wrong with it.

    Args:
        s3: the client; it needs to list and read ``corpora/``.
        bucket: the stage's bucket.
        name: the corpus.
        supervised: whether it is for text classification: then lines need labels, and a ``validation`` part counts.
        stage: whose bucket it is, for what a message tells to type.

    Raises:
        UserError: AWS refused to show it; see `lifecycle.aws_errors`.
        CloudError: AWS failed.
    """
    wanted = (naming.TRAIN, naming.VALIDATION) if supervised else (naming.TRAIN,)
    listed = {channel: _files(s3, bucket, naming.channel_prefix(name, channel)) for channel in wanted}
    channels = {channel: files for channel, files in listed.items() if files}
    findings = _channel_findings(bucket, name, channels, stage)
    for files in channels.values():
        for file in [each for each in files if each.size][:SAMPLED_FILES]:
            findings += corpus_text.check(_sample(s3, bucket, file), f"s3://{bucket}/{file.key}", file.size <= SAMPLE_BYTES, supervised)
    problems = tuple(CorpusError(each.text) for each in findings if each.fatal)
    return Corpus(name, channels, problems, tuple(each.text for each in findings if not each.fatal))


def _files(s3: S3Client, bucket: str, prefix: str) -> tuple[CorpusFile, ...]:
    """The files under a prefix; the empty objects that consoles make to show a folder are none."""
    with translating_aws_errors(f"list s3://{bucket}/{prefix}"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        found = [each for page in pages for each in page.get("Contents", [])]
    return tuple(CorpusFile(each["Key"], each["ETag"], each["Size"]) for each in found if not each["Key"].endswith("/"))


def _sample(s3: S3Client, bucket: str, file: CorpusFile) -> bytes:
    with translating_aws_errors(f"read s3://{bucket}/{file.key}"):
        return beginning(s3, bucket, file.key, SAMPLE_BYTES)


def _channel_findings(bucket: str, name: str, channels: Mapping[str, tuple[CorpusFile, ...]], stage: str) -> list[corpus_text.Finding]:
    where = naming.channel_uri(bucket, name, naming.TRAIN)
    if naming.TRAIN not in channels:
        text = (
            f'There is no corpus "{name}". No S3 objects were found under {where}. '
            f"Upload it first: {naming.command(f'upload <file> --corpus {name}', stage)}."
        )
        return [corpus_text.Finding(text, fatal=True)]
    findings = []
    for channel, files in channels.items():
        if not sum(each.size for each in files):
            text = f'The {channel} part of corpus "{name}" is empty. It is {count(len(files), "files")} of 0 bytes. Upload the text again.'
            findings.append(corpus_text.Finding(text, fatal=True))
        if len(files) > 1:
            text = f"{channel} holds {len(files)} files. AWS says that BlazingText expects one file per channel. Join them into one."
            findings.append(corpus_text.Finding(text))
    train_bytes = sum(each.size for each in channels[naming.TRAIN])
    if 0 < train_bytes < TINY_BYTES:
        text = f"The corpus is tiny ({train_bytes:,} bytes): few words reach min_count, and what they learn means little. Add text."
        findings.append(corpus_text.Finding(text))
    return findings
