"""One browser for all tests of the folder, and the pages that they look at."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from blazingtext.vectors import explorer, explorer_page
from blazingtext.vectors.word_vectors import Vectors
from tests.browser.browser import Browser, Page
from tests.browser.words import HOSTILE, PLAIN, SCRIPTS, WORDS


def _model(words: tuple[str, ...], seed: int) -> Vectors:
    """Words in the directions of their lists, and plain ones in pairs."""
    chance = np.random.default_rng(seed)
    rows = []
    for word in words:
        kind = 0 if word in HOSTILE else 1 if word in SCRIPTS else 2 + (PLAIN.index(word) // 2 if word in PLAIN else 0)
        rows.append(np.eye(12)[kind] + 0.2 * chance.standard_normal(12))
    return Vectors(words, np.array(rows, np.float32))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    started = Browser()
    yield started
    started.close()


@pytest.fixture(scope="session")
def models() -> tuple[Vectors, Vectors]:
    """Two trainings: the second lacks "river", has "sea", and has "king" where the first has "war"."""
    first = _model(WORDS, 1)
    second = _model(tuple("sea" if word == "river" else word for word in WORDS), 2)
    matrix = second.matrix.copy()
    matrix[WORDS.index("king")] = second["war"] + 0.01
    return first, Vectors(second.words, matrix)


@pytest.fixture(scope="session")
def one(models: tuple[Vectors, Vectors], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("one") / "page.html"
    path.write_text(explorer_page.page(explorer.explore([("a run", models[0])], 100)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def two(models: tuple[Vectors, Vectors], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("two") / "page.html"
    path.write_text(explorer_page.page(explorer.explore([("first", models[0]), ("second", models[1])], 100)), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, one: Path) -> Iterator[Page]:
    """The page of one model; whatever a test did with it, nothing was complained about."""
    yield from _opened(browser, one)


@pytest.fixture
def pair(browser: Browser, two: Path) -> Iterator[Page]:
    """The page of two models."""
    yield from _opened(browser, two)


def _opened(browser: Browser, path: Path) -> Iterator[Page]:
    opened = browser.open(path)
    # Movements end at once, and nothing has to be waited for.
    opened.do("media", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    yield opened
    assert opened.problems() == []
    assert opened.js("window.injected") is None
    opened.close()
