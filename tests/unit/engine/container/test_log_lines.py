"""Log lines against those real runs printed (single host 2020-06, two hosts 2020-11, classification 2019-06)."""

import calendar
import io
import itertools
import re
from pathlib import Path

import pytest

from blazingtext_engine.container import log_lines
from blazingtext_engine.container.log_lines import Log

METRIC = re.compile(r"#mean_rho: (\S+)")


@pytest.fixture
def log() -> Log:
    return Log(io.StringIO(), clock=lambda: calendar.timegm((2020, 6, 27, 16, 23, 56)), thread_id=lambda: 140271083321152)


def printed(log: Log) -> str:
    assert isinstance(log.stream, io.StringIO)
    return log.stream.getvalue()


def test_a_training_on_one_host_starts_as_blazingtexts_does(log: Log) -> None:
    times = iter((1.0, 1.025217056274414062))

    log_lines.started(log)
    log_lines.gpu_count(log, count=lambda: 0, timer=lambda: next(times))
    log_lines.single_machine(log, "batch_skipgram")
    log_lines.processing(log, "/opt/ml/input/data/train/text8", 100_000_000)

    assert printed(log) == (
        "Arguments: train\n"
        "[06/27/2020 16:23:56 WARNING 140271083321152] Loggers have already been setup.\n"
        "[06/27/2020 16:23:56 WARNING 140271083321152] Loggers have already been setup.\n"
        "[06/27/2020 16:23:56 INFO 140271083321152] nvidia-smi took: 0.025217056274414062 secs to identify 0 gpus\n"
        "[06/27/2020 16:23:56 INFO 140271083321152] Running single machine CPU BlazingText training using batch_skipgram mode.\n"
        "[06/27/2020 16:23:56 INFO 140271083321152] Processing /opt/ml/input/data/train/text8 . File size: 95.367431640625 MB\n"
    )


def test_reading_is_reported_every_ten_million_words_and_at_the_end(log: Log) -> None:
    words = log_lines.WordsRead(log)

    for count in (3_000_000, 9_999_999, 10_000_000, 12_000_000, 31_500_000):
        words.update(count)
    words.finish(38_200_123, 50298)

    assert printed(log) == "Read 10M words\nRead 20M words\nRead 30M words\nRead 38M words\nNumber of words:  50298\n"


def test_a_text_that_is_read_at_once_is_reported_in_tens_of_millions_all_the_same(log: Log) -> None:
    log_lines.WordsRead(log).finish(25_000_000, 7)

    assert printed(log) == "Read 10M words\nRead 20M words\nRead 25M words\nNumber of words:  7\n"


def test_progress_has_the_real_lines_spaces(log: Log) -> None:
    progress = log_lines.TrainingProgress(log, 0.05)

    progress.update(0.02, 2_120_000)
    progress.update(0.0701, 2_230_000)
    progress.finish(1.0, 2_270_000)

    assert printed(log) == (
        "##### Alpha: 0.0490  Progress: 2.00%  Million Words/sec: 2.12 #####\n"
        "##### Alpha: 0.0465  Progress: 7.01%  Million Words/sec: 2.23 #####\n"
        "##### Alpha: 0.0000  Progress: 100.00%  Million Words/sec: 2.27 #####\n"
    )


def test_progress_appears_at_two_percent_and_about_every_five(log: Log) -> None:
    progress = log_lines.TrainingProgress(log, 0.05)

    for thousandth in range(1001):
        progress.update(thousandth / 1000, 1e6)
    progress.finish(1.0, 1e6)

    percents = [float(percent) for percent in re.findall(r"Progress: (\S+)%", printed(log))]
    assert percents[0] == pytest.approx(2, abs=0.2)
    assert percents[-1] == 100
    assert all(4.7 <= later - earlier <= 5.3 for earlier, later in itertools.pairwise(percents[:-1]))


def test_several_hosts_print_progress_without_number_signs(log: Log) -> None:
    log_lines.TrainingProgress(log, 0.05, distributed=True).update(0.0207, 3_950_000)

    assert printed(log) == "Alpha: 0.0490  Progress: 2.07%  Million Words/sec: 3.95\n"


def test_a_training_ends_with_throughput_and_evaluation(log: Log) -> None:
    log_lines.finished(log, words_per_second=2_270_000, seconds=653.67)
    log_lines.evaluated(
        log, vectors="/opt/ml/model/vectors.txt", report='{\n    "mean_rho": 0.7164745137513052\n}', mean_rho=0.7164745137513052
    )

    text = printed(log)
    assert text == (
        "Training finished!\n"
        "Average throughput in Million words/sec: 2.27\n"
        "Total training time in seconds: 653.67\n"
        "\n"
        "Evaluating word embeddings....\n"
        "Vectors read from: /opt/ml/model/vectors.txt \n"
        '{\n    "mean_rho": 0.7164745137513052\n}\n'
        "[06/27/2020 16:23:56 INFO 140271083321152] #mean_rho: 0.7164745137513052\n"
    )
    assert METRIC.findall(text) == ["0.7164745137513052"]


