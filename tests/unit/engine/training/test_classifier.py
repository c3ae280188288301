import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest

from blazingtext_engine.corpus.vocabulary import Corpus, read_corpus
from blazingtext_engine.errors import StoppedError, UserError
from blazingtext_engine.formats.fasttext_writer import write_classifier
from blazingtext_engine.kernels import row_operations
from blazingtext_engine.kernels.classifier import new_scratch, private_batch_lines, train_lines
from blazingtext_engine.kernels.sampling import new_state
from blazingtext_engine.training import classifier
from blazingtext_engine.training.encoded_lines import encode_corpus
from blazingtext_engine.training.matrices import ModelMatrices
from blazingtext_engine.training.models import ClassifierModel
from blazingtext_engine.training.settings import ClassifierSettings, EpochResult
from tests.unit.engine.reference import Guarded, GuardedScratch

SETTINGS = ClassifierSettings(dim=12, epochs=20, learning_rate=0.5, buckets=500)
GOOD, BAD = ["good", "great", "fine", "nice", "lovely"], ["bad", "awful", "poor", "sad", "ugly"]


def corpus_of(path: Path, text: str, min_count: int = 1) -> Corpus:
    path.write_text(text)
    return read_corpus([path], min_count=min_count, threads=1, labels=True)


def reviews(lines: int, seed: int) -> str:
    random = np.random.default_rng(seed)
    pairs = [("__label__good", GOOD), ("__label__bad", BAD)]
    return "".join(f"{label} {' '.join(random.choice([*words, 'a', 'the', 'film'], 8))}\n" for label, words in pairs * (lines // 2))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return corpus_of(tmp_path_factory.mktemp("reviews") / "train", reviews(600, 1))


@pytest.fixture(scope="module")
def validation(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("reviews") / "validation"
    path.write_text(reviews(100, 2) + "__label__never seen before\n\nno label\n")
    return classifier.read_documents([path], corpus.vocabulary, threads=2)


def train(
    corpus: Corpus, settings: ClassifierSettings, validation: Corpus | None = None, heard: list[EpochResult] | None = None
) -> ClassifierModel:
    results: list[EpochResult] = [] if heard is None else heard
    return classifier.train(corpus, settings, progress=lambda _: None, stop=lambda: False, validation=validation, on_epoch=results.append)


def softmax(scores: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())


@pytest.mark.parametrize("batch_lines", [0, 5])
@pytest.mark.parametrize("dim", [1, 12, 100])
def test_training_matches_numpy_document_by_document_and_touches_nothing_else(tmp_path: Path, dim: int, batch_lines: int) -> None:
    text = "__label__a x y z\n__label__b\n\n__label__c z z x\nno label\n__label__a y rare\n"
    corpus = corpus_of(tmp_path / "text", text * 7)
    settings = ClassifierSettings(dim=dim, word_ngrams=3, buckets=7)
    encoded = encode_corpus(corpus, settings, lambda: False)
    words, labels = len(corpus.vocabulary.words), len(corpus.vocabulary.labels)
    vectors, outputs = Guarded.random(words + len(encoded.bucket_ids), dim, 1), Guarded.random(labels, dim, 2)
    v, u = vectors.values, outputs.values
    row_of = {bucket: words + row for row, bucket in enumerate(encoded.bucket_ids.tolist())}

    for line, label in [(6 * part + line, label) for part in range(7) for line, label in [(0, 0), (1, 1), (3, 2), (5, 0)]]:
        rows = [row if row < words else row_of[row - words] for row in reference_features(corpus, line, settings)]
        hidden = v[rows].mean(axis=0)
        gradient = 0.3 * (np.eye(labels)[label] - softmax(u @ hidden))
        error = gradient @ u
        u += np.outer(gradient, hidden)
        np.add.at(v, rows, error / len(rows))
    order, memory = np.arange(42), GuardedScratch.around(new_scratch(dim, labels, batch_lines=batch_lines))
    read = train_lines(
        row_operations.row_width(dim), encoded.lines, order, 0, 42, vectors.rows, outputs.rows, labels, 0.3, new_state(1, 0), memory.scratch
    )

    assert len(memory.scratch.private_rows) == (2 * labels if batch_lines else 0)
    assert memory.untouched_outside()
    assert read == 70
    np.testing.assert_allclose(vectors.values, v, atol=1e-5)
    np.testing.assert_allclose(outputs.values, u, atol=1e-5)
    assert vectors.untouched_outside()
    assert outputs.untouched_outside()


@pytest.mark.parametrize(("threads", "lines"), [(1, 0), (2, 16), (8, 4), (9, 0)], ids=str)
def test_threads_keep_label_rows_to_themselves_while_each_has_a_few_lines(threads: int, lines: int) -> None:
    assert private_batch_lines(2, 100, threads) == lines


@pytest.mark.parametrize(("lanes", "columns"), [(4, 100), (8, 104), (16, 112)], ids=["sse", "avx2", "avx512"])
def test_threads_keep_label_rows_to_themselves_while_two_copies_take_a_quarter_of_a_mebibyte(
    lanes: int, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blazingtext_engine.kernels.row_operations.LANES", lanes)
    most = 2**18 // (2 * columns * 4)

    assert [private_batch_lines(labels, 100, 2) for labels in (most, most + 1)] == [16, 0]


def test_threads_with_label_rows_of_their_own_learn_one_model(corpus: Corpus, validation: Corpus) -> None:
    model = train(corpus, replace(SETTINGS, threads=2))

    assert private_batch_lines(2, SETTINGS.dim, 2) > 0
    assert classifier.accuracy(model, validation) == (1.0, 100)


def test_a_stop_while_lines_are_noted_is_heard_at_once(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blazingtext_engine.training.encoded_lines._BLOCK_FEATURES", 100)
    asked = iter([False, False, True])

    with pytest.raises(StoppedError):
        classifier.train(corpus, SETTINGS, progress=lambda _: None, stop=lambda: next(asked))


def test_buckets_have_rows_in_the_order_in_which_the_text_first_falls_into_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus_of(tmp_path / "text", "".join(f"__label__a {' '.join(map(str, range(n % 7, n)))}\n\n" for n in range(40)))
    settings = ClassifierSettings(word_ngrams=3, buckets=211)
    expected = [row for line in range(80) for row in reference_features(corpus, line, settings)]
    words = len(corpus.vocabulary.words)

    whole = encode_corpus(corpus, settings, lambda: False)
    monkeypatch.setattr("blazingtext_engine.training.encoded_lines._BLOCK_FEATURES", 1)
    in_parts = encode_corpus(corpus, settings, lambda: False)

    assert in_parts.bucket_ids.tolist() == list(dict.fromkeys(row - words for row in expected if row >= words))
    assert [len(in_parts.lines.starts), len(in_parts.lines.label_starts), len(in_parts.lines.words)] == [81, 81, 80]
    assert in_parts.lines.labels.tolist() == [0] * 40
    # So many ids past the last are read ahead.
    assert len(in_parts.lines.features) == len(expected) + row_operations.AHEAD
    assert not in_parts.lines.features.flags.writeable
    rows = np.concatenate([np.arange(words), words + in_parts.bucket_ids])
    assert rows[in_parts.lines.features[: len(expected)]].tolist() == expected
    for one, other in zip(whole.lines, in_parts.lines, strict=True):
        np.testing.assert_array_equal(one, other)


def reference_features(corpus: Corpus, line: int, settings: ClassifierSettings) -> list[int]:
    """The features of a line as fastText's dictionary computes them, in Python's integers."""
    lines: list[list[int]] = [[]]
    for token in corpus.tokens.ids.tolist():
        if token == -1:
            lines.append([])
        else:
            lines[-1].append(token)
    vocabulary = corpus.vocabulary
    words = [vocabulary.words[token] for token in lines[line] if token >= 0] + [b"</s>"]
    hashes = []
    for word in words:
        value = 2166136261
        for byte in word:
            signed = byte - 256 if byte > 127 else byte
            value = (value ^ (signed % 2**32)) * 16777619 % 2**32
        hashes.append(value - 2**32 if value >= 2**31 else value)
    rows = [vocabulary.ids[word] for word in words]
    for first in range(len(hashes)):
        mixed = hashes[first] % 2**64
        for last in range(first + 1, min(len(hashes), first + settings.word_ngrams)):
            mixed = (mixed * 116049371 + hashes[last]) % 2**64
            rows.append(len(vocabulary.words) + mixed % settings.buckets)
    return rows


@pytest.mark.parametrize("ngrams", [1, 2])
def test_what_was_learnt_holds_for_other_lines(corpus: Corpus, validation: Corpus, ngrams: int) -> None:
    model = train(corpus, ClassifierSettings(**{**vars(SETTINGS), "word_ngrams": ngrams, "threads": 2}))

    share, lines = classifier.accuracy(model, validation)

    assert share > 0.97
    assert lines == 100
    assert len(model.input.bucket_rows) == len(model.input.bucket_ids)
    assert (len(model.input.bucket_ids) > 0) is (ngrams > 1)
    assert model.input.shape == (len(corpus.vocabulary.words) + (SETTINGS.buckets if ngrams > 1 else 0), 12)


def test_a_model_from_elsewhere_is_measured_alike(corpus: Corpus, validation: Corpus) -> None:
    model = train(corpus, SETTINGS)
    copy = ClassifierModel(**{**vars(model), "matrices": None})

    assert classifier.accuracy(copy, validation) == classifier.accuracy(model, validation)


@pytest.mark.parametrize("labels", [2, 5])
def test_the_library_finds_the_same_accuracy_in_a_text_with_other_words(tmp_path: Path, labels: int) -> None:
    random, line_of = np.random.default_rng(labels), "__label__{} {}\n".format
    lines = [line_of(n % labels, " ".join(f"w{random.zipf(1.3) % 50 + n % labels}" for _ in range(6))) for n in range(600)]
    corpus, heldout = corpus_of(tmp_path / "text", "".join(lines[:300]), min_count=2), tmp_path / "heldout"
    heldout.write_text("".join(lines[300:]))

    model = train(corpus, SETTINGS)
    write_classifier(tmp_path / "model.bin", model, min_count=2)

    accuracy, count = classifier.accuracy(model, classifier.read_documents([heldout], corpus.vocabulary, threads=1))
    known, precision, _ = fasttext.load_model(str(tmp_path / "model.bin")).test(str(heldout))
    assert count == known
    assert accuracy == pytest.approx(precision, abs=2 / count)


def test_one_thread_and_a_seed_give_the_same_bits(corpus: Corpus) -> None:
    first, second = train(corpus, SETTINGS), train(corpus, SETTINGS)

    assert first.input.words.tobytes() == second.input.words.tobytes()
    assert first.output.tobytes() == second.output.tobytes()


def test_every_label_of_a_line_is_learnt(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path / "text", "__label__a __label__b both\n__label__c other\n" * 200)

    model = train(corpus, SETTINGS)
    scores = model.output @ model.input.words[model.vocabulary.ids[b"both"]]

    ranks = dict(zip(model.vocabulary.labels, scores.tolist(), strict=True))
    assert min(ranks[b"__label__a"], ranks[b"__label__b"]) > ranks[b"__label__c"] + 1
    assert classifier.accuracy(model, corpus)[0] == 1


def test_the_speed_is_that_of_the_training_alone(corpus: Corpus) -> None:
    began = time.perf_counter()

    model = train(corpus, replace(SETTINGS, epochs=2))

    assert 0 < model.train_seconds < time.perf_counter() - began
    assert model.words_per_second * model.train_seconds == pytest.approx(2 * corpus.vocabulary.total_words)


def test_early_stopping_waits_for_min_epochs_then_for_patience(corpus: Corpus, validation: Corpus) -> None:
    heard: list[EpochResult] = []
    settings = ClassifierSettings(**{**vars(SETTINGS), "epochs": 60, "min_epochs": 3, "patience": 2})

    model = train(corpus, settings, validation, heard)

    assert tuple(heard) == model.results
    assert [result.epoch for result in heard] == list(range(3, 3 + len(heard)))
    assert heard[0].improved
    assert heard[-1].epochs_without_improvement == 2
    assert len(heard) < 58


def test_the_best_weights_are_the_ones_kept(corpus: Corpus, validation: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    accuracies = iter([(90, 100), (95, 100), (80, 100), (70, 100)])
    kept: list[bytes] = []
    original = classifier._EarlyStopping._keep

    def keep(self: classifier._EarlyStopping, matrices: ModelMatrices) -> None:
        kept.append(matrices.vectors[:, :12].tobytes())
        original(self, matrices)

    monkeypatch.setattr(classifier, "_count_hits", lambda *_: next(accuracies))
    monkeypatch.setattr(classifier._EarlyStopping, "_keep", keep)
    model = train(corpus, ClassifierSettings(**{**vars(SETTINGS), "min_epochs": 1, "patience": 2}), validation)

    assert len(kept) == 2
    unused = np.zeros((1, 12), np.float32)
    whole = np.concatenate([model.input.words, model.input.bucket_rows, unused])
    assert whole.tobytes() == kept[-1]


def test_a_text_without_labels_is_refused_with_the_remedy(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path / "text", "no labels here\n")

    with pytest.raises(UserError, match=r"No line has a label.*__label__positive"):
        train(corpus, SETTINGS)


def test_a_line_may_be_longer_than_any_other(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path / "text", "__label__a " + "long " * 5000 + "\n__label__b short\n")

    assert classifier.accuracy(train(corpus, SETTINGS), corpus) == (1.0, 2)


def test_a_stop_within_an_epoch_keeps_the_best_weights_of_the_epochs_before(
    corpus: Corpus, validation: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bytes] = []
    keep, epoch = classifier._EarlyStopping._keep, classifier._Run.epoch

    def noted(self: classifier._EarlyStopping, matrices: ModelMatrices) -> None:
        kept.append(matrices.vectors.tobytes())
        keep(self, matrices)

    def stopped_in_the_third(self: classifier._Run, *given: Any) -> bool:
        epoch(self, *given)
        return len(kept) < 2

    monkeypatch.setattr(classifier._EarlyStopping, "_keep", noted)
    monkeypatch.setattr(classifier._Run, "epoch", stopped_in_the_third)
    # Accuracy gets better with every epoch, so the last result before the stop is the best one.
    monkeypatch.setattr(classifier, "_count_hits", lambda *_: (len(kept) + 1, 1000))
    settings = ClassifierSettings(**{**vars(SETTINGS), "epochs": 9, "min_epochs": 1, "patience": 9})

    model = train(corpus, settings, validation)

    assert not model.completed
    assert (len(kept), model.results[-1].improved) == (2, True)
    assert model.matrices is not None
    assert model.matrices[0].tobytes() == kept[-1]


def test_word_ngrams_may_be_longer_than_any_line(corpus: Corpus) -> None:
    longest = ClassifierSettings(**{**vars(SETTINGS), "threads": 1, "word_ngrams": 2**31 - 1})
    enough = replace(longest, word_ngrams=64)

    unlimited, whole_lines = train(corpus, longest), train(corpus, enough)

    assert unlimited.output.tobytes() == whole_lines.output.tobytes()
    assert classifier.accuracy(unlimited, corpus) == classifier.accuracy(whole_lines, corpus)
