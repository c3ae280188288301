"""The command line and its environment variables."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from blazingtext_engine import __main__ as command_line
from blazingtext_engine import serve, train
from blazingtext_engine.container.log_lines import Log
from blazingtext_engine.container.opt_ml import Container
from blazingtext_engine.errors import ModelError


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, train.Resources]]:
    """What the trainer would have been called with."""
    seen: list[tuple[Path, train.Resources]] = []

    def run(container: Container, *, environ: Mapping[str, str], resources: train.Resources, log: Log) -> int:
        assert environ is os.environ
        assert log.stream is sys.stdout
        seen.append((container.base, resources))
        return 0

    for name in ("ENGINE_THREADS", "ENGINE_SEED", "SAGEMAKER_BASE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(train, "run", run)
    return seen


@pytest.mark.parametrize("allowed", [{0}, {2, 3, 7}], ids=["one of them", "three of them"])
def test_every_processor_the_process_may_use_trains_unless_told_otherwise(
    calls: list[tuple[Path, train.Resources]], monkeypatch: pytest.MonkeyPatch, allowed: set[int]
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    # Of this process, which the system calls 0.
    monkeypatch.setattr("os.sched_getaffinity", {0: allowed}.__getitem__, raising=False)

    assert command_line.main(["train"]) == 0

    assert calls == [(Path("/opt/ml"), train.Resources(len(allowed), 1))]


def test_no_more_processors_train_than_counters_are_there_for(
    calls: list[tuple[Path, train.Resources]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: set(range(300)), raising=False)

    command_line.main(["train"])
    command_line.main(["train", "--threads", "256"])

    assert [resources.threads for _, resources in calls] == [256, 256]


@pytest.mark.parametrize(("processors", "threads"), [(8, 8), (None, 1)])
def test_every_processor_trains_where_a_process_may_use_all(
    calls: list[tuple[Path, train.Resources]], monkeypatch: pytest.MonkeyPatch, processors: int | None, threads: int
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    monkeypatch.delattr("os.sched_getaffinity", raising=False)

    assert command_line.main(["train"]) == 0

    assert calls == [(Path("/opt/ml"), train.Resources(threads, 1))]


def test_the_environment_sets_what_options_set(
    calls: list[tuple[Path, train.Resources]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENGINE_THREADS", "3")
    monkeypatch.setenv("ENGINE_SEED", "0")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))

    command_line.main(["train"])
    command_line.main(["train", "--threads", "2", "--seed", "9"])

    assert calls == [(tmp_path, train.Resources(3, 0)), (tmp_path, train.Resources(2, 9))]


@pytest.mark.parametrize("threads", ["0", "-1", "many", "", "257", "1.0", "\u0665", "1_0", "+5", " 5"])
def test_a_wrong_environment_variable_is_the_persons_mistake(
    calls: list[tuple[Path, train.Resources]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    threads: str,
) -> None:
    monkeypatch.setenv("ENGINE_THREADS", threads)

    assert command_line.main(["train", "--base", str(tmp_path)]) == 1

    assert not calls
    assert capsys.readouterr().err.startswith(f"Customer Error: ENGINE_THREADS is {threads}.")
    assert (tmp_path / "output" / "failure").read_text().startswith("Customer Error: ENGINE_THREADS")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threads", "0"], "ENGINE_THREADS is 0. It has to be a whole number, from 1 to 256."),
        (["--threads", "257"], "ENGINE_THREADS is 257. It has to be a whole number, from 1 to 256."),
        (["--seed", "-1"], "ENGINE_SEED is -1. It has to be a whole number, at minimum 0."),
    ],
)
def test_a_wrong_option_is_refused_with_what_it_may_be(
    calls: list[tuple[Path, train.Resources]], tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert command_line.main(["train", "--base", str(tmp_path), *options]) == 1

    assert not calls
    assert capsys.readouterr().err.startswith(f"Customer Error: {message}")


@pytest.mark.parametrize("arguments", [[], ["evaluate"], ["train", "--port", "1"], ["serve", "--threads", "1"], ["train", "--seed", "x"]])
def test_what_is_no_command_is_refused_with_exit_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(arguments)

    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "usage", "texts"),
    [
        (
            [],
            "[-h] {train,serve,predict} ...",
            ["An open engine in BlazingText's container contract.", "train as <base>/input/config says", "answer /ping"],
        ),
        (
            ["train"],
            "train [-h] [--threads THREADS] [--seed SEED] [--initial FILE] [--base BASE]",
            [
                "(default: $ENGINE_THREADS, else every processor)",
                "(default: $ENGINE_SEED, else 1)",
                "(default: $SAGEMAKER_BASE_DIR, else /opt/ml)",
            ],
        ),
        (
            ["serve"],
            "serve [-h] [--host HOST] [--port PORT] [--workers WORKERS] [--base BASE]",
            [
                "(default: $ENGINE_HOST, else 127.0.0.1)",
                "default: $SAGEMAKER_BIND_TO_PORT, else 8080",
                "(default: 1)",
                "(default: $SAGEMAKER_BASE_DIR, else /opt/ml)",
            ],
        ),
    ],
)
def test_help_says_what_each_option_is_when_it_is_left_out(
    arguments: list[str], usage: str, texts: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "500")

    with pytest.raises(SystemExit) as ended:
        command_line.main([*arguments, "--help"])

    help_ = capsys.readouterr().out
    assert ended.value.code == 0
    assert help_.startswith(f"usage: python -m blazingtext_engine {usage}\n")
    assert [text for text in texts if text not in help_] == []


@pytest.mark.parametrize("code", [0, 1, 143])
def test_the_exit_code_is_that_of_the_training(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr(train, "run", lambda *_, **__: code)

    assert command_line.main(["train"]) == code


@pytest.mark.parametrize(
    ("environ", "options", "expected"),
    [
        ({}, [], (Path("/opt/ml"), "127.0.0.1", 8080, 1)),
        (
            {"ENGINE_HOST": "0.0.0.0", "SAGEMAKER_BIND_TO_PORT": "9000", "SAGEMAKER_BASE_DIR": "/ml"},  # noqa: S104 - only read
            [],
            (Path("/ml"), "0.0.0.0", 9000, 1),  # noqa: S104 - likewise
        ),
        (
            {"ENGINE_HOST": "::1", "SAGEMAKER_BIND_TO_PORT": "9000"},
            ["--host", "::", "--port", "0", "--workers", "3", "--base", "/elsewhere"],
            (Path("/elsewhere"), "::", 0, 3),
        ),
    ],
)
def test_a_server_listens_where_it_is_told(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], options: list[str], expected: tuple[Path, str, int, int]
) -> None:
    calls: list[tuple[Path, str, int, int]] = []

    def run(container: Container, *, host: str, port: int, workers: int) -> int:
        calls.append((container.base, host, port, workers))
        return 0

    for name in ("ENGINE_HOST", "SAGEMAKER_BIND_TO_PORT", "SAGEMAKER_BASE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(serve, "run", run)

    assert command_line.main(["serve", *options]) == 0

    assert calls == [expected]


@pytest.mark.parametrize("port", ["-1", "http"])
def test_a_wrong_port_is_the_persons_mistake(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], port: str) -> None:
    monkeypatch.setenv("SAGEMAKER_BIND_TO_PORT", port)

    assert command_line.main(["serve"]) == 1

    assert capsys.readouterr().err.startswith(f"Customer Error: SAGEMAKER_BIND_TO_PORT is {port}. ")


def test_a_model_that_cannot_be_served_ends_with_exit_code_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*_: object, **__: object) -> int:
        raise ModelError("There is none.")

    monkeypatch.setattr(serve, "run", run)

    assert command_line.main(["serve"]) == 1

    assert capsys.readouterr().err == "Customer Error: There is none.\n"