def test_classification_prints_its_own_lines(log: Log) -> None:
    log_lines.validation_loading(log, "/opt/ml/input/data/validation/dbpedia.validation")
    log_lines.validation_loaded(log)
    log_lines.epoch_validated(log, epoch=5, threads=16, accuracy=0.969529, without_improvement=0)
    log_lines.epoch_validated(log, epoch=6, threads=16, accuracy=0.969, without_improvement=1)
    log_lines.finished(log, words_per_second=21_610_000, seconds=2.89, supervised=True)
    log_lines.accuracy(log, "train", 0.98664, 112000)
    log.line()
    log_lines.accuracy(log, "validation", 0.97212, 70000)

    assert printed(log) == (
        "Loading validation data from /opt/ml/input/data/validation/dbpedia.validation\n"
        "Loaded validation data.\n"
        "-------------- End of epoch: 5\n"
        "Using 16 threads for prediction!\n"
        "Validation accuracy: 0.969529\n"
        "Validation accuracy improved! Storing best weights...\n"
        "-------------- End of epoch: 6\n"
        "Using 16 threads for prediction!\n"
        "Validation accuracy: 0.969\n"
        "Validation accuracy has not improved for last 1 epochs.\n"
        "Training finished.\n"
        "Average throughput in Million words/sec: 21.61\n"
        "Total training time in seconds: 2.89\n"
        "\n"
        "#train_accuracy: 0.9866\n"
        "Number of train examples: 112000\n"
        "\n"
        "#validation_accuracy: 0.9721\n"
        "Number of validation examples: 70000\n"
    )


def test_several_hosts_introduce_themselves(log: Log) -> None:
    addresses = [("algo-1", "10.32.0.4"), ("algo-2", "10.40.0.3")]

    log_lines.distributed_training(log, mode="batch_skipgram", addresses=addresses, current="algo-1")
    log_lines.master_ready(log)
    log_lines.processes(log, ["algo-1", "algo-2"])
    log_lines.worker_finished(log)

    prefix = "[06/27/2020 16:23:56 INFO 140271083321152] "
    assert re.fullmatch(
        re.escape(
            "Found 10.32.0.4 for host algo-1\n"
            "Found 10.40.0.3 for host algo-2\n"
            f"{prefix}Running distributed CPU BlazingText training using batch_skipgram on 2 hosts.\n"
            f"{prefix}Number of hosts: 2, master IP address: 10.32.0.4, host IP address: 10.32.0.4.\n"
            f"{prefix}HTTP server started....\n"
            f"{prefix}Number of CPU sockets found in instance is  N\n"
            "processor name: algo-1, number of processors: 2, rank: 0\n"
            "processor name: algo-2, number of processors: 2, rank: 1\n"
            f"{prefix}Master host is not alive. Training might have finished. Shutting down.... Check the logs for algo-1 machine.\n"
        ).replace("is\\ \\ N", r"is  \d+"),
        printed(log),
    )


def test_a_line_can_be_read_as_soon_as_it_is_printed(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w", encoding="utf-8") as stream:
        Log(stream).line("Read 10M words")

        assert (tmp_path / "log").read_text(encoding="utf-8") == "Read 10M words\n"


def nvidia_smi(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "nvidia-smi"
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_gpus_are_the_lines_of_the_drivers_list(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = '[ "$*" = -L ] && printf "GPU 0: Tesla V100 (UUID: a)\\n  MIG 1g (UUID: b)\\nGPU 1: Tesla V100 (UUID: c)\\n" && echo GPU 2 >&2'
    nvidia_smi(tmp_path, f"#!/bin/sh\n{script}\nexit 1\n", monkeypatch)

    log_lines.gpu_count(log)

    assert re.search(r"INFO 140271083321152\] nvidia-smi took: \d\S+ secs to identify 2 gpus\n$", printed(log))


def test_a_machine_without_a_driver_has_no_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert log_lines.count_gpus() == 0


def test_errors_warnings_and_plain_lines_are_dated_in_utc(log: Log) -> None:
    log.error("one")
    log.warning("two")
    log.line("three")
    log.line()

    prefix = "[06/27/2020 16:23:56 "
    assert printed(log) == f"{prefix}ERROR 140271083321152] one\n{prefix}WARNING 140271083321152] two\nthree\n\n"


def test_an_interrupted_training_ends_below_100_percent_and_says_nothing_twice(log: Log) -> None:
    progress = log_lines.TrainingProgress(log, 0.05)

    progress.update(0.019, 1e6)
    progress.update(0.02, 1e6)
    progress.finish(0.02, 1e6)
    log_lines.TrainingProgress(log, 0.05).finish(0.0, 1e6)

    assert re.findall(r"Progress: (\S+)%", printed(log)) == ["2.00", "0.00"]


def test_the_sockets_of_a_machine_are_counted_once_each(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "Path", lambda given: tmp_path / str(given).removeprefix("/"))
    log_lines.master_ready(log)
    for cpu, socket in (("cpu0", "0\n"), ("cpu1", "1\n"), ("cpu10", "1\n"), ("cpufreq", "7\n")):
        folder = tmp_path / "sys/devices/system/cpu" / cpu / "topology"
        folder.mkdir(parents=True)
        (folder / "physical_package_id").write_text(socket)
    log_lines.master_ready(log)

    assert re.findall(r"Number of CPU sockets found in instance is  (\d+)\n", printed(log)) == ["1", "2"]


@pytest.mark.parametrize("script", ["#!/bin/sh\nexec sleep 60\n", "no program at all"], ids=["hangs", "cannot run"])
def test_a_driver_that_does_not_answer_holds_up_no_training(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nvidia_smi(tmp_path, script, monkeypatch)
    monkeypatch.setattr(log_lines, "GPU_SECONDS", 0.2)

    assert log_lines.count_gpus() == 0
