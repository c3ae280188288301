"""One model on several hosts: what each has changed is combined on all of them, in a ring.

Each host trains a copy of the model on its share of the text. From time to time the changes since the last time are combined row by row,
and all hosts go on from the same model, bit for bit. The ring (reduce-scatter, then all-gather: Patarasuk & Yuan 2009, "Bandwidth optimal
all-reduce algorithms for clusters of workstations") sends 2 (n - 1) / n of what has changed from each of n hosts, however many they are.

What is combined is not the mean. Of n hosts, a rare word is seen by one, and its mean change would be an n-th of what one host alone would
have trained; a frequent word is seen by all, and the sum of their changes is n steps along nearly the same gradient: sums diverge. So
parallel changes are averaged and orthogonal ones added (Gill 2019, "Distributed Training of Embeddings using Graph Analytics",
https://arxiv.org/abs/1909.03359; in this symmetric form Maleki 2021, "Scaling Distributed Training with Adaptive Summation",
https://arxiv.org/abs/2006.02924).

Hosts combine often, for what is averaged in a long round is lost; so that they send little, a number is sent in a byte
(`kernels/row_changes.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..arrays import Floats
from ..errors import HostError
from ..kernels.row_changes import Codes, Marks, apply_changes, combine_rows, decode_rows, encode_rows, take_changes
from ..network.group import Group
from .matrices import ModelMatrices

# Rows that go round the ring at a time: what is in memory beside the model and its copy.
BLOCK_BYTES = 1 << 23


@dataclass(frozen=True)
class SharedModel:
    """The model of this host, and as it was when all hosts had the same.

    Attributes:
        group: the hosts.
        matrices: what this host trains; columns past those of `common` stay zero.
        common: (vectors, outputs) after the last time, each (rows, dim).
    """

    group: Group
    matrices: ModelMatrices
    common: tuple[Floats, Floats]

    @classmethod
    def of(cls, group: Group, matrices: ModelMatrices, dim: int) -> "SharedModel":
        """A model that is the same on every host now."""
        return cls(group, matrices, (matrices.vectors[:, :dim].copy(), matrices.outputs[:, :dim].copy()))

    def combine(self) -> None:
        """Take in what all hosts have changed since the last time; every host has to call this.

        Raises:
            EngineError: another host has ended.
        """
        for trained, common in zip((self.matrices.vectors, self.matrices.outputs), self.common, strict=True):
            rows, dim = common.shape
            block = max(1, BLOCK_BYTES // (4 * dim))
            for start in range(0, rows, block):
                own, before = trained[start : start + block], common[start : start + block]
                changes = Changes(np.empty_like(before), np.empty(len(before), np.bool_))
                take_changes(own, before, (own.view(np.int32), before.view(np.int32)), changes.rows, changes.marks)
                all_reduce(self.group, changes)
                apply_changes(changes.rows, changes.marks, before, own)


@dataclass(frozen=True)
class Changes:
    """Which of some rows have changed, and how.

    Attributes:
        rows: (rows, dim), contiguous; what is in rows without a mark means nothing.
        marks: (rows).
    """

    rows: Floats
    marks: Marks

    def part(self, start: int, stop: int) -> "Changes":
        """Rows [start, stop), in the same memory."""
        return Changes(self.rows[start:stop], self.marks[start:stop])


def all_reduce(group: Group, changes: Changes) -> None:
    """Replace the changes of this host by those of all hosts combined, rounded as they are sent; rows that nobody changed are not sent.

    Args:
        group: the hosts; each has to call this with as many rows.
        changes: of this host.
    """
    cuts = [len(changes.rows) * part // group.size for part in range(group.size + 1)]
    parts = [changes.part(start, stop) for start, stop in pairwise(cuts)]
    for step in range(group.size - 1):
        own, other = (parts[(group.rank - step - each) % group.size] for each in (0, 1))
        combine_rows(*_passed_on(group, own, other), other.rows, other.marks)
    for step in range(group.size - 1):
        own, other = (parts[(group.rank + 1 - step - each) % group.size] for each in (0, 1))
        decode_rows(*_passed_on(group, own, other), other.rows, other.marks)


def _passed_on(group: Group, own: Changes, other: Changes) -> tuple[Codes, Marks]:
    """Send changes to the next host of the ring, and receive those of the previous one, which are of as many rows as `other`."""
    rows, dim = other.rows.shape
    codes = np.empty((np.count_nonzero(own.marks), 1 + dim), np.int8)
    encode_rows(own.rows, own.rows.view(np.int32), own.marks, codes)
    received = group.exchange(
        to=(group.rank + 1) % group.size,
        parts=[np.packbits(own.marks).data, codes.data],
        source=(group.rank - 1) % group.size,
        allowed=_allowed(rows, dim),
    )
    size = -(-rows // 8)
    marks = np.unpackbits(np.frombuffer(received, np.uint8, size), count=rows).astype(np.bool_)
    found = np.frombuffer(received, np.int8, offset=size).reshape(-1, 1 + dim)
    if len(found) != np.count_nonzero(marks):
        raise HostError("A host sent other rows than it named. The hosts run different versions of this engine: start all from one image.")
    return found, marks


def _allowed(rows: int, dim: int) -> Callable[[int], bool]:
    """Whether a frame of so many bytes can hold some of these rows, after a bit for each."""
    size, row = -(-rows // 8), 1 + dim
    return lambda length: length >= size and (length - size) % row == 0 and (length - size) // row <= rows
