import html
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import RendererAgg

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
    with pytest.raises(UserError, match="Only 2 words can be drawn"):
        word_map.draw(Vectors(("cat", "dog"), np.ones((2, 3), np.float32)), tmp_path / "map.png")


def test_words_of_two_characters_are_words_in_other_scripts_than_latin() -> None:
    words = ("\u4e2d\u56fd", "of", "\u6211", "caf\u00e9", "ab", "\u0438")

    rows = word_map.chosen_rows(Vectors(words, np.eye(6, dtype=np.float32)), word_map.Look())

    assert [words[row] for row in rows] == ["\u4e2d\u56fd", "\u6211", "caf\u00e9", "\u0438"]


@pytest.mark.filterwarnings("error")
def test_a_word_is_no_formula_and_one_without_a_font_is_a_box_that_is_told(tmp_path: Path) -> None:
    words = ("$x^2$", "$\\frac$", "a_b", "\U00012000\U00012001", "w" * 30, "$")
    vectors = Vectors(words, np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32))
    look = word_map.Look(title="$5", stop_words=True, name="$run_1$")

    boxes, text = (word_map.draw(vectors, tmp_path / name, look) for name in ("map.png", "map.svg"))

    assert boxes.words == text.words == words
    assert boxes.without_font == ("\U00012000\U00012001",)
    # Whoever shows an SVG has fonts of their own.
    assert text.without_font == ()


def texts(path: Path) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<text [^>]*>([^<]*)</text>", path.read_text(encoding="utf-8"))]


def test_an_svg_holds_words_title_and_the_models_name_as_text(found: Vectors, tmp_path: Path) -> None:
    drawn = word_map.draw(found, tmp_path / "map.svg", word_map.Look(words=12, title="A <title>", name="blazingtext-dev-wiki-skipgram-01"))
    word_map.draw(found, tmp_path / "plain.svg", word_map.Look(words=12, stop_words=True))

    caption = "the 12 most frequent words, function words left out, by t-SNE of cosine, coloured by k-means"
    assert texts(tmp_path / "map.svg") == [*drawn.words, "A <title>", "blazingtext-dev-wiki-skipgram-01", caption]
    assert texts(tmp_path / "plain.svg")[-2:] == ["Words of similar meaning", caption.replace(", function words left out,", "")]


def test_the_head_fits_above_a_map_of_few_words(found: Vectors) -> None:
    name = "a-very-long-name-" * 8
    words = ["a", "b", "c", "d", "e"]

    figure = word_map.paint(words, np.random.default_rng(1).normal(size=(5, 2)), np.zeros(5, np.int64), word_map.Look(name=name))

    renderer = RendererAgg(  # type: ignore[no-untyped-call] # Matplotlib has no types there
        figure.get_figwidth() * figure.dpi, figure.get_figheight() * figure.dpi, figure.dpi
    )
    extents = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    assert max(each.x1 for each in extents) <= figure.get_figwidth() * figure.dpi
    assert max(each.y1 for each in extents) <= figure.get_figheight() * figure.dpi
    assert min(each.x0 for each in extents) >= 0
    head, body = extents[5:], extents[:5]
    assert min(each.y0 for each in head) > max(each.y1 for each in body)


def test_every_colour_can_be_read_on_white_and_none_stands_twice() -> None:
    """A contrast of 4.5 to 1, as https://www.w3.org/TR/WCAG21/#contrast-minimum asks of small type."""

    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    colours = word_map._COLOURS

    assert all(re.fullmatch("#[0-9a-f]{6}", each) for each in colours)
    assert len(set(colours)) == 16
    assert min(1.05 / (luminance(each) + 0.05) for each in colours) >= 4.5
