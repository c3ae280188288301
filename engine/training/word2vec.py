"""Training of word vectors: batch_skipgram, skipgram, cbow (Mikolov 2013), the last two with subwords (Bojanowski 2017).

Each thread trains its own part of the text, a chunk at a time, on shared matrices without locks (Hogwild, Recht 2011). The learning rate
falls linearly with the words trained by all of them. One thread and a seed give the same bits every time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
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
from .initial import InitialVectors
from .matrices import ModelMatrices, initialise, new_matrices, raise_if_diverged
from .models import InputMatrix, WordVectors
from .settings import ReportProgress, StopRequested, Word2VecSettings
from .subwords import SubwordRows, subword_rows

# Words sampled at a time: some milliseconds of work, which make the call from Python negligible.
CHUNK_WORDS = 16384
# Between two steps the learning rate falls: so many steps of all threads, but of each at least so many. A step is a call from Python, and
# those of many threads wait for one interpreter lock.
_STEPS = 500
_STEPS_PER_THREAD = 50
# Threads of all hosts have random numbers of their own; a host has fewer threads.
_THREADS_PER_HOST = 256


def train(
    corpus: Corpus,
    settings: Word2VecSettings,
    *,
    progress: ReportProgress,
    stop: StopRequested,
    initial: InitialVectors | None = None,
) -> WordVectors:
    """Train word vectors on one host.

    Args:
        corpus: the whole text.
        settings: how.
        progress: called from this thread about every 2 % of the work, and at 100 %.
        stop: called several times a second; once true, training ends early.
        initial: vectors to start from, of a corpus that was read with their words known; None for random ones.

    Raises:
        UserError: when training diverges.
    """
    training = prepare(corpus, settings, initial=initial)
    completed = run_threads(training.work, settings.epochs, training.schedule, progress=progress, stop=stop, check=training.check)
    return training.finish(completed, progress)


@dataclass(frozen=True)
class Preparation:
    """A training of which nothing is done yet.

    Attributes:
        corpus: the text of this host.
        settings: how it is trained.
        model: what is trained.
        work: of each thread, as `run_threads` takes it.
        schedule: how far all of them are.
    """

    corpus: Corpus
    settings: Word2VecSettings
    model: "_Model"
    work: list[tuple[TrainPart, int, int]]
    schedule: Schedule

    def check(self) -> None:
        """Release what was read of the text.

        Raises:
            UserError: training diverges.
        """
        self.corpus.tokens.release()
        raise_if_diverged(self.model.matrices, self.settings.learning_rate)

    def finish(self, completed: bool, progress: ReportProgress) -> WordVectors:
        """The result, when all threads have ended; `completed` is whether they have done everything.

        Raises:
            UserError: training has diverged.
        """
        seconds = time.perf_counter() - self.schedule.started
        raise_if_diverged(self.model.matrices, self.settings.learning_rate, everything=True)
        progress(self.schedule.progress())
        return _result(self, seconds, completed)


def prepare(
    corpus: Corpus,
    settings: Word2VecSettings,
    *,
    initial: InitialVectors | None = None,
    host: int = 0,
    words: int | None = None,
) -> Preparation:
    """Make the model and compile its kernels.

    Args:
        corpus: vocabulary of the whole text, tokens of this host.
        settings: how it will be trained.
        initial: as for `train`.
        host: this host's number, from 0: its threads have other random numbers than those of other hosts.
        words: running words among the tokens; None for all of the vocabulary.
    """
    own = corpus.vocabulary.kept_words if words is None else words
    model = _new_model(corpus, settings)
    if initial is not None:
        buckets = None if model.subwords is None else model.subwords.bucket_ids
        initial.fill(model.matrices.vectors[:, : settings.dim], corpus.vocabulary, settings.subwords, buckets)
    text_words, first = _text_words(own, settings), _THREADS_PER_HOST * host
    steps = [_chunk_trainer(corpus, settings, model, first + thread, text_words) for thread in range(settings.threads)]
    size = len(corpus.tokens.ids)
    bounds = [size * part // settings.threads for part in range(settings.threads + 1)]
    work = list(zip(steps, bounds[:-1], bounds[1:], strict=True))
    steps[0](0, 0, 0.0)  # compiles, or loads what was compiled before: not a part of training time
    hosts = corpus.vocabulary.kept_words / own if own else 1.0
    return Preparation(
        corpus, settings, model, work, Schedule(settings.learning_rate, float(own) * settings.epochs, model.matrices.done, hosts)
    )


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


def _new_model(corpus: Corpus, settings: Word2VecSettings) -> _Model:
    """Matrices before the first step: input vectors uniform in [-1/dim, 1/dim) as in fastText and gensim, output vectors zero."""
    vocabulary = corpus.vocabulary
    words = len(vocabulary.words)
    subwords, overlap = None, 0.0
    if settings.subwords is not None:
        uses = keep_probabilities(vocabulary.counts, settings.sample) * vocabulary.counts
        subwords = subword_rows(vocabulary.words, uses, settings.subwords)
        overlap = subwords.overlap(uses)
    rows = words if subwords is None else words + len(subwords.bucket_ids)
    matrices = new_matrices((rows, words), settings.dim, counters=settings.threads)
    initialise(matrices.vectors, settings.dim, 1 / settings.dim, settings.seed)
    sizes = (cbow_sizes if settings.mode == "cbow" else skipgram_sizes)(settings, vocabulary.counts, overlap)
    return _Model(matrices, new_sampling_tables(vocabulary.counts, settings.sample), sizes, subwords, overlap)


def _result(training: Preparation, seconds: float, completed: bool) -> WordVectors:
    settings, model = training.settings, training.model
    rows = model.matrices.vectors[:, : settings.dim]
    if model.subwords is None or settings.subwords is None:
        vectors, inputs = rows, InputMatrix.of_words(rows)
    else:
        vectors, inputs = model.subwords.word_vectors(rows), model.subwords.input_matrix(rows, settings.subwords.buckets)
    outputs = model.matrices.outputs[:, : settings.dim]
    speed = training.schedule.speed(seconds)
    return WordVectors(training.corpus.vocabulary, settings, vectors, inputs, outputs, seconds, speed, completed)


def _text_words(words: int, settings: Word2VecSettings) -> int:
    """Words a step samples: fewer for a small text, so that the learning rate still falls smoothly."""
    steps = max(_STEPS, settings.threads * _STEPS_PER_THREAD)
    share = words * settings.epochs // steps
    return int(np.clip(share, 64, CHUNK_WORDS))


def _chunk_trainer(corpus: Corpus, settings: Word2VecSettings, model: _Model, thread: int, text_words: int) -> TrainPart:
    """The function that trains the next chunk of a thread's text."""
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
