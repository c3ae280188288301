"""A share of the inputs: what one of several machines prepares. The outputs of all shares, in order, are the whole corpus."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from blazingtext_lifecycle.errors import CorpusError

from .objects import S3Object


@dataclass(frozen=True)
class Share:
    """One of several shares of equally many stored bytes.

    A plain text is divided between two lines; anything else belongs as a whole to the share in which it begins.

    Args:
        number: which, from 1.
        count: how many there are.
    """

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Share:
        """A share from the form ``2/8``.

        Raises:
            ValueError: it has another form, or there is no such share.
        """
        match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ValueError(f"{text!r} is no share. The first of eight is 1/8, and the last 8/8.")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def is_all(self) -> bool:
        """Whether there is no other."""
        return self.count == 1

    def parts(self, paths: Sequence[Path | S3Object]) -> Iterator[tuple[Path | S3Object, range | None]]:
        """The files of which something belongs to this share, with the bytes that do: None for the whole, when there is one share.

        Raises:
            CorpusError: something has no size by which it could be divided.
        """
        if self.is_all:
            yield from ((path, None) for path in paths)
            return
        sizes = [_size(path) for path in paths]
        total, begun = sum(sizes), 0
        first, last = total * (self.number - 1) // self.count, total * self.number // self.count
        for path, size in zip(paths, sizes, strict=True):
            part = range(max(first - begun, 0), min(last - begun, size))
            if part:
                yield path, part
            begun += size

    def size(self, paths: Sequence[Path | S3Object]) -> int | None:
        """How many stored bytes it has; None when that is unknown."""
        if not all(path.is_file() for path in paths):
            return None
        return sum(path.stat().st_size if part is None else len(part) for path, part in self.parts(paths))


def _size(path: Path | S3Object) -> int:
    if not path.is_file():
        raise CorpusError(f"{path} is not a file, so that it has no shares: its size is unknown. Write it to a file, or leave out --shard.")
    return path.stat().st_size
