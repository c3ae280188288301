"""Model files that are older, damaged or of another kind, made by changing single numbers of a good one."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from blazingtext_engine.corpus.words import Subwords
from blazingtext_engine.errors import ModelError
from blazingtext_engine.formats import fasttext as formats
from tests.unit.engine.saved_models import save_classifier, save_vectors

# Offsets in the layout of fastText 0.9.2 (src/fasttext.cc saveModel, args.cc save, dictionary.cc save).
VERSION = 4
MAXN = 8 + 4 * 10
ENTRIES = 8 + 4 * 12 + 8
PRUNED = ENTRIES + 3 * 4 + 8
FIRST_WORD = PRUNED + 8


@pytest.fixture(name="model")
def _model(tmp_path: Path) -> Path:
    save_classifier(tmp_path)
    return tmp_path / "model.bin"


def changed(path: Path, place: int, shape: str, value: int) -> Path:
    content = bytearray(path.read_bytes())
    struct.pack_into(shape, content, place, value)
    path.write_bytes(content)
    return path


def first_matrix(path: Path) -> int:
    """Where the first matrix begins: behind as many words, each with its NUL, count and kind, as there are."""
    content, place = path.read_bytes(), FIRST_WORD
    for _ in range(struct.unpack_from("<i", content, ENTRIES)[0]):
        place = content.index(b"\0", place) + 1 + 8 + 1
    return place


def test_the_file_says_how_the_model_was_trained(model: Path) -> None:
    parameters = formats.read(model).parameters

    assert vars(parameters) == {
        "dim": 5, "window": 5, "epochs": 5, "min_count": 1, "negatives": 5, "word_ngrams": 1, "loss": 3, "kind": 3, "buckets": 0,
        "min_char": 0, "max_char": 0, "update_rate": 100, "sample": 1e-4,
    }  # fmt: skip


def test_labels_have_their_counts(model: Path) -> None:
    read = formats.read(model)

    assert list(read.words) == [b"</s>", b"good", b"bad"]
    assert read.counts.tolist() == [3, 2, 1]
    assert read.labels == [b"__label__Company", b"__label__Artist", b"__label__Album"]
    assert read.label_counts.tolist() == [3, 2, 1]
    assert (read.input.shape, read.output.shape) == ((3, 5), (3, 5))


def test_a_classifier_of_version_11_has_no_character_ngrams_whatever_it_says(model: Path) -> None:
    changed(model, MAXN, "<i", 4)
    assert formats.read(model).parameters.max_char == 4

    changed(model, VERSION, "<i", 11)

    assert formats.read(model).parameters.max_char == 0


def test_vectors_of_version_11_keep_their_ngrams(tmp_path: Path) -> None:
    save_vectors(tmp_path, Subwords(2, 4, 7))
    path = changed(tmp_path / "vectors.bin", VERSION, "<i", 11)

    assert formats.read(path).parameters.subwords == Subwords(2, 4, 7)


@pytest.mark.parametrize("version", [10, 13])
def test_another_version_is_refused(model: Path, version: int) -> None:
    with pytest.raises(ModelError, match="not a fastText model"):
        formats.read(changed(model, VERSION, "<i", version))


@pytest.mark.parametrize(
    ("place", "shape", "value", "words"),
    [
        (lambda _: PRUNED, "<q", 0, "quantised model"),
        (lambda _: PRUNED, "<q", 5, "quantised model"),
        (first_matrix, "<b", 1, "quantised model"),
        (lambda _: FIRST_WORD + len(b"</s>\0") + 8, "<b", 2, "neither a word nor a label"),
        (lambda _: FIRST_WORD + len(b"</s>\0") + 8, "<b", -1, "neither a word nor a label"),
        (lambda path: first_matrix(path) + 1, "<q", 4, "shape 4 x 5, its dictionary asks for 3 x 5"),
        (lambda path: first_matrix(path) + 9, "<q", 6, "shape 3 x 6, its dictionary asks for 3 x 5"),
        (lambda _: ENTRIES, "<i", 10**6, "ends before it is complete|neither a word nor a label"),
    ],
)
def test_what_does_not_fit_together_is_refused(model: Path, place: Callable[[Path], int], shape: str, value: int, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        formats.read(changed(model, place(model), shape, value))


@pytest.mark.parametrize("rest", [0, 1, 7])
def test_a_file_shorter_than_its_first_numbers_is_no_model(tmp_path: Path, rest: int) -> None:
    path = tmp_path / "vectors.bin"
    path.write_bytes(b"\xba\x16\x4f\x2f\x0c\0\0\0"[:rest])

    with pytest.raises(ModelError, match="not a fastText model"):
        formats.read(path)


def test_a_file_that_lacks_its_last_byte_is_cut_short(model: Path) -> None:
    whole = model.read_bytes()
    model.write_bytes(whole[:-1])
    with pytest.raises(ModelError, match="ends before it is complete"):
        formats.read(model)

    model.write_bytes(whole + b"\0")
    assert np.isfinite(formats.read(model).output).all()


@pytest.mark.parametrize("length", [8, 9, FIRST_WORD - 1, FIRST_WORD, FIRST_WORD + 2])
def test_a_file_that_ends_in_its_head_or_in_a_word_is_cut_short(model: Path, length: int) -> None:
    model.write_bytes(model.read_bytes()[:length])

    with pytest.raises(ModelError, match="ends before it is complete"):
        formats.read(model)


def test_a_matrix_without_rows_may_be_the_end_of_a_file(model: Path) -> None:
    whole, first = model.read_bytes(), first_matrix(model)
    # Of three words and three labels the dictionary keeps the words, and the second matrix its shape.
    words = whole[FIRST_WORD : first - sum(len(label) + 10 for label in (b"__label__Company", b"__label__Artist", b"__label__Album"))]
    start = whole[:ENTRIES] + struct.pack("<iiiqq", 3, 3, 0, 10, -1)
    model.write_bytes(start + words + whole[first : first + 17 + 60] + struct.pack("<?qq", False, 0, 5))

    read = formats.read(model)

    assert (read.labels, read.output.shape, read.input.shape) == ([], (0, 5), (3, 5))


def test_word_vectors_have_an_output_row_for_each_word(tmp_path: Path) -> None:
    rows = save_vectors(tmp_path)

    np.testing.assert_array_equal(formats.read(tmp_path / "vectors.bin").output, rows)
