"""Corpora that are ready to train on: the sample that ships with the project, and text8 from its author's site."""

from __future__ import annotations

import hashlib
import lzma
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from importlib.resources import files
from io import BufferedRandom
from pathlib import Path
from typing import IO

from blazingtext_lifecycle.errors import CloudError, CorpusError

from ..errors import UnreadableFileError
from ..files import atomic_file, refuse_existing

TEXT8_URL = "https://mattmahoney.net/dc/text8.zip"
TEXT8_SHA256 = "a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232"
_PIECE = 1 << 20
_TIMEOUT_SECONDS = 30


def sample(output: Path, *, force: bool = False) -> Path:
    """Writes the sample corpus: 32.7 MB of English Wikipedia in text8's form.

    Args:
        output: the file to write.
        force: replace an existing file.

    Raises:
        UserError: the output exists or cannot be written.
    """
    packed = files("blazingtext") / "data" / "sample" / "wikipedia.txt.xz"
    with atomic_file(output, force=force) as stream, packed.open("rb") as raw, lzma.open(raw) as text:
        shutil.copyfileobj(text, stream)
    return output


def text8(output: Path, *, archive: Path | None = None, force: bool = False, advance: Callable[[int], None] = lambda _: None) -> Path:
    """Writes text8, the first 100,000,000 bytes of cleaned English Wikipedia, checked by its SHA-256.

    Args:
        output: the file to write.
        archive: a text8.zip that was downloaded before; None downloads it.
        force: replace an existing file.
        advance: called with the number of bytes downloaded.

    Raises:
        CloudError: the site cannot be reached.
        CorpusError: the download is not text8.
        UserError: the output exists or cannot be written.
    """
    refuse_existing(output, force=force)
    with tempfile.TemporaryFile() as zipped:
        if archive is None:
            _download(zipped, advance)
        else:
            _copy(archive, zipped, advance)
        _unpack(zipped, output, force=force)
    return output


def _download(target: IO[bytes], advance: Callable[[int], None]) -> None:
    request = urllib.request.Request(TEXT8_URL, headers={"User-Agent": "blazingtext-cdk"})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - likewise
            while piece := answer.read(_PIECE):
                target.write(piece)
                advance(len(piece))
    except OSError as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise CloudError(
            f"text8 could not be downloaded from {TEXT8_URL}. The site cannot be reached from here: {reason}. "
            "Behind a proxy, set HTTPS_PROXY. Without internet access, copy the file here and use: "
            "blazingtext corpus fetch text8 --archive text8.zip. "
            "Or use the sample corpus: blazingtext corpus sample"
        ) from error


def _copy(archive: Path, target: IO[bytes], advance: Callable[[int], None]) -> None:
    try:
        with archive.open("rb") as stream:
            while piece := stream.read(_PIECE):
                target.write(piece)
                advance(len(piece))
    except OSError as error:
        raise UnreadableFileError(archive, error) from error


def _unpack(zipped: BufferedRandom, output: Path, *, force: bool) -> None:
    """Checks the archive, then writes the one file in it."""
    zipped.seek(0)
    found = hashlib.file_digest(zipped, "sha256").hexdigest()
    if found != TEXT8_SHA256:
        raise CorpusError(
            f"This is not text8.zip. Its SHA-256 is {found}, not {TEXT8_SHA256}: it is damaged, or a proxy answered instead. "
            "Nothing was written. Download it again."
        )
    with zipfile.ZipFile(zipped) as archive, archive.open("text8") as text, atomic_file(output, force=force) as stream:
        shutil.copyfileobj(text, stream)
