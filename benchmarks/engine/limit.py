"""python -m benchmarks.engine.limit CORPUS: how far training is from what this machine can compute and move.

The floating-point work of batch_skipgram is counted from real blocks of a real text; the machine's peaks are measured beside it: a
large matrix product (NumPy's BLAS) for arithmetic, random rows read and written for memory. And a chunk of text is trained twice in a
row: the second time its rows are in the cache, and the gain is the time training waits for memory.
"""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.engine.contestants import DEFAULTS, engine, train_once
from benchmarks.engine.measure import instruction_set, last_cache_bytes, processors
from benchmarks.engine.texts import count_words, in_lines
from blazingtext_engine.corpus.vocabulary import Corpus, read_corpus
from blazingtext_engine.kernels import row_operations, skipgram
from blazingtext_engine.kernels.block_plan import Plan, count_examples, new_plan, plan_blocks
from blazingtext_engine.kernels.block_rows import Matrices, Step
from blazingtext_engine.kernels.jit import int64, kernel
from blazingtext_engine.kernels.sampling import TextChunk, new_sampling_tables, new_state, new_text_chunk, sample_text
from blazingtext_engine.training.block_sizes import skipgram_sizes
from blazingtext_engine.training.settings import Word2VecSettings
from blazingtext_engine.training.word2vec import CHUNK_WORDS

RUNS = 5
CHUNKS = 200
SQUARE = 2048
# Rows copied take so many times the largest cache, so that they come from memory.
CACHES = 4
# A score is one dot product, its gradient updates two rows: three multiply-adds per dimension, two operations each.
OPERATIONS_PER_PRODUCT = 6


@dataclass(frozen=True)
class Work:
    """What training one word of running text costs on average: products of two rows, and rows of matrices touched."""

    products: float
    rows: float


