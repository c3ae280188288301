"""The model of rows that threads share, and what is counted and measured for it."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.engine import hot_rows
from benchmarks.engine.hot_rows import Accesses, count_accesses, exchanges, report, transfers
from blazingtext_engine.corpus.vocabulary import Corpus, read_corpus
from blazingtext_engine.training.settings import Word2VecSettings


@pytest.fixture(name="corpus")
def _corpus(tmp_path: Path) -> Corpus:
    generator = np.random.default_rng(1)
    words = [b"w%d" % number for number in np.minimum(generator.zipf(1.3, 20_000), 500)]
    (tmp_path / "text").write_bytes(b"\n".join(b" ".join(words[at : at + 40]) for at in range(0, 20_000, 40)))
    return read_corpus([tmp_path / "text"], min_count=1, threads=1)


@pytest.mark.parametrize(("threads", "part"), [(1, 0.0), (2, 0.15), (4, 0.225), (64, 0.3 * 63 / 64)])
def test_a_row_was_changed_by_another_of_the_threads(threads: int, part: float) -> None:
    assert transfers(0.3, threads) == pytest.approx(part)


def test_simulated_threads_find_as_many_rows_changed_as_the_model_says() -> None:
    generator, threads = np.random.default_rng(1), 5
    rows, by = generator.integers(0, 8, 40_000), generator.integers(0, threads, 40_000)
    seen = np.zeros((threads, 8), np.int64)
    version, changed = np.zeros(8, np.int64), 0
    for row, thread in zip(rows.tolist(), by.tolist(), strict=True):
        changed += int(seen[thread, row] != version[row])
        version[row] += 1
        seen[thread, row] = version[row]

    assert changed / len(rows) == pytest.approx(transfers(1.0, threads), abs=0.02)


def test_the_rows_used_most_are_of_either_matrix() -> None:
    accesses = Accesses(10, np.array([50, 10, 0]), np.array([5, 30, 5]))

    assert [accesses.share(rows) for rows in (1, 2, 3, 6)] == [0.5, 0.8, 0.9, 1.0]
    # Ten accesses a block; twenty rows every four blocks are five more.
    assert exchanges(accesses, 20, 4) == pytest.approx(0.5)


def test_every_row_that_a_block_uses_is_counted(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot_rows, "CHUNKS", 2)
    settings = Word2VecSettings(sample=1.0)

    accesses = count_accesses(corpus, settings)
    chunks = hot_rows._chunks(corpus, settings)

    used = [(plan, number) for _, plan, count in chunks for number in range(1, count + 1)]
    assert accesses.blocks == len(used) > 0
    assert accesses.inputs.sum() == sum(plan.context_last[number] - plan.context_first[number] for plan, number in used)
    centres = sum(plan.last[number] - plan.first[number] for plan, number in used)
    assert accesses.outputs.sum() == centres + sum(int(plan.negatives_end[count]) for _, plan, count in chunks)
    # The most frequent word is the one used most.
    assert accesses.inputs.argmax() == 0


def test_what_sharing_costs_is_measured_with_models_that_are_trained(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot_rows, "CHUNKS", 4)
    monkeypatch.setattr(hot_rows, "ROUNDS", 1)
    taken, trained = iter([1.0, 1.0, 3.0, 3.0]), list[int]()

    def seconds(_work: object, models: list[object], _settings: object) -> float:
        trained.append(len({id(model) for model in models}))
        return sum(next(taken) for _ in models)

    monkeypatch.setattr(hot_rows, "_processor_seconds", seconds)

    assert hot_rows.cost_of_sharing(corpus, Word2VecSettings(), 2) == 3.0
    assert trained == [2, 1]


def test_training_for_the_measurement_changes_every_model(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot_rows, "CHUNKS", 2)
    settings = Word2VecSettings()
    models = [hot_rows._model(corpus, settings, seed) for seed in range(2)]

    assert hot_rows._processor_seconds(hot_rows._chunks(corpus, settings), models, settings) > 0

    assert all(np.any(model.outputs) for model in models)


def test_the_report_says_what_is_model_and_what_is_measured() -> None:
    accesses = Accesses(10, np.full(1000, 1), np.full(1000, 1))

    lines = report(accesses, 1.234, 2)

    assert lines[0] == "hot rows, measured: 2 threads take 1.23 times the processor time when they share a model."
    assert lines[2].startswith("hot rows, model: 256 rows get 13% of accesses; changed by another thread: 6% with 2 threads, 11% with 8")
    assert "exchanged every 64 blocks, would need 2% more accesses" in lines[2]
