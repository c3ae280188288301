"""vectors.txt: the word2vec text format, most frequent word first.

`<number of words> <dim>` on the first line, then `word v1 ... vN`. Words are written as the bytes they are. Numbers have six
significant digits, as C's `%.6g` and C++'s default stream print them (fastText writes the same); a Python loop over them would
take longer than training, so a kernel writes the digits.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..kernels.float_text import LONGEST_NUMBER, format_rows

# Numbers a thread writes at once: three megabytes of text, which stay in the processor's cache until they are in the file.
_CHUNK_NUMBERS = 262_144


def write_vectors(path: Path, words: Sequence[bytes], vectors: NDArray[np.float32], *, threads: int) -> None:
    """Write the file.

    Args:
        path: where to; an existing file is replaced.
        words: one per row, without white space.
        vectors: (words, dim).
        threads: how many format numbers at once; the bytes do not depend on it.
    """
    rows = max(1, _CHUNK_NUMBERS // max(1, vectors.shape[1]))
    with path.open("wb") as file, ThreadPoolExecutor(threads) as pool:
        file.write(b"%d %d\n" % vectors.shape)
        # Groups of one chunk a thread: mapping all chunks at once would hold the whole file in memory.
        for group in _groups(range(0, len(words), rows), threads):
            for lines in pool.map(lambda start: _chunk(words[start : start + rows], vectors[start : start + rows]), group):
                file.write(lines)


def _groups(starts: range, size: int) -> Iterator[range]:
    for first in range(0, len(starts), size):
        yield starts[first : first + size]


def _chunk(words: Sequence[bytes], vectors: NDArray[np.float32]) -> memoryview:
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    text = np.frombuffer(b"".join(words) or b"\0", np.uint8)
    ends = np.cumsum([len(word) for word in words])
    out = np.empty(int(ends[-1]) + rows.shape[0] * (rows.shape[1] * LONGEST_NUMBER + 1), np.uint8)
    length = format_rows(text, ends, rows, out)
    return out[:length].data
