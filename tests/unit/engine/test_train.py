"""The whole life of a training in one process, on small texts."""

import gzip
import io
import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import fasttext
import numpy as np
import pytest

from blazingtext_engine import train
from blazingtext_engine.container import log_lines
from blazingtext_engine.container.log_lines import Log
from blazingtext_engine.container.opt_ml import Container
from blazingtext_engine.corpus.words import Subwords
from blazingtext_engine.inference import TextClassifier, WordVectorModel, load
from blazingtext_engine.training import classifier, word2vec
from blazingtext_engine.training.settings import ClassifierSettings, Word2VecSettings
from tests.unit.engine import containers

SMALL = {"mode": "batch_skipgram", "vector_dim": "16", "min_count": "1", "epochs": "3", "sampling_threshold": "0.01"}
TEXT = containers.sentences(400)


class PrintedLines(io.StringIO):
    """Collects lines; does something when a line with certain words is printed."""

    def __init__(self, words: str = "\0", action: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._words, self._action = words, action

    def write(self, text: str) -> int:
        if self._words in text:
            self._action()
        return super().write(text)


def run(container: Container, *, seed: int = 1, threads: int = 1, stream: PrintedLines | None = None, **environ: str) -> tuple[int, str]:
    lines = PrintedLines() if stream is None else stream
    code = train.run(container, environ=environ, resources=train.Resources(threads, seed), log=Log(lines))
    return code, lines.getvalue()


def artifacts(container: Container) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(container.model.iterdir())}


def test_word_vectors_are_trained_saved_and_evaluated(tmp_path: Path) -> None:
    container = containers.lay_out(tmp_path, SMALL, {"train": {"text.txt": TEXT}})

    code, log = run(container)

    assert code == 0, log
    assert list(artifacts(container)) == ["eval.json", "vectors.bin", "vectors.txt"]
    assert artifacts(container)["vectors.txt"].startswith(b"100 16\n")
    assert artifacts(container)["eval.json"].decode() in log
    assert re.search(r"\] #mean_rho: 0\.0\n$", log)
    assert "Read 0M words\nNumber of words:  100\n" in log
    assert re.search(r"Progress: 100\.00%.*\nTraining finished!\n", log)
    assert not container.failure_file.exists()


PREFIX = r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d (?:INFO|WARNING) \d+\] "


def lines_of(log: str) -> list[str]:
    """A log without its dates and figures, and with one line of progress."""
    text = re.sub(PREFIX, "", re.sub(r"\d+\.\d+(?:e-\d+)?", "0.0", log))
    return [line for line in text.splitlines() if "Progress: 0.0%" not in line or "Alpha: 0.0 " in line]


def test_a_training_of_word_vectors_prints_blazingtexts_lines_in_their_order(tmp_path: Path) -> None:
    container = containers.lay_out(tmp_path, SMALL, {"train": {"text.txt": TEXT}})

    _, log = run(container)

    progress = "##### Alpha: 0.0  Progress: 0.0%  Million Words/sec: 0.0 #####"
    lines = lines_of(log)
    assert [line for number, line in enumerate(lines) if line != progress or lines[number - 1] != progress] == [
        "Arguments: train",
        *["Loggers have already been setup."] * 2,
        f"nvidia-smi took: 0.0 secs to identify {log_lines.count_gpus()} gpus",
        "Running single machine CPU BlazingText training using batch_skipgram mode.",
        "Processing /opt/ml/input/data/train/text.txt . File size: 0.0 MB",
        "Read 0M words",
        "Number of words:  100",
        progress,
        "Training finished!",
        "Average throughput in Million words/sec: 0.0",
        "Total training time in seconds: 0.0",
        "",
        "Evaluating word embeddings....",
        "Vectors read from: /opt/ml/model/vectors.txt ",
        *re.sub(r"\d+\.\d+", "0.0", artifacts(container)["eval.json"].decode()).splitlines(),
        "#mean_rho: 0.0",
    ]


