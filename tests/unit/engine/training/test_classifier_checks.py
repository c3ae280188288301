"""What a training of a classifier does now and then beside the training itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blazingtext_engine.corpus.vocabulary import TokenStream, read_corpus
from blazingtext_engine.errors import UserError
from blazingtext_engine.kernels.sampling import new_state
from blazingtext_engine.training import classifier
from blazingtext_engine.training.encoded_lines import EncodedCorpus, labelled_lines_of, longest_ngram
from blazingtext_engine.training.hogwild import Schedule
from blazingtext_engine.training.settings import ClassifierSettings, EpochResult


def test_pages_are_given_back_and_divergence_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text").write_text("__label__a some words\n__label__b other words\n")
    corpus = read_corpus([tmp_path / "text"], min_count=1, threads=1, labels=True)
    released = list[int]()
    monkeypatch.setattr(EncodedCorpus, "release", lambda encoded: released.append(id(encoded)))
    run = classifier._Run(corpus, ClassifierSettings(dim=12, learning_rate=0.5, buckets=500), lambda: False)

    run._check()

    assert released == [id(run.encoded)]
    run.matrices.outputs[0, 0] = np.nan
    with pytest.raises(UserError, match=r"Training diverged.*learning_rate 0\.5"):
        run._check()


def test_every_thread_trains_its_share_of_the_lines(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("__label__a some words\n__label__b other words\n" * 30)
    corpus = read_corpus([tmp_path / "text"], min_count=1, threads=1, labels=True)
    run = classifier._Run(corpus, ClassifierSettings(dim=12, learning_rate=0.5, buckets=500, threads=3), lambda: False)

    assert run.epoch(Schedule(0.5, 120, run.matrices.done), lambda _: None, lambda: False)

    assert run.matrices.done.tolist() == [40, 40, 40]


def run_of(folder: Path, text: str, **settings: Any) -> classifier._Run:
    (folder / "text").write_text(text)
    corpus = read_corpus([folder / "text"], min_count=1, threads=1, labels=True)
    return classifier._Run(corpus, ClassifierSettings(**{"dim": 12, "buckets": 500, **settings}), lambda: False)


def test_words_begin_as_small_random_numbers_and_ngrams_and_labels_as_zeros(tmp_path: Path) -> None:
    words = " ".join(f"w{n}" for n in range(500))
    run = run_of(tmp_path, f"__label__a {words}\n__label__b {words}\n")

    # As fastText's, uniform in [-1/dim, 1/dim).
    rows = run.matrices.vectors[:501, :12] * 12
    assert 0.99 < np.abs(rows).max() <= 1
    assert rows.mean() == pytest.approx(0, abs=0.03)
    assert rows.std() == pytest.approx(3**-0.5, abs=0.02)
    assert len(run.matrices.vectors) == 501 + len(run.encoded.bucket_ids) + 1
    assert not run.matrices.vectors[501:].any()
    assert not run.matrices.outputs.any()
    assert len(run.matrices.outputs) == 2


def test_lines_are_trained_in_another_order_in_every_epoch(tmp_path: Path) -> None:
    run, orders = run_of(tmp_path, "__label__a some words\n__label__b other words\n" * 20), list[list[int]]()

    for _ in range(3):
        run.epoch(Schedule(0.5, 1000, run.matrices.done), lambda _: None, lambda: False)
        orders.append(run.order.tolist())

    assert all(sorted(order) == [*range(40)] for order in orders)
    assert len({tuple(order) for order in (*orders, range(40))}) == 4


@pytest.mark.parametrize(
    ("lines", "threads", "sizes"), [(1000, 1, [10] * 100), (1000, 2, [5] * 200), (60, 1, [1] * 60), (1050, 1, [10] * 105)]
)
def test_the_learning_rate_falls_a_hundred_times_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int, threads: int, sizes: list[int]
) -> None:
    run, taken = run_of(tmp_path, "__label__a some\n__label__b words\n" * (lines // 2), threads=threads), list[int]()

    def noted(_width: Any, _lines: Any, _order: Any, first: int, last: int, *rest: Any) -> int:
        taken.append(last - first)
        return 0

    monkeypatch.setattr(classifier, "train_lines", noted)
    run.epoch(Schedule(0.5, 1000, run.matrices.done), lambda _: None, lambda: False)

    assert taken == sizes


def test_what_is_compiled_is_compiled_before_the_clock_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Any, ...]] = []

    def noted(_width: Any, _lines: Any, _order: Any, first: int, last: int, _vectors: Any, _outputs: Any, _labels: int, *rest: Any) -> int:
        calls.append((first, last, rest[0]))
        return 0

    def schedule(*given: Any) -> Schedule:
        calls.append(("clock",))
        return Schedule(*given)

    (tmp_path / "text").write_text("__label__a some words\n__label__b other words\n")
    corpus = read_corpus([tmp_path / "text"], min_count=1, threads=1, labels=True)
    monkeypatch.setattr(classifier, "train_lines", noted)
    monkeypatch.setattr(classifier, "Schedule", schedule)
    classifier.train(corpus, ClassifierSettings(dim=12, epochs=1, buckets=500), progress=lambda _: None, stop=lambda: False)

    # Nothing is trained, and by a learning rate of nothing.
    assert calls[:2] == [(0, 0, 0.0), ("clock",)]
    assert [call[:2] for call in calls[2:]] == [(0, 1), (1, 2)]


def test_threads_have_their_own_label_rows_and_random_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []

    def noted(seed: int, thread: int) -> Any:
        given.append((seed, thread))
        return new_state(seed, thread)

    monkeypatch.setattr(classifier, "new_state", noted)
    run = run_of(tmp_path, "__label__a some words\n__label__b other words\n", threads=3, seed=7)

    assert given == [(7, 0), (7, 1), (7, 2)]
    assert [(len(each.private_rows), each.private_batch_lines) for each in run.scratch] == [(4, 10)] * 3


def test_the_pages_of_the_text_are_given_back_when_its_lines_are_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = list[int]()
    monkeypatch.setattr(TokenStream, "release", lambda tokens: released.append(len(tokens.ids)))

    run_of(tmp_path, "__label__a some words\n")

    assert released == [4]


def test_encoded_lines_are_whole_numbers_of_the_widths_that_kernels_take(tmp_path: Path) -> None:
    run = run_of(tmp_path, "__label__a some words\n__label__b other words\n")

    documents, longest = labelled_lines_of(run.corpus, run.settings, run.encoded.bucket_ids)

    assert [each.dtype.name for each in run.encoded.lines] == ["int32", "int64", "int32", "int64", "int32"]
    assert [part.dtype.name for part in documents if isinstance(part, np.ndarray)] == ["int32", "int64", "int32", "int32"]
    # A label and two words.
    assert longest == 3


@pytest.mark.parametrize(("ngrams", "longest", "expected"), [(2, 7, 2), (20, 7, 8), (8, 7, 8), (9, 7, 8), (1, 0, 1)])
def test_no_ngram_is_longer_than_the_longest_line_and_its_end(ngrams: int, longest: int, expected: int) -> None:
    assert longest_ngram(ClassifierSettings(word_ngrams=ngrams), longest) == expected


def test_a_classifier_that_diverges_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("__label__a some words\n__label__b other words\n" * 9)
    corpus = read_corpus([tmp_path / "text"], min_count=1, threads=1, labels=True)
    settings = ClassifierSettings(dim=12, learning_rate=1e6, buckets=500)

    with pytest.raises(UserError, match=r"Training diverged.*learning_rate 1e\+06.*Lower learning_rate"):
        classifier.train(corpus, settings, progress=lambda _: None, stop=lambda: False)


def test_a_text_without_known_labels_has_no_accuracy(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("__label__a some words\n__label__b other words\n")
    (tmp_path / "other").write_text("no label\n__label__c some words\n")
    corpus = read_corpus([tmp_path / "text"], min_count=1, threads=1, labels=True)
    unknown, heard = classifier.read_documents([tmp_path / "other"], corpus.vocabulary, threads=1), list[EpochResult]()
    settings = ClassifierSettings(dim=12, epochs=2, min_epochs=1, patience=2, buckets=500)

    model = classifier.train(corpus, settings, progress=lambda _: None, stop=lambda: False, validation=unknown, on_epoch=heard.append)

    assert classifier.accuracy(model, unknown) == (0.0, 0)
    assert heard == [EpochResult(1, 0.0, True, 0), EpochResult(2, 0.0, False, 1)]
