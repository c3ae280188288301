"""python -m benchmarks.engine.limit CORPUS: how far training is from what this machine can compute and move.

The floating-point work of word vectors is counted from real blocks of a real text; the machine's peaks are measured beside it: a
large matrix product (NumPy's BLAS) for arithmetic, random rows read and written for memory. And a chunk of text is trained twice in a
row: the second time its rows are in the cache, and the gain is the time training waits for memory.

Training and peaks are measured in turn, and of each the best round counts: what others do on the machine only slows down. Where they did so
all the time, the figures are no limits, and that is said (`doubts`).
"""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.engine.contestants import DEFAULTS, engine, train_once
from benchmarks.engine.measure import instruction_set, last_cache_bytes, processors
from benchmarks.engine.texts import count_words, in_lines
from blazingtext_engine.corpus.vocabulary import Corpus, read_corpus
from blazingtext_engine.kernels import cbow, row_operations, skipgram
from blazingtext_engine.kernels.block_plan import BlockSizes, Plan, count_examples, new_plan, plan_blocks
from blazingtext_engine.kernels.block_rows import Matrices, Step, block_of, group_of
from blazingtext_engine.kernels.jit import kernel
from blazingtext_engine.kernels.sampling import TextChunk, new_sampling_tables, new_state, new_text_chunk, sample_text
from blazingtext_engine.training.block_sizes import cbow_sizes, skipgram_sizes
from blazingtext_engine.training.settings import Word2VecSettings
from blazingtext_engine.training.word2vec import CHUNK_WORDS

RUNS = 5
# How often a peak is tried in a round.
BURST = 3
CHUNKS = 200
SQUARE = 2048
# Rows copied take so many times the largest cache, so that they come from memory.
CACHES = 4
# A score is one dot product, its gradient updates two rows: three multiply-adds per dimension, two operations each.
OPERATIONS_PER_PRODUCT = 6
# The part of the processors that a peak must have had, and how far above its median round the best one may be, to be believed.
MIN_SHARE = 0.9
MAX_SPREAD = 1.5
# A chunk in the cache takes no longer than one that is not; so much is chance.
MAX_AGAIN = 1.1


@dataclass(frozen=True)
class Work:
    """What training one word of running text costs on average: products of two rows, and rows of matrices touched."""

    products: float
    rows: float


@dataclass(frozen=True)
class Peak:
    """Billions of operations or bytes a second of something that is measured alone, and which part of the processors it had meanwhile."""

    rate: float
    share: float


@dataclass(frozen=True)
class Round:
    """One training, in millions of words a second, and both peaks beside it."""

    speed: float
    arithmetic: Peak
    memory: Peak


