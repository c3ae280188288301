"""Several hosts train one model: here as threads of one process, each with an /opt/ml of its own and loopback between them."""

import io
import json
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import fasttext
import pytest

from blazingtext_engine import train, train_steps
from blazingtext_engine.container.log_lines import Log
from blazingtext_engine.container.opt_ml import Container
from blazingtext_engine.corpus.shares import read_share
from blazingtext_engine.errors import ChannelError, HostError, PlatformError, StoppedError, UserError
from blazingtext_engine.network.addresses import places
from blazingtext_engine.network.meeting import Meeting, meet, secret_of
from blazingtext_engine.train_hosts import _terms
from blazingtext_engine.train_steps import Resources, Training
from blazingtext_engine.training.averaging import SharedModel
from tests.patience import PATIENCE
from tests.unit.engine import containers
from tests.unit.engine.network_support import free_places

HOSTS = ["algo-1", "algo-2"]
SETTINGS = {"mode": "batch_skipgram", "vector_dim": "16", "min_count": "2", "epochs": "2", "sampling_threshold": "0.01"}
TEXT = containers.sentences(200) + b"once\n"


def hosts_of(
    folder: Path, settings: dict[str, str], stops: Sequence[Callable[[], bool]] = (lambda: False,) * 2, **environ: str
) -> list[tuple[Training, io.StringIO]]:
    """Every host, with a folder of its own; all know where each listens."""
    where = ",".join(f"{name}={place.address}:{place.port}" for name, place in zip(HOSTS, free_places(len(HOSTS)), strict=True))
    environ = {"ENGINE_HOSTS": where, "ENGINE_SECRET": "secret", "TRAINING_JOB_NAME": "job", **environ}
    found = []
    for name, stop in zip(HOSTS, stops, strict=True):
        container, lines = containers.lay_out(folder / name, settings, {"train": {"text.txt": TEXT}}, (name, HOSTS)), io.StringIO()
        found.append((Training(container, environ, Resources(threads=1, seed=1), Log(lines), stop), lines))
    return found


def meeting_of(training: Training) -> Meeting:
    hosts = training.container.hosts()
    return Meeting(hosts.names, hosts.rank, places(training.environ, hosts.names), "job", secret_of(training.environ))


def train_together(*trainings: Training) -> list[bool]:
    with ThreadPoolExecutor(len(trainings)) as pool:
        return list(pool.map(train.train, trainings))


def files(container: Container) -> list[str]:
    return sorted(path.name for path in container.model.iterdir())


def test_two_hosts_train_one_model_and_the_first_writes_it(tmp_path: Path) -> None:
    (first, log), (second, other) = hosts_of(tmp_path, SETTINGS)

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
    assert re.search(r"Sent \d+\.\d MB to the other hosts\. Sending, receiving and waiting took \d+\.\d\d seconds\.\n", lines)
    ending = "Master host is not alive. Training might have finished. Shutting down.... Check the logs for algo-1 machine.\n"
    assert other.getvalue().endswith(ending)
    assert "Number of words" not in other.getvalue()


def test_hosts_with_one_thread_each_give_the_same_bytes_every_time(tmp_path: Path) -> None:
    written = []
    for run in ("first", "second"):
        hosts = hosts_of(tmp_path / run, SETTINGS | {"evaluation": "False"})
        train_together(*(each for each, _ in hosts))
        written.append((hosts[0][0].container.model / "vectors.bin").read_bytes())

    assert written[0] == written[1]


def test_hosts_that_are_stopped_keep_what_they_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    combined, combine = threading.Event(), SharedModel.combine

    def noted(model: SharedModel) -> None:
        combine(model)
        combined.set()

    monkeypatch.setattr(SharedModel, "combine", noted)
    # A training of minutes: it is under way when one host, and only one, is asked to stop.
    asked = [lambda: False, combined.is_set]
    hosts = hosts_of(tmp_path, SETTINGS | {"epochs": "100000", "evaluation": "False"}, asked)

    assert train_together(*(each for each, _ in hosts)) == [False, False]

    assert files(hosts[0][0].container) == ["vectors.bin", "vectors.txt"]
    assert "Progress: 100.00%" not in hosts[0][1].getvalue()
    assert "Training finished!" in hosts[0][1].getvalue()


