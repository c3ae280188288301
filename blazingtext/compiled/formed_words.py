"""Words with what the definition made of them, looked up in machine code: a hash table with linear probing over their bytes.

Hashed by FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from .byte_rows import bare_kernel

# Words and bytes that are kept; then all are forgotten.
_MOST_WORDS, _MOST_BYTES = 1 << 17, 1 << 23
# In a kernel these make machine numbers; for the type checker they are int.
_uint64: Callable[[Any], int] = cast("Any", np.uint64)
_int64: Callable[[Any], int] = cast("Any", np.int64)
_PRIME, _BASIS, _SHIFT = _uint64(0x100000001B3), _uint64(0xCBF29CE484222325), _uint64(20)
# What is known of a word.
_KEY, _START, _LENGTH, _FORM, _FORM_LENGTH = range(5)

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


class Forms(NamedTuple):
    """Words and forms.

    Attributes:
        places: the number of a word, from 1, by its key; 0 where none is. Its length is a power of two.
        words: the key of each, where it begins in `letters` and its bytes, and the same of its form, (words, 5).
        letters: words and forms.
        size: how many words there are, and how many letters.
    """

    places: Numbers
    words: Numbers
    letters: Bytes
    size: Numbers


class FormedWords:
    """Words that the definition has formed.

    Args:
        formed: the definition.

    Attributes:
        forms: the words and forms.
    """

    def __init__(self, formed: Callable[[Sequence[str]], Iterable[str]]) -> None:
        self._formed = formed
        self.forms = _empty(_MOST_WORDS, _MOST_BYTES)

    def learn(self, words: Collection[bytes]) -> None:
        """Adds words, each of which is new and there once; all others are forgotten where there is no room for these."""
        formed = self._formed([each.decode() for each in words])
        pieces = [*chain.from_iterable((word, form.encode()) for word, form in zip(words, formed, strict=True))]
        size = sum(map(len, pieces))
        known, letters = self.forms.size.tolist()
        if known + len(words) > len(self.forms.words) or letters + size > len(self.forms.letters):
            self.forms = _empty(max(_MOST_WORDS, len(words)), max(_MOST_BYTES, size))
        begun = int(self.forms.size[1])
        self.forms.letters[begun : begun + size] = joined = np.frombuffer(b"".join(pieces), np.uint8)
        lengths = np.array([len(each) for each in pieces], np.int64).reshape(-1, 2)
        _add(self.forms, joined, lengths)


def _empty(words: int, letters: int) -> Forms:
    places = np.zeros(1 << (2 * words).bit_length(), np.int64)
    return Forms(places, np.empty((words, 5), np.int64), np.empty(letters, np.uint8), np.zeros(2, np.int64))


@bare_kernel
def _key(data: Bytes, start: int, stop: int) -> int:
    code = _BASIS
    for place in range(start, stop):
        code = (code ^ _uint64(data[place])) * _PRIME
    return _int64(code ^ code >> _SHIFT)


@bare_kernel
def place_of(data: Bytes, start: int, stop: int, forms: Forms) -> int:
    """The number, from 0, of the word between two places; -1 when it is not known."""
    key, mask = _key(data, start, stop), len(forms.places) - 1
    at = key & mask
    while forms.places[at]:
        number: int = forms.places[at] - 1
        if forms.words[number, _KEY] == key and forms.words[number, _LENGTH] == stop - start:
            begun, same = forms.words[number, _START], 0
            while same < stop - start and forms.letters[begun + same] == data[start + same]:
                same += 1
            if same == stop - start:
                return number
        at = (at + 1) & mask
    return -1


@bare_kernel
def _add(forms: Forms, pieces: Bytes, lengths: Numbers) -> None:
    """Adds words and forms, which lie one behind the other and at the end of the letters."""
    start, mask, place = forms.size[1], len(forms.places) - 1, 0
    for each in range(len(lengths)):
        number, length, form = forms.size[0], lengths[each, 0], lengths[each, 1]
        key = _key(pieces, place, place + length)
        at = key & mask
        while forms.places[at]:
            at = (at + 1) & mask
        forms.places[at] = number + 1
        forms.words[number, _KEY], forms.words[number, _START], forms.words[number, _LENGTH] = key, start + place, length
        forms.words[number, _FORM], forms.words[number, _FORM_LENGTH] = start + place + length, form
        forms.size[0] = number + 1
        place += length + form
    forms.size[1] = start + len(pieces)