def test_a_training_of_a_classifier_prints_blazingtexts_lines_in_their_order(tmp_path: Path) -> None:
    settings = CLASSIFIER | {"early_stopping": "true", "epochs": "3", "min_epochs": "2", "patience": "1"}
    channels = {"train": {"b.txt": containers.labelled(300), "a.txt": b""}, "validation": {"text.txt": containers.labelled(100, seed=2)}}
    container = containers.lay_out(tmp_path, settings, channels)

    _, log = run(container, threads=2)

    progress = "##### Alpha: 0.0  Progress: 0.0%  Million Words/sec: 0.0 #####"
    lines = [line for line in lines_of(log) if line != progress and "Validation accuracy" not in line]
    assert lines[:2] + lines[4:] == [
        "Arguments: train",
        "Loggers have already been setup.",
        "Running single machine CPU BlazingText training using supervised mode.",
        "Processing /opt/ml/input/data/train/a.txt . File size: 0.0 MB",
        "Processing /opt/ml/input/data/train/b.txt . File size: 0.0 MB",
        "Processing /opt/ml/input/data/validation/text.txt . File size: 0.0 MB",
        "Read 0M words",
        "Number of words:  101",
        "Loading validation data from /opt/ml/input/data/validation/text.txt",
        "Loaded validation data.",
        *(
            line
            for epoch in range(2, 2 + log.count("End of epoch"))
            for line in (f"-------------- End of epoch: {epoch}", "Using 2 threads for prediction!")
        ),
        "Training finished.",
        "Average throughput in Million words/sec: 0.0",
        "Total training time in seconds: 0.0",
        "",
        "#train_accuracy: 0.0",
        "Number of train examples: 300",
        "",
        "#validation_accuracy: 0.0",
        "Number of validation examples: 100",
    ]
    accuracies = [float(value) for value in re.findall(r"Validation accuracy: (\S+)", log)]
    best = [n for n, value in enumerate(accuracies) if all(value > before for before in accuracies[:n])]
    said = [line for line in log.splitlines() if line.startswith(("Validation accuracy improved", "Validation accuracy has"))]
    assert [line.startswith("Validation accuracy improved! Storing best weights...") for line in said] == [
        n in best for n in range(len(accuracies))
    ]
    assert said[-1] == "Validation accuracy has not improved for last 1 epochs." or len(said) == 2


def test_what_asked_to_stop_before_the_training_is_asked_again_after_it(tmp_path: Path) -> None:
    asked = list[int]()
    before = signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    try:
        run(containers.lay_out(tmp_path, SMALL | {"epochs": "none"}, {"train": {"text.txt": TEXT}}))
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert asked == [signal.SIGTERM]


def test_the_words_read_so_far_are_told_while_the_text_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, update = list[int](), log_lines.WordsRead.update

    def noted(words: log_lines.WordsRead, count: int) -> None:
        told.append(count)
        update(words, count)

    monkeypatch.setattr(log_lines.WordsRead, "update", noted)
    run(containers.lay_out(tmp_path, SMALL | {"epochs": "1"}, {"train": {"text.txt": TEXT}}))

    # While it is read, and when it has been.
    assert len(told) >= 2
    assert told[-2:] == [400 * 12] * 2


@pytest.mark.parametrize(("window", "warnings"), [("5", 0), ("3", 1)])
def test_what_is_probably_not_meant_is_warned_of_before_training(tmp_path: Path, window: str, warnings: int) -> None:
    container = containers.lay_out(tmp_path, SMALL | {"window_size": window, "epochs": "1"}, {"train": {"text.txt": TEXT}})

    code, log = run(container)

    assert code == 0, log
    sentence = "It is recommended that you set batch_size as 2*window_size + 1 which is 7 in this case."
    assert len(re.findall(rf"^\[.* WARNING \d+\] {re.escape(sentence)}$", log.partition("Running")[0], re.MULTILINE)) == warnings


