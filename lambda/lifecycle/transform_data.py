"""What a transform job is to predict, as it lies in the bucket: JSON Lines as BlazingText reads them, seen from their beginning.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext.html ("application/jsonlines"). Whoever sends plain text or
``{"instances": ...}`` gets a job that fails after its instances have started (https://github.com/aws/amazon-sagemaker-examples/issues/1275).
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import naming, values
from .aws_errors import translating_aws_errors
from .errors import CorpusError
from .object_reading import beginning

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any

SAMPLE_BYTES = 65_536
# Enough to catch a wrong upload without reading for minutes.
SAMPLED_FILES = 10


@dataclass(frozen=True)
class DataFile:
    """One object to transform."""

    key: str
    etag: str
    size: int


@dataclass(frozen=True)
class TransformData:
    """The data of a transform job.

    Attributes:
        name: its name.
        files: its files, in the order of their keys.
        problems: why BlazingText cannot read them.
    """

    name: str
    files: tuple[DataFile, ...] = ()
    problems: tuple[CorpusError, ...] = ()


def inspect(s3: S3Client, bucket: str, name: str, stage: str) -> TransformData:
    """The data of a name with everything that is wrong with it.

    Args:
        s3: the client; it needs to list and read ``transforms/``.
        bucket: the stage's bucket.
        name: of the data.
        stage: whose bucket it is, for what a message tells to type.

    Raises:
        UserError: AWS refused to show it; see `lifecycle.aws_errors`.
        CloudError: AWS failed.
    """
    prefix = naming.transform_input_prefix(name)
    with translating_aws_errors(f"list s3://{bucket}/{prefix}"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        found = [each for page in pages for each in page.get("Contents", []) if not each["Key"].endswith("/")]
    files = tuple(DataFile(each["Key"], each["ETag"], each["Size"]) for each in found)
    if not any(file.size for file in files):
        problem = f'There is no data "{name}". Nothing is under s3://{bucket}/{prefix}. Send a file: '
        return TransformData(name, files, (CorpusError(problem + naming.command("transform <file>", stage)),))
    read = [(file, _sample(s3, bucket, file)) for file in [each for each in files if each.size][:SAMPLED_FILES]]
    faults = [(file, fault_of(sample, whole=file.size <= SAMPLE_BYTES)) for file, sample in read]
    return TransformData(name, files, tuple(CorpusError(f"s3://{bucket}/{file.key}: {fault}") for file, fault in faults if fault))


def fault_of(sample: bytes, *, whole: bool) -> str:
    """What is wrong with the first lines of a file; ``""`` when nothing is.

    Args:
        sample: its beginning.
        whole: whether that is all of it; otherwise its last line is cut.
    """
    lines = sample.splitlines()
    for number, line in enumerate(lines if whole or len(lines) == 1 else lines[:-1], 1):
        fault = _line_fault(line) if line.strip() and (whole or len(lines) > 1) else ""
        if fault:
            return f'line {number} {fault}. BlazingText reads one {{"source": "..."}} a line. Correct the file and send it again.'
    return ""


def _line_fault(line: bytes) -> str:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return "is not JSON"
    if not isinstance(found, dict) or not isinstance(found.get("source"), str):
        return f'has no text "source": it is {values.shown(found)}'
    k = found.get("k", 1)
    return (
        "" if isinstance(k, int) and not isinstance(k, bool) and k >= 1 else f'has a "k" that is no whole number from 1: {values.shown(k)}'
    )


def _sample(s3: S3Client, bucket: str, file: DataFile) -> bytes:
    with translating_aws_errors(f"read s3://{bucket}/{file.key}"):
        return beginning(s3, bucket, file.key, SAMPLE_BYTES)
