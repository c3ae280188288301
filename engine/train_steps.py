"""Steps that all trainings have: what they are given, the text read, the vectors they start from, progress as log lines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .container import log_lines
from .container.log_lines import Log
from .container.opt_ml import Channel, Container
from .corpus.vocabulary import Corpus, read_corpus
from .errors import StoppedError
from .formats.initial_vectors import read_initial_vectors
from .training.initial import InitialVectors
from .training.settings import Progress


@dataclass(frozen=True)
class Resources:
    """What this process may use, where its randomness starts, and the file of vectors that training starts from, if any."""

    threads: int
    seed: int
    initial: Path | None = None


@dataclass(frozen=True)
class Training:
    """Everything one training needs; the steps below read it and change nothing of it."""

    container: Container
    environ: Mapping[str, str]
    resources: Resources
    log: Log
    stop: Callable[[], bool]


def initial_vectors(training: Training, dim: int) -> InitialVectors | None:
    """The vectors that training starts from; None for random ones.

    Raises:
        UserError: the file cannot be read, or its vectors have another dimension.
    """
    path = training.resources.initial
    if path is None:
        return None
    found = read_initial_vectors(path)
    found.raise_if_of_another_dimension(dim)
    return found


def read_text(
    training: Training, channel: Channel, *, min_count: int, labels: bool = False, initial: InitialVectors | None = None
) -> Corpus:
    """Read the train channel, with its log lines; words with initial vectors are kept.

    Raises:
        UserError: nothing is left to train on, or no word of the text has an initial vector.
        StoppedError: a stop was requested meanwhile.
    """
    words = log_lines.WordsRead(training.log)

    def progress(count: int) -> None:
        heed(training.stop)
        words.update(count)

    known = () if initial is None else initial.words
    threads = training.resources.threads
    corpus = read_corpus(channel.files, min_count=min_count, threads=threads, progress=progress, labels=labels, known=known)
    words.finish(corpus.vocabulary.total_words, len(corpus.vocabulary.words))
    if initial is not None:
        of_text = int((corpus.vocabulary.counts > 0).sum())
        log_lines.started_from(training.log, initial.name, known=initial.shared(corpus.vocabulary), words=of_text)
    return corpus


def log_files(training: Training, *channels: Channel) -> None:
    """A log line for each file of the channels."""
    for channel in channels:
        for file in channel.files:
            log_lines.processing(training.log, training.container.container_path(file), file.stat().st_size)


def heed(stop: Callable[[], bool]) -> None:
    """End the training where there is no model yet.

    Raises:
        StoppedError: a stop was requested.
    """
    if stop():
        raise StoppedError


@dataclass
class ProgressLines:
    """Hands the trainer's reports to the log and keeps the last one for the closing line."""

    lines: log_lines.TrainingProgress
    last: Progress | None = None

    def update(self, progress: Progress) -> None:
        """Report how far training is."""
        self.last = progress
        self.lines.update(progress.fraction, progress.words_per_second)

    def finish(self) -> None:
        """Print the last report, unless it was."""
        if self.last is not None:
            self.lines.finish(self.last.fraction, self.last.words_per_second)
