"""Rows of frequent words, which all threads write: a model of how often they move between caches, and a measurement of what that costs.

The model: threads take turns at random, so that between two accesses of a thread to a row another of T threads has written it with
probability (T - 1) / T, whatever the row; then its cache lines come from another core. This matters where the row would be in the
thread's own cache otherwise, which rows that are used often are. With copies of its own a thread would not wait for these, but it would add
its changes to the rows of all and read those of the others every so many blocks.

Measured: the processor time of threads that train one model beside that of threads that each train a model of their own on the same text.
"""

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.engine.measure import processors
from blazingtext_engine.corpus.vocabulary import Corpus
from blazingtext_engine.kernels import row_operations, skipgram
from blazingtext_engine.kernels.block_plan import Plan, new_plan, plan_blocks
from blazingtext_engine.kernels.block_rows import Matrices, Step
from blazingtext_engine.kernels.sampling import TextChunk, new_sampling_tables, new_state, new_text_chunk, sample_text
from blazingtext_engine.training.block_sizes import skipgram_sizes
from blazingtext_engine.training.settings import Word2VecSettings
from blazingtext_engine.training.word2vec import CHUNK_WORDS

HOT = (64, 256, 1024)
THREADS = (2, 8, 16, 32, 64)
CHUNKS, ROUNDS = 40, 7
BLOCKS_BETWEEN = 64  # between two exchanges of private copies with the rows of all


@dataclass(frozen=True)
class Accesses:
    """How often blocks of a text use each row.

    Attributes:
        blocks: how many there were.
        inputs: (words,) accesses to each row of the input matrix: a block uses a row once for each time it is a context.
        outputs: (words,) the same for the output matrix: once for each time it is a centre or a negative.
    """

    blocks: int
    inputs: NDArray[np.int64]
    outputs: NDArray[np.int64]

    def share(self, rows: int) -> float:
        """The part of all accesses that goes to the rows used most, so many of both matrices together."""
        both = np.sort(np.concatenate([self.inputs, self.outputs]))[::-1]
        return float(both[:rows].sum() / both.sum())


def transfers(share: float, threads: int) -> float:
    """The part of all accesses that finds one of these rows changed by another thread; `share` of all accesses goes to them."""
    return share * (threads - 1) / threads


def exchanges(accesses: Accesses, rows: int, blocks: int) -> float:
    """Accesses for keeping private copies of so many rows, each exchanged every so many blocks, as a part of all accesses."""
    a_block = (accesses.inputs.sum() + accesses.outputs.sum()) / accesses.blocks
    return float(rows / (a_block * blocks))


def report(accesses: Accesses, cost: float, threads: int) -> list[str]:
    """Model and measurement, a line each; `cost` is how many times the processor time training a shared model takes on `threads`."""
    lines = [f"hot rows, measured: {threads} threads take {cost:.2f} times the processor time when they share a model."]
    for rows in HOT:
        share = accesses.share(rows)
        moved = ", ".join(f"{transfers(share, count):.0%} with {count} threads" for count in THREADS)
        kept = exchanges(accesses, rows, BLOCKS_BETWEEN)
        lines.append(
            f"hot rows, model: {rows} rows get {share:.0%} of accesses; changed by another thread: {moved}. "
            f"Private copies, exchanged every {BLOCKS_BETWEEN} blocks, would need {kept:.0%} more accesses."
        )
    return lines


def count_accesses(corpus: Corpus, settings: Word2VecSettings) -> Accesses:
    """Count the rows that blocks of the first chunks of a text use."""
    words = len(corpus.vocabulary.counts)
    counted = np.zeros((2, words), np.int64)
    blocks = 0
    for text, plan, count in _chunks(corpus, settings):
        for number in range(1, count + 1):
            np.add.at(counted[0], text.words[plan.context_first[number] : plan.context_last[number]], 1)
            np.add.at(counted[1], text.words[plan.first[number] : plan.last[number]], 1)
        np.add.at(counted[1], plan.negatives[: plan.negatives_end[count]], 1)
        blocks += count
    return Accesses(blocks, counted[0], counted[1])


def cost_of_sharing(corpus: Corpus, settings: Word2VecSettings, threads: int) -> float:
    """How many times the processor time threads take to train one model, compared with models of their own; the median of rounds."""
    work = _chunks(corpus, settings)
    models = [_model(corpus, settings, seed) for seed in range(threads)]
    ratios = []
    for _ in range(ROUNDS):
        own = _processor_seconds(work, models, settings)
        shared = _processor_seconds(work, models[:1] * threads, settings)
        ratios.append(shared / own)
    return statistics.median(ratios)


def _chunks(corpus: Corpus, settings: Word2VecSettings) -> list[tuple[TextChunk, Plan, int]]:
    """Chunks of text, each with a plan and how many blocks it has."""
    tables, sizes = new_sampling_tables(corpus.vocabulary.counts, settings.sample), skipgram_sizes(settings, corpus.vocabulary.counts)
    state, position, chunks = new_state(1, 0), 0, []
    for _ in range(CHUNKS):
        text, plan, position = new_text_chunk(CHUNK_WORDS), new_plan(), position % len(corpus.tokens.ids)
        position, kept, _ = sample_text(corpus.tokens.ids, position, len(corpus.tokens.ids), tables.keep, state, text)
        chunks.append((text, plan, plan_blocks(text, 0, kept, sizes, tables, state, plan)[0]))
    return chunks


def _model(corpus: Corpus, settings: Word2VecSettings, seed: int) -> Matrices:
    shape = len(corpus.vocabulary.counts), row_operations.padded(settings.dim)
    inputs, outputs = row_operations.aligned(*shape), row_operations.aligned(*shape)
    inputs[:] = np.random.default_rng(seed).uniform(-1, 1, shape) / settings.dim
    return Matrices(inputs, outputs)


def _processor_seconds(work: Sequence[tuple[TextChunk, Plan, int]], models: Sequence[Matrices], settings: Word2VecSettings) -> float:
    """What as many threads as models take for all chunks together, each of them for every so many of them."""
    width, step = row_operations.row_width(settings.dim), Step(0.001, settings.negatives)

    def train(thread: int) -> float:
        scratch, start = skipgram.new_scratch(settings.dim), time.thread_time()
        for text, plan, blocks in work[thread :: len(models)]:
            skipgram.train_blocks(width, text, plan, blocks, models[thread], step, scratch)
        return time.thread_time() - start

    with ThreadPoolExecutor(len(models)) as pool:
        return sum(pool.map(train, range(len(models))))


def lines_of(corpus: Corpus, settings: Word2VecSettings) -> list[str]:
    """What is known of hot rows on this machine and text."""
    threads = max(2, processors())
    return report(count_accesses(corpus, settings), cost_of_sharing(corpus, settings, threads), threads)
