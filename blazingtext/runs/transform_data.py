"""A file of words or texts as a transform job reads it: JSON Lines, in as many parts as there are instances.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext.html ("application/jsonlines"). An instance takes whole files
(https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html), so one file would keep one instance busy and the others idle.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from blazingtext_lifecycle import naming, transform_data
from blazingtext_lifecycle.errors import CorpusError
from blazingtext_lifecycle.transform_jobs import PAYLOAD_MEGABYTES

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..errors import UnreadableFileError

# Files of this kind are sent as they are.
JSON_LINES = (".jsonl", ".jsonlines", ".ndjson")
_MOST_BYTES = PAYLOAD_MEGABYTES << 20
_NAME_LENGTH = 21
_HASH_DIGITS = 10

Advance = Callable[[int], None]


@dataclass(frozen=True)
class PreparedData:
    """A file, ready to be sent.

    Attributes:
        name: what its folder in the bucket is called: it holds a hash of the content, so that the same file has the same.
        parts: its lines, in files of as many each, in order.
        lines: how many there are.
        blank: how many lines were left out, for there is nothing on them.
    """

    name: str
    parts: tuple[Path, ...]
    lines: int
    blank: int


def prepare(path: Path, folder: Path, *, parts: int = 1, k: int | None = None, of_words: bool = False) -> PreparedData:
    """Writes a file's lines as JSON Lines.

    Args:
        path: one word or text a line, or JSON Lines.
        folder: where the parts go.
        parts: how many of them, at most.
        k: how many labels are wanted for each text; None: one.
        of_words: whether a line has to be a word.

    Raises:
        CorpusError: it cannot be read, is empty, or has a line that BlazingText cannot take.
    """
    whole = folder / "whole"
    lines, blank = _write(path, whole, k, of_words)
    if not lines:
        raise CorpusError(f"{path} has nothing to predict. It holds no line with anything on it. Write a word or a text on each line.")
    cut = _cut(whole, folder, lines, min(parts, lines))
    digest = hashlib.sha256()
    for part in cut:
        digest.update(b"%d:" % part.stat().st_size + part.read_bytes())
    beginning = re.sub(r"[^a-z0-9]+", "-", path.name.split(".")[0].lower()).strip("-")[:_NAME_LENGTH].strip("-") or "data"
    return PreparedData(f"{beginning}-{digest.hexdigest()[:_HASH_DIGITS]}", tuple(cut), lines, blank)


def _write(path: Path, target: Path, k: int | None, of_words: bool) -> tuple[int, int]:
    """How many lines were written and how many left out."""
    lines = blank = 0
    as_it_is = path.suffix.lower() in JSON_LINES
    try:
        with path.open("rb") as source, target.open("wb") as out:
            for number, line in enumerate(source, 1):
                if not line.strip():
                    blank += 1
                    continue
                record = _checked(path, number, line.strip()) if as_it_is else _record(path, number, line, k, of_words)
                if len(record) > _MOST_BYTES:
                    raise _wrong(path, number, f"has more than {_MOST_BYTES} bytes, and goes to the model in one request", "Shorten it.")
                out.write(record)
                lines += 1
    except OSError as error:
        raise UnreadableFileError(path, error) from error
    return lines, blank


def _record(path: Path, number: int, line: bytes, k: int | None, of_words: bool) -> bytes:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise _wrong(path, number, "is not UTF-8, which is all that BlazingText takes", "Convert the file.") from error
    if of_words and len(text.split()) > 1:
        raise _wrong(path, number, "holds several words, and the model gives one vector for each line", "Write one word a line.")
    return json.dumps({"source": text, **({} if k is None else {"k": k})}, ensure_ascii=False).encode() + b"\n"


def _checked(path: Path, number: int, line: bytes) -> bytes:
    fault = transform_data.fault_of(line, whole=True)
    if fault:
        raise CorpusError(f"{path}: {fault.replace('line 1', f'line {number}', 1)}")
    return line + b"\n"


def _wrong(path: Path, number: int, what: str, remedy: str) -> CorpusError:
    return CorpusError(f"{path}: line {number} {what}. {remedy}")


def _cut(whole: Path, folder: Path, lines: int, parts: int) -> list[Path]:
    """The file in parts of as many lines each, or one more."""
    found: list[Path] = []
    with whole.open("rb") as source:
        for number in range(parts):
            part = folder / f"part-{number + 1:05}.jsonl"
            with part.open("wb") as out:
                out.writelines(itertools.islice(source, lines // parts + (number < lines % parts)))
            found.append(part)
    whole.unlink()
    return found


def send(cloud: Cloud, data: PreparedData, advance: Advance = lambda _: None) -> None:
    """Sends the parts; what is there already, under the same hash, is sent again and is the same.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    prefix = naming.transform_input_prefix(data.name)
    with translating_aws_errors(f"send {data.name}"):
        for part in data.parts:
            cloud.s3.upload_file(
                str(part), cloud.bucket, f"{prefix}{part.name}", ExtraArgs={"ContentType": "application/jsonlines"}, Callback=advance
            )