@click.command()
@click.argument("corpus", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--threads", default=2, show_default=True)
@click.option("--dim", default=100, show_default=True)
def main(corpus: Path, *, threads: int, dim: int) -> None:
    """Print work per word, the machine's peaks, and the share of each that training reaches."""
    with in_lines(corpus) as text:
        read, word2vec = read_corpus([text], min_count=5, threads=threads), Word2VecSettings(dim=dim)
        work, again = work_per_word(read, word2vec), time_of_second_pass(read, word2vec)
        settings = {**DEFAULTS, "dim": dim, "mode": "batch_skipgram", "threads": threads, "corpus": str(text)}
        words = count_words(text)
        speed = statistics.median(
            train_once(engine, {**settings, "seed": seed}, words)["million_words_per_second"] for seed in range(1, RUNS + 1)
        )
    operations, traffic = work.products * OPERATIONS_PER_PRODUCT * dim, work.rows * row_operations.padded(dim) * 4 * 2
    arithmetic, memory = peak_arithmetic(threads), peak_row_traffic(threads, dim)
    row = row_operations.padded(dim)
    print(f"one word: {work.products:.1f} products, {work.rows:.1f} rows of {row}: {operations:,.0f} FLOP, {traffic:,.0f} bytes")
    print(f"training: {speed:.2f} M words/s = {speed * operations / 1e3:.1f} GFLOP/s and {speed * traffic / 1e3:.2f} GB/s of rows")
    print(f"machine: {instruction_set()}, cores: {processors()}, largest cache: {last_cache_bytes() >> 20} MiB")
    print(f"machine, {threads} threads: {arithmetic:.1f} GFLOP/s in a matrix product, {memory:.2f} GB/s in random rows")
    print(f"reached: {speed * operations / 1e3 / arithmetic:.0%} of arithmetic, {speed * traffic / 1e3 / memory:.0%} of memory")
    print(f"a chunk trained again, on one thread: {again:.2f} of the time")


def work_per_word(corpus: Corpus, settings: Word2VecSettings) -> Work:
    """The mean over the first chunks of a text."""
    counts = corpus.vocabulary.counts
    tables, sizes = new_sampling_tables(counts, settings.sample), skipgram_sizes(settings, counts)
    state, plan, text = new_state(1, 0), new_plan(), new_text_chunk(CHUNK_WORDS)
    position = read = products = rows = 0
    for _ in range(20):
        position, kept, seen = sample_text(corpus.tokens.ids, position, len(corpus.tokens.ids), tables.keep, state, text)
        read += seen
        centre = 0
        while centre < kept:
            blocks, centre = plan_blocks(text, centre, kept, sizes, tables, state, plan)
            more = _count(text, plan, blocks)
            products, rows = products + more[0], rows + more[1]
    return Work(products / read, rows / read)


def time_of_second_pass(corpus: Corpus, settings: Word2VecSettings) -> float:
    """How long training a chunk of text takes when it was just trained, as a share of the first time; the median over many chunks."""
    counts, width = corpus.vocabulary.counts, row_operations.row_width(settings.dim)
    tables, sizes = new_sampling_tables(counts, settings.sample), skipgram_sizes(settings, counts)
    state, plan, text, scratch = new_state(1, 0), new_plan(), new_text_chunk(CHUNK_WORDS), skipgram.new_scratch(settings.dim)
    vectors, outputs = (row_operations.aligned(len(counts), row_operations.padded(settings.dim)) for _ in range(2))
    vectors[:] = np.random.default_rng(1).uniform(-1, 1, vectors.shape) / settings.dim
    step = Step(0.001, settings.negatives)
    position, shares = 0, []
    for _ in range(CHUNKS):
        position, kept, _ = sample_text(corpus.tokens.ids, position, len(corpus.tokens.ids), tables.keep, state, text)
        blocks, _ = plan_blocks(text, 0, kept, sizes, tables, state, plan)
        train = partial(skipgram.train_blocks, width, text, plan, blocks, Matrices(vectors, outputs), step, scratch)
        first, second = _seconds(train), _seconds(train)
        shares.append(second / first)
    return statistics.median(shares)


@kernel
def _count(text: TextChunk, plan: Plan, blocks: int) -> tuple[int, int]:
    """Products and rows of the blocks of a plan."""
    products = 0
    rows = 0
    for number in range(1, blocks + 1):
        first = int64(plan.first[number])
        last = int64(plan.last[number])
        begin = int64(plan.context_first[number])
        end = int64(plan.context_last[number])
        negatives = int64(plan.negatives_end[number]) - int64(plan.negatives_end[number - 1])
        products += count_examples(text, int64(plan.window[number]), (first, last), (begin, end), False) + (end - begin) * negatives
        rows += end - begin + last - first + negatives
    return products, rows


def peak_arithmetic(threads: int) -> float:
    """Billions of float32 operations a second in a large matrix product."""
    x = np.random.default_rng(1).random((SQUARE, SQUARE), np.float32)
    with threadpool_limits(threads):
        return 2 * SQUARE**3 / _fastest(lambda: x @ x) / 1e9


def peak_row_traffic(threads: int, dim: int) -> float:
    """Billions of bytes a second read and written when random rows of a matrix, as long as the engine's, are copied into another."""
    rows = CACHES * last_cache_bytes() // (4 * row_operations.padded(dim))
    source, order = np.ones((rows, row_operations.padded(dim)), np.float32), np.random.default_rng(1).permutation(rows)
    target = np.empty_like(source)
    parts = np.array_split(order, threads)
    with ThreadPoolExecutor(threads) as pool:

        def copy() -> None:
            for done in [
                pool.submit(np.take, source, part, 0, own, "clip") for part, own in zip(parts, np.array_split(target, threads), strict=True)
            ]:
                done.result()

        return 2 * source.nbytes / _fastest(copy) / 1e9


def _fastest(work: Callable[[], object]) -> float:
    return min(_seconds(work) for _ in range(RUNS))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
