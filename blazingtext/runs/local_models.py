"""A model of one's own on this machine: a folder, an archive, or a file of fastText or word2vec."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from blazingtext_lifecycle.errors import CloudError, UserError

from .artifacts import cache_folder, unpack

if TYPE_CHECKING:  # NumPy is loaded by the function that needs it
    from ..vectors.word_vectors import Vectors

_GZIP = b"\x1f\x8b"
_TEXT, _BINARY = "vectors.txt", "vectors.bin"


def open_model(path: str | Path, advance: Callable[[int], None] = lambda _: None) -> Vectors:
    """The word vectors of a file or folder.

    Args:
        path: a folder or model.tar.gz as BlazingText writes them, a .bin of fastText (with its n-grams), or word2vec's text format
            (.vec, vectors.txt).
        advance: called with the number of bytes read.

    Raises:
        UserError: it cannot be read, or holds no word vectors.
    """
    from ..vectors.subwords import BrokenFileError  # noqa: PLC0415 - NumPy loads only for those who look at vectors

    try:
        return _opened(Path(path), advance)
    except (BrokenFileError, CloudError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error).removesuffix(".")
        raise UserError(
            f"{path} holds no word vectors that can be read: {why}. Name a folder or a model.tar.gz of BlazingText, a .bin of fastText, "
            "or a file in word2vec's text format."
        ) from error


def _opened(path: Path, advance: Callable[[int], None]) -> Vectors:
    from ..vectors import reading  # noqa: PLC0415 - NumPy loads only for those who look at vectors
    from ..vectors.subwords import MAGIC, BrokenFileError  # noqa: PLC0415 - likewise

    if path.is_dir():
        found = next((path / name for name in (_TEXT, _BINARY) if (path / name).is_file()), None)
        if found is None:
            raise BrokenFileError(f"the folder has neither {_TEXT} nor {_BINARY}")
        return _opened(found, advance)
    kept = _kept(path)
    with path.open("rb") as stream:
        start = stream.read(4)
    if start.startswith(_GZIP):
        return _opened(_unpacked(path, kept), advance)
    cache = kept.with_suffix(".npz")
    if int.from_bytes(start, "little") == MAGIC:
        return reading.of_binary(path, cache, advance)
    return reading.of_text(path, cache, advance)


def _kept(path: Path) -> Path:
    """Where copies of a file are kept: another place for another content."""
    stat = path.stat()
    key = f"{path.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}"
    return cache_folder() / "local" / hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()[:16]


def _unpacked(archive: Path, folder: Path) -> Path:
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as partial:
            unpack(archive, Path(partial) / "files").rename(folder)
    return folder
