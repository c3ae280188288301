"""The whole life of a training: read the request and the text, train, save, evaluate, and say how it ended.

The person's errors and ours leave different words in the failure file (`Customer Error: ...`, `Platform Error: ...`). A SIGTERM,
which SageMaker sends 120 seconds before it kills a stopped training, ends the training early; the model so far is saved.
"""

import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from . import evaluation
from .container import hyperparameters, log_lines
from .container.hyperparameters import Arguments, SupervisedArguments, Word2VecArguments
from .container.log_lines import Log
from .container.opt_ml import Channel, Container, Hosts
from .container.rendezvous import Rendezvous, join_hosts
from .corpus.vocabulary import Corpus, read_corpus
from .corpus.words import Subwords
from .errors import ChannelError, EngineError, PlatformError, StoppedError
from .formats.fasttext_writer import write_classifier, write_word_vectors
from .formats.word2vec_text import write_vectors
from .training import classifier, word2vec
from .training.models import ClassifierModel, WordVectors
from .training.settings import ClassifierSettings, EpochResult, Progress, Word2VecSettings

VECTORS_TEXT = "vectors.txt"
VECTORS_BINARY = "vectors.bin"
CLASSIFIER_BINARY = "model.bin"
EVALUATION_REPORT = "eval.json"
LOOPBACK = "127.0.0.1"  # hosts of this engine are processes of one machine
JOIN_SECONDS = 300.0  # how long hosts may start one after the other
STOPPED_EXIT_CODE = 143
LAST_HOST_SECONDS = 120.0  # how long the last host may need after the first, at least


@dataclass(frozen=True)
class Resources:
    """What this process may use, and where its randomness starts."""

    threads: int
    seed: int


@dataclass(frozen=True)
class Training:
    """Everything one training needs; the steps below read it and change nothing of it."""

    container: Container
    environ: Mapping[str, str]
    resources: Resources
    log: Log
    stop: Callable[[], bool]


def run(container: Container, *, environ: Mapping[str, str], resources: Resources, log: Log) -> int:
    """Train as the container's files say. A failure's reason is in the log and in the failure file.

    Returns:
        The exit code: 0 done, 1 failed, 143 (128 and the number of SIGTERM) stopped before the end; the model so far is saved. SageMaker
        knows of a stop that was asked of it, whatever the code; without one, a model that is not finished must not count as completed.
    """
    try:
        with stop_on_sigterm() as stop:
            completed = train(Training(container, environ, resources, log, stop))
    except StoppedError:
        log.info("Training was stopped before it learnt anything. There is no model to keep.")
        return STOPPED_EXIT_CODE
    except EngineError as error:
        return _fail(container, log, error)
    except MemoryError:
        return _fail(
            container,
            log,
            PlatformError(
                "The machine's memory is full. Model and vocabulary need about 8 bytes x words x vector_dim, and 4 bytes x buckets x "
                "vector_dim more with n-grams. Raise min_count, lower vector_dim or buckets, or use an instance with more memory."
            ),
        )
    except Exception as error:  # noqa: BLE001 - the one border to SageMaker: whatever it was, the failure file has to say so
        log.line(traceback.format_exc())
        return _fail(
            container, log, PlatformError(f"The engine broke: {error!r}. This is a defect, not your request. The log has the details.")
        )
    if not completed:
        log.info("Training was stopped before its end. The model so far is saved.")
    return 0 if completed else STOPPED_EXIT_CODE


def train(training: Training) -> bool:
    """Do the whole work.

    Returns:
        Whether training came to its end; False when it was stopped, and what it had learnt was saved.

    Raises:
        EngineError: it cannot be done; the message says why and what to do.
    """
    log, container = training.log, training.container
    log_lines.started(log)
    hosts, channels = container.hosts(), container.channels()
    request = hyperparameters.parse(
        container.hyperparameters(), hosts=len(hosts.names), instance_type=container.instance_type(), validation="validation" in channels
    )
    _check_channels(channels, request)
    log_lines.gpu_count(log)
    for warning in hyperparameters.warnings(request):
        log.warning(warning)
    container.model.mkdir(exist_ok=True)
    if isinstance(request, SupervisedArguments):
        return _train_classifier(training, request, channels)
    if len(hosts.names) == 1:
        return _train_word_vectors(training, request, channels["train"])
    return _train_distributed(training, request, channels["train"], hosts)


@contextmanager
def stop_on_sigterm() -> Iterator[Callable[[], bool]]:
    """A function that returns true after a SIGTERM; the previous handler is restored at the end."""
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    previous = signal.signal(signal.SIGTERM, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGTERM, previous)


