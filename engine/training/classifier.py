"""Text classification as fastText does it (Joulin 2017): softmax over the mean of word and word n-gram vectors."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ..arrays import Floats
from ..corpus.vocabulary import Corpus, Vocabulary, read_corpus_with
from ..errors import UserError
from ..kernels import row_operations
from ..kernels.classifier import Scratch, count_hits, new_scratch, private_batch_lines, train_lines
from ..kernels.line_features import LabelledLines, LineBuffers, new_line_buffers
from ..kernels.sampling import new_state
from .encoded_lines import encode_corpus, labelled_lines_of, longest_ngram
from .hogwild import Schedule, TrainPart, run_threads
from .initial import InitialVectors
from .matrices import ModelMatrices, initialise, new_matrices, raise_if_diverged
from .models import ClassifierModel, InputMatrix
from .settings import ClassifierSettings, EpochResult, ReportEpoch, ReportProgress, StopRequested

# Steps a thread takes per pass: between two of them the learning rate falls.
_STEPS_PER_PASS = 100


def train(
    corpus: Corpus,
    settings: ClassifierSettings,
    *,
    progress: ReportProgress,
    stop: StopRequested,
    validation: Corpus | None = None,
    on_epoch: ReportEpoch | None = None,
    initial: InitialVectors | None = None,
) -> ClassifierModel:
    """Train a classifier on a corpus read with labels=True.

    With `settings.patience` and a validation corpus, accuracy is measured after every epoch from min_epochs on (and reported to
    `on_epoch`), the best weights are kept, and training ends after `patience` epochs without improvement. With `initial`, words start
    from these vectors in place of random ones; the corpus was read with their words known.

    Raises:
        UserError: when no line has both a label and a word, or training diverges.
        StoppedError: a stop was requested before training began.
    """
    run = _Run(corpus, settings, stop)
    if initial is not None:
        initial.fill(run.matrices.vectors[:, : settings.dim], corpus.vocabulary)
    early = None if validation is None or settings.patience is None else _EarlyStopping(run, validation, settings.patience, on_epoch)
    run.compile()
    schedule = Schedule(settings.learning_rate, float(corpus.vocabulary.total_words) * settings.epochs, run.matrices.done)
    for epoch in range(1, settings.epochs + 1):
        completed = run.epoch(schedule, progress, stop)
        if not completed or (early is not None and early.should_stop(epoch)):
            break
    seconds = time.perf_counter() - schedule.started
    raise_if_diverged(run.matrices, settings.learning_rate)
    if early is not None:
        early.restore_best()
    progress(schedule.progress())
    return run.model(seconds, completed, () if early is None else tuple(early.results))


class _Run:
    """A training under way: the lines, the matrices and the threads' generators and scratch memory."""

    def __init__(self, corpus: Corpus, settings: ClassifierSettings, stop: StopRequested) -> None:
        vocabulary = corpus.vocabulary
        if not vocabulary.labels:
            raise UserError(
                "No line has a label: supervised training learns from words like __label__positive. "
                "Put one or more of them on every line of the training file."
            )
        self.corpus, self.settings = corpus, settings
        self.encoded = encode_corpus(corpus, settings, stop)
        corpus.tokens.release()
        # The last row stays zero: other texts get it for n-grams this one lacks.
        inputs = len(vocabulary.words) + len(self.encoded.bucket_ids) + 1
        self.matrices = new_matrices((inputs, len(vocabulary.labels)), settings.dim, counters=settings.threads)
        initialise(self.matrices.vectors[: len(vocabulary.words)], settings.dim, 1 / settings.dim, settings.seed)
        self.width = row_operations.row_width(settings.dim)
        self.states = [new_state(settings.seed, thread) for thread in range(settings.threads)]
        labels = len(vocabulary.labels)
        batch_lines = private_batch_lines(labels, settings.dim, settings.threads)
        self.scratch = [new_scratch(settings.dim, labels, batch_lines=batch_lines) for _ in range(settings.threads)]
        self.shuffler = np.random.default_rng(settings.seed)
        self.order = np.arange(len(self.encoded.lines.words))

    def compile(self) -> None:
        """Compile the kernels, or load what was compiled before: not a part of training time."""
        self._step(0)(0, 0, 0.0)

    def epoch(self, schedule: Schedule, progress: ReportProgress, stop: StopRequested) -> bool:
        """One pass over all lines in a new order; gives whether it came to its end."""
        self.shuffler.shuffle(self.order)
        threads = self.settings.threads
        bounds = [len(self.order) * part // threads for part in range(threads + 1)]
        work = [(self._step(thread), bounds[thread], bounds[thread + 1]) for thread in range(threads)]
        return run_threads(work, 1, schedule, progress=progress, stop=stop, check=self._check)

    def _check(self) -> None:
        self.encoded.release()
        raise_if_diverged(self.matrices, self.settings.learning_rate)

    def _step(self, thread: int) -> TrainPart:
        most = max(1, len(self.order) // (self.settings.threads * _STEPS_PER_PASS))
        labels, matrices = len(self.corpus.vocabulary.labels), self.matrices
        state, scratch = self.states[thread], self.scratch[thread]

        def step(position: int, last: int, alpha: float) -> tuple[int, int]:
            end = min(position + most, last)
            read = train_lines(
                self.width,
                self.encoded.lines,
                self.order,
                position,
                end,
                matrices.vectors,
                matrices.outputs,
                labels,
                alpha,
                state,
                scratch,
            )
            return end, read

        return step

    def model(self, seconds: float, completed: bool, results: tuple[EpochResult, ...]) -> ClassifierModel:
        """The trained model."""
        words, dim = len(self.corpus.vocabulary.words), self.settings.dim
        vectors, outputs = self.matrices.vectors[:, :dim], self.matrices.outputs[:, :dim]
        rows = InputMatrix(vectors[:words], self.encoded.buckets, self.encoded.bucket_ids, vectors[words:-1])
        speed = float(self.matrices.done.sum()) / max(seconds, 1e-9)
        matrices = self.matrices.vectors, self.matrices.outputs
        return ClassifierModel(self.corpus.vocabulary, self.settings, rows, outputs, seconds, speed, completed, results, matrices)


class _EarlyStopping:
    """Accuracy on the validation channel after each epoch, the best weights, and when to give up."""

    def __init__(self, run: _Run, validation: Corpus, patience: int, on_epoch: ReportEpoch | None) -> None:
        self.run, self.patience, self.on_epoch = run, patience, on_epoch
        self.documents, longest = labelled_lines_of(validation, run.settings, run.encoded.bucket_ids)
        self.workspaces = _workspaces(run.settings, len(run.corpus.vocabulary.labels), longest)
        self.results: list[EpochResult] = []
        self.best: tuple[Floats, Floats] | None = None

    def should_stop(self, epoch: int) -> bool:
        """Measure, once min_epochs are over; whether patience has run out."""
        if epoch < self.run.settings.min_epochs:
            return False
        matrices = self.run.matrices
        hits, lines = _count_hits(self.run.width, self.documents, matrices.vectors, matrices.outputs, self.workspaces)
        accuracy = hits / lines if lines else 0.0
        improved = not self.results or accuracy > max(result.accuracy for result in self.results)
        without = 0 if improved else self.results[-1].epochs_without_improvement + 1
        self.results.append(EpochResult(epoch, accuracy, improved, without))
        if improved:
            self._keep(matrices)
        if self.on_epoch is not None:
            self.on_epoch(self.results[-1])
        return without >= self.patience

    def _keep(self, matrices: ModelMatrices) -> None:
        if self.best is None:
            self.best = np.empty_like(matrices.vectors), np.empty_like(matrices.outputs)
        self.best[0][:], self.best[1][:] = matrices.vectors, matrices.outputs

    def restore_best(self) -> None:
        """Put the best weights back; without any, because training ended before min_epochs, leave those there are."""
        if self.best is not None:
            self.run.matrices.vectors[:], self.run.matrices.outputs[:] = self.best


def read_documents(paths: Sequence[Path], vocabulary: Vocabulary, *, threads: int, progress: Callable[[int], None] | None = None) -> Corpus:
    """Labelled lines (a validation channel) in terms of an existing vocabulary; words and labels it lacks are unknown.

    `progress` is called with the words read so far, and may raise to end the reading.
    """
    return read_corpus_with(vocabulary, paths, threads=threads, progress=progress)


def accuracy(model: ClassifierModel, documents: Corpus) -> tuple[float, int]:
    """Precision at one over the lines that have a known label, and how many those are."""
    settings = model.settings
    lines, longest = labelled_lines_of(documents, settings, model.input.bucket_ids)
    workspaces = _workspaces(settings, len(model.vocabulary.labels), longest)
    vectors, outputs = _padded(model) if model.matrices is None else model.matrices
    hits, count = _count_hits(row_operations.row_width(settings.dim), lines, vectors, outputs, workspaces)
    return (hits / count if count else 0.0), count


def _padded(model: ClassifierModel) -> tuple[Floats, Floats]:
    """The matrices of a model as kernels take them."""
    words, ngrams, dim = model.input.words, model.input.bucket_rows, model.settings.dim
    vectors = row_operations.aligned(len(words) + len(ngrams) + 1, row_operations.padded(dim))
    outputs = row_operations.aligned(len(model.output), row_operations.padded(dim))
    vectors[: len(words), :dim], vectors[len(words) : -1, :dim], outputs[:, :dim] = words, ngrams, model.output
    return vectors, outputs


_Workspace = tuple[LineBuffers, Scratch]


def _workspaces(settings: ClassifierSettings, labels: int, longest: int) -> list[_Workspace]:
    """Working memory for each thread that classifies."""
    return [
        (new_line_buffers(longest, longest_ngram(settings, longest)), new_scratch(settings.dim, labels)) for _ in range(settings.threads)
    ]


def _count_hits(
    width: tuple[int, ...], documents: LabelledLines, vectors: Floats, outputs: Floats, workspaces: list[_Workspace]
) -> tuple[int, int]:
    """Lines classified correctly, and lines classified; one thread for each workspace."""
    lines = len(documents.starts) - 1
    bounds = [lines * part // len(workspaces) for part in range(len(workspaces) + 1)]
    with ThreadPoolExecutor(len(workspaces)) as pool:
        pending = [
            pool.submit(count_hits, width, documents, first, last, vectors, outputs, len(outputs), *workspace)
            for first, last, workspace in zip(bounds[:-1], bounds[1:], workspaces, strict=True)
        ]
        counts = [future.result() for future in pending]
    return sum(hits for hits, _ in counts), sum(count for _, count in counts)
