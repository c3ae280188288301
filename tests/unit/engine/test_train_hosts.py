"""Several hosts train one model: here as threads of one process, each with an /opt/ml of its own and a folder between them."""

import io
import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import fasttext
import pytest

from blazingtext_engine import train
from blazingtext_engine.container.log_lines import Log
from blazingtext_engine.container.opt_ml import Container, Hosts
from blazingtext_engine.container.rendezvous import Rendezvous, join_hosts
from blazingtext_engine.errors import ChannelError, HostError, StoppedError, UserError
from blazingtext_engine.training import word2vec
from tests.unit.engine import containers

HOSTS = ["algo-1", "algo-2"]
SETTINGS = {"mode": "batch_skipgram", "vector_dim": "16", "min_count": "2", "epochs": "2", "sampling_threshold": "0.01"}
TEXT = containers.sentences(200) + b"once\n"


def host(
    folder: Path, name: str, settings: dict[str, str], stop: Callable[[], bool] = lambda: False, **environ: str
) -> tuple[train.Training, io.StringIO]:
    container, lines = containers.lay_out(folder / name, settings, {"train": {"text.txt": TEXT}}, (name, HOSTS)), io.StringIO()
    environ = {"ENGINE_RENDEZVOUS": str(folder / "network"), **environ}
    return train.Training(container, environ, train.Resources(threads=1, seed=1), Log(lines), stop), lines


def train_together(*trainings: train.Training) -> list[bool]:
    with ThreadPoolExecutor(len(trainings)) as pool:
        return list(pool.map(train.train, trainings))


def files(container: Container) -> list[str]:
    return sorted(path.name for path in container.model.iterdir())


def test_two_hosts_train_one_model_and_the_first_writes_it(tmp_path: Path) -> None:
    (first, log), (second, other) = (host(tmp_path, name, SETTINGS) for name in HOSTS)

    assert train_together(first, second) == [True, True]

    assert files(first.container) == ["eval.json", "vectors.bin", "vectors.txt"]
    assert not files(second.container)
    words = fasttext.load_model(str(first.container.model / "vectors.bin")).words
    assert len(words) == 100
    assert "once" not in words
    lines = log.getvalue()
    assert "Found 127.0.0.1 for host algo-1\nFound 127.0.0.1 for host algo-2\n" in lines
    assert "Running distributed CPU BlazingText training using batch_skipgram on 2 hosts." in lines
    assert "processor name: algo-2, number of processors: 2, rank: 1\n" in lines
    assert "Processing /opt/ml/input/data/train/text.txt . File size: " in lines
    assert "Read 0M words\nNumber of words:  100\n" in lines
    assert "\nAlpha: 0.0000  Progress: 100.00%  Million Words/sec: " in lines
    assert "#####" not in lines
    assert "Training finished!\n" in lines
    assert "#mean_rho: " in lines
    assert "HTTP server started...." in lines
    ending = "Master host is not alive. Training might have finished. Shutting down.... Check the logs for algo-1 machine.\n"
    assert other.getvalue().endswith(ending)
    assert "Number of words" not in other.getvalue()


def test_hosts_that_are_stopped_keep_what_they_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = threading.Event()
    monkeypatch.setattr(Rendezvous, "any_peer_died", lambda _: training.set())
    # A training of minutes: it is under way when a host asks whether another one has died.
    hosts = [host(tmp_path, name, SETTINGS | {"epochs": "100000", "evaluation": "False"}, training.is_set) for name in HOSTS]

    assert train_together(*(each for each, _ in hosts)) == [False, False]

    assert files(hosts[0][0].container) == ["vectors.bin", "vectors.txt"]
    assert "Progress: 100.00%" not in hosts[0][1].getvalue()
    assert "Training finished!" in hosts[0][1].getvalue()


