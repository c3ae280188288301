"""How much an aligned label matrix and a search for the best label gain: `python -m benchmarks.serve.labels`, ratios of best times."""

import time
from collections.abc import Callable

import numpy as np

from blazingtext_engine.inference import most_probable

REPEATS = 15
DIM = 100


def best(work: Callable[[], object]) -> float:
    """The shortest of several times, in seconds."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


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
        product = best(lambda m=unaligned, h=hidden: m @ h) / best(lambda m=rows, h=hidden: m @ h)  # type: ignore[misc] # bound now
        search = best(lambda s=scores: np.argsort(-s, kind="stable")[:1]) / best(lambda s=scores: most_probable(s, 1))  # type: ignore[misc] # likewise
        print(f"| {labels:,} | {product:.1f} | {search:.1f} |")


if __name__ == "__main__":
    main()
