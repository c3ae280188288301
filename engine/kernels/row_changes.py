"""Rows that have changed, and their changes in a byte a number: what hosts that train one model send each other.

A row of changes is sent as an exponent k and a whole number q from -127 to 127 for each x, x = q 2^k, k the smallest that has room for the
largest. What is read again is encoded to the same bytes, as the largest |q| is 64 at least: a row can go from host to host and stays the
same. An error is half of 2^k at most, below 1/127 of the row's largest number. Rows with a number that is none, or with infinity, become
the largest that there are, so that whoever looks at the model sees it.

Numbers are compared and measured by their bits: compiled with fastmath, nothing else is told from what is not a number.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Integers
from .jit import float32, inner, int64, kernel

Codes = NDArray[np.int8]
Marks = NDArray[np.bool_]

LARGEST = 127
# Of the exponent; 2^-k is a normal number.
LOWEST, HIGHEST = -120, 121
_MAGNITUDE = 0x7FFFFFFF
_INFINITY = 0x7F800000
# 127 / 64 as the bits behind the point: a number with more needs the next exponent.
_LARGEST_FRACTION = 63 << 17
_SMALLEST_SQUARE = np.finfo(np.float32).tiny


@kernel
def take_changes(own: Floats, before: Floats, bits: tuple[Integers, Integers], changes: Floats, changed: Marks) -> None:
    """Mark the rows of `own` that are no longer as `before`, and write how they have changed into theirs of `changes`.

    Args:
        own: (rows, at least dim).
        before: (rows, dim).
        bits: both again, as whole numbers.
        changes: (rows, dim); other rows are left as they are.
        changed: (rows).
    """
    own_bits, before_bits = bits
    rows, dim = before.shape
    for row in range(rows):
        different = 0
        for k in range(dim):
            different |= own_bits[row, k] ^ before_bits[row, k]
        changed[row] = different != 0
        if different != 0:
            for k in range(dim):
                changes[row, k] = own[row, k] - before[row, k]


@inner
def _exponent(magnitude: int) -> int:
    """That of a row whose largest number has these bits; finite."""
    exponent = (magnitude >> 23) - 127 - 6
    if (magnitude & 0x7FFFFF) > _LARGEST_FRACTION:
        exponent += 1
    return max(exponent, LOWEST)


@kernel
def encode_rows(changes: Floats, bits: Integers, changed: Marks, codes: Codes) -> None:
    """Write the marked rows one after the other, and round them to what will be read.

    Args:
        changes: (rows, dim).
        bits: the same memory, as whole numbers.
        changed: (rows), which are written.
        codes: (marked rows, 1 + dim), the exponent first.
    """
    dim = changes.shape[1]
    place = 0
    for row in range(len(changes)):
        if not changed[row]:
            continue
        magnitude = int64(0)
        for k in range(dim):
            magnitude = max(magnitude, int64(bits[row, k] & _MAGNITUDE))
        exponent = HIGHEST if magnitude >= _INFINITY else _exponent(magnitude)
        up, down = float32(math.ldexp(1.0, exponent)), float32(math.ldexp(1.0, -exponent))
        codes[place, 0] = exponent
        for k in range(dim):
            whole = float32(LARGEST) if magnitude >= _INFINITY else np.rint(changes[row, k] * down)
            codes[place, k + 1] = np.int8(whole)
            changes[row, k] = whole * up
        place += 1


@kernel
def decode_rows(codes: Codes, received: Marks, changes: Floats, changed: Marks) -> None:
    """Put received rows in the place of those that are there; `received` marks which they are, and `changed` becomes that."""
    place = 0
    for row in range(len(changes)):
        changed[row] = received[row]
        if received[row]:
            scale = float32(math.ldexp(1.0, int64(codes[place, 0])))
            for k in range(changes.shape[1]):
                changes[row, k] = scale * float32(codes[place, k + 1])
            place += 1


@kernel
def combine_rows(codes: Codes, received: Marks, changes: Floats, changed: Marks) -> None:
    """Make one change of those received and those that are there: the mean of what is parallel, the sum of what is orthogonal, row by row.

    Each is shortened by half of what it has in common with the other: a (1 - a.b / 2 a.a) + b (1 - a.b / 2 b.b).
    """
    place = 0
    for row in range(len(changes)):
        if not received[row]:
            continue
        scale = float32(math.ldexp(1.0, int64(codes[place, 0])))
        common, own, other = float32(0), float32(0), float32(0)
        if changed[row]:
            for k in range(changes.shape[1]):
                x, y = changes[row, k], scale * float32(codes[place, k + 1])
                common += x * y
                own += x * x
                other += y * y
        else:
            for k in range(changes.shape[1]):
                changes[row, k] = 0
        keep = float32(1) - common / (float32(2) * max(own, float32(_SMALLEST_SQUARE)))
        take = (float32(1) - common / (float32(2) * max(other, float32(_SMALLEST_SQUARE)))) * scale
        for k in range(changes.shape[1]):
            changes[row, k] = keep * changes[row, k] + take * float32(codes[place, k + 1])
        changed[row] = True
        place += 1


@kernel
def apply_changes(changes: Floats, changed: Marks, before: Floats, own: Floats) -> None:
    """Add marked changes to `before`, and make those rows of `own` the same."""
    for row in range(len(changes)):
        if changed[row]:
            for k in range(changes.shape[1]):
                before[row, k] += changes[row, k]
                own[row, k] = before[row, k]
