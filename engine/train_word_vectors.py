"""Training of word vectors on one host, and what is left of it on disk."""

from . import evaluation
from .container import log_lines
from .container.hyperparameters import Word2VecArguments
from .container.opt_ml import Channel
from .corpus.words import Subwords
from .formats.fasttext_writer import write_word_vectors
from .formats.word2vec_text import write_vectors
from .train_steps import ProgressLines, Resources, Training, initial_vectors, log_files, read_text
from .training import word2vec
from .training.models import WordVectors
from .training.settings import Word2VecSettings

VECTORS_TEXT = "vectors.txt"
VECTORS_BINARY = "vectors.bin"
EVALUATION_REPORT = "eval.json"


def train_word_vectors(training: Training, request: Word2VecArguments, channel: Channel) -> bool:
    """Do the whole work; gives whether it came to its end.

    Raises:
        EngineError: it cannot be done.
    """
    log_lines.single_machine(training.log, request.mode)
    log_files(training, channel)
    evaluation.extra_gold_sets(training.environ)  # a broken set is reported before training, not after it
    initial = initial_vectors(training, request.vector_dim)
    corpus = read_text(training, channel, min_count=request.min_count, initial=initial)
    lines = ProgressLines(log_lines.TrainingProgress(training.log, request.learning_rate))
    settings = word2vec_settings(request, training.resources)
    model = word2vec.train(corpus, settings, progress=lines.update, stop=training.stop, initial=initial)
    lines.finish()
    log_lines.finished(training.log, words_per_second=model.words_per_second, seconds=model.train_seconds)
    save_word_vectors(training, request, model)
    return model.completed


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
