"""The command line and its environment variables."""

from pathlib import Path

import pytest

from blazingtext_engine import __main__ as command_line
from blazingtext_engine import train
from blazingtext_engine.container.opt_ml import Container


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, train.Resources]]:
    """What the trainer would have been called with."""
    seen: list[tuple[Path, train.Resources]] = []

    def run(container: Container, *, resources: train.Resources, **_: object) -> int:
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
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: allowed, raising=False)

    assert command_line.main(["train"]) == 0

    assert calls == [(Path("/opt/ml"), train.Resources(len(allowed), 1))]


def test_every_processor_trains_where_a_process_may_use_all(
    calls: list[tuple[Path, train.Resources]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.delattr("os.sched_getaffinity", raising=False)

    assert command_line.main(["train"]) == 0

    assert calls == [(Path("/opt/ml"), train.Resources(8, 1))]


def test_the_environment_sets_what_options_set(
    calls: list[tuple[Path, train.Resources]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENGINE_THREADS", "3")
    monkeypatch.setenv("ENGINE_SEED", "0")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))

    command_line.main(["train"])
    command_line.main(["train", "--threads", "2", "--seed", "9"])

    assert calls == [(tmp_path, train.Resources(3, 0)), (tmp_path, train.Resources(2, 9))]


@pytest.mark.parametrize("threads", ["0", "-1", "many", ""])
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
