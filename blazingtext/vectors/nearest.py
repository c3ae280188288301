"""The nearest words of many words at once, by cosine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Rows = NDArray[np.int64]
_TILE = 32
_BLOCK_BYTES = 64 << 20


def nearest(
    directions: Matrix, count: int, rows: Rows | None = None, advance: Callable[[int], None] = lambda _: None
) -> tuple[Rows, Matrix]:
    """The rows nearest to each row, itself left out, and their cosines; nearest first, of equals the first row first.

    Of more equals than are asked for, any are found.

    Args:
        directions: n x dimension, of length 1.
        count: how many, less than n.
        rows: whose nearest are wanted; None means all.
        advance: called with the number of rows that are done.

    Returns:
        Two arrays, rows x count.
    """
    wanted = np.arange(len(directions)) if rows is None else rows
    padded = np.zeros((padded_width(len(directions)), directions.shape[1]), np.float32)
    padded[: len(directions)] = directions
    block = max(1, _BLOCK_BYTES // (4 * len(padded)))
    places, cosines = np.empty((len(wanted), count), np.int64), np.empty((len(wanted), count), np.float32)
    for start in range(0, len(wanted), block):
        some = wanted[start : start + block]
        scores = directions[some] @ padded.T
        scores[:, len(directions) :] = -np.inf
        scores[np.arange(len(some)), some] = -np.inf
        part = slice(start, start + len(some))
        places[part], cosines[part] = highest(scores, count)
        advance(len(some))
    return places, cosines


def padded_width(count: int) -> int:
    """The next number of columns that `highest` takes."""
    return -(-count // _TILE) * _TILE


def highest(scores: Matrix, count: int) -> tuple[Rows, Matrix]:
    """The places of the highest scores of each row, and these scores; highest first, of equals the first place first.

    The highest `count` of a row lie in the `count` tiles whose maxima are highest: to find those first takes an eighth of the time.

    Args:
        scores: rows x columns, the columns a multiple of 32.
        count: how many.
    """
    tiles = scores.reshape(len(scores), -1, _TILE)
    best = np.argpartition(-tiles.max(axis=2), min(count, tiles.shape[1]) - 1, axis=1)[:, :count]
    best.sort(axis=1)
    candidates = np.take_along_axis(tiles, best[:, :, None], axis=1).reshape(len(scores), -1)
    order = np.argsort(-candidates, axis=1, kind="stable")[:, :count]
    places = np.take_along_axis(best, order // _TILE, axis=1) * _TILE + order % _TILE
    return places, np.take_along_axis(candidates, order, axis=1)
