"""python -m benchmarks.engine.stages CORPUS: what surrounds training, beside the peers: reading, saving, starting, classifying."""

import gc
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import fasttext
import numpy as np
from gensim.models import KeyedVectors, Word2Vec

from benchmarks.engine.contestants import DEFAULTS, ENGINE, engine_environment
from blazingtext_engine.corpus.vocabulary import read_corpus
from blazingtext_engine.formats.word2vec_text import write_vectors
from blazingtext_engine.training import classifier
from blazingtext_engine.training.models import ClassifierModel
from blazingtext_engine.training.settings import ClassifierSettings

COLD_MODES = ("batch_skipgram", "cbow", "supervised")
Work = Callable[[], Any]


@click.command()
@click.argument("corpus", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--labelled", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Text to learn labels from.")
@click.option("--heldout", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Text to classify.")
@click.option("--runs", default=5, show_default=True)
@click.option("--threads", default=2, show_default=True)
def main(corpus: Path, *, labelled: Path | None, heldout: Path | None, runs: int, threads: int) -> None:
    """Print a row of medians for each stage."""
    print("| stage | engine | peer | engine is faster |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        vocabulary(corpus, runs, threads)
        saving(corpus, Path(folder), runs, threads)
        if labelled and heldout:
            classifying(labelled, heldout, runs, threads)
        starting(Path(folder), runs)


def vocabulary(corpus: Path, runs: int, threads: int) -> None:
    """Reading a text: gensim counts words, the engine also writes the text as numbers."""
    counts: dict[str, dict[bytes, int]] = {}

    def ours() -> None:
        read = read_corpus([corpus], min_count=5, threads=threads).vocabulary
        counts["engine"] = dict(zip(read.words, read.counts.tolist(), strict=True))

    def theirs() -> None:
        model = Word2Vec(min_count=5)
        model.build_vocab(corpus_file=str(corpus))
        counts["gensim"] = {word.encode(): model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key}

    _row(f"vocabulary and token ids, {corpus.stat().st_size / 1e6:.0f} MB (gensim: scan)", _medians(runs, ours, theirs))
    if counts["engine"] != counts["gensim"]:
        raise RuntimeError("The engine and gensim counted different words.")


def saving(corpus: Path, folder: Path, runs: int, threads: int) -> None:
    """Writing vectors.txt."""
    words = read_corpus([corpus], min_count=5, threads=threads).vocabulary.words
    vectors = np.random.default_rng(1).normal(0, 0.3, (len(words), 100)).astype(np.float32)
    keyed = KeyedVectors(100)
    keyed.add_vectors([word.decode() for word in words], vectors)
    times = _medians(
        runs,
        lambda: write_vectors(folder / "ours.txt", words, vectors, threads=threads),
        lambda: keyed.save_word2vec_format(str(folder / "theirs.txt")),
    )
    _row(f"vectors.txt of {len(words):,} words x 100 (gensim)", times)


def classifying(labelled: Path, heldout: Path, runs: int, threads: int) -> None:
    """The accuracy of a held-out text, reading included."""
    settings = ClassifierSettings(learning_rate=0.5, threads=threads)
    ours: ClassifierModel = classifier.train(
        read_corpus([labelled], min_count=5, threads=threads, labels=True), settings, progress=lambda _: None, stop=lambda: False
    )
    theirs = fasttext.train_supervised(str(labelled), lr=0.5, wordNgrams=2, bucket=2_000_000, minCount=5, thread=threads, verbose=0)

    def classify() -> tuple[float, int]:
        return classifier.accuracy(ours, classifier.read_documents([heldout], ours.vocabulary, threads=threads))

    _row("classifying a held-out text (fastText, which uses one thread)", _medians(runs, classify, lambda: theirs.test(str(heldout))))


def starting(folder: Path, runs: int) -> None:
    """A whole training of two words: process, imports, kernels from the cache, saving; then the same with an empty cache."""
    corpus = folder / "two.txt"
    corpus.write_text("__label__a one two one two\n" * 3, encoding="utf-8")
    for mode in COLD_MODES:
        with tempfile.TemporaryDirectory() as cache:
            _, cold = _start(corpus, mode, cache)
            trained, warm = (statistics.median(times) for times in zip(*(_start(corpus, mode, cache) for _ in range(runs)), strict=True))
        print(
            f"| a text of two words, {mode}: trained after, start to end, the same with an empty cache | "
            f"{trained:.2f} s, {warm:.2f} s, {cold:.1f} s | | |",
            flush=True,
        )


def _start(corpus: Path, mode: str, cache: str) -> tuple[float, float]:
    """Seconds from the start of the process until it says that its few steps are done, and until its end."""
    settings = {**DEFAULTS, "mode": mode, "corpus": str(corpus), "epochs": 1, "min_count": 1, "threads": 1, "seed": 1}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **engine_environment(settings, Path(folder)), "NUMBA_CACHE_DIR": cache}
        start = time.perf_counter()
        with subprocess.Popen(ENGINE, env=environment, stdout=subprocess.PIPE, text=True) as process:
            trained = [time.perf_counter() - start for line in process.stdout or () if line.startswith("Total training time")]
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, ENGINE)
        return trained[0], time.perf_counter() - start


def _medians(runs: int, *contestants: Work) -> list[float]:
    """The median seconds of each, in turn, after one run of each that is not counted."""
    times: list[list[float]] = [[] for _ in contestants]
    for turn in range(runs + 1):
        for own, work in zip(times, contestants, strict=True):
            gc.collect()
            start = time.perf_counter()
            work()
            if turn:
                own.append(time.perf_counter() - start)
    return [statistics.median(own) for own in times]


def _row(stage: str, times: list[float]) -> None:
    ours, theirs = times
    print(f"| {stage} | {ours:.3f} s | {theirs:.3f} s | {theirs / ours:.1f} x |", flush=True)


if __name__ == "__main__":
    main()
