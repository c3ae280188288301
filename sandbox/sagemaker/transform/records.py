"""A file split into records, and records put together to requests.

The framings are those that SplitType names (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformInput.html): lines;
RecordIO of MXNet (`dmlc/recordio.h`: magic number, length with a part flag, padding to 4 bytes); TFRecord (length, its checksum, data, its
checksum, https://www.tensorflow.org/tutorials/load_data/tfrecord). A record alone is sent without its frame, several together with theirs.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

_RECORDIO_MAGIC: Final = 0xCED7230A
_LENGTH_BITS: Final = 29
_WHOLE, _LAST = 0, 3


class SplitError(Exception):
    """A file is not what its SplitType says; the message says how."""


@dataclass(frozen=True)
class Record:
    """One record: as it stands in the file, and what it holds."""

    framed: bytes
    payload: bytes


def split(file: BinaryIO, split_type: str) -> Iterator[Record]:
    """The records of a file; without a SplitType, the file is the only one.

    Raises:
        SplitError: the file ends within a record, or has another framing.
    """
    if split_type == "None":
        content = file.read()
        yield Record(content, content)
        return
    yield from _SPLITTERS[split_type](file)


def _lines(file: BinaryIO) -> Iterator[Record]:
    for line in file:
        yield Record(line, line.removesuffix(b"\n"))


def _recordio(file: BinaryIO) -> Iterator[Record]:
    """A record that holds the magic number is stored in parts, between which it stood."""
    framed, parts = b"", list[bytes]()
    while head := file.read(8):
        if len(head) < 8:
            raise SplitError("it ends within a RecordIO record")
        magic, word = struct.unpack("<II", head)
        if magic != _RECORDIO_MAGIC:
            raise SplitError("it is not RecordIO")
        flag, length = word >> _LENGTH_BITS, word & ((1 << _LENGTH_BITS) - 1)
        padded = _exactly(file, (length + 3) // 4 * 4, "RecordIO")
        framed, parts = framed + head + padded, [*parts, padded[:length]]
        if flag in (_WHOLE, _LAST):
            yield Record(framed, struct.pack("<I", _RECORDIO_MAGIC).join(parts))
            framed, parts = b"", []
    if parts:
        raise SplitError("it ends within a RecordIO record")


def _tfrecord(file: BinaryIO) -> Iterator[Record]:
    while head := file.read(12):
        if len(head) < 12:
            raise SplitError("it ends within a TFRecord record")
        (length,) = struct.unpack("<Q", head[:8])
        rest = _exactly(file, length + 4, "TFRecord")
        yield Record(head + rest, rest[:length])


def _exactly(file: BinaryIO, size: int, kind: str) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise SplitError(f"it ends within a {kind} record")
    return content


_SPLITTERS: Final[Mapping[str, Callable[[BinaryIO], Iterator[Record]]]] = {
    "Line": _lines,
    "RecordIO": _recordio,
    "TFRecord": _tfrecord,
}


class PayloadError(Exception):
    """A record is larger than a request may be."""


def batches(records: Iterator[Record], *, alone: bool, most_bytes: int | None) -> Iterator[list[Record]]:
    """The records of each request, in order.

    Args:
        records: of one file.
        alone: whether each gets a request of its own.
        most_bytes: how many a request may have; None: any number.

    Raises:
        PayloadError: a record has more.
    """
    batch: list[Record] = []
    size = 0
    for record in records:
        weight = len(record.payload) if alone else len(record.framed)
        if most_bytes is not None and weight > most_bytes:
            raise PayloadError
        if batch and (alone or (most_bytes is not None and size + weight > most_bytes)):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += weight
    if batch:
        yield batch