def save_word_vectors(training: Training, request: Word2VecArguments, model: WordVectors) -> None:
    """Write vectors.txt and vectors.bin, and with evaluation eval.json and the metric's log line."""
    folder = training.container.model
    text = folder / VECTORS_TEXT
    write_vectors(text, model.vocabulary.words, model.vectors, threads=training.resources.threads)
    write_word_vectors(folder / VECTORS_BINARY, model, min_count=request.min_count)
    if request.evaluation:
        result = evaluation.evaluate(text, evaluation.extra_gold_sets(training.environ))
        (folder / EVALUATION_REPORT).write_bytes(result.report().encode())
        seen = training.container.container_path(text)
        log_lines.evaluated(training.log, vectors=seen, report=result.report(), mean_rho=result.mean_rho)


def word2vec_settings(request: Word2VecArguments, resources: Resources) -> Word2VecSettings:
    """The kernels' view of a request."""
    return Word2VecSettings(
        mode=request.mode,
        dim=request.vector_dim,
        window=request.window_size,
        negatives=request.negative_samples,
        epochs=request.epochs,
        learning_rate=request.learning_rate,
        sample=request.sampling_threshold,
        batch_size=request.batch_size,
        subwords=Subwords(request.min_char, request.max_char, request.buckets) if request.subwords else None,
        threads=resources.threads,
        seed=resources.seed,
    )


def read_text(training: Training, channel: Channel, *, min_count: int, labels: bool = False) -> Corpus:
    """Read the train channel, with its log lines.

    Raises:
        UserError: nothing is left to train on.
        StoppedError: a stop was requested meanwhile.
    """
    words = log_lines.WordsRead(training.log)

    def progress(count: int) -> None:
        _heed(training.stop)
        words.update(count)

    corpus = read_corpus(channel.files, min_count=min_count, threads=training.resources.threads, progress=progress, labels=labels)
    words.finish(corpus.vocabulary.total_words, len(corpus.vocabulary.words))
    return corpus


def _check_channels(channels: Mapping[str, Channel], request: Arguments) -> None:
    allowed = ("train", "validation") if isinstance(request, SupervisedArguments) else ("train",)
    if "train" not in channels:
        raise ChannelError(
            f"There is no train channel. The request has {', '.join(sorted(channels)) or 'no channel'}. "
            "Name the channel with the text train."
        )
    for name in sorted(channels.keys() - set(allowed)):
        raise ChannelError(
            f"No other channels are supported: '{name}' was sent. Mode {request.mode} reads {' and '.join(allowed)}. Remove the channel."
        )


def _log_files(training: Training, *channels: Channel) -> None:
    for channel in channels:
        for file in channel.files:
            log_lines.processing(training.log, training.container.container_path(file), file.stat().st_size)


def _train_word_vectors(training: Training, request: Word2VecArguments, channel: Channel) -> bool:
    log_lines.single_machine(training.log, request.mode)
    _log_files(training, channel)
    evaluation.extra_gold_sets(training.environ)  # a broken set is reported before training, not after it
    corpus = read_text(training, channel, min_count=request.min_count)
    lines = _ProgressLines(log_lines.TrainingProgress(training.log, request.learning_rate))
    model = word2vec.train(corpus, word2vec_settings(request, training.resources), progress=lines.update, stop=training.stop)
    lines.finish()
    log_lines.finished(training.log, words_per_second=model.words_per_second, seconds=model.train_seconds)
    save_word_vectors(training, request, model)
    return model.completed


def _train_distributed(training: Training, request: Word2VecArguments, channel: Channel, hosts: Hosts) -> bool:
    """Every host reads its own copy of the text and trains its part of it on one shared model; the master saves."""
    _reject_sharded_channel(channel)
    log, addresses = training.log, [(name, LOOPBACK) for name in hosts.names]
    log_lines.distributed_training(log, mode=request.mode, addresses=addresses, current=hosts.current)
    with join_hosts(training.environ, hosts) as rendezvous:
        if hosts.is_master:
            return _run_master(training, request, channel, rendezvous)
        return _run_worker(training, request, channel, rendezvous)


def _run_master(training: Training, request: Word2VecArguments, channel: Channel, rendezvous: Rendezvous) -> bool:
    log, hosts = training.log, rendezvous.hosts
    log_lines.master_ready(log)
    _log_files(training, channel)
    evaluation.extra_gold_sets(training.environ)
    rendezvous.wait_for_all("joined", timeout=JOIN_SECONDS)
    log_lines.processes(log, hosts.names)
    corpus = read_text(training, channel, min_count=request.min_count)
    lines = _ProgressLines(log_lines.TrainingProgress(log, request.learning_rate, distributed=True))
    model = _train_shard(training, request, corpus, rendezvous, lines.update)
    rendezvous.wait_for_all("trained", timeout=max(LAST_HOST_SECONDS, model.train_seconds))
    # The master's own share may end before the others'; now everybody's has.
    lines.finish(whole=not training.stop())
    log_lines.finished(log, words_per_second=model.words_per_second, seconds=model.train_seconds)
    save_word_vectors(training, request, model)
    return model.completed


