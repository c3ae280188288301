"""vectors.bin and model.bin: fastText's binary format, version 12: its layout, and a reader that needs no compiler.

Little endian, as fastText v0.9.2 saves it (src/fasttext.cc, args.cc, dictionary.cc, densematrix.cc):

```
int32 magic, version
int32 dim ws epoch minCount neg wordNgrams loss model bucket minn maxn lrUpdateRate, double t
int32 entries words labels, int64 tokens, int64 pruned (-1 for none)
entries x { bytes word, NUL, int64 count, int8 type (0 word, 1 label) }      words first, then labels
bool quantised, int64 rows columns, float32 input matrix                      a row per word, then a row per bucket
bool quantised, int64 rows columns, float32 output matrix                     a row per word, or per label
```
Reading maps the file: matrices are views of it, words are looked up in it, and processes that serve the same file share its memory.
"""

import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..corpus.words import Subwords
from ..errors import ModelError
from .dictionary import CutShortError, Entries, Words, read_entries

MAGIC = 793712314
VERSION = 12
OLDER_VERSION = 11  # the same layout; its classifiers have no character n-grams whatever maxn says
START = struct.Struct("<ii")
PARAMETERS = struct.Struct("<12id")
DICTIONARY = struct.Struct("<iiiqq")
MATRIX = struct.Struct("<?qq")


class Kind(IntEnum):
    """What a file was trained for, by fastText's numbers."""

    CBOW = 1
    SKIPGRAM = 2
    SUPERVISED = 3


class Loss(IntEnum):
    """How the output matrix becomes probabilities, by fastText's numbers."""

    HIERARCHICAL_SOFTMAX = 1
    NEGATIVE_SAMPLING = 2
    SOFTMAX = 3
    ONE_VERSUS_ALL = 4


@dataclass(frozen=True)
class Parameters:
    """The file's own record of how it was trained, in the order of the file."""

    dim: int
    window: int
    epochs: int
    min_count: int
    negatives: int
    word_ngrams: int
    loss: int
    kind: int
    buckets: int
    min_char: int
    max_char: int
    update_rate: int
    sample: float

    @property
    def subwords(self) -> Subwords | None:
        """The character n-grams in use, if any."""
        return Subwords(self.min_char, self.max_char, self.buckets) if self.max_char > 0 and self.buckets > 0 else None


@dataclass(frozen=True)
class FastTextModel:
    """A model file's content.

    Attributes:
        parameters: how it was trained.
        words, counts: the dictionary's words, in the order of the rows.
        labels, label_counts: a classifier's labels, in the order of the output rows.
        tokens: running words read in training.
        input: (words + buckets, dim) float32, read-only view of the file.
        output: (words or labels, dim) float32, read-only view of the file.
    """

    parameters: Parameters
    words: Words
    counts: NDArray[np.int64]
    labels: Sequence[bytes]
    label_counts: NDArray[np.int64]
    tokens: int
    input: Floats
    output: Floats


def read(path: Path) -> FastTextModel:
    """Map a model file.

    Raises:
        ModelError: it is not a fastText model of version 11 or 12, is quantised or pruned, or is cut short.
    """
    with path.open("rb") as file:
        if path.stat().st_size < START.size:
            raise ModelError(_not_a_model(path))
        # The mapping outlives the file object: the matrices hold on to it.
        return _Reader(path, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).model()


class _Reader:
    """Walks through a mapped file from its start; every read names what is missing when the file ends early."""

    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self.path, self.data, self.at = path, data, 0

    def model(self) -> FastTextModel:
        magic, version = self.unpack(START)
        if magic != MAGIC or version not in {VERSION, OLDER_VERSION}:
            raise ModelError(_not_a_model(self.path))
        parameters = self.parameters(version)
        entries, _, _, tokens, pruned = self.unpack(DICTIONARY)
        if pruned >= 0:
            raise ModelError(self.quantised())
        found = self.entries(entries)
        words, labels = found.kinds == 0, found.kinds == 1
        names = Words(self.data, found.starts[words])
        return FastTextModel(
            parameters=parameters,
            words=names,
            counts=found.counts[words],
            labels=list(Words(self.data, found.starts[labels])),
            label_counts=found.counts[labels],
            tokens=tokens,
            input=self.matrix(len(names) + parameters.buckets, parameters.dim),
            output=self.matrix(int(labels.sum()) if parameters.kind == Kind.SUPERVISED else len(names), parameters.dim),
        )

    def parameters(self, version: int) -> Parameters:
        parameters = Parameters(*self.unpack(PARAMETERS))
        if version == OLDER_VERSION and parameters.kind == Kind.SUPERVISED:
            parameters = replace(parameters, max_char=0)
        return parameters

    def unpack(self, shape: struct.Struct) -> tuple[int, ...]:
        if self.at + shape.size > len(self.data):
            raise ModelError(self.cut_short())
        values: tuple[int, ...] = shape.unpack_from(self.data, self.at)
        self.at += shape.size
        return values

    def entries(self, count: int) -> Entries:
        try:
            found = read_entries(self.data, self.at, count)
        except CutShortError as error:
            raise ModelError(self.cut_short()) from error
        if not np.isin(found.kinds, (0, 1)).all():
            raise ModelError(f"{self.path.name} is damaged: a dictionary entry is neither a word nor a label. Upload the file once more.")
        self.at = found.stop
        return found

    def matrix(self, rows: int, columns: int) -> Floats:
        quantised, *shape = self.unpack(MATRIX)
        if quantised:
            raise ModelError(self.quantised())
        if shape != [rows, columns]:
            raise ModelError(
                f"{self.path.name} is damaged: a matrix has the shape {shape[0]} x {shape[1]}, its dictionary asks for {rows} x {columns}. "
                "Upload the file once more."
            )
        start, self.at = self.at, self.at + 4 * rows * columns
        if self.at > len(self.data):
            raise ModelError(self.cut_short())
        return np.frombuffer(self.data, "<f4", rows * columns, start).reshape(rows, columns)

    def cut_short(self) -> str:
        return (
            f"{self.path.name} ends before it is complete. The upload or the training that wrote it was cut off. "
            "Write or upload it once more."
        )

    def quantised(self) -> str:
        return (
            f"{self.path.name} is a quantised model. BlazingText and this engine read fastText's unquantised .bin files only. "
            "Save the model before quantising it, and serve that file."
        )


def _not_a_model(path: Path) -> str:
    return (
        f"{path.name} is not a fastText model. It does not start with the magic number of fastText's binary format and its version "
        f"{OLDER_VERSION} or {VERSION}. Use a vectors.bin or model.bin of BlazingText, or a .bin saved by fastText 0.1 or later."
    )
