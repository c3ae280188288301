"""Several hosts train one model: real processes, one `/opt/ml` each, a folder between them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from gensim.models import KeyedVectors

from tests.unit.engine import containers

HOSTS = ["algo-1", "algo-2"]
SETTINGS = {"mode": "batch_skipgram", "vector_dim": "16", "min_count": "1", "epochs": "20", "evaluation": "False"}
TEXT = containers.sentences(4000)


def start(folder: Path, host: str, settings: dict[str, str]) -> subprocess.Popen[str]:
    containers.lay_out(folder / host, settings, {"train": {"text.txt": TEXT}}, (host, HOSTS))
    network = folder / "network"
    network.mkdir(exist_ok=True)
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(folder / host), "ENGINE_RENDEZVOUS": str(network), "ENGINE_THREADS": "1"}
    command = [sys.executable, "-m", "blazingtext_engine", "train"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_two_hosts_train_one_model_and_only_the_first_writes_it(tmp_path: Path) -> None:
    processes = [start(tmp_path, host, SETTINGS) for host in HOSTS]

    first, second = (process.communicate(timeout=120)[0] for process in processes)

    assert [process.returncode for process in processes] == [0, 0], first + second
    assert "Running distributed CPU BlazingText training using batch_skipgram on 2 hosts." in first
    assert "Progress: 100.00%" in first
    assert "Master host is not alive. Training might have finished. Shutting down.... Check the logs for algo-1 machine." in second
    assert not list((tmp_path / "algo-2" / "model").iterdir())
    vectors = KeyedVectors.load_word2vec_format(tmp_path / "algo-1" / "model" / "vectors.txt")
    assert vectors.similarity("t1w1", "t1w2") > vectors.similarity("t1w1", "t2w2")


def test_a_host_that_dies_fails_the_training_of_the_others(tmp_path: Path) -> None:
    # Trained in a minute or two; the words are counted in a moment, and then the training begins.
    first, second = (start(tmp_path, host, {**SETTINGS, "epochs": "20000"}) for host in HOSTS)
    assert first.stdout is not None
    for line in first.stdout:
        if "Number of words" in line:
            break

    second.send_signal(signal.SIGKILL)
    second.communicate(timeout=30)
    rest, _ = first.communicate(timeout=120)

    assert first.returncode == 1, rest
    assert "algo-2" in (tmp_path / "algo-1" / "output" / "failure").read_text()


def test_other_modes_refuse_several_hosts_in_aws_words(tmp_path: Path) -> None:
    process = start(tmp_path, "algo-1", {**SETTINGS, "mode": "cbow"})

    log, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "Only batch_skipgram is available when training on multiple CPU instances" in log
