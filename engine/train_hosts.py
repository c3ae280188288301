"""Training of word vectors on several hosts: each reads and trains its share of the text, the master saves the model."""

import hashlib
import json
from collections.abc import Callable

from .container import log_lines
from .container.hyperparameters import Word2VecArguments
from .container.opt_ml import Channel, Hosts, job_name
from .corpus.shares import Share, read_share
from .errors import ChannelError, UserError
from .evaluation import extra_gold_sets
from .network.addresses import places, resolved
from .network.group import Group
from .network.meeting import Meeting, meet, secret_of
from .train_steps import ProgressLines, Resources, Training, heed, log_files
from .train_word_vectors import save_word_vectors, word2vec_settings
from .training import several_hosts
from .training.models import WordVectors


def train_on_hosts(training: Training, request: Word2VecArguments, channel: Channel, hosts: Hosts) -> bool:
    """Do this host's part of the work; gives whether it came to its end.

    Raises:
        EngineError: it cannot be done, or another host has ended.
        StoppedError: a stop was requested before there was a model.
    """
    _reject_sharded_channel(channel)
    _reject_initial_vectors(training.resources)
    extra_gold_sets(training.environ)  # a broken set is reported before training, not after it
    where = places(training.environ, hosts.names)

    def wait() -> None:
        heed(training.stop)

    addresses = list(zip(hosts.names, resolved(where, heed=wait), strict=True))
    log_lines.distributed_training(training.log, mode=request.mode, addresses=addresses, current=hosts.current)
    if hosts.is_master:
        log_lines.master_ready(training.log)
        log_files(training, channel)
    meeting = Meeting(hosts.names, hosts.rank, where, job_name(training.environ) or "", secret_of(training.environ), wait)
    with meet(meeting) as group:
        group.agree(_terms(training, channel))
        run = _run_master if hosts.is_master else _run_worker
        return run(training, request, channel, group)


def _run_master(training: Training, request: Word2VecArguments, channel: Channel, group: Group) -> bool:
    log = training.log
    log_lines.processes(log, group.names)
    words = log_lines.WordsRead(log)
    share = _read(training, request, channel, group, words.update)
    vocabulary = share.corpus.vocabulary
    words.finish(vocabulary.total_words, len(vocabulary.words))
    lines = ProgressLines(log_lines.TrainingProgress(log, request.learning_rate, distributed=True))
    settings = word2vec_settings(request, training.resources)
    model = several_hosts.train(share, settings, group, progress=lines.update, stop=training.stop)
    lines.finish()
    log_lines.exchanged(log, sent=group.sent, waited=group.seconds)
    log_lines.finished(log, words_per_second=model.words_per_second, seconds=model.train_seconds)
    save_word_vectors(training, request, model)
    return model.completed


def _run_worker(training: Training, request: Word2VecArguments, channel: Channel, group: Group) -> bool:
    share = _read(training, request, channel, group, lambda _words: None)
    settings = word2vec_settings(request, training.resources)
    model: WordVectors = several_hosts.train(share, settings, group, progress=lambda _progress: None, stop=training.stop)
    group.wait_for_end_of(0)
    log_lines.worker_finished(training.log)
    return model.completed


def _read(training: Training, request: Word2VecArguments, channel: Channel, group: Group, told: Callable[[int], None]) -> Share:
    def progress(words: int) -> None:
        heed(training.stop)
        told(words)

    return read_share(channel.files, group, min_count=request.min_count, threads=training.resources.threads, progress=progress)


def _terms(training: Training, channel: Channel) -> dict[str, object]:
    """What has to be the same on every host for one model to come of it; names and sizes stand for the text, which is not read twice."""
    files = [(training.container.container_path(file), file.stat().st_size) for file in channel.files]
    request = training.container.hyperparameters()
    digests = {"text": files, "hyperparameters": request}
    terms = {key: hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest() for key, value in digests.items()}
    return {**terms, "seed": training.resources.seed}


def _reject_sharded_channel(channel: Channel) -> None:
    if channel.configuration.get("S3DistributionType", "FullyReplicated") != "FullyReplicated":
        raise ChannelError(
            "Always keep 'FullyReplicated' for BlazingText. The train channel is ShardedByS3Key, but BlazingText shards the text itself. "
            "Set S3DataDistributionType to FullyReplicated."
        )


def _reject_initial_vectors(resources: Resources) -> None:
    if resources.initial is not None:
        raise UserError("Several hosts cannot start from given vectors: only one process reads them. Train on one host, or leave them out.")
