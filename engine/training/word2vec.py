"""Training of word vectors: batch_skipgram, skipgram, cbow (Mikolov 2013), the last two with subwords (Bojanowski 2017).

Each thread trains its own part of the text, a chunk at a time, on shared matrices without locks (Hogwild, Recht 2011). The learning rate
falls linearly with the words trained by all of them. One thread and a seed give the same bits every time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..corpus.vocabulary import Corpus
from ..kernels import cbow, row_operations, skipgram
from ..kernels import subwords as subword_kernels
from ..kernels.block_plan import BlockSizes, Plan, new_plan, plan_blocks
from ..kernels.block_rows import Matrices, Step
from ..kernels.sampling import SamplingTables, TextChunk, keep_probabilities, new_sampling_tables, new_state, new_text_chunk, sample_text
from .block_sizes import cbow_sizes, skipgram_sizes, span_words
from .hogwild import Schedule, TrainPart, run_threads
from .matrices import ModelMatrices, first_counter, initialise, make_model_file, new_matrices, raise_if_diverged, shared_matrices
from .models import InputMatrix, WordVectors
from .settings import ReportProgress, StopRequested, Word2VecSettings
from .subwords import SubwordRows, subword_rows

# Words sampled at a time: some milliseconds of work, which make the call from Python negligible.
CHUNK_WORDS = 16384
_STEPS_PER_THREAD = 500


def train(
    corpus: Corpus,
    settings: Word2VecSettings,
    *,
    progress: ReportProgress,
    stop: StopRequested,
    shard: tuple[int, int] = (0, 1),
    model_file: Path | None = None,
) -> WordVectors:
    """Train word vectors.

    Args:
        corpus: the whole text, the same on every host.
        settings: how.
        progress: called from this thread about every 2 % of the work, and at 100 %.
        stop: called several times a second; once true, training ends early.
        shard: this host's number and the number of hosts; each trains its part of the text.
        model_file: where several hosts on one machine share one model; None for one host.

    Raises:
        UserError: when training diverges.
    """
    model = _new_model(corpus, settings, shard, model_file)
    steps = [_chunk_trainer(corpus, settings, model, first_counter(shard[0]) + thread) for thread in range(settings.threads)]
    bounds = _partition(len(corpus.tokens.ids), settings.threads, shard)
    work = list(zip(steps, bounds[:-1], bounds[1:], strict=True))
    steps[0](0, 0, 0.0)  # compiles, or loads what was compiled before: not a part of training time
    schedule = Schedule(
        settings.learning_rate, float(corpus.vocabulary.kept_words) * settings.epochs, model.matrices.done, first_counter(shard[0])
    )

    def check() -> None:
        corpus.tokens.release()
        raise_if_diverged(model.matrices, settings.learning_rate)

    completed = run_threads(work, settings.epochs, schedule, progress=progress, stop=stop, check=check)
    seconds = time.perf_counter() - schedule.started
    raise_if_diverged(model.matrices, settings.learning_rate, everything=True)
    progress(schedule.progress())
    return _result(corpus, settings, model, seconds, completed)


@dataclass(frozen=True)
class _Model:
    """What the threads train, and how.

    Attributes:
        matrices: inputs and outputs.
        tables: of sub-sampling and negative sampling.
        sizes: of the blocks.
        subwords: the input rows that words are made of; None where each has its own.
        overlap: that of `SubwordRows.overlap`, 0 without n-grams.
    """

    matrices: ModelMatrices
    tables: SamplingTables
    sizes: BlockSizes
    subwords: SubwordRows | None
    overlap: float


def _partition(size: int, threads: int, shard: tuple[int, int]) -> list[int]:
    """Where the part of each thread begins, and the last ends, among the parts of all hosts."""
    host, hosts = shard
    return [size * part // (threads * hosts) for part in range(threads * host, threads * (host + 1) + 1)]


def _new_model(corpus: Corpus, settings: Word2VecSettings, shard: tuple[int, int], model_file: Path | None) -> _Model:
    """Matrices before the first step: input vectors uniform in [-1/dim, 1/dim) as in fastText and gensim, output vectors zero.

    The first of several hosts makes the model file; the others wait for it before they call.
    """
    vocabulary = corpus.vocabulary
    words = len(vocabulary.words)
    subwords, overlap = None, 0.0
    if settings.subwords is not None:
        uses = keep_probabilities(vocabulary.counts, settings.sample) * vocabulary.counts
        subwords = subword_rows(vocabulary.words, uses, settings.subwords)
        overlap = subwords.overlap(uses)
    rows = words if subwords is None else words + len(subwords.bucket_ids)
    bound = 1 / settings.dim
    shape, (host, hosts) = (rows, words), shard
    if model_file is None:
        matrices = new_matrices(shape, settings.dim, counters=settings.threads)
        initialise(matrices.vectors, settings.dim, bound, settings.seed)
    elif host == 0:
        matrices = make_model_file(model_file, shape, settings.dim, hosts=hosts, bound=bound, seed=settings.seed)
    else:
        matrices = shared_matrices(model_file, shape, settings.dim, hosts=hosts)
    sizes = (cbow_sizes if settings.mode == "cbow" else skipgram_sizes)(settings, vocabulary.counts, overlap)
    return _Model(matrices, new_sampling_tables(vocabulary.counts, settings.sample), sizes, subwords, overlap)


def _result(corpus: Corpus, settings: Word2VecSettings, model: _Model, seconds: float, completed: bool) -> WordVectors:
    rows = model.matrices.vectors[:, : settings.dim]
    if model.subwords is None or settings.subwords is None:
        vectors, inputs = rows, InputMatrix.of_words(rows)
    else:
        vectors, inputs = model.subwords.word_vectors(rows), model.subwords.input_matrix(rows, settings.subwords.buckets)
    outputs = model.matrices.outputs[:, : settings.dim]
    speed = float(model.matrices.done.sum()) / max(seconds, 1e-9)
    return WordVectors(corpus.vocabulary, settings, vectors, inputs, outputs, seconds, speed, completed)


def _text_words(corpus: Corpus, settings: Word2VecSettings) -> int:
    """Words a step samples: fewer for a small text, so that the learning rate still falls smoothly."""
    share = corpus.vocabulary.kept_words * settings.epochs // (settings.threads * _STEPS_PER_THREAD)
    return int(np.clip(share, 64, CHUNK_WORDS))


def _chunk_trainer(corpus: Corpus, settings: Word2VecSettings, model: _Model, thread: int) -> TrainPart:
    """The function that trains the next chunk of a thread's text."""
    text_words = _text_words(corpus, settings)
    state, plan, text = new_state(settings.seed, thread), new_plan(), new_text_chunk(text_words)
    tables, sizes, train_blocks = model.tables, model.sizes, _block_trainer(settings, model, text_words)

    def step(position: int, last: int, alpha: float) -> tuple[int, int]:
        position, kept, read = sample_text(corpus.tokens.ids, position, last, tables.keep, state, text)
        centre = 0
        while True:
            blocks, centre = plan_blocks(text, centre, kept, sizes, tables, state, plan)
            train_blocks(text, plan, blocks, alpha)
            if centre >= kept:
                return position, read

    return step


def _block_trainer(settings: Word2VecSettings, model: _Model, text_words: int) -> Callable[[TextChunk, Plan, int, float], None]:
    """The kernel of a mode, with this thread's scratch memory."""
    width, matrices = row_operations.row_width(settings.dim), Matrices(model.matrices.vectors, model.matrices.outputs)
    is_cbow = settings.mode == "cbow"
    scratch = cbow.new_scratch(settings.dim, model.sizes, text_words) if is_cbow else skipgram.new_scratch(settings.dim)
    extra: tuple[Any, ...] = ()
    train_blocks: Any = (cbow if is_cbow else skipgram).train_blocks
    if model.subwords is not None:
        rows, length = model.subwords.rows, span_words(settings, model.overlap)
        extra = subword_kernels.new_span(settings.dim, model.sizes, rows, length, text_words), rows
        train_blocks = subword_kernels.train_cbow_blocks if is_cbow else subword_kernels.train_skipgram_blocks

    def train(text: TextChunk, plan: Plan, blocks: int, alpha: float) -> None:
        train_blocks(width, text, plan, blocks, matrices, Step(alpha, settings.negatives), scratch, *extra)

    return train
