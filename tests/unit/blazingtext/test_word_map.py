from pathlib import Path

import numpy as np
import pytest

from blazingtext.vectors import word_map
from blazingtext.vectors.word_vectors import Vectors
from blazingtext_lifecycle.errors import UserError


@pytest.fixture(name="found", scope="module")
def _found() -> Vectors:
    rng = np.random.default_rng(11)
    centres = rng.normal(size=(4, 10)) * 4
    words = ["the", "of", *(f"{'abcd'[row % 4]}word{row}" for row in range(60))]
    rows = [centres[row % 4] + rng.normal(size=10) for row in range(62)]
    return Vectors(tuple(words), np.array(rows, np.float32))


def test_function_words_are_left_out_unless_asked_for(found: Vectors) -> None:
    assert word_map.chosen_rows(found, word_map.Look(words=3)) == [2, 3, 4]
    assert word_map.chosen_rows(found, word_map.Look(words=3, stop_words=True)) == [0, 1, 2]


@pytest.mark.parametrize("seed", range(3))
def test_no_label_lies_on_another_and_all_lie_on_the_canvas(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = np.column_stack([rng.uniform(20, 90, 80), rng.uniform(10, 25, 80)])

    spots, canvas = word_map.without_overlaps(rng.normal(size=(80, 2)), boxes)

    apart = np.abs(spots[:, None] - spots[None])
    needed = (boxes[:, None] + boxes[None]) / 2 - 1e-6
    clear = (apart >= needed).any(axis=2) | np.eye(80, dtype=bool)
    assert clear.all()
    assert (spots - boxes / 2 >= -1e-6).all()
    assert (spots + boxes / 2 <= np.array(canvas) + 1e-6).all()


def test_labels_that_want_the_very_same_place_part() -> None:
    spots, _ = word_map.without_overlaps(np.zeros((3, 2)), np.full((3, 2), 10.0))

    assert len({tuple(spot) for spot in spots.round(3).tolist()}) == 3


def test_words_of_one_meaning_get_one_colour(found: Vectors) -> None:
    rows = word_map.chosen_rows(found, word_map.Look(words=60))
    clusters = word_map.group(found.directions[rows].astype(float), 1)

    assert len({(found.words[row][0], cluster) for row, cluster in zip(rows, clusters, strict=True)}) <= 4


@pytest.mark.parametrize(("name", "start"), [("map.png", b"\x89PNG"), ("map.svg", b"<?xml")])
def test_the_same_seed_draws_the_same_bytes(found: Vectors, tmp_path: Path, name: str, start: bytes) -> None:
    look = word_map.Look(words=30)

    first = word_map.draw(found, tmp_path / f"1-{name}", look)
    word_map.draw(found, tmp_path / f"2-{name}", look)

    one, two = ((tmp_path / f"{number}-{name}").read_bytes() for number in (1, 2))
    assert one.startswith(start)
    assert one == two
    assert len(first.words) == len(first.clusters) == 30


def test_a_format_that_cannot_be_drawn_is_refused(found: Vectors, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\.png, \.svg, \.pdf"):
        word_map.draw(found, tmp_path / "map.gif")


def test_too_few_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="only 2 words"):
        word_map.draw(Vectors(("cat", "dog"), np.ones((2, 3), np.float32)), tmp_path / "map.png")


def test_words_of_two_characters_are_words_in_other_scripts_than_latin() -> None:
    words = ("\u4e2d\u56fd", "of", "\u6211", "caf\u00e9", "ab", "\u0438")

    rows = word_map.chosen_rows(Vectors(words, np.eye(6, dtype=np.float32)), word_map.Look())

    assert [words[row] for row in rows] == ["\u4e2d\u56fd", "\u6211", "caf\u00e9", "\u0438"]


@pytest.mark.filterwarnings("error")
def test_a_word_is_no_formula_and_one_without_a_font_is_a_box_that_is_told(tmp_path: Path) -> None:
    words = ("$x^2$", "$\\frac$", "a_b", "\U00012000\U00012001", "w" * 30, "$")
    vectors = Vectors(words, np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32))

    drawn = word_map.draw(vectors, tmp_path / "map.svg", word_map.Look(title="$5", stop_words=True))

    assert drawn.words == words
    assert drawn.without_font == ("\U00012000\U00012001",)
    assert (tmp_path / "map.svg").read_text(encoding="utf-8").count("<!-- $x^2$ -->") == 1
