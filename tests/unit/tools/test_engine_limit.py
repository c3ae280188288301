"""What `benchmarks.engine.limit` measures is the best of rounds in turn, and what cannot be is said."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.engine import limit
from benchmarks.engine.limit import Peak, Round, Work, doubts, report, work_per_word
from blazingtext_engine.corpus.vocabulary import read_corpus
from blazingtext_engine.training.settings import Word2VecSettings

QUIET = [Round(6.0, Peak(140.0, 1.0), Peak(13.0, 0.99)), Round(6.5, Peak(150.0, 0.98), Peak(12.0, 1.0))]
IMPOSSIBLE = " more than a peak is impossible: the peak was not reached."
AGAIN = "measure again while nothing else runs on the machine."


def test_the_best_training_is_compared_with_the_best_peaks() -> None:
    lines = report(Work(products=10.0, rows=1.0), QUIET, 0.99, 100)

    # 10 products x 100 x 6 operations x 6.5 M words/s, of 150; at least 104 floats x 4 bytes x 2 x 6.5 M words/s, of 13.
    assert "training, best of 2: 6.50 M words/s = 39.0 GFLOP/s and 5." in lines[2]
    assert "150.0 GFLOP/s in a matrix product, 13.00 GB/s in random rows" in lines[3]
    assert lines[4].startswith("reached: 26% of arithmetic, 4")
    assert not [line for line in lines if line.startswith("doubtful")]


@pytest.mark.parametrize(
    ("rounds", "reached", "again", "doubt"),
    [
        (QUIET, (0.4, 1.11), 0.99, "training reached 111% of random rows, and" + IMPOSSIBLE),
        (
            QUIET,
            (1.01, 0.7),
            0.99,
            "training reached 101% of a matrix product, and" + IMPOSSIBLE,
        ),
        (
            [Round(6.0, Peak(75.0, 0.52), Peak(13.0, 1.0)), Round(6.0, Peak(70.0, 0.49), Peak(13.0, 1.0))],
            (0.8, 0.7),
            0.99,
            "a matrix product never had more than 52% of the processors it asked for: others had the rest.",
        ),
        (
            [Round(6.0, Peak(150.0, 1.0), Peak(rate, 1.0)) for rate in (13.0, 8.0, 7.0)],
            (0.4, 0.7),
            0.99,
            "random rows reached 13.0 in its best round and 8.0 in the median.",
        ),
        (QUIET, (0.4, 0.7), 1.25, "a chunk in the cache took 1.25 times as long as before, and can only take less."),
    ],
    ids=["memory", "arithmetic", "busy", "swinging", "again"],
)
def test_what_cannot_be_is_said_to_be_doubtful(rounds: list[Round], reached: tuple[float, float], again: float, doubt: str) -> None:
    assert doubts(rounds, reached, again) == [doubt, AGAIN]


def test_nothing_speaks_against_a_peak_that_training_nearly_reached() -> None:
    assert doubts(QUIET, (1.0, 0.99), 1.05) == []


@pytest.mark.parametrize("mode", ["batch_skipgram", "cbow"])
def test_a_text_is_measured_in_as_many_rounds_as_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    text = tmp_path / "text.txt"
    text.write_text("one two three four five six seven eight\n" * 500)
    monkeypatch.setattr(limit, "SQUARE", 64)
    monkeypatch.setattr(limit, "last_cache_bytes", lambda: 1 << 16)
    trained = []

    def train_once(_train: object, settings: dict[str, object], words: int) -> dict[str, float]:
        trained.append((settings["seed"], settings["mode"], settings["window"], settings["dim"], settings["threads"], words))
        return {"million_words_per_second": float(len(trained))}

    monkeypatch.setattr(limit, "train_once", train_once)
    options = ["--runs", "3", "--window", "2", "--dim", "7", "--threads", "1", "--mode", mode]
    result = CliRunner().invoke(limit.main, [str(text), *options])

    assert result.exit_code == 0, result.output
    assert trained == [(seed, mode, 2, 7, 1, 4000) for seed in (1, 2, 3)]
    assert "training, best of 3: 3.00 M words/s" in result.output
    assert re.search(r"one word: \d+\.\d products, \d+\.\d rows of \d+:", result.output)
    assert re.search(r"machine: \w+, cores: \d+, largest cache: 0 MiB", result.output)
    assert re.search(r"best of as many in turn: \d+\.\d GFLOP/s in a matrix product, \d+\.\d\d GB/s in random rows", result.output)


def test_work_is_counted_by_pairs_and_by_windows(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text(" ".join(f"w{number}" for number in range(900)) + "\n")
    corpus = read_corpus([text], min_count=1, threads=1)

    wide, narrow = (work_per_word(corpus, Word2VecSettings(window=window, sample=0)) for window in (28, 5))
    grouped = work_per_word(corpus, Word2VecSettings(window=28, batch_size=32, sample=0))
    bags = work_per_word(corpus, Word2VecSettings(mode="cbow", sample=0))

    # 29 and 6 pairs a word on average. A context meets 26 negatives for four centres at a window of 28, and 14 for some four at 5.
    assert wide.products / 29 == pytest.approx(1 + 26 / 4, rel=0.2)
    assert narrow.products / 6 == pytest.approx(1 + 14 / 4, rel=0.2)
    # Of the 75 negatives of a large block at 28 it meets those of its group, twelve at least.
    assert grouped.products / 29 == pytest.approx(1 + 14 / 4, rel=0.2)
    # A window and its eight negatives.
    assert bags.products == pytest.approx(9, rel=0.1)
