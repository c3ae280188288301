"""Training of a text classifier, and what is left of it on disk."""

from collections.abc import Mapping

from .container import log_lines
from .container.hyperparameters import SupervisedArguments
from .container.log_lines import Log
from .container.opt_ml import Channel
from .corpus.vocabulary import Corpus
from .formats.fasttext_writer import write_classifier
from .train_steps import ProgressLines, Resources, Training, heed, initial_vectors, log_files, read_text
from .training import classifier
from .training.models import ClassifierModel
from .training.settings import ClassifierSettings, EpochResult

CLASSIFIER_BINARY = "model.bin"


def train_classifier(training: Training, request: SupervisedArguments, channels: Mapping[str, Channel]) -> bool:
    """Do the whole work; gives whether it came to its end.

    Raises:
        EngineError: it cannot be done.
    """
    log, threads, validation = training.log, training.resources.threads, channels.get("validation")
    log_lines.single_machine(log, request.mode)
    log_files(training, *(channels[name] for name in ("train", "validation") if name in channels))
    initial = initial_vectors(training, request.vector_dim)
    corpus = read_text(training, channels["train"], min_count=request.min_count, labels=True, initial=initial)
    documents = None if validation is None else _read_validation(training, validation, corpus)
    lines = ProgressLines(log_lines.TrainingProgress(log, request.learning_rate))

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
        initial=initial,
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
        channel.files, corpus.vocabulary, threads=training.resources.threads, progress=lambda _count: heed(training.stop)
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
