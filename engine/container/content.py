"""What is plainly no text: compressed files, archives, UTF-16 and UTF-32. Any other bytes are words, as for fastText."""

import codecs
import re
from pathlib import Path

from ..errors import ChannelError

_BEGINNING = 512
_SIGNATURES = (
    ("gzip", re.compile(rb"\x1f\x8b\x08")),
    ("bzip2", re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")),
    ("xz", re.compile(rb"\xfd7zXZ\0")),
    ("zstd", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")),
    ("zip", re.compile(rb"PK(?:\x03\x04|\x05\x06|\x07\x08)")),
    ("7z", re.compile(rb"7z\xbc\xaf\x27\x1c")),
    ("rar", re.compile(rb"Rar!\x1a\x07")),
    ("tar", re.compile(rb".{257}ustar", re.DOTALL)),
)
_MARKS = (
    ("UTF-32", (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
    ("UTF-16", (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
)


def check_text(path: Path, shown: str) -> None:
    """Does nothing when a file may be text.

    Args:
        path: the file.
        shown: what to call it in messages.

    Raises:
        ChannelError: it is compressed, an archive, or text in UTF-16 or UTF-32.
    """
    with path.open("rb") as file:
        start = file.read(_BEGINNING)
    packed = next((name for name, signature in _SIGNATURES if signature.match(start)), "")
    if packed:
        by_sagemaker = ", or set CompressionType to Gzip on the channel so that SageMaker does" if packed == "gzip" else ""
        raise ChannelError(
            f"{shown} is a {packed} file. BlazingText reads plain text, one sentence a line. Unpack it before the upload{by_sagemaker}."
        )
    encoded = next((name for name, marks in _MARKS if start.startswith(marks)), "")
    if encoded:
        raise ChannelError(f"{shown} is {encoded}. BlazingText reads UTF-8. Convert it before the upload.")
