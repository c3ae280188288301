"""Training without AWS, with the real engine and every option: what it makes, and its exit code."""

from pathlib import Path

import pytest

import blazingtext
from tests.covering import covers
from tests.journey.story import Shell


@pytest.fixture(name="text", scope="module")
def _text(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first megabyte of the sample."""
    folder = tmp_path_factory.mktemp("local")
    shell.blazingtext("corpus", "sample", str(folder / "wiki.txt"))
    path = folder / "text.txt"
    path.write_bytes((folder / "wiki.txt").read_bytes()[:1_000_000])
    return path


@covers(
    "local train",
    "--output",
    "--mode",
    "--batch-size",
    "--epochs",
    "--evaluation",
    "--learning-rate",
    "--min-count",
    "--negative-samples",
    "--sampling-threshold",
    "--vector-dim",
    "--window-size",
    "--threads",
    "--seed",
)
def test_word_vectors_are_trained_as_they_were_told(shell: Shell, text: Path, tmp_path: Path) -> None:
    told = {
        "--batch-size": "7",
        "--epochs": "2",
        "--evaluation": "True",
        "--learning-rate": "0.04",
        "--min-count": "3",
        "--negative-samples": "4",
        "--sampling-threshold": "0.001",
        "--vector-dim": "16",
        "--window-size": "3",
    }
    options = [each for pair in told.items() for each in pair]
    once = ("--mode", "batch_skipgram", "--threads", "1", "--seed", "5")

    found, again = (
        shell.blazingtext("local", "train", str(text), "--output", str(tmp_path / name), *once, *options, "--json").json()
        for name in ("one", "two")
    )
    refused = shell.blazingtext("local", "train", str(text), "--output", str(tmp_path / "three"), "--epochs", "0", code=2)

    taken = found["hyperparameters"]
    assert {option: taken[option[2:].replace("-", "_")].capitalize() for option in told} == told
    assert found["files"] == ["eval.json", "vectors.bin", "vectors.txt"]
    assert found["metrics"] == again["metrics"]
    # One thread and one seed: the same bytes.
    assert (tmp_path / "one" / "vectors.txt").read_bytes() == (tmp_path / "two" / "vectors.txt").read_bytes()
    assert blazingtext.load(tmp_path / "one").dimension == 16
    assert ("epochs" in refused.err, (tmp_path / "three").exists()) == (True, False)


@covers("local train", "--subwords", "--min-char", "--max-char", "--buckets")
def test_subwords_are_known_to_whoever_looks_at_the_model(shell: Shell, text: Path, tmp_path: Path) -> None:
    options = ("--mode", "skipgram", "--subwords", "True", "--min-char", "2", "--max-char", "4", "--buckets", "5000", "--vector-dim", "16")

    shell.blazingtext("local", "train", str(text), "--output", str(tmp_path / "model"), *options)
    near = shell.blazingtext("neighbors", "musicologistly", "--model", str(tmp_path / "model"), "--json").json()

    assert (near["of_ngrams"], len(near["neighbors"]["musicologistly"])) == (["musicologistly"], 10)


@covers("local train", "--validation", "--word-ngrams", "--early-stopping", "--patience", "--min-epochs")
def test_a_classifier_is_trained_and_validated(shell: Shell, labelled: Path, tmp_path: Path) -> None:
    options = ("--mode", "supervised", "--word-ngrams", "2", "--early-stopping", "True", "--patience", "2", "--min-epochs", "1")
    small = ("--buckets", "1000", "--vector-dim", "8")

    told = ("--validation", str(labelled), *options, *small)
    found = shell.blazingtext("local", "train", str(labelled), "--output", str(tmp_path / "model"), *told, "--json").json()
    other = shell.blazingtext("local", "train", str(labelled), "--output", str(tmp_path / "x"), "--early-stopping", "True", code=2)

    assert found["files"] == ["model.bin"]
    assert found["metrics"]["validation:accuracy"] > 0.9
    assert found["hyperparameters"]["word_ngrams"] == "2"
    assert "early_stopping" in other.err
