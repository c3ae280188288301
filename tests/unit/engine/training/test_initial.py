"""Trainings that start from given vectors, beside what fastText's -pretrainedVectors makes of them."""

import lzma
from importlib.resources import files
from pathlib import Path

import fasttext
import numpy as np
import pytest

from blazingtext_engine.arrays import Floats
from blazingtext_engine.corpus.vocabulary import Corpus, read_corpus
from blazingtext_engine.corpus.words import Subwords, ngram_buckets
from blazingtext_engine.errors import ModelError, UserError
from blazingtext_engine.formats.fasttext import read
from blazingtext_engine.formats.fasttext_writer import write_word_vectors
from blazingtext_engine.formats.initial_vectors import read_initial_vectors
from blazingtext_engine.training import classifier, word2vec
from blazingtext_engine.training.initial import InitialVectors
from blazingtext_engine.training.models import WordVectors
from blazingtext_engine.training.settings import ClassifierSettings, Word2VecSettings
from tests.unit.fasttext_threads import THREADS

DIM = 12
NGRAMS = Subwords(3, 4, 300)
TEXT = "cat dog cat dog cat horse\ndog cat new new new\n" * 30
# Nothing moves: what training began with is what it ends with.
STILL = 1e-30


def given_vectors(*words: bytes, subwords: Subwords | None = None) -> InitialVectors:
    buckets = 0 if subwords is None else subwords.buckets
    drawn = np.random.default_rng(3).normal(size=(len(words) + buckets, DIM)).astype(np.float32)
    return InitialVectors("given.vec", [*words], drawn[: len(words)], subwords, drawn[len(words) :])


def corpus_of(folder: Path, text: str, known: InitialVectors | None = None, *, min_count: int = 5, labels: bool = False) -> Corpus:
    path = folder / "text"
    path.write_text(text)
    return read_corpus([path], min_count=min_count, threads=1, labels=labels, known=() if known is None else known.words)


def train(
    corpus: Corpus, initial: InitialVectors | None, *, mode: str = "batch_skipgram", subwords: Subwords | None = None, **more: float
) -> WordVectors:
    settings = Word2VecSettings(mode=mode, dim=DIM, epochs=1, sample=0, subwords=subwords, **{"learning_rate": STILL, **more})  # type: ignore[arg-type]
    return word2vec.train(corpus, settings, progress=lambda _: None, stop=lambda: False, initial=initial)


def vector(model: WordVectors, word: bytes) -> Floats:
    return np.asarray(model.vectors[model.vocabulary.ids[word]], np.float32)


# --- the vocabulary ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 3])
def test_known_words_are_kept_whatever_their_count_and_those_the_text_lacks_come_last(tmp_path: Path, threads: int) -> None:
    path = tmp_path / "text"
    path.write_text("often often often rare unknown\n")

    found = read_corpus([path], min_count=2, threads=threads, known=[b"absent", b"rare", b"often", b"</s>", b"__label__x", b"absent"])

    assert found.vocabulary.words == [b"often", b"rare", b"absent"]
    assert found.vocabulary.counts.tolist() == [3, 1, 0]
    assert (found.vocabulary.total_words, found.vocabulary.kept_words) == (5, 4)
    assert found.tokens.ids.tolist() == [0, 0, 0, 1, -1]


def test_with_labels_words_below_the_count_are_numbered_after_the_known_ones(tmp_path: Path) -> None:
    found = corpus_of(tmp_path, "__label__a often often rare unknown\n", given_vectors(b"absent", b"rare"), min_count=2, labels=True)

    assert found.vocabulary.words == [b"often", b"rare", b"absent"]
    assert found.tokens.ids.tolist() == [-2, 0, 0, 1, 3, -1]
    assert len(found.tokens.hashes) == 4


def test_known_words_alone_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No words in text"):
        corpus_of(tmp_path, "\n", given_vectors(b"cat"))


# --- word vectors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["batch_skipgram", "skipgram", "cbow"])
def test_words_start_from_their_vectors_and_others_from_random_ones(tmp_path: Path, mode: str) -> None:
    given = given_vectors(b"cat", b"horse", b"absent")
    corpus = corpus_of(tmp_path, TEXT, given)

    started, without = train(corpus, given, mode=mode), train(corpus, None, mode=mode)

    for place, word in enumerate(given.words):
        assert vector(started, word).tolist() == given.rows[place].tolist()
        assert np.abs(vector(without, word)).max() <= 1 / DIM
    assert vector(started, b"new").tolist() == vector(without, b"new").tolist()
    assert np.abs(started.output).max() < 1e-20


