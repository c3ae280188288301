"""What `benchmarks.engine.hosts` prints of trainings on one and on several hosts."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.engine import hosts


def test_numbers_of_hosts_are_trained_in_turn_and_their_means_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text").write_text("some words")
    trained: list[tuple[int, int, str]] = []

    def train(_corpus: Path, settings: dict[str, str], count: int, seed: int) -> hosts.Trained:
        trained.append((count, seed, settings["epochs"]))
        return hosts.Trained(rho=0.5 + 0.1 * seed, seconds=10.0 * count, sent=40.0 * (count - 1))

    monkeypatch.setattr(hosts, "train", train)
    result = CliRunner().invoke(hosts.main, [str(tmp_path / "text"), "--hosts", "1", "--hosts", "2", "--seeds", "2", "--set", "epochs=3"])

    assert result.exit_code == 0
    assert trained == [(1, 1, "3"), (2, 1, "3"), (1, 2, "3"), (2, 2, "3")]
    assert result.stdout.splitlines()[2:] == ["| 1 | 0.650 | 10.0 | 0 | 0 |", "| 2 | 0.650 | 20.0 | 40 | 4 |"]
