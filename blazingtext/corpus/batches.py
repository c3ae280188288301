"""Blocks in groups that are worth handing over: what is sent costs little beside what is done to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .corpus_lines import Block
from .plain_lines import BLOCK, FileRange

# Bytes or characters of one group.
SIZE = 8 * BLOCK


def size_of(block: Block) -> int:
    """The bytes or characters of a block."""
    if isinstance(block, FileRange):
        return block.stop - block.start
    return len(block) if isinstance(block, bytes) else sum(len(text) for _, text in block)


def batches(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks in groups of `SIZE`; a range of a file is a group by itself."""
    held: list[Block] = []
    size = 0
    for block in blocks:
        alone = isinstance(block, FileRange)
        if held and (alone or size >= SIZE):
            yield held
            held, size = [], 0
        if alone:
            yield [block]
        else:
            held.append(block)
            size += size_of(block)
    if held:
        yield held
