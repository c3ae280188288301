"""The layout is t-SNE: its gradient is the exact one, whether pairs are computed or interpolated, and groups come apart."""

import numpy as np
import pytest

from blazingtext.vectors import layout, nearest
from blazingtext.vectors.layout import Attractions, Places


def drawn(count: int, width: float, seed: int = 1) -> Places:
    return np.random.default_rng(seed).standard_normal((count, 2)) * width


def divergence(places: Places, attractions: Attractions) -> float:
    """Kullback and Leibler's, but for what does not depend on the places."""
    squares = ((places[:, None] - places) ** 2).sum(axis=2)
    kernel = 1 / (1 + squares)
    total = kernel.sum() - len(places)
    return float(-(attractions.weights * np.log(kernel[attractions.rows, attractions.columns] / total)).sum())


def test_the_gradient_is_that_of_the_divergence() -> None:
    places = drawn(30, 2.0)
    attractions = Attractions.of(np.random.default_rng(2).permuted(np.tile(np.arange(30), (30, 1)), axis=1)[:, :4])
    gradient = layout.gradient_of(places, attractions, 1.0)

    for row, axis in ((0, 0), (7, 1), (29, 0)):
        moved = [places.copy(), places.copy()]
        moved[0][row, axis] -= 1e-5
        moved[1][row, axis] += 1e-5
        slope = (divergence(moved[1], attractions) - divergence(moved[0], attractions)) / 2e-5
        assert gradient[row, axis] == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize("width", [1e-4, 0.3, 3.0, 12.0])
def test_interpolated_repulsion_is_near_the_exact_one(width: float, monkeypatch: pytest.MonkeyPatch) -> None:
    places = drawn(1500, width)
    interpolated = layout.repulsion(places)
    monkeypatch.setattr(layout, "_EXACT_WORDS", 1500)

    exact = layout.repulsion(places)

    assert np.linalg.norm(interpolated - exact) < 0.05 * np.linalg.norm(exact)


def test_who_is_anybodys_neighbour_attracts_and_is_attracted() -> None:
    found = Attractions.of(np.array([[1], [2], [1]]))

    pairs = {(row, column): weight for row, column, weight in zip(found.rows.tolist(), found.columns.tolist(), found.weights, strict=True)}
    # 1 and 2 name each other.
    assert pairs == pytest.approx({(0, 1): 1 / 6, (1, 0): 1 / 6, (1, 2): 2 / 6, (2, 1): 2 / 6})
    assert found.starts.tolist() == [0, 1, 3]


@pytest.mark.parametrize("exact", [True, False])
def test_groups_of_words_come_apart_and_the_same_words_give_the_same_map(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Interpolation takes its time for any number of words: a third of the iterations after the exaggeration is enough here.
    for name, value in (("_EXACT_WORDS", 1000 * exact), ("PLAIN", 120)):
        monkeypatch.setattr(layout, name, value)
    kinds = np.arange(150) % 3
    vectors = (np.eye(3, 12)[kinds] + 0.05 * np.random.default_rng(3).standard_normal((150, 12))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    near, _ = nearest.nearest(vectors, 15)
    steps: list[int] = []

    places = layout.arrange(near, layout.start_of(vectors), steps.append)

    centres = np.array([places[kinds == kind].mean(axis=0) for kind in range(3)])
    own = np.linalg.norm(places - centres[kinds], axis=1)
    others = min(np.linalg.norm(centres[a] - centres[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert np.quantile(own, 0.9) < others / 2
    assert steps == [1] * 270
    assert np.abs(places.mean(axis=0)).max() < 1e-9
    if exact:
        assert np.array_equal(places, layout.arrange(near, layout.start_of(vectors)))


def test_words_that_begin_in_one_place_are_told_apart() -> None:
    places = layout.arrange(np.array([[(row + 1) % 8] for row in range(8)]), np.zeros((8, 2)))

    assert np.isfinite(places).all()
    assert len(np.unique(places.round(6), axis=0)) == 8


def test_a_model_of_one_dimension_has_a_start_too() -> None:
    assert layout.start_of(np.array([[1.0], [-1.0], [1.0]], np.float32)).shape == (3, 2)
