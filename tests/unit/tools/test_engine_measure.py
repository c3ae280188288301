"""What the benchmark of the engine says about a whole process, and about the machine meanwhile."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.engine import __main__ as benchmark
from benchmarks.engine import contestants
from benchmarks.engine.contestants import Result, Settings
from benchmarks.engine.measure import Measured, run


def test_a_process_is_measured_by_what_processors_worked_for_it() -> None:
    idle, busy = (run([sys.executable, "-c", code]) for code in ("", "sum(range(20_000_000))"))

    assert busy.processor > idle.processor > 0


def test_the_table_shows_how_many_processors_each_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / "text.txt"
    text.write_text("one two three four " * 50, encoding="utf-8")

    def trained(_settings: Settings, _folder: Path) -> Result:
        # Three processor seconds in two of the clock.
        return Result(1.0, Measured(2.0, 100.0, "", 3.0), accuracy=0.5)

    monkeypatch.setattr(benchmark, "engine", trained)
    monkeypatch.setattr(benchmark, "gensim", trained)

    result = CliRunner().invoke(benchmark.main, [str(text), "--runs", "1"])

    assert result.exit_code == 0, result.output
    assert "| wall s | processors it had | peak MB |" in result.output
    assert "| gensim | 0.00 | 1.00 | 2.00 | 1.5 | 100 | 0.5000 | 1.0 / 1.0 |" in result.output


def test_a_run_knows_how_many_processors_it_had() -> None:
    row = contestants.train_once(
        lambda _settings, _folder: Result(1.0, Measured(4.0, 1.0, "", 2.0), accuracy=0.5), {"epochs": 5}, 1_000_000
    )

    assert (row["wall"], row["processors"], row["million_words_per_second"]) == (4.0, 0.5, 5.0)