@pytest.mark.parametrize("mode", ["batch_skipgram", "cbow"])
def test_training_goes_on_from_them_and_leaves_words_that_the_text_lacks(tmp_path: Path, mode: str) -> None:
    given = given_vectors(b"cat", b"dog", b"absent")
    corpus = corpus_of(tmp_path, TEXT, given)

    trained = train(corpus, given, mode=mode, learning_rate=0.05)

    moved = [float(np.abs(vector(trained, word) - given.rows[place]).max()) for place, word in enumerate(given.words)]
    assert min(moved[:2]) > 1e-4
    assert moved[2] == 0


def test_n_grams_of_the_same_lengths_go_on_too(tmp_path: Path) -> None:
    given = given_vectors(b"cat", b"horse", b"absent", subwords=NGRAMS)
    untrained = ngram_buckets(b"horse", NGRAMS)[0]
    given.bucket_rows[untrained] = 0
    corpus = corpus_of(tmp_path, TEXT, given)

    started = train(corpus, given, mode="skipgram", subwords=NGRAMS)

    rows = dict(zip(started.input.bucket_ids.tolist(), started.input.bucket_rows, strict=True))
    shared = set(ngram_buckets(b"new", NGRAMS)) | set(ngram_buckets(b"cat", NGRAMS))
    assert all(rows[bucket].tolist() == given.bucket_rows[bucket].tolist() for bucket in shared - {untrained})
    assert 0 < np.abs(rows[untrained]).max() <= 1 / DIM
    assert started.input.words[corpus.vocabulary.ids[b"cat"]].tolist() == given.rows[0].tolist()
    expected = np.mean([given.rows[0], *(given.bucket_rows[each] for each in ngram_buckets(b"cat", NGRAMS))], axis=0)
    assert np.abs(vector(started, b"cat") - expected).max() < 1e-6


@pytest.mark.parametrize("other", [None, Subwords(2, 4, 300), Subwords(3, 4, 200)])
def test_with_other_n_grams_a_words_row_starts_from_its_whole_vector(tmp_path: Path, other: Subwords | None) -> None:
    given = given_vectors(b"cat", b"horse", subwords=NGRAMS)
    corpus = corpus_of(tmp_path, TEXT, given)

    started = train(corpus, given, mode="skipgram", subwords=other)

    expected = np.mean([given.rows[0], *(given.bucket_rows[each] for each in ngram_buckets(b"cat", NGRAMS))], axis=0)
    assert np.abs(started.input.words[corpus.vocabulary.ids[b"cat"]] - expected).max() < 1e-6


# --- classifiers ------------------------------------------------------------------------------------------------------


def test_a_classifiers_words_start_from_them_as_in_fasttext(tmp_path: Path) -> None:
    given = given_vectors(b"good", b"absent", b"</s>")
    text = "__label__a good film\n__label__b dull film\n" * 5
    rows = [
        "".join([word.decode(), *(f" {number!r}" for number in row.tolist())]) for word, row in zip(given.words, given.rows, strict=True)
    ]
    (tmp_path / "given.vec").write_text("\n".join([f"3 {DIM}", *rows, ""]))

    corpus = corpus_of(tmp_path, text, given, labels=True)
    settings = ClassifierSettings(dim=DIM, epochs=1, learning_rate=STILL, word_ngrams=1, buckets=0)
    ours = classifier.train(corpus, settings, progress=lambda _: None, stop=lambda: False, initial=given)
    theirs = fasttext.train_supervised(
        str(tmp_path / "text"),
        dim=DIM,
        epoch=1,
        lr=STILL,
        minCount=5,
        thread=THREADS,
        pretrainedVectors=str(tmp_path / "given.vec"),
        verbose=0,
    )

    assert {word.decode() for word in ours.vocabulary.words} == set(theirs.get_words())
    for place, word in enumerate(given.words):
        row = ours.input.words[ours.vocabulary.ids[word]]
        assert row.tolist() == given.rows[place].tolist()
        assert np.abs(row - theirs.get_input_vector(theirs.get_word_id(word.decode()))).max() < 1e-6
    assert np.abs(ours.input.words[ours.vocabulary.ids[b"film"]]).max() <= 1 / DIM


TARGETS = (b"river", b"music", b"army", b"film", b"church")


