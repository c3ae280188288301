"""A model of one's own on this machine: a folder, an archive, or a file of fastText or word2vec."""

from __future__ import annotations

import hashlib
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from blazingtext_lifecycle.errors import CloudError, UserError

from .artifacts import cache_folder, unpack

if TYPE_CHECKING:  # NumPy is loaded by the function that needs it
    from ..vectors.word_vectors import Vectors

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_TEXT, _BINARY, CLASSIFIER = "vectors.txt", "vectors.bin", "model.bin"
# fastText's magic and version, then twelve numbers, of which the eighth is the kind: 3 for a classifier (src/args.h, model_name).
_HEAD, _KIND, _SUPERVISED = struct.Struct("<14i"), 2 + 7, 3


def open_model(path: str | Path, advance: Callable[[int], None] = lambda _: None) -> Vectors:
    """The model of a file or folder: word vectors, or a `Classifier`, whose words have vectors, too.

    Args:
        path: a folder or model.tar.gz as BlazingText writes them, a .bin of fastText (with its n-grams), or word2vec's text format
            (.vec, vectors.txt), or an .npz that `blazingtext export` compressed.
        advance: called with the number of bytes read.

    Raises:
        UserError: it cannot be read, or holds no model.
    """
    with _explained(path):
        return _opened(_file_of(Path(path)), advance)


@contextmanager
def _explained(path: str | Path) -> Iterator[None]:
    """Turns what is wrong with a file into a sentence."""
    from ..vectors.subwords import BrokenFileError  # noqa: PLC0415 - NumPy loads only for those who look at vectors

    try:
        yield
    except (BrokenFileError, CloudError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error).removesuffix(".")
        raise UserError(
            f"{path} holds no model that can be read: {why}. Name a folder or a model.tar.gz of BlazingText, a .bin of fastText, "
            "a file in word2vec's text format, or an .npz of `blazingtext export`."
        ) from error


def classifier(path: str | Path) -> Path | None:
    """The .bin file of the classifier that a path holds; None when it holds word vectors, or nothing that is known.

    Args:
        path: as for `open_model`.

    Raises:
        UserError: it cannot be read.
    """
    from ..vectors.subwords import BrokenFileError  # noqa: PLC0415 - NumPy loads only for those who look at vectors

    with _explained(path):
        try:
            found = _file_of(Path(path))
        except BrokenFileError:
            return None
        return found if _is_classifier(found) else None


def initial_vectors(path: str | Path, folder: Path) -> tuple[Path, int]:
    """A file for the engine to start a training from, and the dimension of its vectors.

    Args:
        path: as for `open_model`.
        folder: where the file is made, if the engine cannot read the model's own.

    Raises:
        UserError: it cannot be read, or holds no model.
    """
    from ..vectors import exports, reading  # noqa: PLC0415 - NumPy loads only for those who look at vectors
    from ..vectors.subwords import WordFile  # noqa: PLC0415 - likewise

    with _explained(path):
        file = _file_of(Path(path))
        binary = file.with_name(_BINARY)
        if file.name == _TEXT and binary.is_file() and _opened(file, lambda _: None).subwords is not None:
            file = binary
        start = _start_of(file)
        if start == _ZIP:
            vectors = reading.of_compressed(file)
            return exports.export(vectors, folder / f"{file.name}.vec", "word2vec").paths[0], vectors.dimension
        return file, WordFile.read(file).rows.shape[1] if _is_binary(start) else reading.shape_of_text(file)[1]


def _file_of(path: Path) -> Path:
    """The file that holds the model of a folder or an archive; any other path is it.

    Raises:
        BrokenFileError: the folder or the archive holds none.
    """
    from ..vectors.subwords import BrokenFileError  # noqa: PLC0415 - NumPy loads only for those who look at vectors

    if path.is_dir():
        found = next((path / name for name in (_TEXT, _BINARY, CLASSIFIER) if (path / name).is_file()), None)
        if found is None:
            raise BrokenFileError(f"the folder has neither {_TEXT} nor {_BINARY} nor {CLASSIFIER}")
        return found
    return _file_of(_unpacked(path, _kept(path))) if _start_of(path).startswith(_GZIP) else path


def _start_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4)


def _is_binary(start: bytes) -> bool:
    from ..vectors.subwords import MAGIC  # noqa: PLC0415 - likewise

    return int.from_bytes(start, "little") == MAGIC


def _is_classifier(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(_HEAD.size)
    return _is_binary(start[:4]) and len(start) == _HEAD.size and _HEAD.unpack(start)[_KIND] == _SUPERVISED


def _opened(path: Path, advance: Callable[[int], None]) -> Vectors:
    from ..vectors import reading  # noqa: PLC0415 - NumPy loads only for those who look at vectors

    start, cache = _start_of(path), _kept(path).with_suffix(".npz")
    if start == _ZIP:
        return reading.of_compressed(path)
    if not _is_binary(start):
        return reading.of_text(path, cache, advance)
    vectors = reading.of_binary(path, cache, advance)
    return _as_classifier(vectors, path) if _is_classifier(path) else vectors


def _as_classifier(vectors: Vectors, path: Path) -> Vectors:
    from ..classifiers.model import Classifier, plain_labels  # noqa: PLC0415 - likewise

    file = vectors.file
    labels = () if file is None else plain_labels(file.labels)
    return Classifier(words=vectors.words, matrix=vectors.matrix, subwords=vectors.subwords, file=file, path=path, labels=labels)


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
