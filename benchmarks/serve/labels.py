"""How much an aligned label matrix and a search for the best label gain: `python -m benchmarks.serve.labels`, ratios of shortest times."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from blazingtext_engine.inference import most_probable

REPEATS = 51
DIM = 100


def ratio(slow: Callable[[], object], fast: Callable[[], object]) -> float:
    """How many times as long one takes as the other: the shortest of their times, which are taken in turn, since others use the machine."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for work, taken in zip((slow, fast), times, strict=True):
            began = time.perf_counter()
            work()
            taken.append(time.perf_counter() - began)
    return min(times[0]) / min(times[1])


def _sorted_best(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.argsort(-scores, kind="stable")[:1]


def main() -> None:
    """Print a row for each number of labels."""
    generator = np.random.default_rng(1)
    print("| labels | matrix, aligned | best label, searched |\n|---|---|---|")
    for labels in (100, 5_000, 100_000):
        rows = generator.normal(size=(labels, DIM)).astype("<f4")
        # As in the file: the matrix begins at an odd byte.
        unaligned = np.frombuffer(b"\0" + rows.tobytes(), "<f4", labels * DIM, 1).reshape(labels, DIM)
        hidden = generator.normal(size=DIM).astype(np.float32)
        scores = rows @ hidden
        product = ratio(partial(np.matmul, unaligned, hidden), partial(np.matmul, rows, hidden))
        search = ratio(partial(_sorted_best, scores), partial(most_probable, scores, 1))
        print(f"| {labels:,} | {product:.1f} | {search:.1f} |")


if __name__ == "__main__":
    main()