def test_a_classifier_learns_more_from_few_lines_when_it_starts_from_vectors_of_much_text(tmp_path: Path) -> None:
    """Which of five words was taken out of eight words on either side, in Wikipedia, learnt from ten examples of each."""
    words = lzma.decompress((files("blazingtext") / "data/sample/wikipedia.txt.xz").read_bytes())[:4_000_000].split()
    (tmp_path / "much").write_bytes(b" ".join(words))
    much = read_corpus([tmp_path / "much"], min_count=5, threads=1)
    settings = Word2VecSettings(dim=50, threads=1)
    vectors = word2vec.train(much, settings, progress=lambda _: None, stop=lambda: False).vectors
    given = InitialVectors("much", much.vocabulary.words, np.asarray(vectors), None, np.empty((0, 50), np.float32))
    examples: dict[bytes, list[bytes]] = {word: [] for word in TARGETS}
    for place, word in enumerate(words[8:-8], 8):
        around = [*words[place - 8 : place], *words[place + 1 : place + 9]]
        if word in examples and not examples.keys() & set(around):
            examples[word].append(b"__label__" + word + b" " + b" ".join(around))
    held_out = [line for lines in examples.values() for line in lines[30:100]]

    accuracies = {True: list[float](), False: list[float]()}
    for seed in range(3):
        few = [line for turn in range(10 * seed, 10 * seed + 10) for lines in examples.values() for line in (lines[turn],)]
        for starts, found in accuracies.items():
            found.append(_accuracy(tmp_path, few, held_out, given if starts else None, seed))

    assert len(held_out) == 350
    # 0.63 beside 0.25 at most: one in five is right by chance.
    assert min(accuracies[True]) > max(accuracies[False]) + 0.2, accuracies


def _accuracy(folder: Path, few: list[bytes], held_out: list[bytes], initial: InitialVectors | None, seed: int) -> float:
    for name, lines in (("few", few), ("held out", held_out)):
        (folder / name).write_bytes(b"\n".join(lines) + b"\n")
    known = () if initial is None else initial.words
    corpus = read_corpus([folder / "few"], min_count=1, threads=1, labels=True, known=known)
    settings = ClassifierSettings(dim=50, epochs=20, learning_rate=0.2, word_ngrams=1, buckets=0, seed=seed)
    model = classifier.train(corpus, settings, progress=lambda _: None, stop=lambda: False, initial=initial)
    return classifier.accuracy(model, classifier.read_documents([folder / "held out"], corpus.vocabulary, threads=1))[0]


# --- what is refused, and what is read --------------------------------------------------------------------------------


def test_another_dimension_and_a_text_that_shares_no_word_are_refused(tmp_path: Path) -> None:
    given = given_vectors(b"katze", b"hund")

    with pytest.raises(UserError, match=r"The vectors of given\.vec have 12 numbers, and vector_dim is 100\..*Set vector_dim to 12"):
        given.raise_if_of_another_dimension(100)
    given.raise_if_of_another_dimension(12)
    with pytest.raises(UserError, match=r"None of the text's words is in given\.vec"):
        given.shared(corpus_of(tmp_path, TEXT, given).vocabulary)
    assert given_vectors(b"cat", b"hund", b"dog").shared(corpus_of(tmp_path, TEXT).vocabulary) == 2


def test_a_text_file_is_read_with_its_blank_lines_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "own.vec").write_bytes(b"3 2\ncat 1 2.5\n\n\xff\xfe -1e-3 0 \nx  3\t4\n")

    found = read_initial_vectors(tmp_path / "own.vec")

    assert (found.words, found.rows.tolist(), found.subwords) == (
        [b"cat", b"\xff\xfe", b"x"],
        [[1, 2.5], [np.float32(-1e-3), 0], [3, 4]],
        None,
    )


@pytest.mark.parametrize("subwords", [None, NGRAMS])
def test_a_binary_file_is_read_with_its_n_grams(tmp_path: Path, subwords: Subwords | None) -> None:
    model = train(corpus_of(tmp_path, TEXT), None, mode="skipgram", subwords=subwords)
    write_word_vectors(tmp_path / "vectors.bin", model, min_count=5)

    found = read_initial_vectors(tmp_path / "vectors.bin")

    assert (found.words, found.subwords) == (model.vocabulary.words, subwords)
    assert found.rows.tolist() == read(tmp_path / "vectors.bin").input[: len(found.words)].tolist()
    assert found.bucket_rows.shape == (0 if subwords is None else 300, DIM)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"some text\n", "its first line does not hold two numbers"),
        (b"", "its first line does not hold two numbers"),
        (b"2 2\ncat 1 2\n", "ends early: its first line announces 2 words, and it holds 1"),
        (b"1 2\ncat 1\n", "a line does not hold a word and 2 numbers"),
        (b"1 2\ncat 1 two\n", "a line does not hold a word and 2 numbers"),
        (b"\xba\x16\x4f\x2f\x0c\0\0\0", "ends before it is complete"),
    ],
)
def test_what_holds_no_vectors_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "own.vec").write_bytes(content)

    with pytest.raises(ModelError, match=said):
        read_initial_vectors(tmp_path / "own.vec")
    with pytest.raises(ModelError, match=r"none\.vec cannot be read\. No such file"):
        read_initial_vectors(tmp_path / "none.vec")