@click.command()
@click.argument("corpus", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--threads", default=2, show_default=True)
@click.option("--dim", default=100, show_default=True)
@click.option("--window", default=5, show_default=True)
@click.option("--mode", type=click.Choice(["batch_skipgram", "cbow"]), default="batch_skipgram", show_default=True)
@click.option(
    "--runs", default=RUNS, show_default=True, type=click.IntRange(min=1), help="Rounds of training and both peaks; the best count."
)
def main(corpus: Path, *, threads: int, dim: int, window: int, mode: str, runs: int) -> None:
    """Print work per word, the machine's peaks, the share of each that training reaches, and what makes these figures doubtful."""
    with in_lines(corpus) as text:
        read, word2vec = read_corpus([text], min_count=5, threads=threads), Word2VecSettings(mode=mode, dim=dim, window=window)
        work, again = work_per_word(read, word2vec), time_of_second_pass(read, word2vec)
        settings = {**DEFAULTS, "dim": dim, "window": window, "mode": mode, "threads": threads, "corpus": str(text)}
        words = count_words(text)
        rounds = [
            Round(
                train_once(engine, {**settings, "seed": seed}, words)["million_words_per_second"],
                peak_arithmetic(threads),
                peak_row_traffic(threads, dim),
            )
            for seed in range(1, runs + 1)
        ]
    for line in report(work, rounds, again, dim):
        print(line)


def report(work: Work, rounds: Sequence[Round], again: float, dim: int) -> list[str]:
    """The figures and the doubts about them, a line each."""
    row = row_operations.padded(dim)
    operations, traffic = work.products * OPERATIONS_PER_PRODUCT * dim, work.rows * row * 4 * 2
    speed, arithmetic, memory = max(each.speed for each in rounds), *(max(rates) for rates in _peak_rates(rounds))
    computed, moved = speed * operations / 1e3, speed * traffic / 1e3
    return [
        f"one word: {work.products:.1f} products, {work.rows:.1f} rows of {row}: {operations:,.0f} FLOP, {traffic:,.0f} bytes",
        f"machine: {instruction_set()}, cores: {processors()}, largest cache: {last_cache_bytes() >> 20} MiB",
        f"training, best of {len(rounds)}: {speed:.2f} M words/s = {computed:.1f} GFLOP/s and {moved:.2f} GB/s of rows",
        f"machine, best of as many in turn: {arithmetic:.1f} GFLOP/s in a matrix product, {memory:.2f} GB/s in random rows",
        f"reached: {computed / arithmetic:.0%} of arithmetic, {moved / memory:.0%} of memory",
        f"a chunk trained again, on one thread: {again:.2f} of the time",
        *(f"doubtful: {doubt}" for doubt in doubts(rounds, (computed / arithmetic, moved / memory), again)),
    ]


def doubts(rounds: Sequence[Round], reached: tuple[float, float], again: float) -> list[str]:
    """Why figures say nothing about the machine, a sentence each; none where nothing speaks against them.

    Args:
        rounds: what was measured.
        reached: the part of the peak arithmetic and of the peak memory traffic that training reached.
        again: how long a chunk took the second time, as a share of the first.
    """
    found = []
    names = "a matrix product", "random rows"
    for name, part, rates, shares in zip(names, reached, _peak_rates(rounds), _peak_shares(rounds), strict=True):
        if part > 1:
            found.append(f"training reached {part:.0%} of {name}, and more than a peak is impossible: the peak was not reached.")
        if max(shares) < MIN_SHARE:
            found.append(f"{name} never had more than {max(shares):.0%} of the processors it asked for: others had the rest.")
        if max(rates) > MAX_SPREAD * statistics.median(rates):
            found.append(f"{name} reached {max(rates):.1f} in its best round and {statistics.median(rates):.1f} in the median.")
    if again > MAX_AGAIN:
        found.append(f"a chunk in the cache took {again:.2f} times as long as before, and can only take less.")
    return [*found, "measure again while nothing else runs on the machine."] if found else []


def _peak_rates(rounds: Sequence[Round]) -> tuple[list[float], list[float]]:
    return [each.arithmetic.rate for each in rounds], [each.memory.rate for each in rounds]


def _peak_shares(rounds: Sequence[Round]) -> tuple[list[float], list[float]]:
    return [each.arithmetic.share for each in rounds], [each.memory.share for each in rounds]


def work_per_word(corpus: Corpus, settings: Word2VecSettings) -> Work:
    """The mean over the first chunks of a text."""
    counts, is_cbow = corpus.vocabulary.counts, settings.mode == "cbow"
    tables, sizes = new_sampling_tables(counts, settings.sample), _sizes(settings, counts)
    state, plan, text = new_state(1, 0), new_plan(), new_text_chunk(CHUNK_WORDS)
    position = read = products = rows = 0
    for _ in range(20):
        position, kept, seen = sample_text(corpus.tokens.ids, position, len(corpus.tokens.ids), tables.keep, state, text)
        read += seen
        centre = 0
        while centre < kept:
            blocks, centre = plan_blocks(text, centre, kept, sizes, tables, state, plan)
            more = _count(text, plan, blocks, is_cbow)
            products, rows = products + more[0], rows + more[1]
    return Work(products / read, rows / read)


def _sizes(settings: Word2VecSettings, counts: NDArray[np.int64]) -> BlockSizes:
    return (cbow_sizes if settings.mode == "cbow" else skipgram_sizes)(settings, counts)


def time_of_second_pass(corpus: Corpus, settings: Word2VecSettings) -> float:
    """How long training a chunk of text takes when it was just trained, as a share of the first time; the median over many chunks."""
    counts, width = corpus.vocabulary.counts, row_operations.row_width(settings.dim)
    tables, sizes = new_sampling_tables(counts, settings.sample), _sizes(settings, counts)
    state, plan, text = new_state(1, 0), new_plan(), new_text_chunk(CHUNK_WORDS)
    kernel_of, scratch = _kernel(settings, sizes)
    vectors, outputs = (row_operations.aligned(len(counts), row_operations.padded(settings.dim)) for _ in range(2))
    vectors[:] = np.random.default_rng(1).uniform(-1, 1, vectors.shape) / settings.dim
    step = Step(0.001, settings.negatives)
    position, shares = 0, []
    for _ in range(CHUNKS):
        position %= len(corpus.tokens.ids)
        position, kept, _ = sample_text(corpus.tokens.ids, position, len(corpus.tokens.ids), tables.keep, state, text)
        blocks, _ = plan_blocks(text, 0, kept, sizes, tables, state, plan)
        train = partial(kernel_of, width, text, plan, blocks, Matrices(vectors, outputs), step, scratch)
        first, second = _seconds(train), _seconds(train)
        shares.append(second / first)
    return statistics.median(shares)


def _kernel(settings: Word2VecSettings, sizes: BlockSizes) -> tuple[Callable[..., None], tuple[object, ...]]:
    """The kernel of a mode, and its working memory."""
    if settings.mode == "cbow":
        return cbow.train_blocks, cbow.new_scratch(settings.dim, sizes, CHUNK_WORDS)
    return skipgram.train_blocks, skipgram.new_scratch(settings.dim)


@kernel
def _count(text: TextChunk, plan: Plan, blocks: int, is_cbow: bool) -> tuple[int, int]:
    """Products and rows of the blocks of a plan."""
    products = 0
    rows = 0
    for number in range(1, blocks + 1):
        block = block_of(plan, number, 1.0)
        centres, contexts = (block.first, block.first + block.centres), (block.context, block.context + block.contexts)
        products += count_examples(text, block.window, centres, contexts, is_cbow)
        if is_cbow:
            products += block.centres * block.negatives
        else:
            for group_number in range(block.groups):
                group = group_of(block, group_number)
                products += (group.last - group.first) * (group.last_negative - group.first_negative)
        rows += block.contexts + block.centres + block.negatives
    return products, rows


def peak_arithmetic(threads: int) -> Peak:
    """Billions of float32 operations a second in a large matrix product."""
    x = np.random.default_rng(1).random((SQUARE, SQUARE), np.float32)
    with threadpool_limits(threads):
        return _peak(lambda: x @ x, 2 * SQUARE**3, threads)


def peak_row_traffic(threads: int, dim: int) -> Peak:
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

        return _peak(copy, 2 * source.nbytes, threads)


def _peak(work: Callable[[], object], size: float, threads: int) -> Peak:
    """The fastest of several times that work of that size is done."""
    rates, cores = [], min(threads, processors())
    for _ in range(BURST):
        processor = time.process_time()
        seconds = _seconds(work)
        rates.append(Peak(size / seconds / 1e9, min(1.0, (time.process_time() - processor) / (seconds * cores))))
    return max(rates, key=lambda peak: peak.rate)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
