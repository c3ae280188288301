"""Numbers as text: six significant digits, as C's `%.6g` prints them."""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bytes, Doubles, Floats, Integers
from .jit import kernel

LONGEST_NUMBER = len(" -1.23457e-05")
# From the smallest subnormal float32 (10**-45) to the power of ten that brings it to six digits (10**51).
_ZERO_EXPONENT = 46
_POWERS = np.array([float(f"1e{exponent}") for exponent in range(-_ZERO_EXPONENT, 52)])
# The characters of 000 ... 999: three digits cost one look-up.
_DIGITS = np.frombuffer(b"".join(b"%03d" % number for number in range(1000)), np.uint8)
_ZERO, _POINT, _MINUS, _PLUS, _SPACE, _NEWLINE, _E = b"0.-+ \ne"
_ALL_ONES = 255  # the exponent bits of infinity and of what is not a number


def format_rows(text: Bytes, ends: NDArray[np.int64], rows: Floats, out: Bytes) -> int:
    """Write `word v1 ... vN` lines to `out`; gives how many bytes. Word n is the bytes of `text` up to ends[n]."""
    return int(_write_rows(text, ends, rows, rows.view(np.int32), _POWERS, _DIGITS, out))


@kernel
def _write_rows(
    text: Bytes,
    ends: NDArray[np.int64],
    rows: Floats,
    bits: Integers,
    powers: Doubles,
    digits: Bytes,
    out: Bytes,
) -> int:
    """Write `word v1 ... vN` lines; return how many bytes."""
    at = 0
    start = 0
    for row in range(rows.shape[0]):
        for position in range(start, ends[row]):
            out[at] = text[position]
            at += 1
        start = ends[row]
        for column in range(rows.shape[1]):
            out[at] = _SPACE
            at = _write_number(rows[row, column], bits[row, column], powers, digits, out, at + 1)
        out[at] = _NEWLINE
        at += 1
    return at


@kernel
def _write_number(value: float, bits: int, powers: Doubles, digits: Bytes, out: Bytes, at: int) -> int:
    """Write `%.6g` of a float32 and return the place after it.

    The six digits are round-half-even(|value| * 10**(5 - exponent)). The product of a 24-bit number and a power of ten up to
    10**12 is exact in double precision, so ties are decided as C decides them for 1e-7 <= |value| < 1e6.
    """
    out[at] = _MINUS
    at += bits < 0  # without a branch: half of all signs would be guessed wrong
    if bits & 0x7FFFFFFF == 0:
        out[at] = _ZERO
        return at + 1
    binary = (bits >> 23) & _ALL_ONES
    if binary == _ALL_ONES:
        return _write_letters(bits & 0x7FFFFF, out, at)
    size = abs(np.float64(value))
    # The binary exponent times log10(2), as an integer, is the decimal exponent or one less; of a subnormal number, more.
    exponent = (binary - 127) * 1233 >> 12
    exponent += size >= powers[exponent + 1 + _ZERO_EXPONENT]
    while size < powers[exponent + _ZERO_EXPONENT]:
        exponent -= 1
    number = int(np.rint(size * powers[5 - exponent + _ZERO_EXPONENT]))
    if number == 1_000_000:
        number = 100_000
        exponent += 1
    return _write_six(number, exponent, digits, out, at)


@kernel
def _write_letters(fraction: int, out: Bytes, at: int) -> int:
    letters = b"inf" if fraction == 0 else b"nan"
    for letter in letters:
        out[at] = letter
        at += 1
    return at


@kernel
def _write_six(number: int, exponent: int, digits: Bytes, out: Bytes, at: int) -> int:
    """Six digits with the point where %g puts it and the zeros after it dropped."""
    scientific = exponent < -4 or exponent > 5
    whole = 1 if scientific else exponent + 1  # digits before the point
    if whole <= 0:
        out[at] = _ZERO
        out[at + 1] = _POINT
        at += 2
        for _ in range(-whole):
            out[at] = _ZERO
            at += 1
    upper = 3 * (number // 1000)
    lower = 3 * number - 1000 * upper
    if whole <= 0:
        _copy_three(digits, upper, out, at)
        _copy_three(digits, lower, out, at + 3)
        at += 6
    else:
        at = _write_around_point(digits, upper, lower, whole, out, at)
    if whole < 6:
        while out[at - 1] == _ZERO:
            at -= 1
        if out[at - 1] == _POINT:
            at -= 1
    return _write_exponent(exponent, out, at) if scientific else at


@kernel
def _copy_three(digits: Bytes, source: int, out: Bytes, at: int) -> None:
    out[at] = digits[source]
    out[at + 1] = digits[source + 1]
    out[at + 2] = digits[source + 2]


@kernel
def _write_around_point(digits: Bytes, upper: int, lower: int, whole: int, out: Bytes, at: int) -> int:
    """Six digits with a point after the first `whole` ones."""
    for place in range(6):
        if place == whole:
            out[at] = _POINT
            at += 1
        out[at] = digits[upper + place] if place < 3 else digits[lower + place - 3]
        at += 1
    return at


@kernel
def _write_exponent(exponent: int, out: Bytes, at: int) -> int:
    out[at] = _E
    out[at + 1] = _MINUS if exponent < 0 else _PLUS
    size = abs(exponent)
    out[at + 2] = _ZERO + size // 10
    out[at + 3] = _ZERO + size % 10
    return at + 4
