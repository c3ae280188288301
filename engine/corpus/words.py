"""What fastText takes for a word, a label and the end of a line, and how it hashes words and n-grams.

Plain Python, one word at a time: a server answers without a compiler (`kernels/ngrams.py` hashes a whole vocabulary).

The character n-grams of a word are those of `<word>`: min_char to max_char characters (UTF-8, not bytes) at every position, except the
single `<` and the single `>` (Bojanowski 2017). Each falls into the bucket its FNV-1a hash names.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..kernels.constants import (
    BEGIN_OF_WORD,
    END_OF_WORD,
    FNV_OFFSET_BASIS,
    FNV_PRIME,
    UTF8_CONTINUATION,
    UTF8_CONTINUATION_MASK,
    WORD_NGRAM_FACTOR,
)

SEPARATORS = re.compile(rb"[ \n\r\t\v\f\0]+")
END_OF_LINE_WORD = b"</s>"
LABEL_PREFIX = b"__label__"
_BITS_32 = 2**32 - 1
_BITS_64 = 2**64 - 1
# fastText mixes in signed characters: bytes from 128 on are sign-extended to 32 bits.
_SIGN_EXTENDED = tuple(byte if byte < 128 else byte | 0xFFFFFF00 for byte in range(256))


@dataclass(frozen=True)
class Subwords:
    """Character n-grams of `<word>`, min_char to max_char characters long, hashed into `buckets` rows (Bojanowski 2017)."""

    min_char: int = 3
    max_char: int = 6
    buckets: int = 2_000_000


def word_hash(word: bytes) -> int:
    """The 32-bit FNV-1a hash of fastText."""
    value = FNV_OFFSET_BASIS
    for byte in word:
        value = (value ^ _SIGN_EXTENDED[byte]) * FNV_PRIME & _BITS_32
    return value


def ngram_buckets(word: bytes, subwords: Subwords) -> list[int]:
    """The bucket of every n-gram of `<word>`, in fastText's order, repeats included; add the number of words for the row."""
    text = bytes([BEGIN_OF_WORD, *word, END_OF_WORD])
    starts = [k for k, byte in enumerate(text) if byte & UTF8_CONTINUATION_MASK != UTF8_CONTINUATION]
    ends = [*starts[1:], len(text)]
    found = []
    for first in range(len(starts)):
        value = FNV_OFFSET_BASIS
        for last in range(first, min(first + subwords.max_char, len(starts))):
            for byte in text[starts[last] : ends[last]]:
                value = (value ^ _SIGN_EXTENDED[byte]) * FNV_PRIME & _BITS_32
            is_bracket = first == last and (first == 0 or ends[last] == len(text))
            if last - first + 1 >= subwords.min_char and not is_bracket:
                found.append(value % subwords.buckets)
    return found


def word_ngram_buckets(hashes: Sequence[int], longest: int, buckets: int) -> Iterator[int]:
    """The buckets of all runs of 2 to `longest` words; fastText adds the 32-bit hashes as signed numbers to one of 64 bits."""
    signed = [value - (value >> 31 << 32) for value in hashes]
    for start in range(len(signed)):
        mixed = signed[start] & _BITS_64
        for following in signed[start + 1 : start + longest]:
            mixed = (mixed * WORD_NGRAM_FACTOR + following) & _BITS_64
            yield mixed % buckets
