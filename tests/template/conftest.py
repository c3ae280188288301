from collections.abc import Callable
from functools import cache

import pytest

from tests.template.matrix import CONFIGURATIONS, Synthesis, synthesise

Synthesiser = Callable[[str], Synthesis]


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Synthesiser:
    """Synthesises a configuration of the matrix the first time it is asked for."""

    @cache
    def of(name: str) -> Synthesis:
        return synthesise(CONFIGURATIONS[name], tmp_path_factory.mktemp(name) / "cdk.out")

    return of


@pytest.fixture(scope="session", params=list(CONFIGURATIONS))
def each(request: pytest.FixtureRequest, synthesised: Synthesiser) -> Synthesis:
    """Every configuration of the matrix in turn."""
    return synthesised(request.param)


@pytest.fixture(scope="session")
def whole_matrix(synthesised: Synthesiser) -> dict[str, Synthesis]:
    return {name: synthesised(name) for name in CONFIGURATIONS}


@pytest.fixture(scope="session")
def defaults(synthesised: Synthesiser) -> Synthesis:
    return synthesised("defaults")