def _run_worker(training: Training, request: Word2VecArguments, channel: Channel, rendezvous: Rendezvous) -> bool:
    corpus = read_corpus(
        channel.files, min_count=request.min_count, threads=training.resources.threads, progress=lambda _count: _heed(training.stop)
    )
    rendezvous.wait_for_file(rendezvous.model_file, timeout=JOIN_SECONDS)
    model = _train_shard(training, request, corpus, rendezvous, lambda _progress: None)
    rendezvous.wait_for_master_exit()
    log_lines.worker_finished(training.log)
    return model.completed


def _heed(stop: Callable[[], bool]) -> None:
    if stop():
        raise StoppedError


def _train_shard(
    training: Training, request: Word2VecArguments, corpus: Corpus, rendezvous: Rendezvous, progress: Callable[[Progress], None]
) -> WordVectors:
    model = word2vec.train(
        corpus,
        word2vec_settings(request, training.resources),
        progress=progress,
        stop=lambda: training.stop() or rendezvous.any_peer_died(),
        shard=(rendezvous.hosts.rank, len(rendezvous.hosts.names)),
        model_file=rendezvous.model_file,
    )
    rendezvous.announce("trained")
    return model


def _reject_sharded_channel(channel: Channel) -> None:
    if channel.configuration.get("S3DistributionType", "FullyReplicated") != "FullyReplicated":
        raise ChannelError(
            "Always keep 'FullyReplicated' for BlazingText. The train channel is ShardedByS3Key, but BlazingText shards the text itself. "
            "Set S3DataDistributionType to FullyReplicated."
        )


def _train_classifier(training: Training, request: SupervisedArguments, channels: Mapping[str, Channel]) -> bool:
    log, threads, validation = training.log, training.resources.threads, channels.get("validation")
    log_lines.single_machine(log, request.mode)
    _log_files(training, *(channels[name] for name in ("train", "validation") if name in channels))
    corpus = read_text(training, channels["train"], min_count=request.min_count, labels=True)
    documents = None if validation is None else _read_validation(training, validation, corpus)
    lines = _ProgressLines(log_lines.TrainingProgress(log, request.learning_rate))

    def validated(result: EpochResult) -> None:
        log_lines.epoch_validated(
            log,
            epoch=result.epoch,
            threads=threads,
            accuracy=result.accuracy,
            without_improvement=result.epochs_without_improvement,
        )

    model = classifier.train(
        corpus,
        _classifier_settings(request, training.resources),
        progress=lines.update,
        stop=training.stop,
        validation=documents,
        on_epoch=validated,
    )
    lines.finish()
    log_lines.finished(log, words_per_second=model.words_per_second, seconds=model.train_seconds, supervised=True)
    write_classifier(training.container.model / CLASSIFIER_BINARY, model, min_count=request.min_count)
    _log_accuracies(log, model, corpus, documents)
    return model.completed


def _read_validation(training: Training, channel: Channel, corpus: Corpus) -> Corpus:
    for file in channel.files:
        log_lines.validation_loading(training.log, training.container.container_path(file))
    documents = classifier.read_documents(
        channel.files, corpus.vocabulary, threads=training.resources.threads, progress=lambda _count: _heed(training.stop)
    )
    log_lines.validation_loaded(training.log)
    return documents


def _classifier_settings(request: SupervisedArguments, resources: Resources) -> ClassifierSettings:
    return ClassifierSettings(
        dim=request.vector_dim,
        epochs=request.epochs,
        learning_rate=request.learning_rate,
        word_ngrams=request.word_ngrams,
        buckets=request.buckets,
        min_epochs=request.min_epochs,
        patience=request.patience if request.early_stopping else None,
        threads=resources.threads,
        seed=resources.seed,
    )


def _log_accuracies(log: Log, model: ClassifierModel, corpus: Corpus, documents: Corpus | None) -> None:
    log_lines.accuracy(log, "train", *classifier.accuracy(model, corpus))
    if documents is not None:
        log.line()
        log_lines.accuracy(log, "validation", *classifier.accuracy(model, documents))


@dataclass
class _ProgressLines:
    """Hands the trainer's reports to the log and keeps the last one for the closing line."""

    lines: log_lines.TrainingProgress
    last: Progress | None = None

    def update(self, progress: Progress) -> None:
        self.last = progress
        self.lines.update(progress.fraction, progress.words_per_second)

    def finish(self, *, whole: bool = False) -> None:
        if self.last is not None:
            self.lines.finish(1.0 if whole else self.last.fraction, self.last.words_per_second)


def _fail(container: Container, log: Log, error: EngineError) -> int:
    message = f"{error.prefix}{error}"
    log.error(message)
    container.write_failure(error)
    return 1
