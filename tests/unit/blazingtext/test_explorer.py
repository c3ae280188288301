"""What the explorer shows is what `neighbors` and `compare` say, and two models lie as one where they are one."""

from collections.abc import Sequence

import numpy as np
import pytest

from blazingtext.vectors import comparison, explorer
from blazingtext.vectors.explorer import Exploration
from blazingtext.vectors.word_vectors import Vectors
from blazingtext_lifecycle.errors import UserError

KINDS = 4


def model(count: int = 160, seed: int = 1, words: Sequence[str] | None = None, dimension: int = 12) -> Vectors:
    """Words of four kinds, each near its kind."""
    chance = np.random.default_rng(seed)
    matrix = np.eye(KINDS, dimension)[np.arange(count) % KINDS] + 0.15 * chance.standard_normal((count, dimension))
    return Vectors(tuple(words or (f"word{row}" for row in range(count))), (3 * matrix).astype(np.float32))


def turned(vectors: Vectors, words: Sequence[str] | None = None) -> Vectors:
    """The same model in other axes, and one dimension more."""
    axes = np.linalg.qr(np.random.default_rng(5).standard_normal((vectors.dimension + 1, vectors.dimension)))[0]
    return Vectors(tuple(words or vectors.words), (vectors.matrix @ axes.T).astype(np.float32))


@pytest.fixture(name="alone", scope="module")
def _alone() -> Exploration:
    return explorer.explore([("a run", model())], 120)


def test_nearest_words_and_cosines_are_those_of_neighbors_among_the_words_shown(alone: Exploration) -> None:
    (side,) = alone.sides
    vectors = model()

    for row in (0, 17, 119):
        expected = vectors.neighbors(f"word{row}", 10, top=120)
        assert [side.words[near] for near in side.neighbors[row]] == [each.word for each in expected]
        assert side.cosines[row] == pytest.approx([each.similarity for each in expected], abs=2e-6)
    assert (side.name, len(side.words), side.total, side.same) == ("a run", 120, 160, None)


def test_clusters_are_the_kinds_and_their_names_are_their_frequent_words(alone: Exploration) -> None:
    (side,) = alone.sides

    for cluster in range(len(alone.clusters)):
        kinds = np.arange(120)[side.clusters == cluster] % KINDS
        assert len(set(kinds.tolist())) == 1
        assert alone.clusters[cluster] == tuple(side.words[row] for row in np.flatnonzero(side.clusters == cluster)[:3])
    assert side.places.shape == (120, 2)
    across, down = side.places.var(axis=0)
    assert across > down
    assert abs(float(np.cov(side.places.T)[0, 1])) < 1e-6 * across


def test_the_largest_cluster_is_the_first() -> None:
    kinds = np.array([0] * 30 + [1] * 80 + [2] * 10)
    matrix = np.eye(3, 6)[kinds] + 0.05 * np.random.default_rng(4).standard_normal((120, 6))
    (side,) = explorer.explore([("m", Vectors(tuple(f"word{row}" for row in range(120)), matrix.astype(np.float32)))], 120).sides

    sizes = np.bincount(side.clusters).tolist()
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 6


def test_function_words_name_no_cluster_that_has_others() -> None:
    words = ["the", "of", "and", "to", *(f"word{row}" for row in range(4, 40)), *("an", "ox", "of2", "by")]

    found = explorer.explore([("m", model(44, words=words))], 44)

    named = {word for names in found.clusters for word in names}
    assert named.isdisjoint({"the", "of", "and", "to", "an", "ox", "by"})
    assert len(named) == 3 * len(found.clusters)


def test_a_model_beside_itself_in_other_axes_has_not_changed() -> None:
    first, second = explorer.explore([("a", model()), ("b", turned(model()))], 120).sides

    assert first.same == pytest.approx(np.ones(120), abs=1e-5)
    assert second.same == pytest.approx(np.ones(120), abs=1e-5)
    assert second.clusters.tolist() == first.clusters.tolist()
    kinds = np.arange(120) % KINDS
    centres = [np.array([side.places[kinds == kind].mean(axis=0) for kind in range(KINDS)]) for side in (first, second)]
    assert np.linalg.norm(centres[0] - centres[1], axis=1).max() < 0.2 * np.ptp(first.places)


def test_what_changed_is_what_compare_says_and_words_of_one_model_have_not_changed() -> None:
    a, b = model(), model(seed=2, words=[f"word{row}" for row in range(155)] + [f"new{row}" for row in range(5)])

    found = explorer.explore([("a", a), ("b", b)], 160)

    compared = comparison.compare(a, b, neighbors=5)
    assert found.changed[:10] == tuple(each.word for each in compared.moved)
    first, second = found.sides
    assert first.same is not None
    assert second.same is not None
    assert [first.same[a.rows[each.word]] for each in compared.moved] == pytest.approx(
        [each.similarity for each in compared.moved], abs=1e-6
    )
    assert np.isnan(first.same).tolist() == [row >= 155 for row in range(160)]
    assert np.isnan(second.same).tolist() == [row >= 155 for row in range(160)]
    assert len(found.changed) == 30


def test_every_step_is_reported() -> None:
    models = [model(), model(100, seed=2)]
    steps: list[int] = []

    explorer.explore([("a", models[0]), ("b", models[1])], 120, steps.append)

    assert sum(steps) == explorer.steps(models, 120)
    assert min(steps) > 0


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ([("a", model(4))], "a has 4 words, which is too few for a map"),
        ([("a", model()), ("b", model(words=[f"x{row}" for row in range(160)]))], "The models share 0 words"),
    ],
)
def test_too_few_words_are_refused(models: list[tuple[str, Vectors]], said: str) -> None:
    with pytest.raises(UserError, match=said):
        explorer.explore(models, 100)


def test_the_smallest_model_has_a_map() -> None:
    (side,) = explorer.explore([("a", model(5))], 100).sides

    assert side.neighbors.shape == (5, 4)
    assert np.isfinite(side.places).all()


@pytest.mark.parametrize(("place", "named"), [(5000, True), (5001, False)])
def test_only_the_5000_most_frequent_words_are_asked_whether_they_have_changed(place: int, named: bool) -> None:
    """Words of both models, the first of which one has not; and then those that the second does not know."""
    same = np.full(5010, 0.5)
    same[0] = np.nan
    same[place] = 0.1
    words = tuple(f"word{row}" for row in range(5010))
    side = explorer.Side(
        "m", words, 5010, np.zeros((5010, 2)), np.zeros(5010, int), np.zeros((5010, 1), int), np.zeros((5010, 1), np.float32), same
    )

    found = explorer._changed(side)

    assert (f"word{place}" in found, len(found)) == (named, 30)
    assert "word0" not in found
