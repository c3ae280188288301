"""Training of word vectors: batch_skipgram, skipgram, cbow (Mikolov 2013), the last two with subwords (Bojanowski 2017).

Threads train stretches of their own part of the text on shared matrices without locks (Hogwild, Recht 2011). The learning rate falls
linearly with the words trained by all of them. One thread and a seed give the same bits every time.
"""

import time
from pathlib import Path

import numpy as np

from engine import kernels_cbow, kernels_skipgram, simd
from engine.blocks import cbow_sizes, new_plan, plan_blocks, skipgram_sizes
from engine.hogwild import Schedule, Step, run_threads
from engine.matrices import ModelMatrices, initialise, new_matrices, refuse_divergence
from engine.models import InputMatrix, ReportProgress, StopRequested, Word2VecSettings, WordVectors
from engine.sampling import Draws, new_draws, new_state, new_text, sample_text
from engine.vocabulary import Corpus

# Words sampled at a time: some milliseconds of work, next to which the call from Python costs nothing.
TEXT_WORDS = 16384
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
        stop: asked several times a second; once true, training ends with what it has.
        shard: this host's number and the number of hosts; each trains its part of the text.
        model_file: where several hosts on one machine share one model; None for one host.

    Raises:
        UserError: when training diverges.
    """
    vocabulary = corpus.vocabulary
    rows = (len(vocabulary.words), len(vocabulary.words))
    matrices = new_matrices(rows, settings.dim, counters=settings.threads)
    initialise(matrices.vectors, settings.dim, 0.5 / settings.dim, settings.seed)
    draws = new_draws(vocabulary.counts, settings.sample)
    steps = [_stepper(corpus, settings, matrices, draws, thread) for thread in range(settings.threads)]
    size = len(corpus.tokens.ids)
    bounds = [size * part // settings.threads for part in range(settings.threads + 1)]
    work = list(zip(steps, bounds[:-1], bounds[1:], strict=True))
    steps[0](0, 0, 0.0)  # compiles, or loads what was compiled before: not a part of training time
    schedule = Schedule(settings.learning_rate, float(vocabulary.kept_words) * settings.epochs, matrices.done)

    def inspect() -> None:
        corpus.tokens.release()
        refuse_divergence(matrices, settings.learning_rate)

    completed = run_threads(work, settings.epochs, schedule, progress=progress, stop=stop, inspect=inspect)
    seconds = time.perf_counter() - schedule.started
    refuse_divergence(matrices, settings.learning_rate, everything=True)
    progress(schedule.progress())
    vectors = matrices.vectors[:, : settings.dim]
    return WordVectors(
        vocabulary,
        settings,
        vectors,
        InputMatrix.of_words(vectors),
        matrices.outputs[:, : settings.dim],
        seconds,
        float(matrices.done.sum()) / max(seconds, 1e-9),
        completed,
    )


def _text_words(corpus: Corpus, settings: Word2VecSettings) -> int:
    """Words a step samples: fewer for a small text, so that the learning rate still falls smoothly."""
    share = corpus.vocabulary.kept_words * settings.epochs // (settings.threads * _STEPS_PER_THREAD)
    return int(np.clip(share, 64, TEXT_WORDS))


def _stepper(corpus: Corpus, settings: Word2VecSettings, matrices: ModelMatrices, draws: Draws, thread: int) -> Step:
    """What one thread calls to train its next stretch of text."""
    cbow = settings.mode == "cbow"
    sizes = (cbow_sizes if cbow else skipgram_sizes)(settings, corpus.vocabulary.counts)
    kernels = kernels_cbow if cbow else kernels_skipgram
    scratch = kernels_cbow.new_scratch(settings.dim, sizes) if cbow else kernels_skipgram.new_scratch(settings.dim)
    width, state, plan = simd.width(settings.dim), new_state(settings.seed, thread), new_plan()
    text = new_text(_text_words(corpus, settings))

    def step(position: int, last: int, alpha: float) -> tuple[int, int]:
        position, kept, read = sample_text(corpus.tokens.ids, position, last, draws.keep, state, text)
        centre = 0
        while True:
            blocks, centre = plan_blocks(text, centre, kept, sizes, draws, state, plan)
            kernels.train_blocks(width, text, plan, blocks, matrices.vectors, matrices.outputs, alpha, settings.negatives, scratch)
            if centre >= kept:
                return position, read

    return step