@pytest.mark.parametrize("rank", [0, 1])
def test_a_stop_before_all_hosts_have_come_is_heard(tmp_path: Path, rank: int) -> None:
    training, _ = hosts_of(tmp_path, SETTINGS, [lambda: True, lambda: True])[rank]

    with pytest.raises(StoppedError):
        train.train(training)


def test_a_host_that_dies_ends_the_training_of_the_others(tmp_path: Path) -> None:
    (first, log), (second, _) = hosts_of(tmp_path, SETTINGS | {"epochs": "20000"})

    with ThreadPoolExecutor(1) as pool:
        training = pool.submit(train.train, first)
        # A host that reads its share of the text, and ends without having trained anything.
        with meet(meeting_of(second)) as group:
            group.agree(_terms(second, second.container.channels()["train"]))
            read_share(second.container.channels()["train"].files, group, min_count=2, threads=1)
        with pytest.raises(HostError, match="algo-2 ended before the training did"):
            training.result(PATIENCE)

    assert not files(first.container)
    assert "Training finished" not in log.getvalue()


def test_what_is_wrong_on_one_host_is_told_by_all(tmp_path: Path) -> None:
    hosts = hosts_of(tmp_path, SETTINGS | {"min_count": "100000"})

    with ThreadPoolExecutor(2) as pool:
        endings = [pool.submit(train.train, each) for each, _ in hosts]
        for ending in endings:
            with pytest.raises(UserError, match=r"No word occurs 100000 times in text\.txt"):
                ending.result(PATIENCE)


def test_hosts_that_were_given_different_things_are_refused(tmp_path: Path) -> None:
    first, second = (each for each, _ in hosts_of(tmp_path, SETTINGS))
    (second.container.base / "input/data/train/text.txt").write_bytes(TEXT + b"more\n")
    other = replace(second, resources=train_steps.Resources(threads=1, seed=2))

    with ThreadPoolExecutor(2) as pool:
        for ending in [pool.submit(train.train, each) for each in (first, other)]:
            with pytest.raises(PlatformError, match=r"algo-\d and algo-\d were given different things: (seed, text|text, seed)"):
                ending.result(PATIENCE)


def test_a_channel_that_does_not_say_how_it_is_sent_is_whole_on_every_host(tmp_path: Path) -> None:
    hosts = hosts_of(tmp_path, SETTINGS | {"epochs": "1", "evaluation": "False"})
    for training, _ in hosts:
        (training.container.base / "input/config/inputdataconfig.json").write_text(json.dumps({"train": {}}))

    assert train_together(*(each for each, _ in hosts)) == [True, True]


def test_a_text_that_was_dealt_out_among_the_hosts_is_refused(tmp_path: Path) -> None:
    training, _ = hosts_of(tmp_path, SETTINGS)[0]
    file = training.container.base / "input/config/inputdataconfig.json"
    file.write_text(json.dumps({"train": {"S3DistributionType": "ShardedByS3Key"}}))

    with pytest.raises(ChannelError, match=r"^Always keep 'FullyReplicated' for BlazingText\."):
        train.train(training)


def test_a_broken_evaluation_set_is_refused_before_anybody_is_waited_for(tmp_path: Path) -> None:
    training, lines = hosts_of(tmp_path, SETTINGS, ENGINE_EVALUATION_SETS=str(tmp_path / "missing.txt"))[0]

    with pytest.raises(UserError, match=r"missing\.txt cannot be used"):
        train.train(training)
    assert "Number of words" not in lines.getvalue()
