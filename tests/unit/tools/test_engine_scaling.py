"""What `benchmarks.engine.scaling` says of threads: how much each adds, on the cores there are."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.engine import scaling

SPEEDS = {1: 3.0, 2: 6.0, 8: 4.5}


def test_threads_are_compared_with_the_fewest_and_with_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "processors", lambda: 4)
    points = [(threads, {"million_words_per_second": speed}) for threads, speed in SPEEDS.items()]

    assert scaling.gains({"engine": points}) == [
        "engine, threads: 1: 3.000 M words/s, 1.00 times; 100% of what the cores allow",
        "engine, threads: 2: 6.000 M words/s, 2.00 times; 100% of what the cores allow",
        # Eight threads have four cores.
        "engine, threads: 8: 4.500 M words/s, 1.50 times; 38% of what the cores allow",
    ]


def test_the_threads_asked_for_are_trained_in_turn_and_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text").write_text("some words " * 2000)
    trained = []

    def train_once(train: object, settings: dict[str, object], _words: int) -> dict[str, float]:
        trained.append((settings["threads"], settings["seed"], settings["mode"]))
        return {"million_words_per_second": SPEEDS[int(str(settings["threads"]))], "peak_mb": 100.0}

    monkeypatch.setattr(scaling, "train_once", train_once)
    monkeypatch.setattr(scaling, "processors", lambda: 2)
    arguments = [str(tmp_path / "text"), str(tmp_path / "picture.png"), "--runs", "2", "--mode", "skipgram"]
    result = CliRunner().invoke(scaling.main, [*arguments, "--threads", "8", "--threads", "1"])

    assert result.exit_code == 0, result.output
    # Twice each for both contestants; the sizes of the text come after, on the cores there are.
    assert trained[:8] == [(threads, seed, "skipgram") for threads in (1, 8) for seed in (1, 2) for _ in scaling.CONTESTANTS]
    assert {threads for threads, *_ in trained[8:]} == {2}
    assert "engine, threads: 8: 4.500 M words/s, 1.50 times; 75% of what the cores allow" in result.output
    assert (tmp_path / "picture.png").stat().st_size > 1000
