"""A model's vectors as files for other programs, whole or smaller than they were."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from blazingtext_lifecycle.errors import UserError

from ..files import atomic_file, refuse_existing
from . import evaluation
from .evaluation import Score
from .word_vectors import Matrix, Vectors

# Where each is written when nobody says where.
NAMES = {
    "projector": "projector",
    "word2vec": "vectors.vec",
    "safetensors": "vectors.safetensors",
    "parquet": "vectors.parquet",
    "fp16": "vectors.fp16.npz",
    "int8": "vectors.int8.npz",
}
_TENSORS, _METADATA, _CONFIGURATION = "vectors.tsv", "metadata.tsv", "projector_config.pbtxt"
_LEVELS = 127


@dataclass(frozen=True)
class Export:
    """Vectors that were written.

    Attributes:
        paths: the files.
        format: which.
        words: how many words.
        bytes: the files' size.
        before: what the model scores on WordSim-353, whole; None where nothing was lost.
        after: what the file scores.
    """

    paths: tuple[Path, ...]
    format: str
    words: int
    bytes: int
    before: Score | None
    after: Score | None


def export(vectors: Vectors, path: Path, kind: str, *, top: int | None = None, force: bool = True) -> Export:
    """Writes the vectors of words; n-grams stay behind.

    Args:
        vectors: the model's, most frequent word first.
        path: the file, or for the projector the folder.
        kind: one of `NAMES`.
        top: only so many most frequent words.
        force: replace what is there.

    Raises:
        UserError: something is there, the path cannot be written, or a word would break the format.
        MissingExtraError: the format's library is not installed.
    """
    whole = replace(vectors, subwords=None, file=None)
    kept = Vectors(whole.words[:top], whole.matrix[:top])
    if kind == "projector":
        paths = _projector(kept, path, force=force)
    else:
        paths = (path,)
        with atomic_file(path, force=force) as stream:
            _writer(kind)(kept, stream)
    size = sum(each.stat().st_size for each in paths)
    if len(kept) == len(whole) and kind not in {"fp16", "int8"}:
        return Export(paths, kind, len(kept), size, None, None)
    before, after = (evaluation.evaluate(each, evaluation.wordsim()[:1]).scores[0] for each in (whole, _rounded(kept, kind)))
    return Export(paths, kind, len(kept), size, before, after)


def _writer(kind: str) -> Callable[[Vectors, IO[bytes]], None]:
    if kind in {"safetensors", "parquet"}:
        from ..exchange import libraries  # noqa: PLC0415 - an extra of its own, which says when it is missing

        write = libraries.write_safetensors if kind == "safetensors" else libraries.write_parquet
        return lambda vectors, stream: write(vectors.words, vectors.matrix, stream)
    return {"word2vec": _word2vec, "fp16": _fp16, "int8": _int8}[kind]


def _projector(vectors: Vectors, folder: Path, *, force: bool) -> tuple[Path, ...]:
    """What TensorBoard's embedding projector reads: `tensorboard --logdir FOLDER`, or its page's button Load.

    Source: https://www.tensorflow.org/tensorboard/tensorboard_projector_plugin; a metadata file of one column has no header.
    """
    paths = tuple(folder / name for name in (_TENSORS, _METADATA, _CONFIGURATION))
    for path in paths:
        refuse_existing(path, force=force)
    with atomic_file(paths[0], force=force) as stream:
        _write_rows(vectors, stream, "\t", [b""] * len(vectors))
    with atomic_file(paths[1], force=force) as stream:
        stream.writelines(_one_cell(word).encode() + b"\n" for word in vectors.words)
    with atomic_file(paths[2], force=force) as stream:
        stream.write(f'embeddings {{\n  tensor_path: "{_TENSORS}"\n  metadata_path: "{_METADATA}"\n}}\n'.encode())
    return paths


def _one_cell(word: str) -> str:
    """A word without what would end a cell or a line of a table; a lone blank stays a line of its own."""
    return "".join(" " if character in "\t\n\r" else character for character in word)


def _word2vec(vectors: Vectors, stream: IO[bytes]) -> None:
    """word2vec's text format, every number with as many digits as give the same float32 back.

    Raises:
        UserError: a word holds a blank, which ends a word in this format.
    """
    broken = next((word for word in vectors.words if not word or any(character in word for character in " \t\n\r")), None)
    if broken is not None:
        raise UserError(
            f'The word "{broken}" cannot be written in word2vec\'s text format, where a blank ends a word. Use --format parquet.'
        )
    stream.write(f"{len(vectors)} {vectors.dimension}\n".encode())
    _write_rows(vectors, stream, " ", (f"{word} ".encode() for word in vectors.words))


def _write_rows(vectors: Vectors, stream: IO[bytes], separator: str, heads: Iterable[bytes]) -> None:
    """A line for each row: 9 digits give the same float32 back."""
    line = separator.join(["%.9g"] * vectors.dimension) + "\n"
    for head, row in zip(heads, vectors.matrix, strict=True):
        stream.write(head + (line % tuple(row.tolist())).encode())


def _fp16(vectors: Vectors, stream: IO[bytes]) -> None:
    np.savez_compressed(stream, words=np.array("\n".join(vectors.words)), matrix=_half(vectors.matrix))


def _int8(vectors: Vectors, stream: IO[bytes]) -> None:
    levels, scales = _levels(vectors.matrix)
    np.savez_compressed(stream, words=np.array("\n".join(vectors.words)), matrix=levels, scales=scales)


def _half(matrix: Matrix) -> NDArray[np.float16]:
    """float16, where what is larger than it holds is its largest number."""
    largest = np.finfo(np.float16).max
    return np.clip(matrix, -largest, largest).astype(np.float16)


def _levels(matrix: Matrix) -> tuple[NDArray[np.int8], Matrix]:
    """Whole numbers from -127 to 127, and what one of them is worth in each row; a row of zeros stays one."""
    scales = (np.abs(matrix).max(axis=1, keepdims=True) / _LEVELS).astype(np.float32)
    levels = np.rint(matrix / np.where(scales == 0, 1, scales)).astype(np.int8)
    return levels, scales


def _rounded(vectors: Vectors, kind: str) -> Vectors:
    """The vectors as whoever reads the file has them."""
    if kind == "fp16":
        return Vectors(vectors.words, _half(vectors.matrix).astype(np.float32))
    if kind == "int8":
        levels, scales = _levels(vectors.matrix)
        return Vectors(vectors.words, levels * scales)
    return vectors