@pytest.mark.parametrize("mode", ["skipgram", "supervised"])
def test_a_training_starts_from_a_file_of_vectors_and_says_how_many_words_that_is(tmp_path: Path, mode: str) -> None:
    given = tmp_path / "given.vec"
    given.write_text("3 16\n" + "".join(f"{word} {' '.join(['0.25'] * 16)}\n" for word in ("t1w1", "t1w2", "absent")))
    settings = (SMALL | {"mode": mode}) if mode == "skipgram" else (CLASSIFIER | {"vector_dim": "16"})
    text = TEXT if mode == "skipgram" else containers.labelled(400)
    container = containers.lay_out(tmp_path / "ml", settings, {"train": {"text.txt": text}})
    lines = PrintedLines()

    code = train.run(container, environ={}, resources=train.Resources(1, 1, given), log=Log(lines))

    assert code == 0, lines.getvalue()
    words = 100 if mode == "skipgram" else 101
    assert f"Starting from given.vec: it has 2 of the {words} words of the text." in lines.getvalue()
    model = fasttext.load_model(str(container.model / ("vectors.bin" if mode == "skipgram" else "model.bin")))
    assert model.get_input_vector(model.get_word_id("absent")).tolist() == [0.25] * 16


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("1 8\nt1w1 1 2 3 4 5 6 7 8\n", "Customer Error: The vectors of given.vec have 8 numbers, and vector_dim is 16."),
        (f"1 16\nelsewhere{' 1' * 16}\n", "Customer Error: None of the text's words is in given.vec"),
        ("no vectors\n", "Customer Error: given.vec holds no vectors that can be read"),
    ],
)
def test_what_cannot_be_started_from_is_the_persons_to_correct(tmp_path: Path, given: str, said: str) -> None:
    (tmp_path / "given.vec").write_text(given)
    container = containers.lay_out(tmp_path / "ml", SMALL, {"train": {"text.txt": TEXT}})

    code = train.run(container, environ={}, resources=train.Resources(1, 1, tmp_path / "given.vec"), log=Log(PrintedLines()))

    assert code == 1
    assert container.failure_file.read_text().startswith(said)


def test_several_hosts_start_from_nothing_that_is_given(tmp_path: Path) -> None:
    hosts = ("algo-1", ["algo-1", "algo-2"])
    container = containers.lay_out(tmp_path / "ml", SMALL, {"train": {"text.txt": TEXT}}, hosts)

    code = train.run(container, environ={}, resources=train.Resources(1, 1, tmp_path / "given.vec"), log=Log(PrintedLines()))

    assert code == 1
    assert container.failure_file.read_text().startswith("Customer Error: Several hosts cannot start from given vectors")


def test_without_evaluation_there_is_no_report(tmp_path: Path) -> None:
    container = containers.lay_out(tmp_path, SMALL | {"evaluation": "False"}, {"train": {"text.txt": TEXT}})

    _, log = run(container)

    assert list(artifacts(container)) == ["vectors.bin", "vectors.txt"]
    assert "#mean_rho" not in log


@pytest.mark.parametrize("mode", ["batch_skipgram", "skipgram", "cbow"])
def test_one_thread_and_a_seed_give_the_same_bytes(tmp_path: Path, mode: str) -> None:
    both = [containers.lay_out(tmp_path / name, SMALL | {"mode": mode}, {"train": {"text.txt": TEXT}}) for name in ("one", "two")]
    other = containers.lay_out(tmp_path / "other", SMALL | {"mode": mode}, {"train": {"text.txt": TEXT}})

    codes = [run(container, seed=7)[0] for container in both] + [run(other, seed=8)[0]]

    assert codes == [0, 0, 0]
    assert artifacts(both[0]) == artifacts(both[1])
    assert artifacts(both[0])["vectors.bin"] != artifacts(other)["vectors.bin"]


def test_words_of_one_topic_come_out_close_together(tmp_path: Path) -> None:
    settings = SMALL | {"epochs": "15", "learning_rate": "0.1"}
    container = containers.lay_out(tmp_path, settings, {"train": {"text.txt": containers.sentences(2000)}})

    assert run(container)[0] == 0

    model = load(container.model)
    assert isinstance(model, WordVectorModel)
    rows = model.vectors([f"t{topic}w{word}" for topic in range(5) for word in range(20)])
    cosines = (rows / np.linalg.norm(rows, axis=1, keepdims=True)) @ (rows / np.linalg.norm(rows, axis=1, keepdims=True)).T
    same = np.kron(np.eye(5), np.ones((20, 20))).astype(bool)
    assert cosines[same].mean() > cosines[~same].mean() + 0.3


