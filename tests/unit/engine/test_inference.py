"""Answers of a saved model."""

import struct
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest

from blazingtext_engine import inference
from blazingtext_engine.corpus.vocabulary import Vocabulary
from blazingtext_engine.corpus.words import Subwords
from blazingtext_engine.errors import ModelError
from blazingtext_engine.formats.fasttext_writer import write_classifier
from blazingtext_engine.inference import TextClassifier, WordVectorModel, load, most_probable
from blazingtext_engine.training.models import ClassifierModel, InputMatrix
from blazingtext_engine.training.settings import ClassifierSettings
from tests.unit.engine.saved_models import save_classifier, save_vectors

# The seventh of the numbers after magic and version.
LOSS = 4 * (2 + 6)


@pytest.mark.parametrize("k", [1, 2, 7, 1999, 2000, 2001])
def test_the_most_probable_labels_are_those_of_a_stable_sort(k: int) -> None:
    # Few different values, so that many are equal.
    probabilities = np.random.default_rng(k).integers(0, 20, 2000).astype(np.float32)

    assert most_probable(probabilities, k).tolist() == np.argsort(-probabilities, kind="stable")[:k].tolist()


def test_a_loss_that_fasttext_does_not_have_is_damage(tmp_path: Path) -> None:
    save_classifier(tmp_path)
    content = bytearray((tmp_path / "model.bin").read_bytes())
    struct.pack_into("<i", content, LOSS, 5)
    (tmp_path / "model.bin").write_bytes(content)

    with pytest.raises(ModelError, match=r"names the loss 5, which fastText does not have\. Upload the file once more"):
        load(tmp_path)


def of_loss(folder: Path, loss: int, output: list[float], label_counts: list[int]) -> tuple[TextClassifier, Any]:
    """A classifier of one dimension, in which the text `good` is 1 and each label the number given for it, here and in the library."""
    words, labels = [b"</s>", b"good"], [b"__label__%c" % (ord("a") + n) for n in range(len(output))]
    vocabulary = Vocabulary(words, np.array([2, 1]), 3, labels, np.array(label_counts))
    matrix, settings = InputMatrix.of_words(np.ones((2, 1), np.float32)), ClassifierSettings(dim=1, word_ngrams=1, buckets=0)
    rows = np.array(output, np.float32)[:, None]
    write_classifier(
        folder / "model.bin", ClassifierModel(vocabulary, settings, matrix, rows, 1.0, 1.0, completed=True, results=()), min_count=1
    )
    content = bytearray((folder / "model.bin").read_bytes())
    struct.pack_into("<i", content, LOSS, loss)
    (folder / "model.bin").write_bytes(content)
    own = load(folder)
    assert isinstance(own, TextClassifier)
    return own, fasttext.load_model(str(folder / "model.bin"))


@pytest.mark.parametrize("loss", [2, 4], ids=["negative sampling", "one versus all"])
def test_independent_labels_have_the_steps_of_fasttexts_table_up_to_eight_and_are_certain_beyond(tmp_path: Path, loss: int) -> None:
    # On a step, between two, at either end, beyond it by less and by more than a step, and where no step is counted any more.
    scores = [-1e30, -9, -8.5, -8.02, -8, -7.98, -0.51, -0.5, -0.01, 0, 0.01, 0.5, 7.96, 7.98, 8, 8.02, 8.5, 9, 1e30]
    own, library = of_loss(tmp_path, loss, scores, [1] * len(scores))

    found = dict(zip(*own.predict("good", len(scores)), strict=True))

    assert found == pytest.approx(dict(zip(*library.predict("good", k=-1), strict=True)), abs=1e-6)
    # SIGMOID_TABLE_SIZE 512 over MAX_SIGMOID 8 (loss.cc): 0.51 is the step 0.5 from above, and -0.51 the one below it.
    steps = {"g": -0.53125, "h": -0.5, "i": -0.03125, "j": 0, "k": 0, "l": 0.5, "m": 7.9375}
    for label, step in steps.items():
        assert found[f"__label__{label}"] == pytest.approx(1 / (1 + np.exp(-step)) + 1e-5, abs=1e-6)
    assert [found[f"__label__{label}"] for label in "acds"] == pytest.approx([1e-5, 1e-5, 1e-5, 1 + 1e-5], abs=1e-7)


@pytest.mark.parametrize(
    "counts", [[1, 1], [5, 3, 1], [8, 4, 2, 1, 1], [3, 3, 3, 3, 3], [9, 9, 2, 2, 2, 1], [100, 1, 1, 1, 1, 1, 1]], ids=str
)
@pytest.mark.parametrize("scale", [1, 300], ids=["likely turns", "certain turns"])
def test_a_tree_of_labels_is_the_one_fasttext_makes_of_their_counts(tmp_path: Path, counts: list[int], scale: float) -> None:
    turns = [0.7, -1.3, 0.2, -0.4, 1.1, -0.9, 0.5][: len(counts)]
    own, library = of_loss(tmp_path, 1, [scale * turn for turn in turns], counts)

    found = dict(zip(*own.predict("good", len(counts)), strict=True))

    # The library leaves out labels that are all but impossible.
    expected = dict.fromkeys(found, 1e-5) | dict(zip(*library.predict("good", k=-1), strict=True))
    assert found == pytest.approx(expected, abs=2e-5 if scale > 1 else 2e-6)
    assert scale > 1 or sum(found.values()) == pytest.approx(1, abs=1e-3)


def test_a_matrix_is_copied_only_when_its_numbers_lie_between_two_places() -> None:
    memory = np.arange(25, dtype=np.uint8)
    aligned, unaligned = memory[:24].view(np.float32).reshape(2, 3), memory[1:].view(np.float32).reshape(2, 3)

    assert inference._aligned(aligned) is aligned
    copied = inference._aligned(unaligned)
    assert (unaligned.flags.aligned, copied.flags.aligned) == (False, True)
    assert copied.tobytes() == unaligned.tobytes()


def test_a_word_too_short_for_an_ngram_is_its_own_row_or_nothing(tmp_path: Path) -> None:
    save_vectors(tmp_path, Subwords(6, 7, 11))
    own, library = load(tmp_path), fasttext.load_model(str(tmp_path / "vectors.bin"))
    assert isinstance(own, WordVectorModel)

    words = ["\u00e9", "caf\u00e9", "blazing", "x"]

    np.testing.assert_allclose(own.vectors(words), [library.get_word_vector(word) for word in words], atol=1e-6)
    assert [bool(row.any()) for row in own.vectors(words)] == [False, True, True, False]


@pytest.mark.parametrize(("files", "words"), [([], r"holds 0 \(none\)"), (["b.bin", "a.bin"], r"holds 2 \(a\.bin, b\.bin\)")])
def test_what_a_folder_holds_instead_of_one_model_is_said(tmp_path: Path, files: list[str], words: str) -> None:
    for name in files:
        (tmp_path / name).touch()

    with pytest.raises(ModelError, match=words):
        load(tmp_path)
