"""Several hosts train one model: real processes, one `/opt/ml` each, that share nothing but loopback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from gensim.models import KeyedVectors

from tests.patience import PATIENCE
from tests.unit.engine import containers
from tests.unit.engine.network_support import free_places

HOSTS = ["algo-1", "algo-2"]
SETTINGS = {"mode": "batch_skipgram", "vector_dim": "16", "min_count": "1", "epochs": "20", "evaluation": "False"}
TEXT = containers.sentences(4000)


def start_all(folder: Path, settings: dict[str, str], hosts: list[str]) -> list[subprocess.Popen[str]]:
    where = ",".join(f"{name}={place.address}:{place.port}" for name, place in zip(hosts, free_places(len(hosts)), strict=True))
    return [start(folder, host, settings, hosts, where) for host in hosts]


def start(folder: Path, host: str, settings: dict[str, str], hosts: list[str], where: str) -> subprocess.Popen[str]:
    containers.lay_out(folder / host, settings, {"train": {"text.txt": TEXT}}, (host, hosts))
    own = {"SAGEMAKER_BASE_DIR": str(folder / host), "ENGINE_HOSTS": where, "ENGINE_SECRET": "secret", "ENGINE_THREADS": "1"}
    command = [sys.executable, "-m", "blazingtext_engine", "train"]
    return subprocess.Popen(command, env=os.environ | own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def read_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"the host ended before it said {text!r}")


def test_two_hosts_train_one_model_and_only_the_first_writes_it(tmp_path: Path) -> None:
    processes = start_all(tmp_path, SETTINGS, HOSTS)

    first, second = (process.communicate(timeout=PATIENCE)[0] for process in processes)

    assert [process.returncode for process in processes] == [0, 0], first + second
    assert "Running distributed CPU BlazingText training using batch_skipgram on 2 hosts." in first
    assert "Progress: 100.00%" in first
    assert "Master host is not alive. Training might have finished. Shutting down.... Check the logs for algo-1 machine." in second
    assert not list((tmp_path / "algo-2" / "model").iterdir())
    vectors = KeyedVectors.load_word2vec_format(tmp_path / "algo-1" / "model" / "vectors.txt")
    assert vectors.similarity("t1w1", "t1w2") > vectors.similarity("t1w1", "t2w2")


def test_a_host_that_dies_fails_the_training_of_the_others(tmp_path: Path) -> None:
    # Of minutes; the words are counted in a moment, and then the training begins.
    hosts = ["algo-1", "algo-2", "algo-3"]
    first, second, third = start_all(tmp_path, {**SETTINGS, "epochs": "20000"}, hosts)
    read_until(first, "Number of words")

    second.send_signal(signal.SIGKILL)
    second.communicate(timeout=PATIENCE)
    logs = [process.communicate(timeout=PATIENCE)[0] for process in (first, third)]

    assert (first.returncode, third.returncode) == (1, 1), logs
    for host in ("algo-1", "algo-3"):
        failure = (tmp_path / host / "output" / "failure").read_text()
        assert failure.startswith("Platform Error: The host algo-2 ended before the training did."), failure


def test_a_host_that_stands_still_is_waited_for(tmp_path: Path) -> None:
    first, second = start_all(tmp_path, {**SETTINGS, "epochs": "200"}, HOSTS)
    read_until(first, "Number of words")

    second.send_signal(signal.SIGSTOP)
    # Longer than it takes to find out that a machine is gone.
    time.sleep(15)
    assert first.poll() is None
    second.send_signal(signal.SIGCONT)

    logs = [process.communicate(timeout=PATIENCE)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), logs


def test_other_modes_refuse_several_hosts_in_aws_words(tmp_path: Path) -> None:
    process = start(tmp_path, "algo-1", {**SETTINGS, "mode": "cbow"}, HOSTS, "")

    log, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert "Only batch_skipgram is available when training on multiple CPU instances" in log