@pytest.mark.parametrize("name", HOSTS)
def test_a_stop_while_the_text_is_read_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(Rendezvous, "wait_for_all", lambda *_, **__: None)
    training, _ = host(tmp_path, name, SETTINGS, lambda: True)

    with pytest.raises(StoppedError):
        train.train(training)


def test_a_host_that_dies_ends_the_training_of_the_others(tmp_path: Path) -> None:
    first, log = host(tmp_path, HOSTS[0], SETTINGS | {"epochs": "20000"})

    with ThreadPoolExecutor(1) as pool:
        # A host that has joined, sees the model, and ends without having trained anything.
        with join_hosts(first.environ, Hosts(HOSTS[1], tuple(HOSTS))) as second:
            training = pool.submit(train.train, first)
            second.wait_for_file(second.model_file, timeout=120)
        with pytest.raises(HostError, match="algo-2 ended before the training did"):
            training.result(120)

    assert not files(first.container)
    assert all(float(percent) < 80 for percent in re.findall(r"Progress: (\S+)%", log.getvalue()))


def test_hosts_wait_for_each_other_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "JOIN_SECONDS", 0.01)

    for name, words in zip(HOSTS, (r"algo-2 did not reach the stage 'joined'", "algo-1 did not make model"), strict=True):
        with pytest.raises(HostError, match=words):
            train.train(host(tmp_path / name, name, SETTINGS)[0])


@pytest.mark.parametrize(("seconds", "patience"), [(0.5, 120), (500.0, 500)])
def test_hosts_wait_five_minutes_to_join_and_as_long_as_the_first_has_trained_for_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, patience: float
) -> None:
    waits: list[tuple[str, float]] = []
    wait_for_all, wait_for_file, trained = Rendezvous.wait_for_all, Rendezvous.wait_for_file, word2vec.train

    def all_(self: Rendezvous, stage: str, *, timeout: float) -> None:
        waits.append((stage, timeout))
        wait_for_all(self, stage, timeout=60)

    def file(self: Rendezvous, path: Path, *, timeout: float) -> None:
        waits.append((path.name, timeout))
        wait_for_file(self, path, timeout=60)

    monkeypatch.setattr(Rendezvous, "wait_for_all", all_)
    monkeypatch.setattr(Rendezvous, "wait_for_file", file)
    monkeypatch.setattr(word2vec, "train", lambda *given, **named: replace(trained(*given, **named), train_seconds=seconds))

    train_together(*(host(tmp_path, name, SETTINGS | {"epochs": "1"})[0] for name in HOSTS))

    assert sorted(waits) == [("joined", 300), ("model", 300), ("trained", patience)]


def test_a_channel_that_does_not_say_how_it_is_sent_is_whole_on_every_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training, _ = host(tmp_path, HOSTS[0], SETTINGS)
    (training.container.base / "input/config/inputdataconfig.json").write_text(json.dumps({"train": {}}))
    monkeypatch.setattr(train, "JOIN_SECONDS", 0.01)

    with pytest.raises(HostError, match="did not reach the stage 'joined'"):
        train.train(training)


def test_a_text_that_was_dealt_out_among_the_hosts_is_refused(tmp_path: Path) -> None:
    training, _ = host(tmp_path, HOSTS[0], SETTINGS)
    file = training.container.base / "input/config/inputdataconfig.json"
    file.write_text(json.dumps({"train": {"S3DistributionType": "ShardedByS3Key"}}))

    with pytest.raises(ChannelError, match=r"^Always keep 'FullyReplicated' for BlazingText\."):
        train.train(training)


def test_a_broken_evaluation_set_is_refused_before_anybody_is_waited_for(tmp_path: Path) -> None:
    training, lines = host(tmp_path, HOSTS[0], SETTINGS, ENGINE_EVALUATION_SETS=str(tmp_path / "missing.txt"))

    with pytest.raises(UserError, match=r"missing\.txt cannot be used"):
        train.train(training)
    assert "Number of words" not in lines.getvalue()
