"""fastText's hashes of many words at once, and of their character n-grams (Bojanowski 2017).

`corpus/words.py` gives the same hashes of one word without a compiler, and says what they are.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bytes
from .constants import BEGIN_OF_WORD, END_OF_WORD, FNV_OFFSET_BASIS, FNV_PRIME, UTF8_CONTINUATION, UTF8_CONTINUATION_MASK
from .jit import inner, int64, kernel


@kernel
def hash_words(text: Bytes, offsets: NDArray[np.int64], hashes: NDArray[np.uint32]) -> None:
    """The FNV-1a hash fastText gives each word; each byte is sign-extended before it is mixed in."""
    for k in range(len(hashes)):
        value = np.uint32(FNV_OFFSET_BASIS)
        for at in range(offsets[k], offsets[k + 1]):
            value = np.uint32((value ^ np.uint32(np.int32(np.int8(text[at])))) * np.uint32(FNV_PRIME))
        hashes[k] = value


@inner
def _byte(text: NDArray[np.uint8], first: int, length: int, k: int) -> int:
    """Byte k of `<word>`; `length` counts both brackets."""
    if k == 0:
        return BEGIN_OF_WORD
    return END_OF_WORD if k == length - 1 else int64(text[first + k - 1])


@inner
def _character_end(text: NDArray[np.uint8], first: int, length: int, k: int) -> int:
    """Where the character that begins at k ends."""
    k += 1
    while k < length and (_byte(text, first, length, k) & UTF8_CONTINUATION_MASK) == UTF8_CONTINUATION:
        k += 1
    return k


@inner
def _ngrams_of(
    text: NDArray[np.uint8], first: int, length: int, sizes: tuple[int, int, int], out: NDArray[Any], written: int, write: bool
) -> int:
    """Write the buckets of one word's n-grams from out[written] on, or only count them; gives the position after the last."""
    least, most, buckets = sizes
    for i in range(length):
        if (_byte(text, first, length, i) & UTF8_CONTINUATION_MASK) == UTF8_CONTINUATION:
            continue
        value = np.uint32(FNV_OFFSET_BASIS)
        end = i
        for n in range(1, most + 1):
            if end >= length:
                break
            begin = end
            end = _character_end(text, first, length, begin)
            for k in range(begin, end):
                byte = np.uint32(np.int32(np.int8(_byte(text, first, length, k))))
                value = np.uint32((value ^ byte) * np.uint32(FNV_PRIME))
            if n >= least and not (n == 1 and (i == 0 or end == length)):
                if write:
                    out[written] = np.int32(value % np.uint32(buckets))
                written += 1
    return written


@kernel
def count_ngrams(text: NDArray[np.uint8], offsets: NDArray[np.int64], least: int, most: int, counts: NDArray[np.int64]) -> int:
    """How many n-grams each word has; gives their sum."""
    total = 0
    for word in range(len(offsets) - 1):
        counts[word] = _ngrams_of(text, offsets[word], offsets[word + 1] - offsets[word] + 2, (least, most, 1), counts, 0, False)
        total += counts[word]
    return total


@kernel
def fill_ngrams(
    text: NDArray[np.uint8], offsets: NDArray[np.int64], sizes: tuple[int, int, int], starts: NDArray[np.int64], out: NDArray[np.int32]
) -> None:
    """Write the buckets of word w from out[starts[w]] on."""
    for word in range(len(offsets) - 1):
        _ngrams_of(text, offsets[word], offsets[word + 1] - offsets[word] + 2, sizes, out, starts[word], True)
