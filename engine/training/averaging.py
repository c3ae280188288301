"""One model on several hosts: what each has changed is combined on all of them, in a ring.

Each host trains a copy of the model on its share of the text. From time to time the changes since the last time are combined row by row,
and all hosts go on from the same model, bit for bit. The ring (reduce-scatter, then all-gather: Patarasuk & Yuan 2009, "Bandwidth optimal
all-reduce algorithms for clusters of workstations") sends 2 (n - 1) / n of what has changed from each of n hosts, however many they are.

What is combined is not the mean. Of n hosts, a rare word is seen by one, and its mean change would be an n-th of what one host alone would
have trained; a frequent word is seen by all, and the sum of their changes is n steps along nearly the same gradient: sums diverge. So
parallel changes are averaged and orthogonal ones added (Gill 2019, "Distributed Training of Embeddings using Graph Analytics",
https://arxiv.org/abs/1909.03359; in this symmetric form Maleki 2021, "Scaling Distributed Training with Adaptive Summation",
https://arxiv.org/abs/2006.02924).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bytes, Floats
from ..errors import HostError
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
                own, before = trained[start : start + block, :dim], common[start : start + block]
                changes = own - before
                all_reduce(self.group, changes)
                before += changes
                own[:] = before


def all_reduce(group: Group, changes: Floats) -> None:
    """Replace the changes of this host by those of all hosts combined; rows that nobody changed are not sent.

    Args:
        group: the hosts; each has to call this with as many rows.
        changes: (rows, dim), contiguous.
    """
    cuts = [len(changes) * part // group.size for part in range(group.size + 1)]
    parts = [changes[start:stop] for start, stop in pairwise(cuts)]
    for step in range(group.size - 1):
        own, other = ((group.rank - step - each) % group.size for each in (0, 1))
        parts[other][:] = combined(_passed_on(group, parts[own], parts[other]), parts[other])
    for step in range(group.size - 1):
        own, other = ((group.rank + 1 - step - each) % group.size for each in (0, 1))
        parts[other][:] = _passed_on(group, parts[own], parts[other])


def combined(first: Floats, second: Floats) -> Floats:
    """The changes of two hosts as one: the mean of those that are parallel, the sum of those that are orthogonal, row by row.

    Each is shortened by half of what it has in common with the other: a (1 - a.b / 2 a.a) + b (1 - a.b / 2 b.b).

    Args:
        first: (rows, dim) of one.
        second: likewise of the other.
    """
    # Models that diverge are found by whoever looks at them, and not here.
    with np.errstate(all="ignore"):
        common = np.einsum("ij,ij->i", first, second)
        result = first + second
        both = np.flatnonzero(common)
        for each in (first[both], second[both]):
            squares = np.maximum(np.einsum("ij,ij->i", each, each), np.finfo(np.float32).tiny)
            result[both] -= (common[both] / (2 * squares))[:, None] * each
    return result


def _passed_on(group: Group, own: Floats, other: Floats) -> Floats:
    """Send rows to the next host of the ring, and receive those of the previous one; `other` has their shape."""
    changed = np.any(own, axis=1)
    received = group.exchange(
        to=(group.rank + 1) % group.size,
        parts=[_bitmap(changed).data, own[changed].data],
        source=(group.rank - 1) % group.size,
        allowed=_allowed(other),
    )
    rows, dim = other.shape
    size = _bitmap_bytes(rows)
    changed = np.unpackbits(np.frombuffer(received, np.uint8, size), count=rows).astype(np.bool_)
    found = np.zeros_like(other)
    values = np.frombuffer(received, np.float32, offset=size).reshape(-1, dim)
    if len(values) != np.count_nonzero(changed):
        raise HostError("A host sent other rows than it named. The hosts run different versions of this engine: start all from one image.")
    found[changed] = values
    return found


def _allowed(rows: Floats) -> Callable[[int], bool]:
    """Whether a frame of so many bytes can hold some of these rows."""
    size, row = _bitmap_bytes(len(rows)), 4 * rows.shape[1]
    return lambda length: length >= size and (length - size) % row == 0 and (length - size) // row <= len(rows)


def _bitmap(changed: NDArray[np.bool_]) -> Bytes:
    packed = np.zeros(_bitmap_bytes(len(changed)), np.uint8)
    packed[: -(-len(changed) // 8)] = np.packbits(changed)
    return packed


def _bitmap_bytes(rows: int) -> int:
    """A bit a row, in whole numbers of four bytes: what follows is aligned."""
    return 4 * -(-rows // 32)
