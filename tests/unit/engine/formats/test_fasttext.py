"""The binary format against the fastText library and gensim, both ways."""

import struct
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blazingtext_engine.corpus.vocabulary import Vocabulary, read_corpus
from blazingtext_engine.corpus.words import Subwords
from blazingtext_engine.errors import ModelError
from blazingtext_engine.formats import fasttext as formats
from blazingtext_engine.formats.fasttext import Kind
from blazingtext_engine.formats.fasttext_writer import write_classifier, write_word_vectors
from blazingtext_engine.inference import TextClassifier, WordVectorModel
from blazingtext_engine.training.models import ClassifierModel, InputMatrix, WordVectors
from blazingtext_engine.training.settings import ClassifierSettings, Word2VecSettings
from tests.unit.fasttext_threads import THREADS

WORDS = [b"the", b"caf\xc3\xa9", b"b", b"wordvector"]
UNKNOWN = ["unknown", "caf\u00e9s", "x", "the\u65e5\u672c\u8a9e"]


def vocabulary(words: list[bytes], labels: list[bytes]) -> Vocabulary:
    counts, label_counts = np.arange(len(words), 0, -1) * 7, np.arange(len(labels), 0, -1) * 3
    return Vocabulary(words, counts.astype(np.int64), int(counts.sum()) + 5, labels, label_counts.astype(np.int64))


