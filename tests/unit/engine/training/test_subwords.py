import numpy as np
import pytest

from blazingtext_engine.corpus.words import Subwords, ngram_buckets
from blazingtext_engine.training.models import InputMatrix
from blazingtext_engine.training.subwords import subword_rows


def test_words_share_the_rows_of_their_common_ngrams() -> None:
    rows = subword_rows([b"walking", b"talking"], np.array([5.0, 2.0]), Subwords(3, 6, 2_000_000))

    starts, numbers = rows.rows
    first, second = numbers[starts[0] : starts[1]], numbers[starts[1] : starts[2]]
    assert (first[0], second[0]) == (0, 1)
    assert len(first) == 1 + len(ngram_buckets(b"walking", Subwords()))
    assert len(set(first.tolist()) & set(second.tolist())) > 5
    for row, bucket in zip(first[1:], ngram_buckets(b"walking", Subwords()), strict=True):
        assert rows.bucket_ids[row - 2] == bucket


def test_a_words_vector_is_the_mean_of_its_rows_and_rows_have_their_buckets() -> None:
    rows = subword_rows([b"abc", b"d"], np.ones(2), Subwords(3, 6, 50))
    vectors = np.random.default_rng(1).random((2 + len(rows.bucket_ids), 4), dtype=np.float32)
    starts, numbers = rows.rows

    means = rows.word_vectors(vectors)
    saved = rows.input_matrix(vectors, 50)
    matrix = np.zeros(saved.shape, np.float32)
    matrix[:2], matrix[2 + saved.bucket_ids] = saved.words, saved.bucket_rows

    np.testing.assert_allclose(means[0], vectors[numbers[: starts[1]]].mean(axis=0), rtol=1e-6)
    assert matrix.shape == (52, 4)
    expected = np.concatenate([[0], 2 + np.array(ngram_buckets(b"abc", Subwords(3, 6, 50)))])
    np.testing.assert_allclose(means[0], matrix[expected].mean(axis=0), rtol=1e-6)


def test_every_word_of_a_large_vocabulary_has_the_mean_of_its_rows() -> None:
    words = [b"w%d" % number for number in range(4100)]
    rows = subword_rows(words, np.ones(len(words)), Subwords(3, 3, 50))
    vectors = np.random.default_rng(1).random((len(words) + len(rows.bucket_ids), 2), dtype=np.float32)

    means = rows.word_vectors(vectors)

    place = {bucket: len(words) + number for number, bucket in enumerate(rows.bucket_ids.tolist())}
    for number in (0, 4095, 4096, 4099):
        own = [number, *(place[bucket] for bucket in ngram_buckets(words[number], Subwords(3, 3, 50)))]
        np.testing.assert_allclose(means[number], vectors[own].mean(axis=0), rtol=1e-6)


def test_words_without_ngrams_are_their_own_row() -> None:
    rows = subword_rows([b"a", b"b"], np.ones(2), Subwords(8, 9, 50))

    assert rows.rows.starts.tolist() == [0, 1, 2]
    assert len(rows.bucket_ids) == 0


def test_words_overlap_by_the_rows_they_share() -> None:
    alone = subword_rows([b"abc"], np.array([1.0]), Subwords(3, 3, 2_000_000))
    apart = subword_rows([b"abc", b"xyz"], np.array([1.0, 1.0]), Subwords(3, 3, 2_000_000))
    alike = subword_rows([b"abcdef", b"abcdeg"], np.array([1.0, 1.0]), Subwords(3, 3, 2_000_000))

    assert alone.overlap(np.array([1.0])) == pytest.approx(1)
    assert apart.overlap(np.array([1.0, 1.0])) == pytest.approx(0.5)
    # Seven rows each, the four n-grams `<ab abc bcd cde` in common: half the text is the word itself, half the other.
    assert alike.overlap(np.array([1.0, 1.0])) == pytest.approx((1 + 4 / 7) / 2)


def test_buckets_lie_in_the_order_of_how_often_their_ngrams_are_trained() -> None:
    words, uses, wanted = [b"abc", b"bcd", b"abcd"], np.array([2.0, 3.5, 4.0]), Subwords(2, 3, 40)

    rows = subword_rows(words, uses, wanted)

    trained = [0.0] * 40
    for word, times in zip(words, uses, strict=True):
        for bucket in ngram_buckets(word, wanted):
            trained[bucket] += times
    used = {bucket for word in words for bucket in ngram_buckets(word, wanted)}
    # Of those trained alike the first bucket comes first.
    assert rows.bucket_ids.tolist() == sorted(used, key=lambda bucket: (-trained[bucket], bucket))
    assert len({trained[bucket] for bucket in used}) < len(used)


def test_vectors_of_words_are_single_precision_however_many_are_averaged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [b"word%d" % number for number in range(50)]
    rows = subword_rows(words, np.ones(50), Subwords(3, 4, 100))
    vectors = np.random.default_rng(1).random((50 + len(rows.bucket_ids), 4), dtype=np.float32)
    whole = rows.word_vectors(vectors)

    monkeypatch.setattr("blazingtext_engine.training.subwords._WORDS_AT_ONCE", 7)

    assert whole.dtype == np.float32
    np.testing.assert_array_equal(rows.word_vectors(vectors), whole)


def test_a_matrix_of_words_alone_has_no_buckets() -> None:
    matrix = InputMatrix.of_words(np.ones((3, 4), np.float32))

    assert matrix.shape == (3, 4)
    assert (matrix.buckets, matrix.bucket_ids.tolist(), matrix.bucket_rows.shape) == (0, [], (0, 4))
    assert (matrix.bucket_ids.dtype.name, matrix.bucket_rows.dtype.name) == ("int32", "float32")
