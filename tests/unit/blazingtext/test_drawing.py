"""How a map is laid out and painted, by its figure; what t-SNE and k-means make of clear clusters."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from threadpoolctl import threadpool_limits

from blazingtext.vectors import fonts, word_map
from blazingtext.vectors.word_map import Look

WORDS = ["first", "second", "third", "fourth"]
PLACES = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def painted(look: Look | None = None, clusters: tuple[int, ...] = (0, 1, 2, 16)) -> Figure:
    return word_map.paint(WORDS, PLACES, np.array(clusters), look or Look())


def texts(figure: Figure) -> dict[str, Any]:
    (axes,) = figure.axes
    return {text.get_text(): text for text in axes.texts}


def test_frequent_words_are_larger_and_each_has_its_clusters_colour() -> None:
    shown = texts(painted())

    sizes = [shown[word].get_fontsize() for word in WORDS]
    assert sizes == pytest.approx([22, 22 * (9.5 / 22) ** (1 / 3), 22 * (9.5 / 22) ** (2 / 3), 9.5])
    colours = [to_hex(shown[word].get_color()) for word in WORDS]
    assert len(set(colours[:3])) == 3
    assert colours[3] == colours[0], "there are sixteen colours, and then the first again"
    assert all(shown[word].get_horizontalalignment() == "center" for word in WORDS)


def test_the_head_says_what_is_shown_and_stands_above_it() -> None:
    plain, own = texts(painted()), texts(painted(Look(stop_words=True, title="Mine")))

    assert "Words of similar meaning" in plain
    assert "the 4 most frequent words, function words left out, by t-SNE of cosine, coloured by k-means" in plain
    assert {"Mine", "the 4 most frequent words by t-SNE of cosine, coloured by k-means"} < set(own)
    title, caption = own["Mine"], own["the 4 most frequent words by t-SNE of cosine, coloured by k-means"]
    assert (title.get_fontsize(), title.get_fontweight(), caption.get_fontsize()) == (20, "bold", 11)
    assert title.get_position()[1] - caption.get_position()[1] == 24
    assert caption.get_position()[1] > max(own[word].get_position()[1] for word in WORDS)
    assert title.get_position()[0] == caption.get_position()[0] == 0


def test_the_figure_holds_the_words_with_a_margin_and_a_head() -> None:
    figure = painted()

    (axes,) = figure.axes
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    width, height = figure.get_size_inches() * 72
    assert (left, low) == (-36, -36)
    # A unit of the axes is a point, so that boxes in points are where the words are.
    assert (right - left, high - low) == pytest.approx((width, height))
    assert title_above(figure) == 54
    assert axes.get_position().bounds == (0, 0, 1, 1)
    assert not axes.axison


def title_above(figure: Figure) -> float:
    """How far the title stands above the canvas."""
    (axes,) = figure.axes
    return float(texts(figure)["Words of similar meaning"].get_position()[1] - (axes.get_ylim()[1] - 36 - 54))


def test_the_canvas_is_half_as_wide_again_as_high_and_has_four_times_the_room_of_the_words() -> None:
    boxes = np.full((9, 2), [40.0, 10.0])
    places = np.array([[x, y] for x in range(3) for y in range(3)], float)

    spots, (width, height) = word_map.without_overlaps(places, boxes)

    assert width / height == pytest.approx(1.5)
    assert width * height == pytest.approx(4 * 9 * 400)
    # What does not overlap stays where it wants to be: at the edges of the canvas and in its middle.
    assert spots[0] == pytest.approx([20, 5])
    assert spots[4] == pytest.approx([width / 2, height / 2])
    assert spots[8] == pytest.approx([width - 20, height - 5])


@pytest.mark.parametrize("large", [(400.0, 10.0), (10.0, 400.0)])
def test_the_canvas_holds_a_word_that_is_larger_than_the_room_of_all(large: tuple[float, float]) -> None:
    boxes = np.array([large, large, (10.0, 10.0)])

    spots, canvas = word_map.without_overlaps(np.zeros((3, 2)), boxes)

    assert (spots - boxes / 2 >= -1e-6).all()
    assert (spots + boxes / 2 <= np.array(canvas) + 1e-6).all()
    assert canvas[0] / canvas[1] == pytest.approx(1.5)


def test_two_that_overlap_part_along_the_shorter_way_by_equal_steps() -> None:
    spots, boxes = np.array([[0.0, 0.0], [3.0, 9.0]]), np.full((2, 2), 10.0)

    # They overlap by 7 across and by 1 down.
    assert word_map._pushes(spots, boxes).tolist() == pytest.approx(np.array([[0.0, -0.55], [0.0, 0.55]]))
    assert word_map._pushes(spots[:, ::-1], boxes).tolist() == pytest.approx(np.array([[-0.55, 0.0], [0.55, 0.0]]))
    assert not word_map._pushes(np.array([[0.0, 0.0], [3.0, 10.0]]), boxes).any(), "they touch"


def test_a_words_box_has_a_margin_and_grows_with_its_type() -> None:
    narrow, wide = word_map._box("ii", 10), word_map._box("mmmm", 10)

    assert narrow[0] < wide[0]
    assert narrow[1] == wide[1] == pytest.approx(11.8)
    assert word_map._box("mmmm", 20)[0] - 6 == pytest.approx(2 * (wide[0] - 6), rel=0.02)


@pytest.mark.parametrize("word", ["\u200b", "\u00ad", "\u2060"])
def test_a_word_that_nobody_sees_has_room_and_ends_no_map(word: str, tmp_path: Path) -> None:
    assert word_map._box(word, 10) == pytest.approx((6.0, 11.8))

    figure = word_map.paint([*WORDS, word], np.vstack([PLACES, [[2.0, 2.0]]]), np.zeros(5, int), Look())

    for kind in word_map.FORMATS:
        figure.savefig(tmp_path / f"map.{kind}")
        assert (tmp_path / f"map.{kind}").stat().st_size > 0


def clusters(sizes: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float64]]:
    rng = np.random.default_rng(3)
    centres = np.eye(len(sizes))
    rows = [centres[place] + rng.normal(size=len(sizes)) * 0.01 for place, size in enumerate(sizes) for _ in range(size)]
    found: np.ndarray[Any, np.dtype[np.float64]] = np.array(rows)
    return found


def test_the_largest_cluster_comes_first_and_there_is_one_for_twenty_words() -> None:
    with threadpool_limits(1):
        found = [word_map.group(clusters(sizes), 1).tolist() for sizes in ((5, 30, 25), (30, 9), (20,) * 15)]

    assert found[0] == [2] * 5 + [0] * 30 + [1] * 25
    assert set(found[1]) == {0, 1}
    assert set(found[2]) == set(range(12))


def test_what_all_words_share_does_not_tell_them_apart() -> None:
    directions = np.array([[1.0, 1.0], [1.0, 3.0], [1.0, 2.0]])

    assert word_map._centred(directions).tolist() == [[0.0, -1.0], [0.0, 1.0], [0.0, 0.0]]


def test_words_of_a_kind_lie_near_each_other_and_the_map_is_wider_than_high() -> None:
    with threadpool_limits(1):
        places = word_map.embed(clusters((8, 8)), 1)

    assert places.mean(axis=0) == pytest.approx([0, 0], abs=1e-3)
    assert places[:, 0].std() >= places[:, 1].std()
    first, second = places[:8], places[8:]
    between = float(np.linalg.norm(first.mean(axis=0) - second.mean(axis=0)))
    assert between > 2 * float(np.linalg.norm(first - first.mean(axis=0), axis=1).mean())


class Font:
    """An installed font."""

    def __init__(self, name: str, style: str = "normal") -> None:
        self.name, self.style, self.fname = name, style, f"/fonts/{name}-{style}.ttf"


def test_fonts_fill_the_gaps_of_matplotlibs_own_in_the_order_of_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    fonts_there = [
        Font("Zeta"),
        Font("Beta", "italic"),
        Font("Beta"),
        Font("Alpha"),
        Font("Last Resort High"),
        Font("Broken"),
        Font("Beta"),
    ]
    has = {"own": "abc", "/fonts/Zeta-normal.ttf": "xyz", "/fonts/Beta-normal.ttf": "xy", "/fonts/Alpha-normal.ttf": "b"}
    monkeypatch.setattr(fontManager, "ttflist", fonts_there)
    monkeypatch.setattr(fonts, "findfont", lambda _: "own")

    def get_font(path: str) -> Any:
        if "Broken" in path:
            raise RuntimeError("cannot be opened")
        return type("Face", (), {"get_charmap": lambda _: {ord(letter): 1 for letter in has.get(path, "\u2603")}})()

    monkeypatch.setattr(fonts, "get_font", get_font)

    assert fonts.families_for("a b\nc") == (["sans-serif"], frozenset())
    assert fonts.families_for("ax") == (["sans-serif", "Beta"], frozenset())
    assert fonts.families_for("axz") == (["sans-serif", "Beta", "Zeta"], frozenset())
    # A font of boxes and an oblique one have everything, and count for nothing.
    assert fonts.families_for("a\u2603q") == (["sans-serif"], frozenset("\u2603q"))