def random(rows: int, columns: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def input_matrix(words: int, dim: int, buckets: int) -> InputMatrix:
    kept = np.random.default_rng(3).permutation(np.arange(0, buckets, 2, dtype=np.int32))
    return InputMatrix(random(words, dim), buckets, kept, random(len(kept), dim, 2))


def dense(matrix: InputMatrix) -> np.ndarray:
    whole = np.zeros(matrix.shape, np.float32)
    whole[: len(matrix.words)] = matrix.words
    whole[len(matrix.words) + matrix.bucket_ids] = matrix.bucket_rows
    return whole


def word_vectors(subwords: Subwords | None, mode: str = "skipgram", words: list[bytes] = WORDS) -> WordVectors:
    matrix = input_matrix(len(words), 6, 0 if subwords is None else subwords.buckets)
    train = Word2VecSettings(mode=mode, dim=6, window=4, epochs=3, negatives=7, sample=0.002, subwords=subwords)
    return WordVectors(vocabulary(words, []), train, matrix.words, matrix, random(len(words), 6, 3), 1.0, 1.0, completed=True)


def classifier(word_ngrams: int) -> ClassifierModel:
    words, labels = [b"</s>", *WORDS], [b"__label__a", b"__label__b", b"__label__\xc3\xbc"]
    buckets = 50 if word_ngrams > 1 else 0
    train = ClassifierSettings(dim=6, epochs=3, word_ngrams=word_ngrams, buckets=buckets)
    matrix, output = input_matrix(len(words), 6, buckets), random(3, 6, 3)
    matrices = (matrix.words, output)
    return ClassifierModel(vocabulary(words, labels), train, matrix, output, 1.0, 1.0, completed=True, results=(), matrices=matrices)


def gensims(path: Path) -> Any:
    """What gensim reads from a file; imported here because it takes a second, which not every worker need wait for."""
    from gensim.models.fasttext import load_facebook_vectors

    return load_facebook_vectors(str(path))


@pytest.mark.parametrize("mode", ["batch_skipgram", "skipgram", "cbow"])
def test_fasttext_and_gensim_load_plain_vectors(tmp_path: Path, mode: str) -> None:
    path, model = tmp_path / "vectors.bin", word_vectors(None, mode)

    write_word_vectors(path, model, min_count=5)

    library, gensim = fasttext.load_model(str(path)), gensims(path)
    assert library.words == [word.decode() for word in WORDS]
    assert library.get_words(include_freq=True)[1].tolist() == model.vocabulary.counts.tolist()
    arguments = library.f.getArgs()
    assert [getattr(arguments, name) for name in ("dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "lrUpdateRate", "bucket")] == [
        6, 4, 3, 5, 7, 1, 100, 0,
    ]  # fmt: skip
    assert (arguments.minn, arguments.maxn, arguments.t) == (0, 0, 0.002)
    assert arguments.model.name == ("cbow" if mode == "cbow" else "skipgram")
    assert arguments.loss.name == "ns"
    assert not library.get_word_vector("unknown").any()
    for word, row in zip(library.words, model.vectors, strict=True):
        np.testing.assert_array_equal(library.get_word_vector(word), row)
        np.testing.assert_array_equal(gensim[word], row)


def test_the_library_gives_the_same_vectors_with_subwords(tmp_path: Path) -> None:
    path = tmp_path / "vectors.bin"
    write_word_vectors(path, word_vectors(Subwords(2, 4, 31)), min_count=5)

    library, own = fasttext.load_model(str(path)), WordVectorModel(formats.read(path))

    words = [*library.words, *UNKNOWN]
    np.testing.assert_allclose(own.vectors(words), [library.get_word_vector(word) for word in words], atol=1e-5)
    assert own.vectors(UNKNOWN[:1]).any()


def test_labels_in_word_vectors_have_the_librarys_vectors(tmp_path: Path) -> None:
    text, path = tmp_path / "text.txt", tmp_path / "vectors.bin"
    text.write_text("__label__pos good fine day\n__label__neg bad sad day\n__label__\u00fc fine\n" * 20, encoding="utf-8")
    library = fasttext.train_unsupervised(str(text), dim=6, epoch=1, minCount=1, bucket=31, thread=THREADS, verbose=0)
    library.save_model(str(path))

    own = WordVectorModel(formats.read(path))

    words = ["__label__pos", "__label__neg", "__label__\u00fc", "__label__none", "day", "unknown"]
    np.testing.assert_allclose(own.vectors(words), [library.get_word_vector(word) for word in words], atol=1e-5)


def test_label_words_are_words_of_word_vectors_here_and_no_words_in_the_library(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("__label__pos good fine day\n__label__neg bad sad day\n" * 20, encoding="utf-8")

    library = fasttext.train_unsupervised(str(text), dim=6, epoch=1, minCount=1, thread=THREADS, verbose=0)
    own = read_corpus([text], min_count=1, threads=1).vocabulary

    assert not own.labels
    assert {word.decode() for word in own.words} - {*library.words} == {"__label__pos", "__label__neg"}
    assert {*library.words} - {word.decode() for word in own.words} == {"</s>"}


def test_gensim_loads_subwords(tmp_path: Path) -> None:
    path = tmp_path / "vectors.bin"
    write_word_vectors(path, word_vectors(Subwords(2, 4, 31)), min_count=5)

    gensim, own = gensims(path), WordVectorModel(formats.read(path))

    np.testing.assert_allclose(own.vectors(UNKNOWN), [gensim[word] for word in UNKNOWN], atol=1e-5)


@pytest.mark.parametrize("word_ngrams", [1, 2, 3])
def test_the_library_gives_the_same_labels_and_probabilities(tmp_path: Path, word_ngrams: int) -> None:
    path = tmp_path / "model.bin"
    write_classifier(path, classifier(word_ngrams), min_count=5)

    library, own = fasttext.load_model(str(path)), TextClassifier(formats.read(path))

    arguments = library.f.getArgs()
    buckets = 50 if word_ngrams > 1 else 0
    names = ("dim", "epoch", "minCount", "wordNgrams", "bucket", "minn", "maxn", "lrUpdateRate", "ws", "neg")
    assert [getattr(arguments, name) for name in names] == [6, 3, 5, word_ngrams, buckets, 0, 0, 100, 5, 5]
    assert (arguments.model.name, arguments.loss.name, arguments.t) == ("supervised", "softmax", 1e-4)
    assert library.get_labels(include_freq=True)[1].tolist() == [9, 6, 3]
    for text in ["the caf\u00e9", "the b unknown the wordvector b", "", "nothing known", "__label__a the __label__zzz b"]:
        labels, probabilities = library.predict(text, k=3)
        assert own.predict(text, 3)[0] == list(labels)
        np.testing.assert_allclose(own.predict(text, 3)[1], probabilities, atol=1e-6)


@pytest.fixture(scope="module")
def labelled_text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    generator = np.random.default_rng(1)
    lines = []
    for number in range(300):
        topic = number * number % 5
        words = [f"t{topic}w{generator.integers(6)}" if generator.random() < 0.6 else f"c{generator.integers(9)}" for _ in range(8)]
        lines.append(f"__label__topic{topic} {' '.join(words)}")
    path = tmp_path_factory.mktemp("text") / "labelled.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("loss", ["softmax", "hs", "ns", "ova"])
@pytest.mark.parametrize("maxn", [0, 3])
def test_fasttexts_own_classifiers_are_served(tmp_path: Path, labelled_text: Path, loss: str, maxn: int) -> None:
    path = tmp_path / "model.bin"
    options = {
        "dim": 8,
        "epoch": 5,
        "minCount": 1,
        "wordNgrams": 2,
        "bucket": 100,
        "minn": 2 if maxn else 0,
        "maxn": maxn,
        "thread": THREADS,
    }
    fasttext.train_supervised(str(labelled_text), loss=loss, verbose=0, **options).save_model(str(path))

    library, own = fasttext.load_model(str(path)), TextClassifier(formats.read(path))

    for text in ["t1w1 t1w2 c3", "t2w0 unknown", "c1"]:
        expected = dict(zip(*library.predict(text, k=-1), strict=True))
        found = dict(zip(*own.predict(text, 5), strict=True))
        assert found.keys() == expected.keys()
        differences = [abs(found[label] - expected[label]) for label in expected]
        # The table of independent labels has steps: a score on an edge may fall to either side, and equal labels come in any order.
        assert max(differences) < (1 / 128 if loss in {"ns", "ova"} else 2e-6)
        assert sorted(differences)[1] <= 2e-6


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("maxn", [0, 5])
def test_fasttexts_own_vectors_are_served(tmp_path: Path, labelled_text: Path, model: str, maxn: int) -> None:
    path = tmp_path / "vectors.bin"
    options = {"dim": 8, "epoch": 1, "minCount": 1, "bucket": 200, "minn": 2 if maxn else 0, "maxn": maxn, "thread": THREADS, "verbose": 0}
    fasttext.train_unsupervised(str(labelled_text), model=model, **options).save_model(str(path))

    library, own = fasttext.load_model(str(path)), WordVectorModel(formats.read(path))

    words = [*library.words, "unheardof", "</s>"]
    np.testing.assert_allclose(own.vectors(words), [library.get_word_vector(word) for word in words], atol=1e-5)


def test_a_quantised_model_is_refused_clearly(tmp_path: Path, labelled_text: Path) -> None:
    path = tmp_path / "model.bin"
    options = {"dim": 8, "epoch": 1, "minCount": 1, "wordNgrams": 2, "bucket": 300, "thread": THREADS, "verbose": 0}
    model = fasttext.train_supervised(str(labelled_text), **options)
    model.quantize(dsub=2, verbose=0)
    model.save_model(str(path))

    with pytest.raises(ModelError, match="quantised"):
        formats.read(path)


def test_reading_copies_nothing_and_cannot_change_the_file(tmp_path: Path) -> None:
    path = tmp_path / "vectors.bin"
    write_word_vectors(path, word_vectors(None), min_count=5)

    model = formats.read(path)

    assert not model.input.flags.owndata
    assert not model.input.flags.writeable
    assert model.parameters.kind == Kind.SKIPGRAM


@pytest.mark.parametrize("buckets", [[], [0], [99_999], [5, 68, 69, 70, 200, 50_000], range(10_000, 20_000)])
def test_zeros_between_trained_buckets_are_read_but_take_no_room(tmp_path: Path, buckets: list[int]) -> None:
    path, words, dim = tmp_path / "model.bin", [b"a", b"b"], 40
    ids = np.random.default_rng(1).permutation(np.array(buckets, np.int32))
    matrix = InputMatrix(random(2, dim), 100_000, ids, random(len(ids), 48)[:, :dim])
    settings = ClassifierSettings(dim=dim, buckets=100_000)
    model = ClassifierModel(vocabulary(words, [b"__label__x"]), settings, matrix, random(1, dim), 1.0, 1.0, completed=True, results=())

    write_classifier(path, model, min_count=1)

    read = formats.read(path)
    np.testing.assert_array_equal(read.input, dense(matrix))
    np.testing.assert_array_equal(read.output, model.output)
    assert path.stat().st_blocks * 512 < 4 * dim * len(ids) + 100_000


def test_matrices_are_written_a_few_rows_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = word_vectors(Subwords(3, 4, 20), words=[b"word%d" % number for number in range(10)])
    monkeypatch.setattr("blazingtext_engine.formats.row_blocks.BLOCK_ROWS", 3)

    write_word_vectors(tmp_path / "vectors.bin", model, min_count=1)

    read = formats.read(tmp_path / "vectors.bin")
    np.testing.assert_array_equal(read.input, dense(model.input))
    np.testing.assert_array_equal(read.output, model.output)


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    write_classifier(path, classifier(2), min_count=5)
    whole = path.read_bytes()

    for length in range(0, len(whole), 13):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError):
            formats.read(path)


@pytest.mark.parametrize("start", [b"PK\x03\x04archive!", struct.pack("<ii", 793712314, 10), struct.pack("<ii", 1, 12)])
def test_another_file_is_refused(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "vectors.bin"
    path.write_bytes(start + bytes(200))

    with pytest.raises(ModelError, match="not a fastText model"):
        formats.read(path)


word = st.binary(min_size=1, max_size=12).filter(lambda text: not set(text) & set(b" \n\r\t\v\f\0"))


@settings(max_examples=50)
@given(words=st.lists(word, min_size=1, max_size=20, unique=True), subwords=st.sampled_from([None, Subwords(3, 6, 7)]))
def test_any_bytes_survive_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory, words: list[bytes], subwords: Subwords | None
) -> None:
    path, model = tmp_path_factory.mktemp("bin") / "vectors.bin", word_vectors(subwords, words=words)

    write_word_vectors(path, model, min_count=5)
    read = formats.read(path)

    assert list(read.words) == words
    assert read.labels == []
    assert read.parameters.subwords == subwords
    assert read.tokens == model.vocabulary.total_words
    np.testing.assert_array_equal(read.counts, model.vocabulary.counts)
    np.testing.assert_array_equal(read.input, dense(model.input))
    np.testing.assert_array_equal(read.output, model.output)