def test_words_that_are_not_utf8_reach_the_artifacts_as_they_are(tmp_path: Path) -> None:
    text = "caf\u00e9 ".encode() * 30 + b"\xff\xfe na\xefve " * 20 + TEXT
    container = containers.lay_out(tmp_path, SMALL, {"train": {"text.txt": text}})

    assert run(container)[0] == 0

    words = [line.split(b" ")[0] for line in artifacts(container)["vectors.txt"].splitlines()[1:]]
    assert {"caf\u00e9".encode(), b"\xff\xfe", b"na\xefve"} <= set(words)


def test_several_files_are_read_as_one_text(tmp_path: Path) -> None:
    lines = TEXT.splitlines(keepends=True)
    parts = {"a.txt": b"".join(lines[:150]), "b.txt": b"".join(lines[150:])}
    one = containers.lay_out(tmp_path / "one", SMALL, {"train": {"text.txt": TEXT}})
    two = containers.lay_out(tmp_path / "two", SMALL, {"train": parts})

    log = [run(container)[1] for container in (one, two)][1]

    assert artifacts(one) == artifacts(two)
    assert [line.split("/")[-1].split(" ")[0] for line in log.splitlines() if "Processing" in line] == ["a.txt", "b.txt"]


def test_the_persons_mistake_leaves_the_reason_and_exit_code_1(tmp_path: Path) -> None:
    container = containers.lay_out(tmp_path, SMALL | {"epochs": "none"}, {"train": {"text.txt": TEXT}})

    code, log = run(container)

    reason = container.failure_file.read_text()
    assert code == 1
    assert reason.startswith("Customer Error: Parameter epochs expects integer input.")
    assert reason in log
    assert not container.model.exists()


@pytest.mark.parametrize(("text", "settings"), [(b"", {}), (b"\n\n \n", {}), (b"one\n", {"min_count": "5"})])
def test_a_text_with_nothing_to_learn_is_refused_with_the_remedy(tmp_path: Path, text: bytes, settings: dict[str, str]) -> None:
    container = containers.lay_out(tmp_path, SMALL | settings, {"train": {"text.txt": text}})

    code, _ = run(container)

    assert code == 1
    assert container.failure_file.read_text().startswith("Customer Error: ")


@pytest.mark.parametrize("channel", ["train", "validation"])
def test_a_compressed_text_is_refused_by_name(tmp_path: Path, channel: str) -> None:
    settings = {"mode": "supervised", "epochs": "1"}
    channels = {"train": {"a.txt": b"__label__x a\n__label__y b\n" * 9}, channel: {"a.txt": gzip.compress(b"__label__x words\n")}}
    container = containers.lay_out(tmp_path, settings, channels)

    assert run(container)[0] == 1
    assert container.failure_file.read_text().startswith(f"Customer Error: /opt/ml/input/data/{channel}/a.txt is a gzip file.")


@pytest.mark.parametrize(
    ("mode", "names", "words"),
    [
        ("batch_skipgram", ["training"], "There is no train channel. The request has training. Name"),
        ("batch_skipgram", ["test", "a"], "There is no train channel. The request has a, test. Name"),
        ("batch_skipgram", [], "There is no train channel. The request has no channel. Name"),
        ("cbow", ["train", "validation"], "No other channels are supported: 'validation' was sent. Mode cbow reads train. R"),
        ("supervised", ["train", "validation", "b"], "No other channels are supported: 'b' was sent. Mode supervised reads train and v"),
        ("supervised", ["validation"], "There is no train channel. The request has validation. Name"),
    ],
)
def test_channels_a_mode_does_not_have_are_refused(tmp_path: Path, mode: str, names: list[str], words: str) -> None:
    container = containers.lay_out(tmp_path, {"mode": mode}, {name: {"a": b"x"} for name in names})

    assert run(container)[0] == 1
    assert container.failure_file.read_text().startswith(f"Customer Error: {words}")


