"""One wheel, built once, and one environment for each extra."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.wheel import installation
from tests.wheel.installation import Installation

BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files at another place."""
    return installation.copy_sources(tmp_path_factory.mktemp("project") / "sources")


@pytest.fixture(scope="session")
def wheel(sources: Path) -> Path:
    """The wheel, built by the development environment's setuptools where an older version was built before."""
    gone = sources / "build" / "lib" / "blazingtext" / "gone.py"
    gone.parent.mkdir(parents=True)
    gone.touch()
    command = [sys.executable, "-c", BUILD, str(sources / "dist")]
    built = subprocess.run(command, cwd=sources, capture_output=True, text=True, check=False, env=installation.environment())
    assert built.returncode == 0, built.stderr
    return sources / "dist" / built.stdout.split()[-1]


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Installation]:
    """Makes an environment with the wheel and one extra ("" for none), the first time it is asked for."""

    @cache
    def make(extra: str) -> Installation:
        # A space in the path: homes have one.
        made = installation.create(tmp_path_factory.mktemp(f"with {extra or 'no'} extra") / "venv", *filter(None, [extra]))
        uv = Path(sys.executable).with_name("uv")
        # What the wheel asks for is there already; test_readme.py lets pip resolve it.
        command = [str(uv), "pip", "install", "--quiet", "--no-deps", "--no-index", "--python", str(made.python), str(wheel)]
        asked = subprocess.run(command, env=installation.environment(), capture_output=True, text=True, check=False)
        assert asked.returncode == 0, asked.stderr
        return made

    return make
