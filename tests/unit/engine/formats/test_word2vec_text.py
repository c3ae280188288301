"""vectors.txt: C's %.6g for every float32, words as bytes, and gensim as the reader."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from blazingtext_engine.formats.word2vec_text import write_vectors

AWKWARD = [
    0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 999999.5, 999999.4, 123456.5, 123455.5, 1e-4, 9.9999995e-5, 1e-5, -1.5e-7, 1e-38, 1e-45, 3.4e38,
    1234567.0, 100000.0, 1e6, 0.30000001192092896, math.inf, -math.inf,
]  # fmt: skip


def written(path: Path, rows: np.ndarray, *, threads: int = 1) -> list[list[str]]:
    write_vectors(path, [b"w%d" % row for row in range(len(rows))], rows, threads=threads)
    return [line.split(" ")[1:] for line in path.read_text().splitlines()[1:]]


def test_numbers_are_printed_as_c_prints_them(tmp_path: Path) -> None:
    rows = np.array([AWKWARD], np.float32)

    numbers = written(tmp_path / "vectors.txt", rows)

    assert numbers == [[f"{value:.6g}" for value in rows[0].tolist()]]


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        (0x7F800000, "inf"),
        (0xFF800000, "-inf"),
        # Not a number, whichever bits of the fraction say so; C prints the sign, as glibc has it.
        (0x7F800001, "nan"),
        (0x7FC00000, "nan"),
        (0x7FFFFFFF, "nan"),
        (0xFFC00000, "-nan"),
        (0x00000001, "1.4013e-45"),
        (0x007FFFFF, "1.17549e-38"),
        (0x00800000, "1.17549e-38"),
        (0x7F7FFFFF, "3.40282e+38"),
        (0x80000000, "-0"),
    ],
)
def test_what_is_at_the_ends_of_a_float_is_printed_as_c_prints_it(tmp_path: Path, bits: int, text: str) -> None:
    rows = np.array([[bits]], np.uint32).view(np.float32)

    assert written(tmp_path / "vectors.txt", rows) == [[text]]


@pytest.mark.parametrize("exponent", range(-45, 39))
def test_so_is_every_power_of_ten_and_its_neighbours(tmp_path: Path, exponent: int) -> None:
    power = np.float32(f"1e{exponent}")
    values = [power, np.nextafter(power, np.float32(0)), np.nextafter(power, np.float32(np.inf)), power * np.float32(3)]

    (numbers,) = written(tmp_path / "vectors.txt", np.array([values], np.float32))

    assert numbers == [f"{float(value):.6g}" for value in np.array(values, np.float32).tolist()]


def test_so_are_all_sizes_of_numbers(tmp_path: Path) -> None:
    patterns = np.random.default_rng(1).integers(0, 2**32, (500, 40), dtype=np.uint32)
    rows = patterns.view(np.float32)
    rows[~np.isfinite(rows)] = 0

    numbers = written(tmp_path / "vectors.txt", rows)

    # Beyond a million the sixth digit may be rounded the other way when the seventh is exactly a five.
    assert [[float(text) for text in line] for line in numbers] == [[float(f"{value:.6g}") for value in row] for row in rows.tolist()]


@settings(max_examples=50)
@given(arrays.arrays(np.float32, (3, 4), elements=st.floats(-100, 100, width=32)))
def test_and_any_plausible_vector(tmp_path_factory: object, rows: np.ndarray) -> None:
    path = Path(str(tmp_path_factory.mktemp("text"))) / "vectors.txt"  # type: ignore[attr-defined]  # pytest's type is private

    assert written(path, rows) == [[f"{value:.6g}" for value in row] for row in rows.tolist()]


def test_the_bytes_do_not_depend_on_the_threads_nor_on_how_much_each_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(1).normal(size=(20_000, 3)).astype(np.float32)
    whole = written(tmp_path / "one", rows)

    monkeypatch.setattr("blazingtext_engine.formats.word2vec_text._CHUNK_NUMBERS", 5_000)

    assert written(tmp_path / "three", rows, threads=3) == whole


def test_padded_and_strided_rows_are_written_as_they_look(tmp_path: Path) -> None:
    padded = np.zeros((10, 16), np.float32)
    padded[:, :5] = np.arange(50, dtype=np.float32).reshape(10, 5)

    assert written(tmp_path / "vectors.txt", padded[:, :5])[3] == ["15", "16", "17", "18", "19"]


def test_gensim_reads_the_same_numbers_to_six_digits(tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    path = tmp_path / "vectors.txt"
    rows = np.random.default_rng(1).normal(0, 0.3, (50, 7)).astype(np.float32)
    words = [b"caf\xc3\xa9", *(b"w%d" % row for row in range(49))]

    write_vectors(path, words, rows, threads=1)

    loaded = KeyedVectors.load_word2vec_format(str(path), binary=False)
    assert loaded.index_to_key == [word.decode() for word in words]
    np.testing.assert_allclose(loaded.vectors, rows, rtol=5.1e-6)


def test_words_that_are_not_utf8_survive_as_bytes(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"

    write_vectors(path, [b"\xff\xfe", b"plain"], np.ones((2, 2), np.float32), threads=1)

    assert path.read_bytes() == b"2 2\n\xff\xfe 1 1\nplain 1 1\n"
