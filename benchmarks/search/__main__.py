"""`python -m benchmarks.search`: the nearest words of one word in a large vocabulary, beside its peers, in turn and in one process.

Peers are gensim's `most_similar` and, where it is installed, faiss's exact search. What is found has to be the same words.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from statistics import median

import numpy as np
from gensim.models import KeyedVectors
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from blazingtext.vectors.word_vectors import Vectors

_NEIGHBORS = 10
# Searches that are not counted: the first makes the directions, the fourth rounds them.
_WARM = 5
Search = Callable[[str], list[str]]


def main() -> None:
    """Prints the median and the fastest of each, and how many times as long as ours the medians are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=100)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--threads", type=int, help="threads of BLAS (default: its own)")
    told = parser.parse_args()
    with threadpool_limits(told.threads):
        _measure(told.words, told.dimension, told.queries)


def _measure(count: int, dimension: int, queries: int) -> None:
    words = tuple(f"w{row}" for row in range(count))
    matrix = np.random.default_rng(1).standard_normal((count, dimension), np.float32)
    searches = {
        "neighbors": _ours(words, matrix),
        "neighbors, without Numba": _by_blas(words, matrix),
        "gensim most_similar": _gensim(words, matrix),
    }
    if find_spec("faiss") is not None:
        searches["faiss IndexFlatIP"] = _faiss(words, matrix)
    times: dict[str, list[float]] = {name: [] for name in searches}
    for query in range(queries + _WARM):
        word = words[query * count // (queries + _WARM)]
        found = {name: _timed(each, word, times[name]) for name, each in searches.items()}
        assert all(each == found["neighbors"] for each in found.values())
    ours = median(times["neighbors"][_WARM:])
    print(f"{count:,} words, {dimension} dimensions, {_NEIGHBORS} neighbours, {queries} queries")
    for name, taken in times.items():
        counted = taken[_WARM:]
        print(f"{name:26} {1000 * median(counted):8.1f} ms a query (fastest {1000 * min(counted):.1f}), {median(counted) / ours:.1f} times")


def _ours(words: tuple[str, ...], matrix: NDArray[np.float32]) -> Search:
    vectors = Vectors(words, matrix)
    return lambda word: [each.word for each in vectors.neighbors(word, _NEIGHBORS)]


def _by_blas(words: tuple[str, ...], matrix: NDArray[np.float32]) -> Search:
    vectors = Vectors(words, matrix)
    vectors._search._searches = -(2**62)  # noqa: SLF001 - never enough searches for rounded rows, as where Numba is not installed
    return lambda word: [each.word for each in vectors.neighbors(word, _NEIGHBORS)]


def _gensim(words: tuple[str, ...], matrix: NDArray[np.float32]) -> Search:
    vectors = KeyedVectors(matrix.shape[1])
    vectors.add_vectors(list(words), matrix)
    vectors.fill_norms()
    return lambda word: [near for near, _ in vectors.most_similar(word, topn=_NEIGHBORS)]


def _faiss(words: tuple[str, ...], matrix: NDArray[np.float32]) -> Search:
    directions = Vectors(words, matrix).directions
    index = import_module("faiss").IndexFlatIP(matrix.shape[1])
    index.add(directions)
    rows = {word: row for row, word in enumerate(words)}

    def search(word: str) -> list[str]:
        _, found = index.search(directions[rows[word]][None], _NEIGHBORS + 1)
        return [words[row] for row in found[0].tolist()][1:]

    return search


def _timed(search: Search, word: str, times: list[float]) -> list[str]:
    began = time.perf_counter()
    found = search(word)
    times.append(time.perf_counter() - began)
    return found


if __name__ == "__main__":
    main()