def test_a_mode_that_the_instance_does_not_train_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    container = containers.lay_out(tmp_path, SMALL | {"mode": "batch_skipgram"}, {"train": {"text.txt": TEXT}}, ("algo-1", ["algo-1"]))
    file = tmp_path / "input" / "config" / "resourceconfig.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "current_instance_type": "ml.p3.2xlarge"}))

    assert run(container)[0] == 1

    assert container.failure_file.read_text().startswith("Customer Error: batch_skipgram is not supported on GPU.")
    assert not container.model.exists()


def test_a_missing_request_is_not_the_persons_mistake(tmp_path: Path) -> None:
    container = containers.lay_out(tmp_path, SMALL, {"train": {"text.txt": TEXT}})
    (tmp_path / "input/config/inputdataconfig.json").unlink()

    assert run(container)[0] == 1
    assert container.failure_file.read_text().startswith("Platform Error: ")


def test_a_defect_of_the_engine_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(word2vec, "train", broken)
    container = containers.lay_out(tmp_path, SMALL, {"train": {"text.txt": TEXT}})

    code, log = run(container)

    assert code == 1
    assert container.failure_file.read_text().startswith("Platform Error: The engine broke: KeyError('lost').")
    assert "Traceback" in log


def test_a_stopped_training_keeps_what_it_has(tmp_path: Path) -> None:
    settings = SMALL | {"epochs": "100000"}
    container = containers.lay_out(tmp_path, settings, {"train": {"text.txt": TEXT}})
    # A training of this size takes minutes to its first 2 %: the line that follows the vocabulary is the moment to stop.
    stop = PrintedLines("Number of words", lambda: os.kill(os.getpid(), signal.SIGTERM))

    code, log = run(container, stream=stop)

    assert code == 143, log
    assert "stopped before its end" in log
    assert "Progress: 100.00%" not in log
    assert "Training finished!" in log
    assert len(fasttext.load_model(str(container.model / "vectors.bin")).words) == 100


def test_a_training_stopped_before_it_began_leaves_no_model(tmp_path: Path) -> None:
    container = containers.lay_out(tmp_path, SMALL, {"train": {"text.txt": TEXT}})
    stop = PrintedLines("Processing", lambda: os.kill(os.getpid(), signal.SIGTERM))

    code, log = run(container, stream=stop)

    assert code == 143
    assert not artifacts(container)
    assert "There is no model to keep." in log


@pytest.mark.parametrize("mode", ["skipgram", "cbow"])
def test_subwords_give_unknown_words_the_vectors_fasttext_gives(tmp_path: Path, mode: str) -> None:
    settings = SMALL | {"mode": mode, "subwords": "True", "buckets": "500", "min_char": "2", "max_char": "4"}
    container = containers.lay_out(tmp_path, settings, {"train": {"text.txt": TEXT}})

    code, log = run(container)

    assert code == 0, log
    library, own = fasttext.load_model(str(container.model / "vectors.bin")), load(container.model)
    assert isinstance(own, WordVectorModel)
    words = [*library.words[:20], "t1w99", "unheardof"]
    np.testing.assert_allclose(own.vectors(words), [library.get_word_vector(word) for word in words], atol=1e-5)
    # What an unknown word is made of was trained: those of one topic share their n-grams, and have learnt from its words.
    unknown, same, other = own.vectors(["t1w99", "t1w5", "t3w5"])
    assert np.abs(own.vectors(["t1w99"])).max() > 0.01
    assert cosine(unknown, same) > cosine(unknown, other)
    rows = {line.split(b" ")[0].decode(): line.split(b" ")[1:] for line in artifacts(container)["vectors.txt"].splitlines()[1:]}
    np.testing.assert_allclose(
        [[float(number) for number in rows[word]] for word in words[:20]], own.vectors(words[:20]), rtol=1e-5, atol=1e-7
    )


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


