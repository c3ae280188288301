"""Lines and documents of a corpus that were there before are left out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from blazingtext_lifecycle.corpus_text import LABEL

from .corpus_lines import Deduplication, Made, Unit

# What is told of duplicates ends so.
SEEN = "seen before"
_DIGEST = 16
_EMPTY = bytes(_DIGEST)
_TABLES = 256
_FIRST_SLOTS = 64
# Of the slots of a table, no more than so many are taken.
_FULL = 0.75


class Digests:
    """A set of 16-byte digests that takes at most 43 bytes for each, 31 on average; a set of Python takes 110.

    256 hash tables with open addressing, each a bytearray that is doubled by itself.
    """

    def __init__(self) -> None:
        self._tables = [bytearray(_DIGEST * _FIRST_SLOTS) for _ in range(_TABLES)]
        self._taken = [0] * _TABLES

    def add(self, digest: bytes) -> bool:
        """Adds a digest; whether it is new."""
        number = digest[0]
        table = self._tables[number]
        place = _place(table, digest)
        if table[place : place + _DIGEST] == digest:
            return False
        table[place : place + _DIGEST] = digest
        self._taken[number] += 1
        if self._taken[number] * _DIGEST > _FULL * len(table):
            self._tables[number] = _doubled(table)
        return True

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return sum(map(len, self._tables))


def _place(table: bytearray, digest: bytes) -> int:
    """Where in a table a digest is, or belongs."""
    place = int.from_bytes(digest[1:9]) * _DIGEST % len(table)
    while (found := table[place : place + _DIGEST]) != digest and found != _EMPTY:
        place = (place + _DIGEST) % len(table)
    return place


def _doubled(table: bytearray) -> bytearray:
    doubled = bytearray(2 * len(table))
    for start in range(0, len(table), _DIGEST):
        digest = bytes(table[start : start + _DIGEST])
        if digest != _EMPTY:
            place = _place(doubled, digest)
            doubled[place : place + _DIGEST] = digest
    return doubled


class Deduplicator:
    """Leaves out what was there before; one remembers all that it has kept.

    Args:
        wanted: what counts as a duplicate.

    Raises:
        MissingExtraError: near duplicates are wanted, and the library that finds them is not installed.
    """

    def __init__(self, wanted: Deduplication) -> None:
        self._unit = wanted.unit
        self._digests = Digests()
        self._new_of: Callable[[Sequence[bytes]], list[bool]] | None = None
        if wanted.near is not None:
            # NumPy-free, and yet an extra: whoever leaves out exact duplicates needs nothing.
            from ..deduplication.near import NearDuplicates  # noqa: PLC0415 - an extra

            self._new_of = NearDuplicates(wanted.near).new_of

    def kept(self, made: Made) -> Made:
        """Lines without those that were there before."""
        units = list(_units(made, self._unit))
        new = [self._digests.add(hashlib.blake2b(unit, digest_size=_DIGEST).digest()) for unit in units]
        unlike = [unit for unit, is_new in zip(units, new, strict=True) if is_new]
        exact = len(units) - len(unlike)
        if self._new_of is not None and unlike:
            kept = [unit for unit, is_new in zip(unlike, self._new_of(unlike), strict=True) if is_new]
        else:
            kept = unlike
        if len(kept) == len(units):
            return made
        lost = made.lost + Counter({f"{self._unit} {SEEN}": exact, f"{self._unit} nearly {SEEN}": len(unlike) - len(kept)})
        data = b"".join(kept)
        labels = data.count(LABEL) if made.labelled else 0
        return replace(made, data=data, lines=data.count(b"\n"), words=data.count(b"\n") + data.count(b" ") - labels, lost=lost)


def _units(made: Made, unit: Unit) -> Iterator[bytes]:
    lines = made.data.splitlines(keepends=True)
    if unit == Unit.LINES:
        yield from lines
        return
    start = 0
    for count in made.documents:
        yield b"".join(lines[start : start + count])
        start += count
