"""Exported vectors are read back by the programs that they are for, and what was lost is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gensim.models
import numpy as np
import pyarrow.parquet
import pytest
from safetensors import safe_open

from blazingtext.runs.local_models import open_model
from blazingtext.vectors import evaluation, exports
from blazingtext.vectors.word_vectors import Vectors
from blazingtext_lifecycle.errors import UserError

WORDS = ("the", "cafe\u0301", "\u97f3\u4e50", "\U0001f600", "<b>", '"', "#", *(f"w{row}" for row in range(40)))


def wordsim_words() -> tuple[str, ...]:
    pairs = (evaluation.wordsim()[0]).read_text(encoding="utf-8").lower().splitlines()
    return tuple(dict.fromkeys(word for line in pairs for word in line.split("\t")[:2]))


@pytest.fixture(name="vectors", scope="module")
def _vectors() -> Vectors:
    drawn = np.random.default_rng(1).standard_normal((len(WORDS), 6)).astype(np.float32)
    drawn[3] = 0
    drawn[4] *= 1e-30
    return Vectors(WORDS, drawn)


@pytest.fixture(name="scored", scope="module")
def _scored() -> Vectors:
    words = wordsim_words()
    return Vectors(words, np.random.default_rng(2).standard_normal((len(words), 8)).astype(np.float32))


def read_word2vec(path: Path) -> tuple[tuple[str, ...], Any]:
    read = gensim.models.KeyedVectors.load_word2vec_format(str(path), binary=False)
    return tuple(read.index_to_key), read.vectors


def read_safetensors(path: Path) -> tuple[tuple[str, ...], Any]:
    with safe_open(path, framework="numpy") as read:
        return tuple(json.loads(read.metadata()["words"])), read.get_tensor("vectors")


def read_parquet(path: Path) -> tuple[tuple[str, ...], Any]:
    table = pyarrow.parquet.read_table(path)
    return tuple(table["word"].to_pylist()), np.array(table["vector"].to_pylist(), np.float32)


def read_projector(path: Path) -> tuple[tuple[str, ...], Any]:
    words = (path / "metadata.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    rows = (path / "vectors.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    return tuple(words), np.array([[float(number) for number in row.split("\t")] for row in rows], np.float32)


READERS = {"word2vec": read_word2vec, "safetensors": read_safetensors, "parquet": read_parquet, "projector": read_projector}


@pytest.mark.parametrize("kind", READERS)
def test_a_format_gives_every_word_and_the_same_bits_to_its_library(vectors: Vectors, tmp_path: Path, kind: str) -> None:
    found = exports.export(vectors, tmp_path / "file", kind)

    words, matrix = READERS[kind](tmp_path / "file")
    assert words == WORDS
    assert matrix.dtype == np.float32
    assert np.array_equal(matrix, vectors.matrix)
    assert (found.words, found.before, found.after) == (len(WORDS), None, None)
    assert found.bytes == sum(path.stat().st_size for path in found.paths)


def test_the_projectors_folder_says_which_file_is_which(vectors: Vectors, tmp_path: Path) -> None:
    found = exports.export(vectors, tmp_path / "logs", "projector")

    assert [path.name for path in found.paths] == ["vectors.tsv", "metadata.tsv", "projector_config.pbtxt"]
    assert found.paths[2].read_text() == 'embeddings {\n  tensor_path: "vectors.tsv"\n  metadata_path: "metadata.tsv"\n}\n'


def test_a_word_with_a_tab_is_one_cell_of_the_projectors_table(tmp_path: Path) -> None:
    exports.export(Vectors(("a\tb", "c\nd"), np.ones((2, 2), np.float32)), tmp_path / "logs", "projector")

    assert (tmp_path / "logs" / "metadata.tsv").read_text() == "a b\nc d\n"


@pytest.mark.parametrize("word", ["a b", "a\tb", ""])
def test_a_word_that_word2vecs_format_cannot_hold_is_refused_and_nothing_is_written(tmp_path: Path, word: str) -> None:
    with pytest.raises(UserError, match="cannot be written in word2vec's text format"):
        exports.export(Vectors(("x", word), np.ones((2, 2), np.float32)), tmp_path / "a.vec", "word2vec")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "distance"),
    [
        # Half a unit in the last of eleven places; half a 127th of the largest number of a row.
        ("fp16", lambda row: np.abs(row) * 2.0**-11 + 1e-7),
        ("int8", lambda row: np.full_like(row, np.abs(row).max() / 127 / 2 * 1.001)),
    ],
)
def test_compressed_vectors_are_as_near_as_their_kind_allows_and_are_models(
    scored: Vectors, tmp_path: Path, kind: str, distance: Callable[[Any], Any]
) -> None:
    path = tmp_path / "vectors.npz"

    found = exports.export(scored, path, kind)

    read = open_model(path)
    assert read.words == scored.words
    for row in range(len(scored)):
        assert (np.abs(read.matrix[row] - scored.matrix[row]) <= distance(scored.matrix[row])).all()
    assert not np.array_equal(read.matrix, scored.matrix)
    assert found.before is not None
    assert found.after is not None
    pairs = evaluation.wordsim()[:1]
    assert found.before.rho == evaluation.evaluate(scored, pairs).mean_rho
    assert found.after.rho == evaluation.evaluate(read, pairs).mean_rho
    assert found.before.rho != found.after.rho or kind == "fp16"
    assert path.stat().st_size < scored.matrix.nbytes * {"fp16": 0.9, "int8": 0.7}[kind]


@pytest.mark.parametrize("kind", ["fp16", "int8"])
def test_zeros_stay_zeros_and_numbers_too_large_stay_finite(tmp_path: Path, kind: str) -> None:
    matrix = np.array([[0, 0], [1e30, -1e30], [1, 0.5]], np.float32)

    exports.export(Vectors(("zero", "huge", "plain"), matrix), tmp_path / "v.npz", kind)

    read = open_model(tmp_path / "v.npz").matrix
    assert read[0].tolist() == [0, 0]
    assert np.isfinite(read).all()
    assert np.sign(read[1]).tolist() == [1, -1]


def test_fewer_words_are_the_most_frequent_ones_and_their_loss_is_known(scored: Vectors, tmp_path: Path) -> None:
    found = exports.export(scored, tmp_path / "v.vec", "word2vec", top=200)

    assert read_word2vec(tmp_path / "v.vec")[0] == scored.words[:200]
    assert found.words == 200
    assert found.before is not None
    assert found.after is not None
    assert found.before.not_found == 0
    assert found.after.not_found > 0
    assert found.after.rho == evaluation.evaluate(Vectors(scored.words[:200], scored.matrix[:200]), evaluation.wordsim()[:1]).mean_rho


def test_more_words_than_there_are_are_all_and_nothing_is_lost(vectors: Vectors, tmp_path: Path) -> None:
    assert exports.export(vectors, tmp_path / "v.vec", "word2vec", top=10_000).before is None


@pytest.mark.parametrize("kind", exports.NAMES)
def test_what_is_there_stays_unless_it_may_be_replaced(vectors: Vectors, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "logs" / "metadata.tsv" if kind == "projector" else tmp_path / "logs"
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")

    with pytest.raises(UserError, match="already exists"):
        exports.export(vectors, tmp_path / "logs", kind, force=False)

    assert path.read_text() == "mine"
    assert sum(each.is_file() for each in tmp_path.rglob("*")) == 1
    exports.export(vectors, tmp_path / "logs", kind)
    assert path.read_bytes() != b"mine"


def test_a_damaged_or_foreign_archive_is_no_model(tmp_path: Path, vectors: Vectors) -> None:
    exports.export(vectors, tmp_path / "whole.npz", "int8")
    whole = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    np.savez(tmp_path / "foreign.npz", other=np.zeros(3))
    np.savez(tmp_path / "short.npz", words=np.array("a\nb"), matrix=np.zeros((1, 2), np.float16))

    for name, said in (
        ("cut", "it is damaged"),
        ("foreign", "it is damaged"),
        ("short", r"it names 2 words, and its matrix has the shape \(1, 2\)"),
    ):
        with pytest.raises(UserError, match=said):
            open_model(tmp_path / f"{name}.npz")