EVERY_WORD2VEC_VALUE = {
    "mode": "cbow", "batch_size": "7", "buckets": "501", "epochs": "3", "evaluation": "False", "learning_rate": "0.03", "min_char": "2",
    "max_char": "4", "min_count": "2", "negative_samples": "6", "sampling_threshold": "0.01", "subwords": "True", "vector_dim": "9",
    "window_size": "8",
}  # fmt: skip
EVERY_CLASSIFIER_VALUE = {
    "mode": "supervised", "buckets": "502", "early_stopping": "True", "epochs": "7", "learning_rate": "0.3", "min_count": "2",
    "min_epochs": "3", "patience": "6", "vector_dim": "9", "word_ngrams": "3",
}  # fmt: skip


def settings_given_to(trainer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The settings of every training that this trainer does from now on."""
    seen: list[Any] = []
    original = trainer.train

    def train_(corpus: Any, settings: Any, **rest: Any) -> Any:
        seen.append(settings)
        return original(corpus, settings, **rest)

    monkeypatch.setattr(trainer, "train", train_)
    return seen


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Word2VecSettings("cbow", 9, 8, 6, 3, 0.03, 0.01, 7, Subwords(2, 4, 501), threads=2, seed=5)),
        ({"subwords": "False"}, Word2VecSettings("cbow", 9, 8, 6, 3, 0.03, 0.01, 7, None, threads=2, seed=5)),
        (
            {"subwords": "False", "mode": "batch_skipgram"},
            Word2VecSettings("batch_skipgram", 9, 8, 6, 3, 0.03, 0.01, 7, None, threads=2, seed=5),
        ),
    ],
)
def test_every_hyperparameter_of_word_vectors_reaches_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], expected: Word2VecSettings
) -> None:
    seen = settings_given_to(word2vec, monkeypatch)
    container = containers.lay_out(tmp_path, EVERY_WORD2VEC_VALUE | changes, {"train": {"text.txt": TEXT + b"once"}})

    code, log = run(container, threads=2, seed=5)

    assert code == 0, log
    assert seen == [expected]
    assert list(artifacts(container)) == ["vectors.bin", "vectors.txt"]
    assert b"once" not in artifacts(container)["vectors.txt"]


def test_every_hyperparameter_of_a_classifier_reaches_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = settings_given_to(classifier, monkeypatch)
    channels = {
        "train": {"text.txt": containers.labelled(60) + b"__label__topic1 once"},
        "validation": {"text.txt": containers.labelled(9)},
    }
    container = containers.lay_out(tmp_path, EVERY_CLASSIFIER_VALUE, channels)

    code, log = run(container, threads=2, seed=5)

    assert code == 0, log
    assert seen == [ClassifierSettings(9, 7, 0.3, 3, 502, 3, 6, threads=2, seed=5)]
    assert "once" not in fasttext.load_model(str(container.model / "model.bin")).words
    again = containers.lay_out(tmp_path, EVERY_CLASSIFIER_VALUE | {"early_stopping": "False"}, channels)
    assert run(again)[0] == 0
    assert seen[1].patience is None


def test_full_memory_is_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(word2vec, "train", full)
    container = containers.lay_out(tmp_path, SMALL, {"train": {"text.txt": TEXT}})

    code, log = run(container)

    assert code == 1
    assert container.failure_file.read_text().startswith("Platform Error: The machine's memory is full.")
    assert "Traceback" not in log


CLASSIFIER = {"mode": "supervised", "vector_dim": "8", "min_count": "1", "epochs": "10", "learning_rate": "0.5", "buckets": "1000"}


def test_a_classifier_is_trained_and_saved_as_fasttext_would(tmp_path: Path) -> None:
    channels = {"train": {"text.txt": containers.labelled(500)}, "validation": {"text.txt": containers.labelled(100, seed=2)}}
    container = containers.lay_out(tmp_path, CLASSIFIER, channels)

    code, log = run(container)

    assert code == 0, log
    assert list(artifacts(container)) == ["model.bin"]
    assert re.search(r"#train_accuracy: [01]\.\d{4}\nNumber of train examples: 500\n\n#validation_accuracy: ", log)
    assert "Loading validation data from /opt/ml/input/data/validation/text.txt\nLoaded validation data.\n" in log
    assert log.endswith("Number of validation examples: 100\n")
    assert float(re.findall(r"#validation_accuracy: (\S+)", log)[0]) > 0.9
    library, own = fasttext.load_model(str(container.model / "model.bin")), load(container.model)
    assert isinstance(own, TextClassifier)
    for text in ["t1w1 t1w3", "t2w5 unknown t3w1 t2w2"]:
        labels, probabilities = library.predict(text, k=5)
        assert own.predict(text, 5)[0] == list(labels)
        np.testing.assert_allclose(own.predict(text, 5)[1], probabilities, atol=1e-5)


def test_the_accuracy_reported_is_the_one_fasttext_measures(tmp_path: Path) -> None:
    validation = containers.labelled(200, seed=2).replace(b"t1w1", b"t2w2").replace(b"t3w3", b"unknown")
    channels = {"train": {"text.txt": containers.labelled(60)}, "validation": {"text.txt": validation}}
    container = containers.lay_out(tmp_path, CLASSIFIER | {"epochs": "3"}, channels)

    code, log = run(container)

    assert code == 0, log
    library = fasttext.load_model(str(container.model / "model.bin"))
    examples, precision, _ = library.test(str(tmp_path / "input/data/validation/text.txt"))
    assert examples == 200
    assert float(re.findall(r"#validation_accuracy: (\S+)", log)[0]) == pytest.approx(precision, abs=5.1e-5)


def test_training_stops_early_when_validation_gets_no_better(tmp_path: Path) -> None:
    settings = CLASSIFIER | {"epochs": "50", "early_stopping": "true", "min_epochs": "2", "patience": "3"}
    channels = {"train": {"text.txt": containers.labelled(300)}, "validation": {"text.txt": containers.labelled(100, seed=2)}}
    container = containers.lay_out(tmp_path, settings, channels)

    code, log = run(container)

    assert code == 0, log
    ends = [int(epoch) for epoch in re.findall(r"-------------- End of epoch: (\d+)", log)]
    assert ends == list(range(2, ends[-1] + 1))
    assert ends[-1] < 50
    assert "Validation accuracy has not improved for last 3 epochs." in log


def test_a_classifiers_bytes_depend_on_the_seed_alone(tmp_path: Path) -> None:
    both = [containers.lay_out(tmp_path / name, CLASSIFIER, {"train": {"text.txt": containers.labelled(100)}}) for name in ("one", "two")]

    assert [run(container, seed=3)[0] for container in both] == [0, 0]

    assert artifacts(both[0]) == artifacts(both[1])


def test_own_evaluation_sets_are_reported(tmp_path: Path) -> None:
    gold = tmp_path / "topics.txt"
    gold.write_text("t1w1\tt1w2\t9\nt1w1\tt2w2\t1\nt3w1\tt3w2\t8\n")
    container = containers.lay_out(tmp_path, SMALL, {"train": {"text.txt": TEXT}})

    code, log = run(container, ENGINE_EVALUATION_SETS=str(gold))

    assert code == 0, log
    assert json.loads(artifacts(container)["eval.json"])["topics.txt"]["total_pairs"] == 3


def test_a_broken_evaluation_set_is_refused_before_the_training(tmp_path: Path) -> None:
    container = containers.lay_out(tmp_path, SMALL, {"train": {"text.txt": TEXT}})

    code, log = run(container, ENGINE_EVALUATION_SETS=str(tmp_path / "missing.txt"))

    assert code == 1
    assert "Alpha" not in log


def test_a_stop_while_the_validation_channel_is_read_is_heard(tmp_path: Path) -> None:
    line = b"__label__a some words\n__label__b other words\n"
    channels = {"train": {"text.txt": line * 100}, "validation": {"text.txt": line * 100_000}}
    container = containers.lay_out(tmp_path, CLASSIFIER, channels)
    stop = PrintedLines("Loading validation", lambda: os.kill(os.getpid(), signal.SIGTERM))

    code, log = run(container, stream=stop)

    assert code == 143
    assert not artifacts(container)
    assert "There is no model to keep." in log
