"""Texts that resemble one that was there before, by MinHash (https://github.com/beowolx/rensa).

Broder, On the resemblance and containment of documents (1997). Shingles of five words are what datatrove and text-dedup compare, too:
https://github.com/huggingface/datatrove, https://github.com/ChenghaoMou/text-dedup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rensa import RMinHashDeduplicator

from blazingtext_lifecycle.corpus_text import LABEL

_SHINGLE = 5
_PERMUTATIONS = 128
_SEED = 42
# A pair just as similar as asked for shares a band with this probability, at least.
_PROBABILITY = 0.9


class NearDuplicates:
    """Finds texts whose shingles resemble those of an earlier one with the same labels; what resembles is not remembered.

    A text takes some 2 KB. The similarity is an estimate from 128 minima, whose standard deviation is 0.035 at 0.8: a pair closer to the
    threshold than that may be taken either way, but always the same way.

    Args:
        threshold: the Jaccard similarity, above 0 and at most 1.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._indexes: dict[frozenset[bytes], RMinHashDeduplicator] = {}
        self._count = 0

    def new_of(self, texts: Sequence[bytes]) -> list[bool]:
        """For each text, in their order, whether none before it resembles it."""
        found: list[bool] = []
        for labels, run in groupby(map(_parts, texts), key=lambda parts: parts[0]):
            found += self._index(labels).add_pairs(list(self._numbered(words for _, words in run)))
        return found

    def _index(self, labels: frozenset[bytes]) -> RMinHashDeduplicator:
        if labels not in self._indexes:
            self._indexes[labels] = RMinHashDeduplicator(
                self._threshold, _PERMUTATIONS, use_lsh=True, num_bands=bands(self._threshold), seed=_SEED
            )
        return self._indexes[labels]

    def _numbered(self, texts: Iterator[list[bytes]]) -> Iterator[tuple[str, list[bytes]]]:
        for words in texts:
            self._count += 1
            yield str(self._count), shingles(words)


def _parts(text: bytes) -> tuple[frozenset[bytes], list[bytes]]:
    words = text.split()
    if LABEL not in text:
        return frozenset(), words
    return frozenset(word for word in words if word.startswith(LABEL)), [word for word in words if not word.startswith(LABEL)]


def shingles(words: Sequence[bytes]) -> list[bytes]:
    """All runs of five words; a shorter text is one."""
    return [b" ".join(words[start : start + _SHINGLE]) for start in range(max(len(words) - _SHINGLE + 1, 1))]


def bands(threshold: float) -> int:
    """The fewest bands of equal size that let a pair of this similarity meet with a probability of 0.9.

    Leskovec, Rajaraman, Ullman: Mining of Massive Datasets (http://www.mmds.org), section 3.4.2.
    """
    choices = (2**power for power in range(_PERMUTATIONS.bit_length()))
    return next((count for count in choices if 1 - (1 - threshold ** (_PERMUTATIONS // count)) ** count >= _PROBABILITY), _PERMUTATIONS)
